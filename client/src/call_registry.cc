#include "client/src/call_registry.h"

#include "grpcpp/client_context.h"

namespace parley::client::internal {
namespace {

thread_local int callbacks_on_this_thread = 0;

}  // namespace

bool CallRegistry::Add(grpc::ClientContext* context) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return false;
  calls_.insert(context);
  ++not_done_;
  return true;
}

void CallRegistry::Forget(grpc::ClientContext* context) {
  absl::MutexLock lock(&mutex_);
  calls_.erase(context);
}

void CallRegistry::Done() {
  absl::MutexLock lock(&mutex_);
  --not_done_;
}

void CallRegistry::Shutdown() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  for (grpc::ClientContext* context : calls_) context->TryCancel();
}

void CallRegistry::AwaitIdle() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](size_t* not_done) { return *not_done == 0; }, &not_done_));
}

bool CallRegistry::InCallback() { return callbacks_on_this_thread > 0; }

CallRegistry::CallbackScope::CallbackScope() { ++callbacks_on_this_thread; }

CallRegistry::CallbackScope::~CallbackScope() { --callbacks_on_this_thread; }

}  // namespace parley::client::internal
