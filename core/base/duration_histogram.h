// How long things took, counted in buckets. Safe for concurrent use; observing
// takes no lock.
#ifndef PARLEY_CORE_BASE_DURATION_HISTOGRAM_H_
#define PARLEY_CORE_BASE_DURATION_HISTOGRAM_H_

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/time/time.h"

namespace parley {

class DurationHistogram {
 public:
  // The upper bounds of the buckets but the last, which has none, in ascending
  // order. They must outlive the histogram.
  explicit DurationHistogram(std::span<const absl::Duration> bounds)
      : bounds_(bounds), counts_(bounds.size() + 1) {}
  DurationHistogram(const DurationHistogram&) = delete;
  DurationHistogram& operator=(const DurationHistogram&) = delete;

  // Less than nothing counts as nothing: clocks may be set back.
  void Observe(absl::Duration took);

  struct Reading {
    std::vector<uint64_t> counts;  // of each bucket alone
    absl::Duration sum;
  };
  // What other threads observe meanwhile may be in one and not in the other.
  Reading Read() const;

  std::span<const absl::Duration> bounds() const { return bounds_; }

 private:
  const std::span<const absl::Duration> bounds_;
  std::vector<std::atomic<uint64_t>> counts_;  // never resized
  std::atomic<int64_t> nanoseconds_ = 0;
};

}  // namespace parley

#endif  // PARLEY_CORE_BASE_DURATION_HISTOGRAM_H_
