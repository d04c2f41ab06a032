// DTLS over a network that loses, copies, reorders and forges.
#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/dtls/dtls_transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/dtls/dtls_ends.h"

namespace parley::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kPacketsOfAHandshake = 4;

class DtlsLossTest : public ::testing::TestWithParam<int> {};

TEST_P(DtlsLossTest, AnyOneLostPacketOfTheHandshakeIsMadeUpFor) {
  Ends ends;
  int sent = 0;
  for (End* end : {&ends.client, &ends.server}) {
    end->on_event = [&, end, seen = end->sent.size()]() mutable {
      if (end->sent.empty() || end->sent.size() <= seen) return;
      if (sent++ == GetParam()) end->sent.pop_back();
    };
  }
  ends.StartServer();
  ends.StartClient();
  ASSERT_TRUE(ends.RunUntil([&] { return ends.BothConnected(); }));
  for (End* end : {&ends.client, &ends.server}) end->on_event = nullptr;
  ends.client.Send("through");
  ends.DeliverAll();
  EXPECT_THAT(ends.server.data, ElementsAre("through"));
  EXPECT_GT(ends.client.transport->counters().flights_retransmitted +
                ends.server.transport->counters().flights_retransmitted,
            0);
}

INSTANTIATE_TEST_SUITE_P(EachPacket, DtlsLossTest,
                         ::testing::Range(0, kPacketsOfAHandshake));

TEST(DtlsNetworkTest, AQuarterOfAllPacketsMayGetLost) {
  std::mt19937 random(1);
  for (int round = 0; round < 10; ++round) {
    Ends ends;
    for (End* end : {&ends.client, &ends.server}) {
      end->on_event = [&, end] {
        if (!end->sent.empty() && random() % 4 == 0) end->sent.pop_back();
      };
    }
    ends.StartServer();
    ends.StartClient();
    EXPECT_TRUE(ends.RunUntil([&] { return ends.BothConnected(); }))
        << ends.client.why << ends.server.why;
  }
}

TEST(DtlsNetworkTest, ReorderedAndCopiedFlightsConnect) {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    Ends ends;
    ends.StartServer();
    ends.StartClient();
    ASSERT_TRUE(ends.RunUntil([&] {
      for (End* end : {&ends.client, &ends.server}) {
        const size_t size = end->sent.size();
        for (size_t i = 0; i < size; ++i) {
          end->sent.push_back(end->sent[i]);
        }
        std::shuffle(end->sent.begin(), end->sent.end(), random);
      }
      return ends.BothConnected();
    }));
    ends.DeliverAll();
    ends.server.Send("in order");
    ends.DeliverAll();
    EXPECT_THAT(ends.client.data, ElementsAre("in order"));
  }
}

TEST(DtlsNetworkTest, FirstRetransmissionComesQuickly) {
  Ends ends;
  ends.StartServer();
  ends.StartClient();
  ends.client.sent.clear();
  const absl::Duration begun = ends.executor.clock().Monotonic();
  ASSERT_TRUE(ends.RunUntil([&] { return ends.BothConnected(); }));
  EXPECT_LE(ends.executor.clock().Monotonic() - begun, absl::Milliseconds(110));
}

TEST(DtlsNetworkTest, AClientWaitsForARemoteLongerThanOpenSslWould) {
  Ends ends;
  ends.StartClient();
  // What came before is there still when the server's description arrives.
  ASSERT_TRUE(ends.RunUntil(
      [&] { return ends.client.transport->counters().packets_sent > 20; }));
  ASSERT_EQ(ends.client.state(), State::kConnecting);
  ends.StartServer();
  ends.DeliverAll();
  EXPECT_TRUE(ends.BothConnected()) << ends.client.why << ends.server.why;
}

TEST(DtlsNetworkTest, NoiseDoesNotKeepTheClientFromRepeatingItsHello) {
  Ends ends;
  ends.StartClient();
  ends.client.sent.clear();
  // The header of a handshake message with nothing, or nonsense, behind it.
  Packet noise = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 2};
  for (int i = 0; i < 1000; ++i) {
    ends.client.transport->HandlePacket(noise);
    noise[12] = static_cast<uint8_t>(++noise[12] % 40 + 1);
    noise.resize(13 + noise[12], static_cast<uint8_t>(i));
    ends.executor.Advance(absl::Milliseconds(1));
  }
  EXPECT_EQ(ends.client.transport->counters().flights_retransmitted, 3);
  ends.StartServer();
  EXPECT_TRUE(ends.RunUntil([&] { return ends.BothConnected(); }));
}

