// How many calls ended how, and how long they took. Safe for concurrent use;
// counting takes no lock.
#ifndef PARLEY_SERVICE_CALL_COUNTS_H_
#define PARLEY_SERVICE_CALL_COUNTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/duration_histogram.h"
#include "service/method.h"

namespace parley::service {

class CallCounts {
 public:
  // gRPC's, which are Abseil's: OK is 0, UNAUTHENTICATED 16.
  static constexpr size_t kCodes = 17;

  void Count(Method method, absl::StatusCode code, absl::Duration took) {
    Row& row = rows_[method.index()];
    // Callers know no code beyond.
    const size_t known = static_cast<size_t>(code) < kCodes
                             ? static_cast<size_t>(code)
                             : static_cast<size_t>(absl::StatusCode::kUnknown);
    row.ended[known].fetch_add(1, std::memory_order_relaxed);
    if (!method.streams()) row.times.Observe(took);
  }

  uint64_t ended(Method method, absl::StatusCode code) const {
    return rows_[method.index()].ended[static_cast<size_t>(code)].load(
        std::memory_order_relaxed);
  }
  // Of a stream: nothing.
  const DurationHistogram& times(Method method) const {
    return rows_[method.index()].times;
  }

 private:
  static constexpr std::array<absl::Duration, 14> kBounds = {
      absl::Microseconds(100),  absl::Microseconds(250),
      absl::Microseconds(500),  absl::Milliseconds(1),
      absl::Microseconds(2500), absl::Milliseconds(5),
      absl::Milliseconds(10),   absl::Milliseconds(25),
      absl::Milliseconds(50),   absl::Milliseconds(100),
      absl::Milliseconds(250),  absl::Seconds(1),
      absl::Milliseconds(2500), absl::Seconds(10)};
  static constexpr size_t kCacheLine = 64;

  struct alignas(kCacheLine) Row {
    std::array<std::atomic<uint64_t>, kCodes> ended = {};
    DurationHistogram times{kBounds};
  };

  std::array<Row, Method::kCount> rows_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CALL_COUNTS_H_
