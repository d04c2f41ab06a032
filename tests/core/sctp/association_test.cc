#include "core/sctp/association.h"

#include <string>
#include <vector>

#include "core/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/sctp/association_ends.h"

namespace parley::sctp {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A payload that shows where it was cut or mixed up.
std::string Pattern(size_t size, uint32_t seed = 1) {
  std::string text(size, 0);
  for (char& c : text) {
    seed = seed * 1664525 + 1013904223;
    c = static_cast<char>(seed >> 24);
  }
  return text;
}

TEST(AssociationTest, BothEndsConnectAtOnce) {
  AssociationEnds ends;
  EXPECT_EQ(ends.a.state(), State::kNew);
  ends.Connect();
  EXPECT_THAT(ends.a.states,
              ElementsAre(State::kConnecting, State::kConnected));
  EXPECT_THAT(ends.b.states,
              ElementsAre(State::kConnecting, State::kConnected));
  EXPECT_EQ(ends.a.streams.incoming, 256);
  EXPECT_EQ(ends.a.streams.outgoing, 256);
  EXPECT_LE(ends.a.largest, Association::kMaxPacket);
  EXPECT_EQ(ends.stack.associations(), 2);
}

TEST(AssociationTest, TheFirstPacketsOfTheOtherEndMayComeTooEarly) {
  AssociationEnds ends;
  ASSERT_TRUE(ends.a.association->Connect(5000, 5000).ok());
  ends.DeliverAll();  // dropped: the other end has not connected
  ASSERT_TRUE(ends.b.association->Connect(5000, 5000).ok());
  ends.DeliverAll();
  EXPECT_TRUE(ends.BothConnected()) << "waits for a retransmission";
}

TEST(AssociationTest, PortsMayDiffer) {
  AssociationEnds ends;
  ends.Connect(5000, 1);
}

TEST(AssociationTest, TheSmallerStreamCountRules) {
  AssociationEnds ends({.streams = 16}, {.streams = 1024});
  ends.Connect();
  EXPECT_EQ(ends.a.streams.outgoing, 16);
  EXPECT_EQ(ends.a.streams.incoming, 16);
  EXPECT_EQ(ends.b.streams.outgoing, 16);
  ends.b.Send(15, "last");
  ends.DeliverAll();
  EXPECT_THAT(ends.a.payloads(), ElementsAre("last"));
}

TEST(AssociationTest, StreamsBeyondTheNegotiatedAreNotSentOn) {
  AssociationEnds ends({.streams = 16}, {.streams = 1024});
  ends.Connect();
  ends.b.Send(16, "nowhere");
  ends.DeliverAll();
  EXPECT_THAT(ends.a.messages, IsEmpty());
  EXPECT_EQ(ends.b.association->queued_bytes(), 0);
  EXPECT_EQ(ends.b.bytes_sent[16], 7);
  EXPECT_EQ(ends.b.state(), State::kConnected);
}

TEST(AssociationTest, TheStreamCountIsCapped) {
  AssociationEnds ends({.streams = 65535}, {.streams = 65535});
  ends.Connect();
  EXPECT_EQ(ends.a.streams.outgoing, kMaxStreams);
}

TEST(AssociationTest, MessagesKeepTheirBoundariesAndIdentifiers) {
  AssociationEnds ends;
  ends.Connect();
  ends.a.association->Send(
      {.stream = 3, .ppid = kPpidString, .payload = "text"});
  ends.a.association->Send(
      {.stream = 4, .ppid = kPpidBinaryEmpty, .payload = std::string(1, 0)});
  ends.DeliverAll();
  ASSERT_THAT(ends.b.messages, SizeIs(2));
  EXPECT_EQ(ends.b.messages[0].stream, 3);
  EXPECT_EQ(ends.b.messages[0].ppid, kPpidString);
  EXPECT_EQ(ends.b.messages[0].payload, "text");
  EXPECT_EQ(ends.b.messages[1].stream, 4);
  EXPECT_EQ(ends.b.messages[1].ppid, kPpidBinaryEmpty);
  EXPECT_EQ(ends.a.bytes_sent[3], 4);
}

TEST(AssociationTest, MessagesSentWhileConnectingWait) {
  AssociationEnds ends;
  ends.a.Send(1, "early");
  ASSERT_TRUE(ends.a.association->Connect(5000, 5000).ok());
  ends.a.Send(1, "connecting");
  EXPECT_EQ(ends.a.association->queued_bytes(), 15);
  ASSERT_TRUE(ends.b.association->Connect(5000, 5000).ok());
  ends.DeliverAll();
  EXPECT_THAT(ends.b.payloads(), ElementsAre("early", "connecting"));
  EXPECT_EQ(ends.a.association->queued_bytes(), 0);
}

class AssociationSizeTest : public ::testing::TestWithParam<size_t> {};

TEST_P(AssociationSizeTest, AnySizeUpToTheLimitGoesBothWays) {
  AssociationEnds ends({.max_message_size = 1 << 20},
                       {.max_message_size = 1 << 20});
  ends.Connect();
  const std::string payload = Pattern(GetParam());
  for (int i = 0; i < 3; ++i) {
    ends.a.Send(0, payload);
    ends.b.Send(1, payload);
  }
  ASSERT_TRUE(ends.RunUntil([&] {
    return ends.a.messages.size() == 3 && ends.b.messages.size() == 3;
  }));
  EXPECT_THAT(ends.a.payloads(), Each(payload));
  EXPECT_THAT(ends.b.payloads(), Each(payload));
  EXPECT_EQ(ends.a.bytes_sent[0], 3 * GetParam());
  EXPECT_LE(ends.a.largest, Association::kMaxPacket);
}

INSTANTIATE_TEST_SUITE_P(Sizes, AssociationSizeTest,
                         ::testing::Values(1, 1131, 1132, 1133, 65535, 65536,
                                           262143, 262144, 1 << 20));

TEST(AssociationTest, ALargerMessageThanAnnouncedEndsTheAssociation) {
  AssociationEnds ends({}, {.max_message_size = 100000});
  ends.Connect();
  ends.a.Send(0, Pattern(100000));
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.messages.size() == 1; }));
  ends.a.Send(0, Pattern(100001));
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.state() == State::kClosed; }));
  EXPECT_TRUE(HasReason(ends.b.why, Reason::kMessageTooLarge)) << ends.b.why;
  ASSERT_TRUE(ends.RunUntil([&] { return ends.a.state() == State::kClosed; }));
  EXPECT_TRUE(ends.a.why.ok()) << ends.a.why;
  EXPECT_THAT(ends.b.messages, SizeIs(1));
}

