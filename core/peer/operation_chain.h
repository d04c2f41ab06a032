// W3C's operations chain: "chain an asynchronous operation" of
// RTCPeerConnection. One operation runs at a time, in the order of arrival; a
// failed one does not stop the next. Lives on the peer's strand.
#ifndef PARLEY_CORE_PEER_OPERATION_CHAIN_H_
#define PARLEY_CORE_PEER_OPERATION_CHAIN_H_

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace parley::peer {

class OperationChain {
 public:
  // Called once, by the operation, when it has finished. May be called before
  // Run has returned, or at any time after.
  using Finished = absl::AnyInvocable<void()>;

  struct Operation {
    // Starts the operation.
    absl::AnyInvocable<void(Finished)> run;
    // Called instead of `run` when the chain was closed before its turn came.
    absl::AnyInvocable<void(const absl::Status&)> refuse;
  };

  // How many operations may wait for one peer.
  static constexpr size_t kMaxWaiting = 256;

  // `on_empty` is called each time the last operation has finished: W3C then
  // updates the negotiation-needed flag.
  explicit OperationChain(std::function<void()> on_empty)
      : on_empty_(std::move(on_empty)) {}

  // Refuses the operation when the chain is closed, or, with RATE, when
  // kMaxWaiting wait already.
  void Enqueue(Operation operation);

  // Refuses what waits, and everything that comes. What runs goes on: it must
  // itself end when its peer closes.
  void Close(const absl::Status& why);

  bool empty() const { return !running_ && waiting_.empty(); }
  size_t waiting() const { return waiting_.size(); }

 private:
  void RunWaiting();

  const std::function<void()> on_empty_;
  absl::Status closed_;  // OK while open
  std::vector<Operation> waiting_;
  bool running_ = false;
  bool looping_ = false;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_OPERATION_CHAIN_H_
