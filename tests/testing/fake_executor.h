// An executor on virtual time: nothing runs until the test says so, and then on
// the test's own thread. Post is safe on any thread; the rest is for the
// thread that made it, which counts as being on the executor throughout.
#ifndef PARLEY_TESTS_TESTING_FAKE_EXECUTOR_H_
#define PARLEY_TESTS_TESTING_FAKE_EXECUTOR_H_

#include <cstddef>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/loop/executor.h"
#include "core/loop/timer_queue.h"
#include "tests/testing/fake_clock.h"

namespace parley::testing {

class FakeExecutor : public Executor {
 public:
  ~FakeExecutor() override { Stop(); }

  bool Post(Task task) override ABSL_LOCKS_EXCLUDED(mutex_);
  TimerId RunAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId timer) override { return timers_.Cancel(timer); }
  bool OnExecutor() const override;
  const Clock& clock() const override { return clock_; }

  // Runs posted tasks, those they post included, and timers that are due,
  // without moving time. Returns how many ran. Fails the test and gives up
  // after 100,000: tasks that post each other without end.
  size_t RunReady();

  // Moves time on by `by`, stopping at each deadline on the way to run what is
  // ready then.
  void Advance(absl::Duration by);

  // Refuses everything from now on and destroys what has not run.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  size_t pending_timers() const { return timers_.size(); }

 private:
  const std::thread::id thread_ = std::this_thread::get_id();
  FakeClock clock_;
  absl::Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  TimerQueue timers_;
};

}  // namespace parley::testing

#endif  // PARLEY_TESTS_TESTING_FAKE_EXECUTOR_H_