TEST(AssociationTest, SmallMessagesInterleaveWithLargeOnes) {
  AssociationEnds ends;
  ends.Connect();
  for (int i = 0; i < 20; ++i) ends.a.Send(0, Pattern(200000));
  ends.a.Send(1, "not behind all of these");
  size_t before = 0;
  ends.b.on_event = [&] {
    if (!ends.b.messages.empty() && ends.b.messages.back().stream == 1) {
      before = ends.b.messages.size();
      ends.b.on_event = nullptr;
    }
  };
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.messages.size() == 21; }));
  EXPECT_LE(before, 5);
}

TEST(AssociationTest, SentBytesAreReportedAsTheyLeave) {
  AssociationEnds ends;
  ends.Connect();
  for (int i = 0; i < 100; ++i) ends.a.Send(2, Pattern(50000));
  const size_t left_at_once = ends.a.bytes_sent[2];
  EXPECT_GT(left_at_once, 0);
  EXPECT_LT(left_at_once, 5000000);
  EXPECT_EQ(left_at_once + ends.a.association->queued_bytes(), 5000000);
  ASSERT_TRUE(ends.RunUntil([&] { return ends.a.bytes_sent[2] == 5000000; }));
}

TEST(AssociationTest, PausingClosesTheWindowAndLosesNothing) {
  AssociationEnds ends;
  ends.Connect();
  ends.b.association->SetReceiving(false);
  for (int i = 0; i < 100; ++i) ends.a.Send(0, Pattern(20000, i));
  ends.RunFor(absl::Seconds(10));
  EXPECT_THAT(ends.b.messages, IsEmpty());
  EXPECT_GT(ends.a.association->queued_bytes(), 1000000);
  EXPECT_LT(ends.a.association->stats()->receiver_window, 3000);

  ends.b.association->SetReceiving(true);
  EXPECT_FALSE(ends.b.messages.empty());
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.messages.size() == 100; }));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(ends.b.messages[i].payload, Pattern(20000, i));
  }
}

