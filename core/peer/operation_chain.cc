#include "core/peer/operation_chain.h"

#include <string>
#include <utility>

#include "core/base/errors.h"

namespace parley::peer {

void OperationChain::Enqueue(Operation operation) {
  if (!closed_.ok()) return operation.refuse(closed_);
  if (waiting_.size() >= kMaxWaiting) {
    return operation.refuse(MakeRetryableError(
        Reason::kRate,
        "too many operations of this peer wait already; await their replies",
        absl::Seconds(1), {{"limit", std::to_string(kMaxWaiting)}}));
  }
  waiting_.push_back(std::move(operation));
  RunWaiting();
}

void OperationChain::Close(const absl::Status& why) {
  if (!closed_.ok()) return;
  closed_ = why;
  std::vector<Operation> refused;
  refused.swap(waiting_);
  for (Operation& operation : refused) operation.refuse(closed_);
}

void OperationChain::RunWaiting() {
  // An operation that finishes at once must not deepen the stack.
  if (looping_) return;
  looping_ = true;
  while (!running_ && !waiting_.empty()) {
    Operation operation = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    running_ = true;
    operation.run([this] {
      running_ = false;
      if (waiting_.empty()) {
        if (closed_.ok()) on_empty_();
      } else {
        RunWaiting();
      }
    });
  }
  looping_ = false;
}

}  // namespace parley::peer
