// Counts the streams of peers that are open, so that the end of the server can
// wait until each has said its last word: once connections are closed, what was
// written a moment ago may be lost on the way. Thread-safe.
#ifndef PARLEY_SERVICE_OPEN_STREAMS_H_
#define PARLEY_SERVICE_OPEN_STREAMS_H_

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace parley::service {

class OpenStreams {
 public:
  // One stream, for as long as it lives.
  class Presence {
   public:
    explicit Presence(OpenStreams& streams) : streams_(streams) {
      absl::MutexLock lock(&streams_.mutex_);
      ++streams_.count_;
    }
    ~Presence() {
      absl::MutexLock lock(&streams_.mutex_);
      --streams_.count_;
    }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

   private:
    OpenStreams& streams_;
  };

  // Waits until there is none, or the time has come.
  void AwaitNone(absl::Time deadline) {
    const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return count_ == 0;
    };
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithDeadline(absl::Condition(&none), deadline);
  }

 private:
  absl::Mutex mutex_;
  size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_OPEN_STREAMS_H_