// Whoever can send to the address, in the other end's name, writes these.
TEST(DtlsNetworkTest, ShortRecordsOfAProtectedEpochDoNoHarm) {
  Ends ends;
  ends.StartServer();
  ends.StartClient();
  const auto forge = [&ends] {
    for (const uint8_t type : {20, 21, 22, 23}) {
      for (uint8_t length = 1; length <= 30; ++length) {
        Packet record = {type, 0xfe, 0xfd, 0,      1, 0x20,  0,
                         0,    0,    type, length, 0, length};
        record.resize(13 + length, 0xab);
        // Alone, with more bytes behind it, and behind another record.
        ends.server.transport->HandlePacket(record);
        ends.client.transport->HandlePacket(record);
        Packet two = record;
        two.insert(two.end(), record.begin(), record.end());
        two.resize(two.size() + 60, 0xcd);
        ends.server.transport->HandlePacket(two);
        ends.client.transport->HandlePacket(two);
      }
    }
  };
  while (!ends.BothConnected()) {
    forge();
    ASSERT_TRUE(Ends::DeliverOne(ends.client, ends.server) ||
                Ends::DeliverOne(ends.server, ends.client))
        << ends.client.why << ends.server.why;
  }
  forge();
  EXPECT_TRUE(ends.client.Send("there"));
  EXPECT_TRUE(ends.server.Send("back"));
  ends.DeliverAll();
  EXPECT_TRUE(ends.BothConnected()) << ends.client.why << ends.server.why;
  EXPECT_EQ(ends.server.data, std::vector<std::string>{"there"});
  EXPECT_EQ(ends.client.data, std::vector<std::string>{"back"});
}

TEST(DtlsNetworkTest, AnEndThatGoesSilentInTheHandshakeFailsTheOther) {
  Ends ends;
  ends.StartServer();
  ends.StartClient();
  Ends::DeliverOne(ends.client, ends.server);
  ends.client.transport.reset();
  EXPECT_TRUE(
      ends.RunUntil([&] { return ends.server.state() == State::kFailed; }));
  EXPECT_FALSE(ends.server.why.ok());
  EXPECT_EQ(ends.executor.pending_timers(), 0);
}

TEST(DtlsNetworkTest, GarbageBeforeTheClientHelloDoesNoHarm) {
  Ends ends;
  ends.StartServer();
  ends.StartClient();
  const Packet hello = ends.client.sent.front();
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    Packet garbage(random() % 200);
    for (uint8_t& byte : garbage) byte = static_cast<uint8_t>(random());
    ends.server.transport->HandlePacket(garbage);
  }
  // A ClientHello whose inside makes no sense: lengths, extensions.
  for (int i = 0; i < 500; ++i) {
    Packet broken = hello;
    for (size_t at = 59; at < broken.size(); ++at) {
      if (random() % 4 == 0) broken[at] = 0xff;
    }
    ends.server.transport->HandlePacket(broken);
    ends.server.sent.clear();
    ASSERT_EQ(ends.server.state(), State::kConnecting) << ends.server.why;
    if (ends.server.transport->counters().packets_sent > 0) return;
  }
  ends.DeliverAll();
  EXPECT_TRUE(ends.BothConnected());
}

TEST(DtlsNetworkTest, NothingOnTheWireEndsAnEstablishedAssociation) {
  Ends ends;
  std::vector<Packet> recorded;
  ends.client.on_event = [&] {
    if (!ends.client.sent.empty()) recorded.push_back(ends.client.sent.back());
  };
  ends.Connect();
  ends.client.Send("recorded");
  ends.DeliverAll();
  std::mt19937 random(4);
  for (int i = 0; i < 5000; ++i) {
    Packet packet = recorded[random() % recorded.size()];
    switch (random() % 4) {
      case 0:  // replayed as it was
        break;
      case 1:
        packet[random() % packet.size()] ^= 1 << random() % 8;
        break;
      case 2:
        packet.resize(random() % packet.size());
        break;
      case 3:  // a plaintext alert: fatal, handshake_failure
        packet = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
        break;
    }
    ends.server.transport->HandlePacket(packet);
    ends.server.sent.clear();
  }
  EXPECT_EQ(ends.server.state(), State::kConnected);
  EXPECT_THAT(ends.server.data, ElementsAre("recorded"));
  ends.client.Send("still works");
  ends.server.Send("both ways");
  ends.DeliverAll();
  EXPECT_THAT(ends.server.data, ElementsAre("recorded", "still works"));
  EXPECT_THAT(ends.client.data, ElementsAre("both ways"));
}

TEST(DtlsNetworkTest, MutatedHandshakesNeverConnectWrongly) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    Ends ends;
    const auto mutate = [&](End& end) {
      end.on_event = [&] {
        if (end.sent.empty() || random() % 3 != 0) return;
        Packet& last = end.sent.back();
        last[random() % last.size()] ^= 1 << random() % 8;
      };
    };
    mutate(ends.client);
    mutate(ends.server);
    ends.StartServer();
    ends.StartClient();
    ends.DeliverAll();
    // Whatever became of it, it ends without leak or crash.
  }
}

TEST(DtlsNetworkTest, LostCloseNotifyLeavesOnlyTheOtherEndUp) {
  Ends ends;
  ends.Connect();
  ends.client.transport->Close();
  ends.client.sent.clear();
  EXPECT_EQ(ends.client.state(), State::kClosed);
  EXPECT_EQ(ends.server.state(), State::kConnected);
  ends.server.Send("to nobody");
  ends.DeliverAll();
  EXPECT_THAT(ends.client.data, IsEmpty());
}

}  // namespace
}  // namespace parley::dtls
