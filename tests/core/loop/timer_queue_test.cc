#include "core/loop/timer_queue.h"

#include <memory>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

class TimerQueueTest : public ::testing::Test {
 protected:
  TimerQueue::TimerId Add(int milliseconds, int name) {
    return queue_.Add(absl::Milliseconds(milliseconds),
                      [this, name] { ran_.push_back(name); });
  }
  void RunDue(int milliseconds) {
    while (auto task = queue_.TakeDue(absl::Milliseconds(milliseconds))) {
      (*task)();
    }
  }

  TimerQueue queue_;
  std::vector<int> ran_;
};

TEST_F(TimerQueueTest, TasksComeInTheOrderOfDeadlinesThenOfAdding) {
  Add(20, 1);
  Add(10, 2);
  Add(20, 3);
  Add(30, 4);
  EXPECT_EQ(queue_.Next(), absl::Milliseconds(10));
  RunDue(20);
  EXPECT_THAT(ran_, ElementsAre(2, 1, 3));
  EXPECT_EQ(queue_.Next(), absl::Milliseconds(30));
}

TEST_F(TimerQueueTest, ACancelledTaskIsDestroyedAtOnceAndNeverRuns) {
  auto token = std::make_shared<int>(0);
  auto timer = queue_.Add(absl::Milliseconds(1), [token] { FAIL(); });
  EXPECT_TRUE(queue_.Cancel(timer));
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(queue_.Next(), std::nullopt);
  EXPECT_FALSE(queue_.TakeDue(absl::InfiniteDuration()).has_value());
}

TEST_F(TimerQueueTest, CancelIsFalseForWhatIsNotThere) {
  auto timer = Add(1, 1);
  EXPECT_FALSE(queue_.Cancel(TimerQueue::TimerId::kNone));
  RunDue(1);
  EXPECT_FALSE(queue_.Cancel(timer));
  auto other = Add(1, 2);
  EXPECT_TRUE(queue_.Cancel(other));
  EXPECT_FALSE(queue_.Cancel(other));
}

TEST_F(TimerQueueTest, ManyCancelsDoNotDisturbTheRest) {
  std::vector<TimerQueue::TimerId> timers;
  for (int i = 0; i < 10'000; ++i) timers.push_back(Add(i, i));
  for (int i = 0; i < 10'000; ++i) {
    if (i % 1000 != 0) {
      EXPECT_TRUE(queue_.Cancel(timers[i]));
    }
  }
  EXPECT_EQ(queue_.size(), 10u);
  RunDue(10'000);
  EXPECT_THAT(ran_, ElementsAre(0, 1000, 2000, 3000, 4000, 5000, 6000, 7000,
                                8000, 9000));
}

TEST_F(TimerQueueTest, ATaskDestroyedByClearMayUseTheQueue) {
  struct Canceller {
    ~Canceller() { queue.Cancel(timer); }
    TimerQueue& queue;
    TimerQueue::TimerId timer;
  };
  auto other = Add(5, 5);
  queue_.Add(absl::Milliseconds(1),
             [c = std::make_unique<Canceller>(queue_, other)] { FAIL(); });
  queue_.Clear();
  EXPECT_EQ(queue_.size(), 0u);
  RunDue(10);
  EXPECT_THAT(ran_, ElementsAre());
}

}  // namespace
}  // namespace parley
