// How late an executor comes to what is due: a timer of its own, again and
// again. Made on any thread; must live until the executor has stopped.
#ifndef PARLEY_CORE_POOL_LAG_PROBE_H_
#define PARLEY_CORE_POOL_LAG_PROBE_H_

#include <array>

#include "absl/time/time.h"
#include "core/base/duration_histogram.h"
#include "core/loop/executor.h"

namespace parley::pool {

class LagProbe {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);
  // Fit for its histogram. The timers of loops are exact to a millisecond.
  static constexpr std::array<absl::Duration, 9> kBounds = {
      absl::Milliseconds(2),   absl::Milliseconds(5),   absl::Milliseconds(10),
      absl::Milliseconds(25),  absl::Milliseconds(50),  absl::Milliseconds(100),
      absl::Milliseconds(250), absl::Milliseconds(500), absl::Seconds(1)};

  // Begins at once. Both must outlive it.
  LagProbe(Executor& executor, DurationHistogram& lag)
      : executor_(executor), lag_(lag) {
    executor_.Post([this] { Arm(); });
  }
  LagProbe(const LagProbe&) = delete;
  LagProbe& operator=(const LagProbe&) = delete;

 private:
  void Arm() {
    due_ = executor_.clock().Monotonic() + kInterval;
    executor_.RunAfter(kInterval, [this] {
      lag_.Observe(executor_.clock().Monotonic() - due_);
      Arm();
    });
  }

  Executor& executor_;
  DurationHistogram& lag_;
  absl::Duration due_;  // on the executor
};

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_LAG_PROBE_H_
