#include "tests/testing/fake_clock.h"

namespace parley::testing {

absl::Time FakeClock::Now() const {
  return absl::FromUnixSeconds(1'700'000'000) + Monotonic();
}

absl::Duration FakeClock::Monotonic() const {
  absl::MutexLock lock(&mutex_);
  return elapsed_;
}

void FakeClock::Advance(absl::Duration by) {
  absl::MutexLock lock(&mutex_);
  elapsed_ += by;
}

}  // namespace parley::testing
