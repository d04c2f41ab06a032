#include "core/sctp/data_channels.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/errors.h"
#include "core/sctp/dcep.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/sctp/channel_ends.h"

namespace parley::sctp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// --- Opening ---

TEST_F(DataChannelsTest, ChannelMadeBeforeTheConnectionOpensWithIt) {
  const ChannelKey key = client.Create({.label = "chat", .protocol = "v1"});
  EXPECT_EQ(client.StateOf(key), ChannelState::kConnecting);
  EXPECT_FALSE(client.At(key).id.has_value());
  client.channels.SetIdParity(DataChannels::IdParity::kEven);
  EXPECT_EQ(client.At(key).id, 0);
  EXPECT_EQ(client.StateOf(key), ChannelState::kConnecting);

  ConnectBoth();
  EXPECT_EQ(client.StateOf(key), ChannelState::kOpen);
  ASSERT_THAT(server.announced, SizeIs(1));
  const Channel& remote = server.At(OnServer());
  EXPECT_TRUE(remote.remote);
  EXPECT_EQ(remote.init.label, "chat");
  EXPECT_EQ(remote.init.protocol, "v1");
  EXPECT_EQ(remote.id, 0);
  EXPECT_EQ(remote.state, ChannelState::kOpen);
}

TEST_F(DataChannelsTest, AnnouncementComesBeforeTheStateChange) {
  client.Create();
  client.Connect(DataChannels::IdParity::kEven);
  server.channels.SetIdParity(DataChannels::IdParity::kOdd);
  server.channels.OnConnected(kStreams);
  server.channels.OnMessage(
      {.stream = 0, .ppid = kPpidDcep, .payload = client.sent[0].payload});
  bool announced = false;
  for (const ChannelEffect& effect : server.channels.TakeEffects()) {
    if (std::holds_alternative<ChannelAnnounced>(effect)) announced = true;
    if (std::holds_alternative<ChannelStateChanged>(effect)) {
      EXPECT_TRUE(announced);
    }
  }
  EXPECT_TRUE(announced);
}

TEST_F(DataChannelsTest, IdsFollowTheDtlsRole) {
  ConnectBoth();
  EXPECT_EQ(client.At(client.Create()).id, 0);
  EXPECT_EQ(client.At(client.Create()).id, 2);
  EXPECT_EQ(server.At(server.Create()).id, 1);
  EXPECT_EQ(server.At(server.Create()).id, 3);
}

TEST_F(DataChannelsTest, IdsPassOverNegotiatedOnes) {
  client.Create({.negotiated = true, .id = 0});
  client.Create({.negotiated = true, .id = 4});
  ConnectBoth();
  EXPECT_EQ(client.At(client.Create()).id, 2);
  EXPECT_EQ(client.At(client.Create()).id, 6);
}

TEST_F(DataChannelsTest, IdOfANonNegotiatedChannelIsIgnored) {
  ConnectBoth();
  EXPECT_EQ(client.At(client.Create({.id = 77})).id, 0);
}

TEST_F(DataChannelsTest, NegotiatedChannelsOpenWithoutAWord) {
  const ChannelInit init = {.label = "n", .negotiated = true, .id = 9};
  const ChannelKey here = client.Create(init);
  client.Connect(DataChannels::IdParity::kEven);
  EXPECT_EQ(client.StateOf(here), ChannelState::kOpen);
  EXPECT_THAT(client.sent, IsEmpty());
}

TEST_F(DataChannelsTest, MessagesForANegotiatedChannelToComeAreKept) {
  const ChannelInit init = {.negotiated = true, .id = 9};
  const ChannelKey here = client.Create(init);
  ConnectBoth();
  ASSERT_TRUE(client.channels.Send(here, false, "early").ok());
  Exchange(client, server);
  EXPECT_THAT(server.received, IsEmpty());
  server.Create(init);
  server.Collect();
  ASSERT_THAT(server.received, SizeIs(1));
  EXPECT_EQ(server.received[0].payload, "early");
  EXPECT_EQ(server.channels.counters().discarded, 0);
}

