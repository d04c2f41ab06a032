// The calls of one connection that are under way, so that none outlives it
// unseen. Safe for concurrent use.
//
// gRPC 1.51 runs callbacks on threads that the release of the last channel
// joins: a channel must not be released by a callback. So calls let go of all
// that holds the channel before they are counted as gone, and the connection
// keeps the channel until they are.
#ifndef PARLEY_CLIENT_SRC_CALL_REGISTRY_H_
#define PARLEY_CLIENT_SRC_CALL_REGISTRY_H_

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"

namespace grpc {
class ClientContext;
}  // namespace grpc

namespace parley::client::internal {

class CallRegistry {
 public:
  // False: the connection is going away; do not begin.
  bool Add(grpc::ClientContext* context);

  // The call has ended, and `context` can no longer be cancelled.
  void Forget(grpc::ClientContext* context);

  // The last act of a call, once for each Add: its callbacks have returned and
  // its context is destroyed.
  void Done();

  // Cancels all calls and refuses further ones.
  void Shutdown();

  // Waits until every call is done. Not from a callback of one.
  void AwaitIdle();

  // Lives as long as a callback of a call runs on this thread.
  class CallbackScope {
   public:
    CallbackScope();
    ~CallbackScope();
  };

  // Whether a callback of any call runs on this thread.
  static bool InCallback();

 private:
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
  size_t not_done_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_CALL_REGISTRY_H_
