#include "core/base/duration_histogram.h"

#include <algorithm>
#include <cstddef>

namespace parley {

void DurationHistogram::Observe(absl::Duration took) {
  took = std::max(took, absl::ZeroDuration());
  size_t bucket = 0;
  while (bucket < bounds_.size() && took > bounds_[bucket]) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(absl::ToInt64Nanoseconds(took),
                         std::memory_order_relaxed);
}

DurationHistogram::Reading DurationHistogram::Read() const {
  Reading reading;
  reading.counts.reserve(counts_.size());
  for (const auto& count : counts_) {
    reading.counts.push_back(count.load(std::memory_order_relaxed));
  }
  reading.sum = absl::Nanoseconds(nanoseconds_.load(std::memory_order_relaxed));
  return reading;
}

}  // namespace parley