TEST_F(DataChannelsTest, WhatIsKeptForChannelsToComeIsBounded) {
  ConnectBoth();
  for (int i = 0; i < 1000; ++i) {
    client.channels.OnMessage({.stream = static_cast<uint16_t>(i % 256),
                               .ppid = kPpidBinary,
                               .payload = std::string(10, 'x')});
  }
  EXPECT_EQ(client.channels.counters().discarded, 1000 - 64);
  client.channels.OnMessage(
      {.ppid = kPpidBinary, .payload = std::string(100000, 'x')});
  EXPECT_EQ(client.channels.counters().discarded, 1000 - 64 + 1);
}

TEST_F(DataChannelsTest, ParametersReachTheOtherEnd) {
  ConnectBoth();
  const ChannelInit init = {
      .ordered = false, .max_retransmits = 5, .priority = Priority::kHigh};
  client.Create(init);
  Exchange(client, server);
  const ChannelInit& there = server.At(OnServer()).init;
  EXPECT_FALSE(there.ordered);
  EXPECT_EQ(there.max_retransmits, 5);
  EXPECT_EQ(there.priority, Priority::kHigh);
}

// --- Refusing ---

TEST_F(DataChannelsTest, CreateChecksItsArguments) {
  const auto reason = [&](ChannelInit init) {
    const auto made = client.channels.Create(std::move(init));
    return made.ok() ? Reason::kInternal : GetError(made.status())->reason;
  };
  EXPECT_EQ(reason({.label = std::string(65536, 'x')}), Reason::kArgument);
  EXPECT_EQ(reason({.protocol = std::string(65536, 'x')}), Reason::kArgument);
  EXPECT_EQ(reason({.max_packet_life_time = 1, .max_retransmits = 1}),
            Reason::kArgument);
  EXPECT_EQ(reason({.negotiated = true}), Reason::kArgument);
  EXPECT_EQ(reason({.negotiated = true, .id = 65535}), Reason::kArgument);
  client.Create({.negotiated = true, .id = 3});
  EXPECT_EQ(reason({.negotiated = true, .id = 3}), Reason::kDataChannels);
  EXPECT_EQ(reason({.negotiated = true, .id = 65534}), Reason::kDataChannels);
  EXPECT_THAT(client.channels.All(), SizeIs(1));
}

TEST_F(DataChannelsTest, ChannelsAreCounted) {
  ChannelEnd few({.max_channels = 2});
  few.Connect(DataChannels::IdParity::kEven);
  const ChannelKey first = few.Create();
  few.Create({.negotiated = true, .id = 101});
  EXPECT_TRUE(
      HasReason(few.channels.Create({}).status(), Reason::kDataChannels));
  // The remote's count as well.
  few.channels.OnMessage(
      {.stream = 1, .ppid = kPpidDcep, .payload = PrintDcepOpen({})});
  few.Collect();
  EXPECT_THAT(few.resets, ElementsAre(1));
  EXPECT_THAT(few.announced, IsEmpty());
  ASSERT_TRUE(few.channels.Close(first).ok());
  const uint16_t stream[] = {0};
  few.channels.OnOutgoingStreamsReset(stream);
  few.channels.OnIncomingStreamsReset(stream);
  EXPECT_TRUE(few.channels.Create({}).ok());
}

