// Where code runs, as an argument: a queue of tasks and timers served by one
// thread at a time, so that what lives on an executor needs no locks.
//
// Post may be called from any thread; everything else only on the executor,
// that is from one of its own tasks, timers or handlers. EventLoop is the real
// one; tests/testing/fake_executor.h is one on virtual time.
#ifndef PARLEY_CORE_LOOP_EXECUTOR_H_
#define PARLEY_CORE_LOOP_EXECUTOR_H_

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "core/base/clock.h"

namespace parley {

class Executor {
 public:
  using Task = absl::AnyInvocable<void()>;

  // Names one call of RunAfter; never used again by the same executor.
  enum class TimerId : uint64_t { kNone = 0 };

  virtual ~Executor() = default;

  // Runs the task later, never inside this call, after all tasks posted before
  // it by the same thread. Once the executor has stopped the task is refused:
  // it is destroyed unrun, inside this call, and false is returned. A task that
  // was accepted but not run when the executor stops is destroyed by Stop.
  virtual bool Post(Task task) = 0;

  // Runs the task once `delay` has passed (at the next turn when it is zero or
  // less; never when it is infinite). Timers that fall due together run in the
  // order of their deadlines.
  virtual TimerId RunAfter(absl::Duration delay, Task task) = 0;

  // Forgets the timer and destroys its task. False, and no effect, when it has
  // run, runs now, was cancelled, or is kNone.
  virtual bool Cancel(TimerId timer) = 0;

  // Whether the calling thread may use the executor's unsynchronised half.
  // Safe on any thread.
  virtual bool OnExecutor() const = 0;

  // The clock that the timers follow. Safe on any thread.
  virtual const Clock& clock() const = 0;
};

}  // namespace parley

#endif  // PARLEY_CORE_LOOP_EXECUTOR_H_