TEST(AssociationTest, PausingAgainstManySmallMessagesLosesNothing) {
  AssociationEnds ends;
  ends.Connect();
  ends.b.association->SetReceiving(false);
  for (int i = 0; i < 20000; ++i) ends.a.Send(0, std::to_string(i));
  ends.RunFor(absl::Seconds(10));
  EXPECT_THAT(ends.b.messages, IsEmpty());
  ends.b.association->SetReceiving(true);
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.messages.size() == 20000; }));
  EXPECT_EQ(ends.b.messages.back().payload, "19999");
}

TEST(AssociationTest, PausingInsideACallbackHoldsTheRest) {
  AssociationEnds ends;
  ends.Connect();
  ends.b.on_event = [&] {
    if (ends.b.messages.size() == 1) {
      ends.b.association->SetReceiving(false);
    }
  };
  for (int i = 0; i < 100; ++i) ends.a.Send(0, Pattern(20000));
  ends.RunFor(absl::Seconds(2));
  // What one packet had completed is still delivered, no more.
  EXPECT_LE(ends.b.messages.size(), 2);
}

TEST(AssociationTest, ResetStreamsAfterTheirMessages) {
  AssociationEnds ends;
  ends.Connect();
  ends.a.Send(5, Pattern(300000 - 50000));
  ends.a.Send(5, "last");
  const uint16_t streams[] = {5};
  ends.a.association->ResetStreams(streams);
  bool complete_before_reset = false;
  ends.b.on_event = [&] {
    if (ends.b.incoming_resets.empty()) {
      complete_before_reset = ends.b.messages.size() == 2;
    }
  };
  ASSERT_TRUE(ends.RunUntil([&] {
    return !ends.b.incoming_resets.empty() && !ends.a.outgoing_resets.empty();
  }));
  EXPECT_TRUE(complete_before_reset);
  EXPECT_THAT(ends.b.incoming_resets, ElementsAre(5));
  EXPECT_THAT(ends.a.outgoing_resets, ElementsAre(5));
  EXPECT_THAT(ends.a.incoming_resets, IsEmpty());
  // The stream can be used anew.
  ends.a.Send(5, "again");
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.messages.size() == 3; }));
}

TEST(AssociationTest, ManyResetsAtOnceFromBothEnds) {
  AssociationEnds ends;
  ends.Connect();
  std::vector<uint16_t> all;
  for (uint16_t i = 0; i < 200; ++i) {
    const uint16_t one[] = {i};
    ends.a.Send(i, "x");
    ends.b.Send(i, "y");
    ends.a.association->ResetStreams(one);
    ends.b.association->ResetStreams(one);
    all.push_back(i);
  }
  ASSERT_TRUE(ends.RunUntil([&] {
    return ends.a.outgoing_resets.size() >= 200 &&
           ends.b.outgoing_resets.size() >= 200 &&
           ends.a.incoming_resets.size() >= 200 &&
           ends.b.incoming_resets.size() >= 200;
  }));
  EXPECT_THAT(ends.a.outgoing_resets,
              ::testing::UnorderedElementsAreArray(all));
  EXPECT_THAT(ends.b.incoming_resets,
              ::testing::UnorderedElementsAreArray(all));
  EXPECT_THAT(ends.a.messages, SizeIs(200));
}

TEST(AssociationTest, AStreamThatIsNotThereSpoilsNoOtherReset) {
  AssociationEnds ends({.streams = 16}, {.streams = 1024});
  ends.Connect();
  const uint16_t streams[] = {3, 16, 65535};
  ends.b.association->ResetStreams(streams);
  EXPECT_THAT(ends.b.outgoing_resets, ElementsAre(16, 65535));
  ASSERT_TRUE(ends.RunUntil([&] { return !ends.a.incoming_resets.empty(); }));
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.outgoing_resets.size() > 2; }));
  EXPECT_THAT(ends.a.incoming_resets, ElementsAre(3));
  EXPECT_THAT(ends.b.outgoing_resets, ElementsAre(16, 65535, 3));
}

