// Counts the streams of calls that are open, so that the end of the server can
// wait until each has said its last word: once connections are closed, what was
// written a moment ago may be lost on the way. Thread-safe.
#ifndef PARLEY_SERVICE_OPEN_STREAMS_H_
#define PARLEY_SERVICE_OPEN_STREAMS_H_

#include <array>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/method.h"

namespace parley::service {

class OpenStreams {
 public:
  // One stream, for as long as it lives.
  class Presence {
   public:
    Presence(OpenStreams& streams, Method method)
        : streams_(streams), method_(method) {
      streams_.Add(method_, 1);
    }
    ~Presence() { streams_.Add(method_, -1); }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;
    Method method() const { return method_; }

   private:
    OpenStreams& streams_;
    const Method method_;
  };

  // Waits until there is none, or the time has come.
  void AwaitNone(absl::Time deadline) {
    const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return count_ == 0;
    };
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithDeadline(absl::Condition(&none), deadline);
  }

  int open(Method method) const {
    absl::MutexLock lock(&mutex_);
    return by_method_[method.index()];
  }

 private:
  void Add(Method method, int difference) {
    absl::MutexLock lock(&mutex_);
    count_ += difference;
    by_method_[method.index()] += difference;
  }

  mutable absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::array<int, Method::kCount> by_method_ ABSL_GUARDED_BY(mutex_) = {};
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_OPEN_STREAMS_H_