TEST_F(DataChannelsTest, NamesAreCountedTogether) {
  ChannelEnd end({.max_name_bytes = 10});
  end.Connect(DataChannels::IdParity::kEven);
  const ChannelKey first = end.Create({.label = "1234", .protocol = "56"});
  EXPECT_TRUE(HasReason(end.channels.Create({.label = "78901"}).status(),
                        Reason::kDataChannels));
  // The remote's as well.
  const auto open = [&](uint16_t stream, std::string label) {
    end.channels.OnMessage({.stream = stream,
                            .ppid = kPpidDcep,
                            .payload = PrintDcepOpen({.label = label})});
    end.Collect();
  };
  open(1, "78901");
  EXPECT_THAT(end.resets, ElementsAre(1));
  EXPECT_THAT(end.announced, IsEmpty());
  open(3, "7890");
  EXPECT_THAT(end.announced, SizeIs(1));
  // A closed one gives way, though it can still be read for as long as it fits.
  ASSERT_TRUE(end.channels.Close(first).ok());
  const uint16_t stream[] = {0};
  end.channels.OnOutgoingStreamsReset(stream);
  end.channels.OnIncomingStreamsReset(stream);
  end.Collect();
  EXPECT_NE(end.channels.Find(first), nullptr);
  const ChannelKey second = end.Create({.label = "123456"});
  ASSERT_TRUE(end.channels.Close(second).ok());
  end.channels.OnOutgoingStreamsReset(stream);
  end.channels.OnIncomingStreamsReset(stream);
  end.Collect();
  end.Collect();
  EXPECT_EQ(end.channels.Find(first), nullptr);
  EXPECT_NE(end.channels.Find(second), nullptr);
}

TEST_F(DataChannelsTest, IdsRunOutByParity) {
  client.Connect(DataChannels::IdParity::kEven, {.incoming = 4, .outgoing = 8});
  EXPECT_EQ(client.channels.max_channels(), 4);
  client.Create();
  client.Create();
  EXPECT_TRUE(
      HasReason(client.channels.Create({}).status(), Reason::kDataChannels));
}

TEST_F(DataChannelsTest, ChannelsBeyondTheGrantedStreamsFail) {
  const ChannelKey low = client.Create({.negotiated = true, .id = 1});
  const ChannelKey high = client.Create({.negotiated = true, .id = 200});
  client.Connect(DataChannels::IdParity::kEven,
                 {.incoming = 16, .outgoing = 256});
  EXPECT_EQ(client.StateOf(low), ChannelState::kOpen);
  EXPECT_EQ(client.StateOf(high), ChannelState::kClosed);
  ASSERT_THAT(client.failures, SizeIs(1));
  EXPECT_TRUE(HasReason(client.failures[0], Reason::kDataChannels));
}

// --- Messages ---

TEST_F(DataChannelsTest, TextBinaryAndEmptyMessagesKeepTheirKind) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  for (const bool binary : {false, true}) {
    ASSERT_TRUE(client.channels.Send(key, binary, "payload").ok());
    ASSERT_TRUE(client.channels.Send(key, binary, "").ok());
  }
  Exchange(client, server);
  ASSERT_THAT(server.received, SizeIs(4));
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(server.received[i].binary, i >= 2);
    EXPECT_EQ(server.received[i].payload, i % 2 == 0 ? "payload" : "");
  }
  EXPECT_EQ(client.At(key).messages_sent, 4);
  EXPECT_EQ(client.At(key).bytes_sent, 14);
  EXPECT_EQ(server.At(OnServer()).messages_received, 4);
  EXPECT_EQ(server.At(OnServer()).bytes_received, 14);
}

TEST_F(DataChannelsTest, MessagesCarryTheChannelsReliability) {
  const ChannelKey key = client.Create({.ordered = false,
                                        .max_packet_life_time = 100,
                                        .priority = Priority::kHigh});
  ConnectBoth();
  ASSERT_TRUE(client.channels.Send(key, true, "x").ok());
  client.Collect();
  const OutgoingMessage& message = client.sent.back();
  EXPECT_FALSE(message.ordered);
  EXPECT_EQ(message.max_lifetime_ms, 100);
  EXPECT_FALSE(message.max_retransmits.has_value());
  EXPECT_EQ(message.weight, 1024);
}