TEST(AssociationTest, CloseIsHeardByTheOtherEnd) {
  AssociationEnds ends;
  ends.Connect();
  ends.a.association->Close();
  EXPECT_EQ(ends.a.state(), State::kClosed);
  EXPECT_EQ(ends.stack.associations(), 1);
  ends.DeliverAll();
  EXPECT_EQ(ends.b.state(), State::kClosed);
  EXPECT_TRUE(ends.b.why.ok()) << ends.b.why;
  EXPECT_EQ(ends.stack.associations(), 0);
  ends.a.association->Close();
  EXPECT_THAT(ends.a.states, ElementsAre(State::kConnecting, State::kConnected,
                                         State::kClosed));
}

TEST(AssociationTest, NothingGoesOnAfterClose) {
  AssociationEnds ends;
  ends.Connect();
  for (int i = 0; i < 100; ++i) ends.a.Send(0, Pattern(100000));
  ends.a.association->Close();
  EXPECT_EQ(ends.a.association->queued_bytes(), 0);
  ends.a.Send(0, "late");
  EXPECT_EQ(ends.a.association->queued_bytes(), 0);
  ends.a.sent.clear();
  ends.executor.Advance(absl::Seconds(30));
  EXPECT_THAT(ends.a.sent, IsEmpty());
  EXPECT_FALSE(ends.a.association->stats().has_value());
}

TEST(AssociationTest, TheTickStandsStillWithoutAssociations) {
  AssociationEnds ends;
  EXPECT_EQ(ends.executor.pending_timers(), 0);
  ends.Connect();
  ends.executor.Advance(absl::Milliseconds(1));
  EXPECT_EQ(ends.executor.pending_timers(), 1);
  ends.a.association->Close();
  ends.b.association->Close();
  ends.executor.Advance(absl::Seconds(10));
  EXPECT_EQ(ends.executor.pending_timers(), 0);
}

TEST(AssociationTest, StatsTellOfThePath) {
  AssociationEnds ends;
  EXPECT_FALSE(ends.a.association->stats().has_value());
  ends.Connect();
  const auto stats = ends.a.association->stats();
  ASSERT_TRUE(stats.has_value());
  EXPECT_EQ(stats->mtu, Association::kMaxPacket);
  EXPECT_GT(stats->congestion_window, 4000);
  EXPECT_GT(stats->receiver_window, 100000);
  EXPECT_EQ(stats->unacknowledged, 0);
}

// Closing and destroying at every event of an association's life.

int LiveUntil(int last_event,
              const std::function<void(AssociationEnd&)>& end_it) {
  AssociationEnds ends;
  int events = 0;
  for (AssociationEnd* end : {&ends.a, &ends.b}) {
    end->on_event = [&, end] {
      if (++events == last_event) end_it(*end);
    };
  }
  const auto if_there = [](AssociationEnd& end, auto what) {
    if (end.association) what(*end.association);
  };
  const uint16_t stream[] = {1};
  for (AssociationEnd* end : {&ends.a, &ends.b}) {
    if_there(*end, [](Association& association) {
      (void)association.Connect(5000, 5000);
    });
    if_there(*end, [](Association& association) {
      association.Send({.stream = 1, .ppid = 53, .payload = Pattern(3000)});
    });
    if_there(*end, [&](Association& association) {
      association.ResetStreams(stream);
    });
  }
  ends.RunFor(absl::Seconds(1));
  if_there(ends.a, [](Association& association) { association.Close(); });
  ends.RunFor(absl::Milliseconds(50));
  return events;
}

TEST(AssociationTest, ItMayBeDestroyedFromAnyCallback) {
  const int events = LiveUntil(0, {});
  ASSERT_GT(events, 20);
  for (int last = 1; last <= events; ++last) {
    LiveUntil(last, [](AssociationEnd& end) { end.association.reset(); });
  }
}

TEST(AssociationTest, ItMayBeClosedFromAnyCallback) {
  const int events = LiveUntil(0, {});
  for (int last = 1; last <= events; ++last) {
    LiveUntil(last, [](AssociationEnd& end) {
      end.association->Close();
      EXPECT_EQ(end.state(), State::kClosed);
    });
  }
}

}  // namespace
}  // namespace parley::sctp
