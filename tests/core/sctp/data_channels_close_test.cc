// How data channels end, and what a remote that breaks the rules can do.
#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/errors.h"
#include "core/sctp/data_channels.h"
#include "core/sctp/dcep.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/sctp/channel_ends.h"

namespace parley::sctp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// --- Closing ---

TEST_F(DataChannelsTest, EitherEndClosesBoth) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  ASSERT_TRUE(server.channels.Close(OnServer()).ok());
  EXPECT_EQ(server.StateOf(OnServer()), ChannelState::kClosing);
  client.states.clear();
  Exchange(client, server);
  EXPECT_EQ(server.StateOf(OnServer()), ChannelState::kClosed);
  EXPECT_THAT(client.states,
              ElementsAre(std::pair(key, ChannelState::kClosing),
                          std::pair(key, ChannelState::kClosed)));
  EXPECT_EQ(client.channels.counters().opened, 1);
  EXPECT_EQ(client.channels.counters().closed, 1);
}

TEST_F(DataChannelsTest, BothEndsMayCloseAtOnce) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  ASSERT_TRUE(client.channels.Close(key).ok());
  ASSERT_TRUE(server.channels.Close(OnServer()).ok());
  Exchange(client, server);
  EXPECT_EQ(client.StateOf(key), ChannelState::kClosed);
  EXPECT_EQ(server.StateOf(OnServer()), ChannelState::kClosed);
}

TEST_F(DataChannelsTest, WhatWasSentBeforeTheCloseArrives) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  ASSERT_TRUE(client.channels.Send(key, false, "last words").ok());
  ASSERT_TRUE(client.channels.Close(key).ok());
  Exchange(client, server);
  ASSERT_THAT(server.received, SizeIs(1));
  EXPECT_EQ(server.received[0].payload, "last words");
}

TEST_F(DataChannelsTest, CloseBeforeTheConnectionIsQuiet) {
  const ChannelKey key = client.Create();
  ASSERT_TRUE(client.channels.Close(key).ok());
  EXPECT_EQ(client.StateOf(key), ChannelState::kClosed);
  client.Connect(DataChannels::IdParity::kEven);
  EXPECT_THAT(client.sent, IsEmpty());
  EXPECT_THAT(client.resets, IsEmpty());
}

TEST_F(DataChannelsTest, CloseIsIdempotent) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  ASSERT_TRUE(client.channels.Close(key).ok());
  ASSERT_TRUE(client.channels.Close(key).ok());
  client.Collect();
  EXPECT_THAT(client.resets, SizeIs(1));
  EXPECT_TRUE(HasReason(client.channels.Close(99), Reason::kChannelUnknown));
}

TEST_F(DataChannelsTest, AnIdIsUsedAgainAfterBothResets) {
  const ChannelKey first = client.Create({.label = "first"});
  ConnectBoth();
  ASSERT_TRUE(client.channels.Close(first).ok());
  EXPECT_EQ(client.At(client.Create()).id, 2);  // 0 is not free yet
  Exchange(client, server);
  const ChannelKey again = client.Create({.label = "again"});
  EXPECT_EQ(client.At(again).id, 0);
  Exchange(client, server);
  EXPECT_EQ(server.At(OnServer()).init.label, "again");
  EXPECT_EQ(server.StateOf(OnServer()), ChannelState::kOpen);
}

TEST_F(DataChannelsTest, TheRemoteMayReuseAnIdBeforeWeHeardOfOurReset) {
  client.Create({.label = "first"});
  ConnectBoth();
  const ChannelKey first = OnServer();
  const uint16_t stream[] = {0};
  ASSERT_TRUE(server.channels.Close(first).ok());
  server.channels.OnIncomingStreamsReset(stream);
  // Our reset has arrived there; that it has is still on its way to us.
  server.channels.OnMessage({.stream = 0,
                             .ppid = kPpidDcep,
                             .payload = PrintDcepOpen({.label = "second"})});
  server.channels.OnMessage(
      {.stream = 0, .ppid = kPpidString, .payload = "hello"});
  server.Collect();
  EXPECT_EQ(server.StateOf(first), ChannelState::kClosing);
  EXPECT_THAT(server.announced, SizeIs(1));
  EXPECT_THAT(server.received, IsEmpty());

  server.channels.OnOutgoingStreamsReset(stream);
  server.Collect();
  EXPECT_EQ(server.StateOf(first), ChannelState::kClosed);
  ASSERT_THAT(server.announced, SizeIs(2));
  EXPECT_EQ(server.At(OnServer()).init.label, "second");
  ASSERT_THAT(server.received, SizeIs(1));
  EXPECT_EQ(server.received[0].channel, OnServer());
}

