// A thread for what takes too long for any other: keys made and read on
// request.
//
// Safe for concurrent use. The thread starts with the first task, so that a
// server which never makes keys on request has none.
#ifndef PARLEY_CORE_CRYPTO_KEY_WORKER_H_
#define PARLEY_CORE_CRYPTO_KEY_WORKER_H_

#include <cstddef>
#include <deque>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace parley::crypto {

class KeyWorker {
 public:
  // Runs once: on the worker's thread with OK, or with what kept it from being
  // run (RATE, DRAINING; both with a retry delay), on the thread that calls Run
  // or Stop.
  using Task = absl::AnyInvocable<void(absl::Status)>;

  // At most so many tasks wait while one runs.
  explicit KeyWorker(size_t capacity) : capacity_(capacity) {}
  ~KeyWorker() { Stop(); }
  KeyWorker(const KeyWorker&) = delete;
  KeyWorker& operator=(const KeyWorker&) = delete;

  void Run(Task task) ABSL_LOCKS_EXCLUDED(mutex_);

  // Refuses what waits and what comes, and waits for the task at work.
  // Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !waiting_.empty();
  }
  void Work() ABSL_LOCKS_EXCLUDED(mutex_);

  const size_t capacity_;

  absl::Mutex mutex_;
  std::deque<Task> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::crypto

#endif  // PARLEY_CORE_CRYPTO_KEY_WORKER_H_
