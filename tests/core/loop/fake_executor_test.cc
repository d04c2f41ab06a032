#include "tests/testing/fake_executor.h"

#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using testing::FakeExecutor;

TEST(FakeExecutorTest, NothingRunsUntilTheTestSaysSo) {
  FakeExecutor executor;
  std::vector<int> ran;
  executor.Post([&] {
    ran.push_back(1);
    executor.Post([&] { ran.push_back(2); });
  });
  EXPECT_THAT(ran, ElementsAre());
  EXPECT_EQ(executor.RunReady(), 2u);
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

TEST(FakeExecutorTest, AdvanceStopsAtEachDeadline) {
  FakeExecutor executor;
  std::vector<absl::Duration> times;
  const absl::Duration start = executor.clock().Monotonic();
  auto note = [&] { times.push_back(executor.clock().Monotonic() - start); };
  executor.RunAfter(absl::Seconds(2), [&] {
    note();
    executor.RunAfter(absl::Seconds(1), note);
    executor.RunAfter(absl::Seconds(8), note);
  });
  executor.RunAfter(absl::Seconds(1), note);
  executor.Advance(absl::Seconds(5));
  EXPECT_THAT(
      times, ElementsAre(absl::Seconds(1), absl::Seconds(2), absl::Seconds(3)));
  EXPECT_EQ(executor.clock().Monotonic() - start, absl::Seconds(5));
  EXPECT_EQ(executor.pending_timers(), 1u);
}

TEST(FakeExecutorTest, StopDestroysWhatHasNotRunAndRefusesTheRest) {
  FakeExecutor executor;
  auto token = std::make_shared<int>(0);
  executor.Post([token] { FAIL(); });
  executor.RunAfter(absl::Seconds(1), [token] { FAIL(); });
  executor.Stop();
  EXPECT_FALSE(executor.Post([token] { FAIL(); }));
  EXPECT_EQ(executor.RunAfter(absl::ZeroDuration(), [token] { FAIL(); }),
            Executor::TimerId::kNone);
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(executor.RunReady(), 0u);
}

}  // namespace
}  // namespace parley
