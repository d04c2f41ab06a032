// A rate with a burst: a token bucket, kept as the one time at which it will
// be full again. Safe for concurrent use; taking takes no lock.
#ifndef PARLEY_CORE_BASE_RATE_LIMIT_H_
#define PARLEY_CORE_BASE_RATE_LIMIT_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/time/time.h"

namespace parley {

struct Rate {
  double per_second = 0;  // 0: no limit
  // What may be taken at once after a pause, at least 1. 0: what comes in a
  // second.
  double burst = 0;

  bool limited() const { return per_second > 0; }
  double effective_burst() const {
    return std::max(burst > 0 ? burst : per_second, 1.0);
  }
};

class RateLimit {
 public:
  // Takes one of what the rate allows; nullopt: taken. Else how long it is
  // until there is one, and nothing is taken. `now` is monotonic, and the rate
  // is always the same.
  std::optional<absl::Duration> Take(const Rate& rate, absl::Duration now) {
    if (!rate.limited()) return std::nullopt;
    const auto interval = static_cast<int64_t>(1e9 / rate.per_second);
    const int64_t time = absl::ToInt64Nanoseconds(now);
    int64_t full = full_at_.load(std::memory_order_relaxed);
    for (;;) {
      const int64_t begin = std::max(full, time);
      if (const auto wait = Excess(rate, begin - time)) return wait;
      if (full_at_.compare_exchange_weak(full, begin + interval,
                                         std::memory_order_relaxed)) {
        return std::nullopt;
      }
    }
  }

  // How long it is until there is one; nullopt: there is.
  std::optional<absl::Duration> Wait(const Rate& rate,
                                     absl::Duration now) const {
    if (!rate.limited()) return std::nullopt;
    const int64_t time = absl::ToInt64Nanoseconds(now);
    const int64_t full = full_at_.load(std::memory_order_relaxed);
    return Excess(rate, std::max(full, time) - time);
  }

  // The bucket is full: to forget it changes nothing.
  bool idle(absl::Duration now) const {
    return full_at_.load(std::memory_order_relaxed) <=
           absl::ToInt64Nanoseconds(now);
  }

 private:
  // By how much what was taken is beyond the burst.
  static std::optional<absl::Duration> Excess(const Rate& rate, int64_t ahead) {
    const auto tolerance = static_cast<int64_t>((rate.effective_burst() - 1) *
                                                1e9 / rate.per_second);
    if (ahead <= tolerance) return std::nullopt;
    return absl::Nanoseconds(ahead - tolerance);
  }

  std::atomic<int64_t> full_at_ = std::numeric_limits<int64_t>::min();
};

}  // namespace parley

#endif  // PARLEY_CORE_BASE_RATE_LIMIT_H_
