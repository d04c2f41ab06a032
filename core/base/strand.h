// A serial executor without a thread of its own.
//
// Tasks posted to a strand run one at a time, in the order they were posted. A
// task posted while the strand is idle runs at once, on the calling thread; one
// posted while a task runs (by whichever thread, that task included) is queued
// and run by the thread that runs the strand. So a caller must hold no lock
// that a task could want. Safe for concurrent use.
#ifndef PARLEY_CORE_BASE_STRAND_H_
#define PARLEY_CORE_BASE_STRAND_H_

#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace parley {

class Strand {
 public:
  using Task = absl::AnyInvocable<void()>;

  Strand() = default;
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  // Every task must hold the strand's owner (or outlive it otherwise): the
  // first task of a run is kept until the run has ended.
  void Post(Task task) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Drain() ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Mutex mutex_;
  std::vector<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace parley

#endif  // PARLEY_CORE_BASE_STRAND_H_
