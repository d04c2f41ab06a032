// One SCTP association over DTLS (W3C RTCSctpTransport, RFC 8261, RFC 8831).
// Threads and callbacks: see message_transport.h.
#ifndef PARLEY_CORE_SCTP_ASSOCIATION_H_
#define PARLEY_CORE_SCTP_ASSOCIATION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "absl/time/time.h"
#include "core/loop/executor.h"
#include "core/sctp/message_transport.h"
#include "core/sctp/sctp_stack.h"

namespace parley::sctp {

// More would cost 104 bytes each, and be the remote's to claim.
inline constexpr uint16_t kMaxStreams = 1024;

struct AssociationOptions {
  // Streams asked for in each direction, fixed for the association's life:
  // 1 to kMaxStreams. The remote may grant fewer.
  uint16_t streams = 256;
  // The a=max-message-size we announced: a larger message of the remote ends
  // the association with MESSAGE_TOO_LARGE. In bytes, at least 1.
  size_t max_message_size = 262144;
};

// What RTCSctpTransportStats says.
struct AssociationStats {
  absl::Duration smoothed_round_trip_time;
  uint32_t congestion_window = 0;  // bytes
  uint32_t receiver_window = 0;    // bytes, the remote's
  uint32_t mtu = 0;                // bytes
  uint32_t unacknowledged = 0;     // chunks
};

class Association : public MessageTransport {
 public:
  class Observer : public MessageTransport::Observer {
   public:
    // A packet to be sent over DTLS, of at most kMaxPacket bytes. Valid in the
    // call.
    virtual void OnSctpPacket(std::span<const uint8_t> packet) = 0;
  };

  // Fits one DTLS record in a datagram of 1,200 bytes.
  static constexpr size_t kMaxPacket = 1160;

  Association(Stack& stack, AssociationOptions options, Executor& executor,
              Observer& observer);

  // Says nothing to the remote: Close first for that.
  ~Association() override;
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  // Begins, once DTLS is connected. Both ends connect (RFC 8841 9.3): no one
  // is the client. MEMORY when usrsctp cannot; the state stays new then.
  absl::Status Connect(uint16_t local_port, uint16_t remote_port);

  // What a DTLS record carried. Dropped before Connect, which loses nothing:
  // our INIT makes the remote answer.
  void HandlePacket(std::span<const uint8_t> packet);

  void Send(OutgoingMessage message) override;
  void ResetStreams(std::span<const uint16_t> streams) override;
  void SetReceiving(bool receiving) override;
  void Close() override;

  State state() const;
  // Payload bytes that wait in the queue, over all streams.
  size_t queued_bytes() const;
  // nullopt unless connected.
  std::optional<AssociationStats> stats() const;

 private:
  friend class Stack;
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_ASSOCIATION_H_