TEST_F(DataChannelsTest, UnorderedWaitsForTheAcknowledgement) {
  const ChannelKey key = client.Create({.ordered = false});
  client.Connect(DataChannels::IdParity::kEven);
  ASSERT_TRUE(client.channels.Send(key, true, "before").ok());
  client.Collect();
  EXPECT_TRUE(client.sent[0].ordered);  // the OPEN itself
  EXPECT_TRUE(client.sent[1].ordered);
  client.channels.OnMessage(
      {.stream = 0, .ppid = kPpidDcep, .payload = PrintDcepAck()});
  ASSERT_TRUE(client.channels.Send(key, true, "after").ok());
  client.Collect();
  EXPECT_FALSE(client.sent[2].ordered);
}

TEST_F(DataChannelsTest, AMessageCountsAsAcknowledgement) {
  const ChannelKey key = client.Create({.ordered = false});
  client.Connect(DataChannels::IdParity::kEven);
  client.channels.OnMessage(
      {.stream = 0, .ppid = kPpidBinary, .payload = "faster"});
  ASSERT_TRUE(client.channels.Send(key, true, "after").ok());
  client.Collect();
  EXPECT_FALSE(client.sent.back().ordered);
  EXPECT_THAT(client.received, SizeIs(1));
}

TEST_F(DataChannelsTest, MessagesThatOvertakeTheOpenAreDelivered) {
  ConnectBoth();
  server.channels.OnMessage(
      {.stream = 0, .ppid = kPpidBinary, .payload = "overtook"});
  EXPECT_THAT(server.announced, IsEmpty());
  server.channels.OnMessage({.stream = 0,
                             .ppid = kPpidDcep,
                             .payload = PrintDcepOpen({.ordered = false})});
  server.Collect();
  ASSERT_THAT(server.received, SizeIs(1));
  EXPECT_EQ(server.received[0].channel, OnServer());
}

TEST_F(DataChannelsTest, SendIsRefusedUnlessOpen) {
  const ChannelKey key = client.Create();
  EXPECT_TRUE(
      HasReason(client.channels.Send(key, true, "x"), Reason::kChannelNotOpen));
  EXPECT_TRUE(
      HasReason(client.channels.Send(99, true, "x"), Reason::kChannelUnknown));
  ConnectBoth();
  ASSERT_TRUE(client.channels.Close(key).ok());
  EXPECT_TRUE(
      HasReason(client.channels.Send(key, true, "x"), Reason::kChannelNotOpen));
  Exchange(client, server);
  EXPECT_TRUE(
      HasReason(client.channels.Send(key, true, "x"), Reason::kChannelNotOpen));
}

TEST_F(DataChannelsTest, TheRemotesMessageSizeIsKept) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  EXPECT_TRUE(client.channels.Send(key, true, std::string(65536, 'x')).ok());
  EXPECT_TRUE(
      HasReason(client.channels.Send(key, true, std::string(65537, 'x')),
                Reason::kMessageTooLarge));
  client.channels.SetRemoteMaxMessageSize(100);
  EXPECT_TRUE(HasReason(client.channels.Send(key, true, std::string(101, 'x')),
                        Reason::kMessageTooLarge));
  client.channels.SetRemoteMaxMessageSize(0);
  EXPECT_TRUE(client.channels.Send(key, true, std::string(1 << 20, 'x')).ok());
}

TEST_F(DataChannelsTest, BufferedAmountIsExact) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  ASSERT_TRUE(client.channels.Send(key, true, std::string(1000, 'x')).ok());
  ASSERT_TRUE(client.channels.Send(key, true, "").ok());
  ASSERT_TRUE(client.channels.Send(key, true, std::string(500, 'x')).ok());
  EXPECT_EQ(client.At(key).buffered_amount, 1500);
  client.channels.OnBytesSent(0, 400);
  EXPECT_EQ(client.At(key).buffered_amount, 1100);
  client.channels.OnBytesSent(0, 601);
  EXPECT_EQ(client.At(key).buffered_amount, 500);
  client.channels.OnBytesSent(0, 500);
  EXPECT_EQ(client.At(key).buffered_amount, 0);
}

