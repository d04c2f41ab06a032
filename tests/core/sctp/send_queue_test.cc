#include "core/sctp/send_queue.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::sctp {
namespace {

using ::testing::ElementsAre;

OutgoingMessage Message(uint16_t stream, std::string payload,
                        uint16_t weight = 256) {
  return {.stream = stream, .weight = weight, .payload = std::move(payload)};
}

// Sends whole messages until the queue is empty.
std::vector<std::string> DrainAll(SendQueue& queue) {
  std::vector<std::string> order;
  while (!queue.empty()) {
    const SendQueue::Next next = queue.Front();
    if (next.reset) {
      order.push_back("reset " + std::to_string(next.stream));
      queue.Drop();
    } else {
      order.emplace_back(next.rest);
      queue.Sent(next.rest.size());
    }
  }
  return order;
}

TEST(SendQueueTest, OneStreamKeepsItsOrder) {
  SendQueue queue;
  EXPECT_TRUE(queue.empty());
  for (const char* text : {"a", "b", "c"}) queue.Push(Message(7, text));
  EXPECT_EQ(queue.bytes(), 3);
  EXPECT_THAT(DrainAll(queue), ElementsAre("a", "b", "c"));
  EXPECT_EQ(queue.bytes(), 0);
}

TEST(SendQueueTest, StreamsTakeTurns) {
  SendQueue queue;
  for (int i = 0; i < 3; ++i) {
    queue.Push(Message(1, "one" + std::to_string(i)));
  }
  for (int i = 0; i < 3; ++i) {
    queue.Push(Message(2, "two" + std::to_string(i)));
  }
  EXPECT_THAT(DrainAll(queue),
              ElementsAre("one0", "two0", "one1", "two1", "one2", "two2"));
}

TEST(SendQueueTest, BandwidthFollowsTheWeights) {
  SendQueue queue;
  for (int i = 0; i < 1000; ++i) {
    queue.Push(Message(1, std::string(100, 'l'), 128));
    queue.Push(Message(2, std::string(100, 'h'), 1024));
  }
  std::map<uint16_t, int> sent;
  for (int i = 0; i < 900; ++i) {
    const SendQueue::Next next = queue.Front();
    ++sent[next.stream];
    queue.Sent(next.rest.size());
  }
  EXPECT_NEAR(sent[2], 800, 5);
  EXPECT_NEAR(sent[1], 100, 5);
}

TEST(SendQueueTest, ABegunMessageIsFinishedBeforeAnother) {
  SendQueue queue;
  queue.Push(Message(1, "0123456789", 128));
  EXPECT_EQ(queue.Front().rest, "0123456789");
  queue.Sent(4);
  queue.Push(Message(0, "urgent", 1024));
  EXPECT_EQ(queue.Front().rest, "456789");
  EXPECT_EQ(queue.bytes(), 12);
  queue.Sent(6);
  EXPECT_EQ(queue.Front().rest, "urgent");
}

TEST(SendQueueTest, AnIdleStreamStartsLevel) {
  SendQueue queue;
  for (int i = 0; i < 100; ++i) queue.Push(Message(1, "long ago"));
  for (int i = 0; i < 90; ++i) queue.Sent(queue.Front().rest.size());
  // Had it saved up its turns, it would now send all of these first.
  for (int i = 0; i < 100; ++i) queue.Push(Message(2, "new"));
  int of_first = 0;
  for (int i = 0; i < 20; ++i) {
    of_first += queue.Front().stream == 1;
    queue.Sent(queue.Front().rest.size());
  }
  EXPECT_GE(of_first, 8);
}

TEST(SendQueueTest, AResetComesAfterWhatWasQueuedBefore) {
  SendQueue queue;
  queue.Push(Message(1, "before"));
  queue.PushReset(1);
  queue.Push(Message(2, "other"));
  EXPECT_THAT(DrainAll(queue), ElementsAre("before", "other", "reset 1"));
}

TEST(SendQueueTest, AResetAskedForTwiceIsOne) {
  SendQueue queue;
  for (int i = 0; i < 3; ++i) queue.PushReset(1);
  queue.Push(Message(1, "of the next"));
  for (int i = 0; i < 3; ++i) queue.PushReset(1);
  EXPECT_THAT(DrainAll(queue),
              ElementsAre("reset 1", "of the next", "reset 1"));
}

TEST(SendQueueTest, DroppingForgetsTheRestOfAMessage) {
  SendQueue queue;
  queue.Push(Message(1, "0123456789"));
  queue.Push(Message(1, "next"));
  queue.Sent(3);
  queue.Drop();
  EXPECT_EQ(queue.bytes(), 4);
  EXPECT_EQ(queue.Front().rest, "next");
  queue.Clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0);
}

}  // namespace
}  // namespace parley::sctp
