#include "core/peer/event_log.h"

#include "absl/time/clock.h"
#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::peer {
namespace {

TEST(EventLogTest, EventsAreNumberedFromOneAndReadInOrder) {
  EventLog log(1 << 20);
  EXPECT_EQ(*log.Next(0), nullptr);
  for (int i = 0; i < 10; ++i) log.Append(absl::Now(), NegotiationNeeded());
  uint64_t after = 0;
  for (int i = 1; i <= 10; ++i) {
    const auto event = log.Next(after);
    ASSERT_TRUE(event.ok() && *event != nullptr);
    EXPECT_EQ((*event)->sequence, static_cast<uint64_t>(i));
    after = (*event)->sequence;
  }
  EXPECT_EQ(*log.Next(after), nullptr);
}

TEST(EventLogTest, TheRingIsBoundedInBytesAndTellsWhoFellBehind) {
  EventLog log(20 * sizeof(Event));
  for (int i = 0; i < 1000; ++i) log.Append(absl::Now(), NegotiationNeeded());
  EXPECT_EQ(log.last(), 1000u);
  const auto lost = log.Next(0);
  EXPECT_TRUE(HasReason(lost.status(), Reason::kEventsCompacted));
  EXPECT_FALSE(log.Next(979).ok());
  ASSERT_TRUE(log.Next(980).ok());
  EXPECT_EQ((*log.Next(980))->sequence, 981u);
}

// The other end chooses how many streams a track has.
TEST(EventLogTest, WhatTheOtherEndChoosesCounts) {
  jsep::Transceiver big;
  big.remote_stream_ids.assign(64, std::string(256, 's'));
  const size_t most = 64 * 256;
  auto state = std::make_shared<Snapshot>();
  state->transceivers = {big};
  EXPECT_GT(EventBytes({.body = TransceiverChange{big}}), most);
  EXPECT_GT(EventBytes({.body = TrackMuted{big}}), most);
  EXPECT_GT(EventBytes({.body = TrackReceived{big, big.remote_stream_ids}}),
            2 * most);
  DescriptionApplied applied;
  applied.state = state;
  EXPECT_GT(EventBytes({.body = applied}), most);
}

TEST(EventLogTest, ANumberNeverGivenIsRefused) {
  EventLog log(1 << 20);
  log.Append(absl::Now(), NegotiationNeeded());
  EXPECT_TRUE(HasReason(log.Next(2).status(), Reason::kArgument));
}

TEST(EventLogTest, TheNewestEventStaysHoweverBigItIs) {
  EventLog log(1);
  Closed closed;
  closed.detail = std::string(10'000, 'x');
  log.Append(absl::Now(), NegotiationNeeded());
  log.Append(absl::Now(), closed);
  ASSERT_TRUE(log.Next(1).ok());
  EXPECT_EQ((*log.Next(1))->sequence, 2u);
}

}  // namespace
}  // namespace parley::peer
