// One end of an ICE connection on a loop of its own or a shared one, with what
// it has observed, for tests that await events. Test threads only, except where
// said.
#ifndef PARLEY_TESTS_CORE_ICE_ENDPOINT_H_
#define PARLEY_TESTS_CORE_ICE_ENDPOINT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "core/ice/ice_transport.h"
#include "core/loop/event_loop.h"

namespace parley::ice::testing {

// Runs the work on the loop and waits for it.
void On(EventLoop& loop, absl::FunctionRef<void()> work);

class Endpoint : private IceTransport::Observer {
 public:
  struct Seen {
    std::vector<std::pair<std::string, sdp::Candidate>> candidates;
    std::vector<std::pair<std::string, GatheringState>> gathering;
    std::vector<absl::Status> errors;
    std::vector<ConnectionState> states;
    std::vector<CandidatePair> pairs;
    std::vector<std::string> packets;
    bool closed = false;
  };

  Endpoint(EventLoop& loop, IceTransportFactory& factory,
           TransportOptions options, GatheringConfiguration configuration = {});
  // Closes if that has not been done, and waits for it.
  ~Endpoint();

  EventLoop& loop() { return loop_; }
  const Credentials& local() const { return local_; }

  // The transport, for work on the loop.
  IceTransport& transport() { return *transport_; }
  // Runs on the loop, waits for it.
  void Do(absl::FunctionRef<void(IceTransport&)> work);

  // Fresh credentials, then Start.
  absl::Status Start(Role role);
  bool Send(std::string packet);
  void Close();
  void CloseAndWait();

  // Waits, at most 30 s, until what was seen satisfies the condition; false if
  // it never did.
  bool Await(absl::FunctionRef<bool(const Seen&)> condition)
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool AwaitState(ConnectionState state);
  bool AwaitGathered();
  bool AwaitPacket(std::string_view packet);
  Seen seen() ABSL_LOCKS_EXCLUDED(mutex_);

  // Called on the loop for each event just before it is seen; set before Start.
  std::function<void(const sdp::Candidate&)> on_candidate;
  std::function<void(ConnectionState)> on_state;
  std::function<void(std::string_view)> on_packet;

 private:
  void OnLocalCandidate(std::string_view ufrag,
                        const sdp::Candidate& candidate) override;
  void OnGatheringState(std::string_view ufrag, GatheringState state) override;
  void OnGatheringError(std::string_view ufrag,
                        const absl::Status& error) override;
  void OnConnectionState(ConnectionState state) override;
  void OnPacket(std::span<const uint8_t> packet) override;
  void OnSelectedPair(const CandidatePair& pair) override;

  EventLoop& loop_;
  std::unique_ptr<IceTransport> transport_;
  Credentials local_;
  bool close_called_ = false;
  absl::Mutex mutex_;
  Seen seen_ ABSL_GUARDED_BY(mutex_);
};

// Tells each end of the other's parameters, and of every candidate gathered
// from now on; `a` controls. Both must have been started.
void Exchange(Endpoint& a, Endpoint& b);

// Starts both, exchanges everything, awaits that both are completed.
bool Connect(Endpoint& a, Endpoint& b);

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_ENDPOINT_H_