TEST_F(DataChannelsTest, TheSendBufferIsBounded) {
  ChannelEnd small({.max_send_buffer = 1000});
  const ChannelKey key = small.Create({.negotiated = true, .id = 0});
  small.Connect(DataChannels::IdParity::kEven);
  EXPECT_TRUE(small.channels.Send(key, true, std::string(600, 'x')).ok());
  const absl::Status full =
      small.channels.Send(key, true, std::string(337, 'x'));
  EXPECT_TRUE(HasReason(full, Reason::kSendBuffer));
  EXPECT_TRUE(GetError(full)->retry_delay.has_value());
  EXPECT_EQ(small.At(key).messages_sent, 1);
  EXPECT_TRUE(small.channels.Send(key, true, std::string(336, 'x')).ok());
}

TEST_F(DataChannelsTest, EachMessageThatWaitsCountsWithItsOverhead) {
  constexpr size_t kOverhead = UnsentMessages::kOverheadBytes;
  ChannelEnd small({.max_send_buffer = 10 * kOverhead});
  const ChannelKey key = small.Create({.negotiated = true, .id = 0});
  small.Connect(DataChannels::IdParity::kEven);
  for (int i = 0; i < 11; ++i) {
    EXPECT_TRUE(small.channels.Fits(key, 0));
    ASSERT_TRUE(small.channels.Send(key, true, "").ok());
  }
  EXPECT_FALSE(small.channels.Fits(key, 0));
  EXPECT_TRUE(
      HasReason(small.channels.Send(key, true, ""), Reason::kSendBuffer));
  EXPECT_EQ(small.At(key).buffered_amount, 0);  // as W3C has it
  small.channels.OnBytesSent(0, 2);
  EXPECT_TRUE(small.channels.Fits(key, kOverhead));
  EXPECT_FALSE(small.channels.Fits(key, kOverhead + 1));
  EXPECT_FALSE(small.channels.Fits(99, 0));
}

TEST_F(DataChannelsTest, OneMessageMayFillTheSendBuffer) {
  ChannelEnd small({.max_send_buffer = 1000});
  const ChannelKey key = small.Create({.negotiated = true, .id = 0});
  small.Connect(DataChannels::IdParity::kEven);
  EXPECT_TRUE(small.channels.Send(key, true, std::string(1000, 'x')).ok());
  EXPECT_FALSE(small.channels.Fits(key, 0));
  small.channels.OnBytesSent(0, 1000);
  EXPECT_TRUE(small.channels.Fits(key, 1000));
}

TEST_F(DataChannelsTest, LowThresholdFiresWhenCrossedDownwards) {
  const ChannelKey key = client.Create();
  ConnectBoth();
  ASSERT_TRUE(client.channels.SetBufferedAmountLowThreshold(key, 100).ok());
  ASSERT_TRUE(client.channels.Send(key, true, std::string(300, 'x')).ok());
  client.Collect();
  client.channels.OnBytesSent(0, 150);
  client.Collect();
  EXPECT_THAT(client.lows, IsEmpty());
  client.channels.OnBytesSent(0, 50);
  client.Collect();
  EXPECT_THAT(client.lows, ElementsAre(key));
  client.channels.OnBytesSent(0, 100);
  client.Collect();
  EXPECT_THAT(client.lows, SizeIs(1));
}

TEST_F(DataChannelsTest, UnknownIdentifiersAreDiscarded) {
  client.Create();
  ConnectBoth();
  for (const uint32_t ppid : {0u, 52u, 54u, 55u, 4000000000u}) {
    client.channels.OnMessage({.stream = 0, .ppid = ppid, .payload = "x"});
  }
  client.Collect();
  EXPECT_THAT(client.received, IsEmpty());
  EXPECT_EQ(client.channels.counters().discarded, 5);
}

}  // namespace
}  // namespace parley::sctp
