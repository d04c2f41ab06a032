#include "core/sctp/unsent_messages.h"

#include "gtest/gtest.h"

namespace parley::sctp {
namespace {

constexpr uint64_t kEach = UnsentMessages::kOverheadBytes;

TEST(UnsentMessagesTest, BytesLeaveInOrder) {
  UnsentMessages unsent;
  unsent.Push(10, true);
  unsent.Push(1, false);
  unsent.Push(5, true);
  EXPECT_EQ(unsent.overhead_bytes(), 3 * kEach);
  EXPECT_EQ(unsent.Sent(4), 4);
  EXPECT_EQ(unsent.overhead_bytes(), 3 * kEach);
  EXPECT_EQ(unsent.Sent(8), 7);
  EXPECT_EQ(unsent.overhead_bytes(), kEach);
  EXPECT_EQ(unsent.Sent(4), 4);
  EXPECT_EQ(unsent.overhead_bytes(), 0);
}

TEST(UnsentMessagesTest, MoreThanThereAreLeaveNothing) {
  UnsentMessages unsent;
  unsent.Push(3, true);
  EXPECT_EQ(unsent.Sent(1000), 3);
  EXPECT_EQ(unsent.Sent(1), 0);
  unsent.Push(2, true);
  EXPECT_EQ(unsent.Sent(2), 2);
}

TEST(UnsentMessagesTest, ManyComeAndGo) {
  UnsentMessages unsent;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10000; ++i) unsent.Push(1 + i % 3, i % 2 == 0);
    uint64_t of_application = 0;
    for (int i = 0; i < 10000; ++i) {
      EXPECT_EQ(unsent.overhead_bytes(), (10000 - i) * kEach);
      of_application += unsent.Sent(1 + i % 3);
    }
    // 1, 3, 2 for each three of the 5,000 that are its own.
    EXPECT_EQ(of_application, 1666 * 6 + 1 + 3);
    EXPECT_EQ(unsent.overhead_bytes(), 0);
  }
}

}  // namespace
}  // namespace parley::sctp
