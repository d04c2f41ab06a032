// Time as an argument, so that tests can turn it by hand.
// Implementations are safe for concurrent use.
#ifndef PARLEY_CORE_BASE_CLOCK_H_
#define PARLEY_CORE_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace parley {

class Clock {
 public:
  virtual ~Clock() = default;

  // Calendar time, for stamps that people and other machines read.
  virtual absl::Time Now() const = 0;

  // Time since an arbitrary start, which never goes back: for deadlines.
  virtual absl::Duration Monotonic() const = 0;
};

// The machine's clocks. Lives for ever.
const Clock& SystemClock();

}  // namespace parley

#endif  // PARLEY_CORE_BASE_CLOCK_H_
