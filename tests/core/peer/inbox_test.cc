#include "core/peer/inbox.h"

#include "gtest/gtest.h"

namespace parley::peer {
namespace {

TEST(InboxTest, MessagesAreNumberedFromOneAndReadInOrder) {
  Inbox inbox;
  EXPECT_EQ(inbox.Next(0), nullptr);
  inbox.Append(false, "a");
  inbox.Append(true, "");
  ASSERT_NE(inbox.Next(0), nullptr);
  EXPECT_EQ(inbox.Next(0)->data, "a");
  EXPECT_EQ(inbox.Next(0)->sequence, 1u);
  EXPECT_TRUE(inbox.Next(1)->binary);
  EXPECT_EQ(inbox.Next(2), nullptr);
}

TEST(InboxTest, AMessageStaysUntilItIsAcknowledged) {
  Inbox inbox;
  inbox.Append(false, "one");
  inbox.Append(false, "two");
  EXPECT_EQ(inbox.Next(0)->sequence, 1u);
  EXPECT_EQ(inbox.Next(0)->sequence, 1u);
  EXPECT_EQ(inbox.Acknowledge(1), 3 + Inbox::kOverheadBytes);
  EXPECT_EQ(inbox.Next(0)->data, "two");
  EXPECT_EQ(inbox.Acknowledge(1), 0u);
  EXPECT_EQ(inbox.Acknowledge(99), 3 + Inbox::kOverheadBytes);
  EXPECT_EQ(inbox.bytes(), 0u);
  inbox.Append(false, "three");
  EXPECT_EQ(inbox.Next(2)->sequence, 3u);
}

TEST(InboxTest, ADroppedMessageLeavesAGapAndNoMore) {
  Inbox inbox;
  inbox.Append(false, "one");
  inbox.Drop();
  inbox.Append(false, "three");
  EXPECT_EQ(inbox.last(), 3u);
  EXPECT_EQ(inbox.Next(1)->sequence, 3u);
  inbox.Acknowledge(2);
  EXPECT_EQ(inbox.acknowledged(), 2u);
  EXPECT_EQ(inbox.Next(0)->data, "three");
}

}  // namespace
}  // namespace parley::peer
