#include "core/loop/fd_budget.h"

#include <memory>
#include <utility>

#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

class FakeFds : public FdSystem {
 public:
  absl::StatusOr<int64_t> Limit() override { return limit; }
  bool CanOpen(int) override { return can_open; }

  absl::StatusOr<int64_t> limit = 100;
  bool can_open = true;
};

TEST(FdBudgetTest, LeasesCountUntilTheyAreDestroyed) {
  FakeFds system;
  FdBudget budget(90, system);
  auto first = budget.Reserve(6);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(budget.in_use(), 6);
  {
    auto second = budget.Reserve(4);
    ASSERT_TRUE(second.ok());
    FdBudget::Lease moved = *std::move(second);
    EXPECT_EQ(moved.count(), 4);
    EXPECT_EQ(budget.in_use(), 10);
  }
  EXPECT_EQ(budget.in_use(), 6);
  *first = FdBudget::Lease();
  EXPECT_EQ(budget.in_use(), 0);
}

TEST(FdBudgetTest, MoreThanTheRestIsRefusedAndChangesNothing) {
  FakeFds system;
  FdBudget budget(90, system);
  auto lease = budget.Reserve(8);
  ASSERT_TRUE(lease.ok());
  auto refused = budget.Reserve(3);
  EXPECT_TRUE(HasReason(refused.status(), Reason::kFileDescriptors));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(GetError(refused.status())->retry_delay.has_value());
  EXPECT_EQ(budget.in_use(), 8);
  EXPECT_TRUE(budget.Reserve(2).ok());
}

TEST(FdBudgetTest, ASystemWithoutDescriptorsIsBelievedOverTheBudget) {
  FakeFds system;
  system.can_open = false;
  FdBudget budget(0, system);
  EXPECT_TRUE(HasReason(budget.Reserve(1).status(), Reason::kFileDescriptors));
  EXPECT_EQ(budget.in_use(), 0);
}

TEST(FdBudgetTest, AnUnreadableLimitIsResourceInspection) {
  FakeFds system;
  system.limit = MakeError(Reason::kResourceInspection, "no");
  FdBudget budget(0, system);
  EXPECT_TRUE(
      HasReason(budget.Reserve(1).status(), Reason::kResourceInspection));
  EXPECT_EQ(budget.Reserve(1).status().code(), absl::StatusCode::kInternal);
}

TEST(FdBudgetTest, AReserveOverTheLimitLeavesNothing) {
  FakeFds system;
  FdBudget budget(1000, system);
  EXPECT_EQ(*budget.Capacity(), 0);
  EXPECT_FALSE(budget.Reserve(1).ok());
}

TEST(FdBudgetTest, TheRealSystemOpensAFewAndReportsItsLimit) {
  auto limit = SystemFds().Limit();
  ASSERT_TRUE(limit.ok());
  EXPECT_GT(*limit, 0);
  EXPECT_TRUE(SystemFds().CanOpen(8));
}

}  // namespace
}  // namespace parley