TEST_F(DataChannelsTest, ALostTransportClosesEverything) {
  const ChannelKey open = client.Create();
  ConnectBoth();
  const ChannelKey closing = client.Create();
  ASSERT_TRUE(client.channels.Close(closing).ok());
  client.Collect();
  client.channels.OnClosed(MakeError(Reason::kInternal, "gone"));
  client.Collect();
  EXPECT_EQ(client.StateOf(open), ChannelState::kClosed);
  EXPECT_EQ(client.StateOf(closing), ChannelState::kClosed);
  EXPECT_THAT(client.failures, SizeIs(2));
  EXPECT_FALSE(client.channels.max_channels().has_value());
}

TEST_F(DataChannelsTest, ClosedChannelsAreForgottenInTheEnd) {
  ConnectBoth();
  ChannelKey first = 0;
  for (int i = 0; i < 1000; ++i) {
    const ChannelKey key = client.Create();
    if (first == 0) first = key;
    ASSERT_TRUE(client.channels.Close(key).ok());
    Exchange(client, server);
  }
  EXPECT_EQ(client.channels.Find(first), nullptr);
  EXPECT_THAT(client.channels.All(), SizeIs(DataChannels::kClosedKept));
  EXPECT_THAT(server.channels.All(), SizeIs(DataChannels::kClosedKept));
}

TEST_F(DataChannelsTest, AllThatCloseAtOnceAreThereWhileItIsTold) {
  constexpr size_t kMany = 2 * DataChannels::kClosedKept;
  for (size_t i = 0; i < kMany; ++i) client.Create();
  ConnectBoth();
  client.channels.OnClosed(absl::OkStatus());
  size_t closed = 0;
  for (const ChannelEffect& effect : client.channels.TakeEffects()) {
    const auto* change = std::get_if<ChannelStateChanged>(&effect);
    if (change == nullptr || change->state != ChannelState::kClosed) continue;
    ++closed;
    EXPECT_NE(client.channels.Find(change->channel), nullptr);
  }
  EXPECT_EQ(closed, kMany);
  EXPECT_THAT(client.channels.TakeEffects(), IsEmpty());
  EXPECT_THAT(client.channels.All(), SizeIs(DataChannels::kClosedKept));
}

// --- A remote that breaks the rules ---

TEST_F(DataChannelsTest, MalformedDcepHarmsNoOneElse) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  server.resets.clear();
  for (const std::string& wire :
       {std::string(), std::string("\x07"), std::string("\x03\x00", 2),
        std::string(70000, '\x03')}) {
    server.channels.OnMessage(
        {.stream = 8, .ppid = kPpidDcep, .payload = wire});
  }
  server.Collect();
  EXPECT_EQ(server.channels.counters().malformed, 4);
  EXPECT_THAT(server.announced, SizeIs(1));
  ASSERT_TRUE(client.channels.Send(key, true, "fine").ok());
  Exchange(client, server);
  EXPECT_THAT(server.received, SizeIs(1));
}

TEST_F(DataChannelsTest, AnOpenOnOurOwnIdsIsRefused) {
  ConnectBoth();
  server.channels.OnMessage(
      {.stream = 3, .ppid = kPpidDcep, .payload = PrintDcepOpen({})});
  server.Collect();
  EXPECT_THAT(server.announced, IsEmpty());
  EXPECT_THAT(server.resets, ElementsAre(3));
}

