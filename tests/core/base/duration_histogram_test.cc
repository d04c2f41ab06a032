#include "core/base/duration_histogram.h"

#include <array>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

constexpr std::array<absl::Duration, 2> kBounds = {absl::Milliseconds(1),
                                                   absl::Seconds(1)};

TEST(DurationHistogramTest, PutsEachIntoTheBucketOfItsBound) {
  DurationHistogram histogram(kBounds);
  for (const absl::Duration took :
       {absl::Seconds(-1), absl::Milliseconds(1), absl::Microseconds(1001),
        absl::Seconds(1), absl::Seconds(5)}) {
    histogram.Observe(took);
  }
  const DurationHistogram::Reading reading = histogram.Read();
  EXPECT_THAT(reading.counts, ElementsAre(2, 2, 1));
  EXPECT_EQ(reading.sum, absl::Seconds(6) + absl::Microseconds(2001));
}

TEST(DurationHistogramTest, LosesNothingAmongThreads) {
  DurationHistogram histogram(kBounds);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&histogram] {
      for (int n = 0; n < 1000; ++n) histogram.Observe(absl::Microseconds(1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(histogram.Read().counts, ElementsAre(4000, 0, 0));
  EXPECT_EQ(histogram.Read().sum, absl::Milliseconds(4));
}

}  // namespace
}  // namespace parley
