// Time as an argument, so that tests can turn it by hand.
// Implementations are safe for concurrent use.
#ifndef PARLEY_CLIENT_SRC_TIME_SOURCE_H_
#define PARLEY_CLIENT_SRC_TIME_SOURCE_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace parley::client::internal {

// Destroying it, also from its own callback, cancels what has not begun.
class Timer {
 public:
  virtual ~Timer() = default;
};

class TimeSource {
 public:
  virtual ~TimeSource() = default;

  virtual absl::Time Now() = 0;

  // Runs `callback` after `delay`, on another thread or later on this one; what
  // it holds is given up with it.
  virtual std::unique_ptr<Timer> RunAfter(absl::Duration delay,
                                          std::function<void()> callback) = 0;
};

// The machine's time; timers run on gRPC's threads. Lives for ever.
TimeSource& SystemTime();

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_TIME_SOURCE_H_