TEST_F(DataChannelsTest, ASecondOpenOnAStreamClosesItsChannel) {
  client.Create();
  ConnectBoth();
  server.channels.OnMessage(
      {.stream = 0, .ppid = kPpidDcep, .payload = PrintDcepOpen({})});
  server.Collect();
  EXPECT_EQ(server.StateOf(OnServer()), ChannelState::kClosing);
  EXPECT_THAT(server.failures, SizeIs(1));
  EXPECT_THAT(server.announced, SizeIs(1));
}

TEST_F(DataChannelsTest, AcknowledgementsAndResetsOutOfTheBlueAreIgnored) {
  ConnectBoth();
  const std::vector<uint16_t> streams = {0, 1, 255, 65535};
  client.channels.OnIncomingStreamsReset(streams);
  client.channels.OnOutgoingStreamsReset(streams);
  client.channels.OnBytesSent(17, 1000);
  client.channels.OnMessage(
      {.stream = 17, .ppid = kPpidDcep, .payload = PrintDcepAck()});
  EXPECT_THAT(client.channels.TakeEffects(), IsEmpty());
  EXPECT_EQ(client.channels.counters().malformed, 1);
}

// Two ends that do whatever comes to mind stay consistent: whatever is open on
// one is open on the other once everything has arrived, under the same id.
TEST_F(DataChannelsTest, RandomLivesStayConsistent) {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    ChannelEnd a;
    ChannelEnd b;
    a.Connect(DataChannels::IdParity::kEven);
    b.Connect(DataChannels::IdParity::kOdd);
    for (int step = 0; step < 300; ++step) {
      ChannelEnd& end = random() % 2 == 0 ? a : b;
      const auto all = end.channels.All();
      const ChannelKey some = all.empty() ? 1 : all[random() % all.size()]->key;
      switch (random() % 4) {
        case 0:
          (void)end.channels.Create({});
          break;
        case 1:
          (void)end.channels.Close(some);
          break;
        case 2:
          (void)end.channels.Send(some, true, "x");
          break;
        case 3:
          Exchange(a, b);
          break;
      }
    }
    Exchange(a, b);
    const auto open_ids = [](const ChannelEnd& end) {
      std::vector<uint16_t> ids;
      for (const Channel* channel : end.channels.All()) {
        EXPECT_NE(channel->state, ChannelState::kClosing);
        EXPECT_EQ(channel->buffered_amount, 0);
        if (channel->state == ChannelState::kOpen) ids.push_back(*channel->id);
      }
      std::sort(ids.begin(), ids.end());
      return ids;
    };
    EXPECT_EQ(open_ids(a), open_ids(b));
    EXPECT_EQ(a.channels.counters().malformed, 0);
  }
}

TEST_F(DataChannelsTest, RandomMessagesNeverBreakTheBounds) {
  std::mt19937 random(13);
  ChannelEnd end({.max_channels = 20});
  end.Connect(DataChannels::IdParity::kEven, {.incoming = 64, .outgoing = 32});
  for (int i = 0; i < 20000; ++i) {
    const auto stream = static_cast<uint16_t>(random() % 70);
    switch (random() % 5) {
      case 0:
        end.channels.OnMessage({.stream = stream,
                                .ppid = kPpidDcep,
                                .payload = PrintDcepOpen({.label = "x"})});
        break;
      case 1: {
        std::string noise(random() % 20, 0);
        for (char& c : noise) c = static_cast<char>(random() % 5);
        end.channels.OnMessage(
            {.stream = stream, .ppid = kPpidDcep, .payload = noise});
        break;
      }
      case 2:
        end.channels.OnMessage(
            {.stream = stream,
             .ppid = static_cast<uint32_t>(50 + random() % 8),
             .payload = std::string(random() % 3000, 'x')});
        break;
      case 3:
        end.channels.OnIncomingStreamsReset({&stream, 1});
        break;
      case 4:
        end.channels.OnOutgoingStreamsReset({&stream, 1});
        break;
    }
    size_t live = 0;
    for (const Channel* channel : end.channels.All()) {
      live += channel->state != ChannelState::kClosed;
    }
    ASSERT_LE(live, 20);
    end.Collect();
    end.received.clear();
    end.sent.clear();
  }
}

}  // namespace
}  // namespace parley::sctp
