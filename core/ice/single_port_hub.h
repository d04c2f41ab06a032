// The UDP port that all single-port peers of a server share: reads its sockets,
// finds out whose each datagram is and takes it to the event loop of that peer.
//
// Each socket is read by one loop, in batches. What belongs to a peer of that
// loop is delivered at once; what belongs to others is copied to the queue of
// their loop, whose bound is in bytes: beyond it datagrams are dropped, as they
// would be by the kernel's. What is sent while a loop delivers goes out in
// batches too.
//
// Threads: AddLoop and Start are for one thread that is no loop's, before
// anything else; SharedPort's methods and counters are safe on any. Destroyed
// after the loops have stopped.
#ifndef PARLEY_CORE_ICE_SINGLE_PORT_HUB_H_
#define PARLEY_CORE_ICE_SINGLE_PORT_HUB_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/ice/datagram_batch.h"
#include "core/ice/ice_types.h"
#include "core/ice/route_table.h"
#include "core/ice/send_batch.h"
#include "core/ice/shared_port.h"
#include "core/ice/udp_sockets.h"
#include "core/loop/event_loop.h"
#include "core/loop/fd_budget.h"

namespace parley::ice {

struct SinglePortOptions {
  uint16_t port = 0;  // 0: any, for tests
  // Of each socket in each direction, as far as the kernel allows.
  int socket_buffer_bytes = 4 << 20;
  // What may wait for a loop that is not the one that reads.
  size_t queue_bytes = 4 << 20;
};

// Datagrams, since the start.
struct SinglePortCounters {
  uint64_t received = 0;
  // Of them dropped, because:
  uint64_t malformed = 0;
  uint64_t unknown_ufrag = 0;
  uint64_t unknown_path = 0;
  uint64_t queue_full = 0;
  // Checks that were not accepted; see SharedPort::Refusal.
  uint64_t denied = 0;
  uint64_t unauthenticated = 0;
  uint64_t refused = 0;
  uint64_t replayed = 0;
  // Datagrams that the kernel did not take, since the start.
  uint64_t unsent = 0;
};

class SinglePortHub final : public SharedPort {
 public:
  // One loop's end of the hub; called on that loop only.
  class Receiver {
   public:
    // For the transport if it is still there. Valid in the call.
    virtual void OnDatagram(uint64_t transport, const Path& path,
                            const DatagramHeader& header,
                            std::span<const uint8_t> datagram) = 0;

   protected:
    ~Receiver() = default;
  };

  // Opens a socket on each of the machine's selected addresses. Errors: those
  // of SelectAddresses, SystemAddresses and UdpSockets::Open.
  static absl::StatusOr<std::unique_ptr<SinglePortHub>> Create(
      SinglePortOptions options, const AddressSelection& addresses,
      FdBudget& budget);
  ~SinglePortHub() override;

  // Returns the loop's number, for routes. Both must live until it has stopped.
  uint32_t AddLoop(EventLoop& loop, Receiver& receiver);
  // Begins to read, on the loops that were added. Errors: those of
  // EventLoop::Watch.
  absl::Status Start();

  const std::vector<TransportAddress>& sockets() const override {
    return addresses_;
  }
  uint16_t port() const { return addresses_.front().port; }
  SinglePortCounters counters() const;
  // What the table holds at this moment.
  size_t ufrags() const ABSL_LOCKS_EXCLUDED(mutex_);
  size_t paths() const ABSL_LOCKS_EXCLUDED(mutex_);

  bool Claim(std::string_view ufrag, Route route) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Release(std::string_view ufrag) override ABSL_LOCKS_EXCLUDED(mutex_);
  void Bind(const Path& path, Route route) override ABSL_LOCKS_EXCLUDED(mutex_);
  void Unbind(const Path& path, Route route) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool Send(uint32_t loop, const Path& path,
            std::span<const uint8_t> datagram) override;
  void Count(Refusal refusal) override;

 private:
  class Reader;
  class Queue;
  class Turn;

  // What one loop sends.
  struct Outbox {
    SendBatch batch;
    uint32_t socket = 0;
    bool open = false;  // a Turn will flush it
  };

  // A datagram of a batch and what is known of it.
  struct Arrival {
    Path path;
    DatagramHeader header;
    std::optional<Route> route;
  };
  struct Loop {
    EventLoop* loop;
    Receiver* receiver;
    std::unique_ptr<Outbox> outbox;
    std::unique_ptr<Queue> queue;
    std::unique_ptr<Reader> reader;  // null: reads no socket
  };

  SinglePortHub(SinglePortOptions options, UdpSockets sockets);

  void Dispatch(uint32_t loop, uint32_t socket, const DatagramBatch& batch,
                size_t count);
  void FindRoutes(std::span<Arrival> arrivals) ABSL_LOCKS_EXCLUDED(mutex_);
  void CountLost(const Arrival& arrival);
  void Flush(Outbox& outbox);
  static void Add(std::atomic<uint64_t>& counter, uint64_t count = 1) {
    counter.fetch_add(count, std::memory_order_relaxed);
  }

  // Constant once Start was called.
  const SinglePortOptions options_;
  const UdpSockets sockets_;
  std::vector<TransportAddress> addresses_;
  std::vector<Loop> loops_;

  mutable absl::Mutex mutex_;
  RouteTable table_ ABSL_GUARDED_BY(mutex_);

  std::atomic<uint64_t> received_ = 0;
  std::atomic<uint64_t> malformed_ = 0;
  std::atomic<uint64_t> unknown_ufrag_ = 0;
  std::atomic<uint64_t> unknown_path_ = 0;
  std::atomic<uint64_t> queue_full_ = 0;
  std::atomic<uint64_t> unsent_ = 0;
  std::array<std::atomic<uint64_t>, 4> refusals_ = {};  // by Refusal
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_SINGLE_PORT_HUB_H_
