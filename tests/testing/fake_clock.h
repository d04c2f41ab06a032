// A clock that stands still until a test moves it. Safe for concurrent use.
#ifndef PARLEY_TESTS_TESTING_FAKE_CLOCK_H_
#define PARLEY_TESTS_TESTING_FAKE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"

namespace parley::testing {

class FakeClock : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
  void Advance(absl::Duration by);

 private:
  mutable absl::Mutex mutex_;
  absl::Duration elapsed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::testing

#endif  // PARLEY_TESTS_TESTING_FAKE_CLOCK_H_
