// SCTP over a network that loses, copies, reorders and forges.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/sctp/association.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/sctp/association_ends.h"

namespace parley::sctp {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Of the SCTP common header (RFC 9260 3.1), and the first chunk's type.
constexpr size_t kVerificationTag = 4;
constexpr size_t kChecksum = 8;
constexpr size_t kFirstChunk = 12;
constexpr uint8_t kDataChunk = 0;

bool IsData(const Packet& packet) {
  return packet.size() > kFirstChunk && packet[kFirstChunk] == kDataChunk;
}

TEST(AssociationNetworkTest, LossAndReorderingLoseNothing) {
  std::mt19937 random(1);
  AssociationEnds ends;
  ends.Connect();
  ends.lose = [&](const Packet&) { return random() % 10 == 0; };
  for (AssociationEnd* end : {&ends.a, &ends.b}) {
    end->on_event = [&, end] {
      if (end->sent.size() >= 2 && random() % 4 == 0) {
        std::swap(end->sent.back(), end->sent[end->sent.size() - 2]);
      }
    };
  }
  for (int i = 0; i < 300; ++i) {
    const std::string payload(1 + random() % 20000, 'a' + i % 26);
    ends.a.Send(0, std::to_string(i) + " " + payload);
    ends.b.Send(1, std::to_string(i) + " " + payload);
  }
  ASSERT_TRUE(ends.RunUntil([&] {
    return ends.a.messages.size() == 300 && ends.b.messages.size() == 300;
  })) << ends.a.messages.size()
      << " " << ends.b.messages.size();
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(std::stoi(ends.a.messages[i].payload), i);
    ASSERT_EQ(std::stoi(ends.b.messages[i].payload), i);
  }
}

// Whether the packet has a Re-configuration Response (RFC 6525 4.4).
bool AnswersReset(const Packet& packet) {
  constexpr uint8_t kReConfig = 130;
  constexpr uint8_t kResponse = 16;
  size_t at = kFirstChunk;
  while (at + 8 <= packet.size()) {
    const size_t length = packet[at + 2] << 8 | packet[at + 3];
    if (packet[at] == kReConfig && packet[at + 5] == kResponse) return true;
    if (length == 0) return false;
    at += (length + 3) / 4 * 4;
  }
  return false;
}

// As a remote can make us ask by opening channels that are refused.
TEST(AssociationNetworkTest, ResetsThatAreNotAnsweredDoNotPileUp) {
  AssociationEnds ends;
  ends.Connect();
  bool answered = false;
  ends.lose = [&](const Packet& packet) {
    return !answered && AnswersReset(packet);
  };
  for (int i = 0; i < 66000; ++i) {
    const uint16_t stream[] = {static_cast<uint16_t>(2 + i % 9)};
    ends.a.association->ResetStreams(stream);
    if (i % 1000 == 0) ends.DeliverAll();
  }
  ends.RunFor(absl::Seconds(5));
  EXPECT_THAT(ends.a.outgoing_resets, IsEmpty());
  EXPECT_LE(ends.b.incoming_resets.size(), 1);
  ends.a.Send(0, "goes on");
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.messages.size() == 1; }));

  answered = true;
  ASSERT_TRUE(
      ends.RunUntil([&] { return ends.a.outgoing_resets.size() >= 9; }));
  EXPECT_THAT(ends.a.outgoing_resets,
              UnorderedElementsAre(2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(ends.b.incoming_resets,
              UnorderedElementsAre(2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST(AssociationNetworkTest, ALostHandshakePacketIsMadeUpForWithinASecond) {
  // INIT, INIT ACK, COOKIE ECHO, COOKIE ACK of either side.
  for (int lost = 0; lost < 8; ++lost) {
    AssociationEnds ends;
    int seen = 0;
    ends.lose = [&](const Packet&) { return seen++ == lost; };
    ASSERT_TRUE(ends.a.association->Connect(5000, 5000).ok());
    ASSERT_TRUE(ends.b.association->Connect(5000, 5000).ok());
    ends.RunFor(absl::Seconds(1));
    EXPECT_TRUE(ends.BothConnected()) << lost;
  }
}

TEST(AssociationNetworkTest, ALongSilenceEndsNothing) {
  AssociationEnds ends;
  ends.Connect();
  ends.lose = [](const Packet&) { return true; };
  ends.a.Send(0, "while the path was away");
  ends.RunFor(absl::Seconds(120));
  EXPECT_TRUE(ends.BothConnected());
  ends.lose = nullptr;
  ends.RunFor(absl::Seconds(4));
  EXPECT_EQ(ends.b.messages.size(), 1);
}

TEST(AssociationNetworkTest, WithoutRetransmissionsLostMessagesStayLost) {
  AssociationEnds ends;
  ends.Connect();
  ends.lose = IsData;
  ends.a.association->Send({.stream = 0,
                            .ppid = kPpidBinary,
                            .ordered = false,
                            .max_retransmits = 0,
                            .payload = "lost"});
  ends.DeliverAll();
  ends.lose = nullptr;
  ends.a.Send(0, "kept");
  ASSERT_TRUE(ends.RunUntil([&] { return !ends.b.messages.empty(); }));
  ends.RunFor(absl::Seconds(5));
  EXPECT_THAT(ends.b.payloads(), ::testing::ElementsAre("kept"));
}

TEST(AssociationNetworkTest, RetransmissionsAreCounted) {
  AssociationEnds ends;
  ends.Connect();
  int lost = 0;
  ends.lose = [&](const Packet& packet) {
    return IsData(packet) && lost++ < 2;
  };
  ends.a.association->Send({.stream = 0,
                            .ppid = kPpidBinary,
                            .max_retransmits = 5,
                            .payload = "third time lucky"});
  ASSERT_TRUE(ends.RunUntil([&] { return !ends.b.messages.empty(); }));
  EXPECT_EQ(lost, 3);
}

TEST(AssociationNetworkTest, MessagesBeyondTheirLifetimeAreGivenUp) {
  AssociationEnds ends;
  ends.Connect();
  ends.lose = IsData;
  ends.a.association->Send({.stream = 0,
                            .ppid = kPpidBinary,
                            .max_lifetime_ms = 1000,
                            .payload = "too late"});
  ends.DeliverAll();
  ends.RunFor(absl::Seconds(2));
  ends.lose = nullptr;
  ends.a.Send(0, "in time");
  ASSERT_TRUE(ends.RunUntil([&] { return !ends.b.messages.empty(); }));
  EXPECT_THAT(ends.b.payloads(), ::testing::ElementsAre("in time"));
}

TEST(AssociationNetworkTest, UnorderedMessagesDoNotWaitForLostOnes) {
  AssociationEnds ends;
  ends.Connect();
  bool first = true;
  ends.lose = [&](const Packet& packet) {
    return IsData(packet) && std::exchange(first, false);
  };
  const auto send = [&](const std::string& payload) {
    ends.a.association->Send({.stream = 0,
                              .ppid = kPpidBinary,
                              .ordered = false,
                              .payload = payload});
    ends.DeliverAll();
  };
  send("lost at first");
  send("overtakes");
  EXPECT_THAT(ends.b.payloads(), ::testing::ElementsAre("overtakes"));
  ASSERT_TRUE(ends.RunUntil([&] { return ends.b.messages.size() == 2; }));
}

// What a remote that holds the DTLS keys could send.
TEST(AssociationNetworkTest, ForgedPacketsDoNoHarm) {
  std::mt19937 random(3);
  AssociationEnds ends;
  std::vector<Packet> recorded;
  ends.a.on_event = [&] {
    if (!ends.a.sent.empty()) recorded.push_back(ends.a.sent.back());
  };
  ends.Connect();
  for (uint16_t i = 0; i < 20; ++i) {
    ends.a.Send(i, std::string(3000, 'x'));
    ends.a.association->ResetStreams({&i, 1});
  }
  ends.RunFor(absl::Seconds(1));
  ends.a.on_event = nullptr;
  const size_t messages = ends.b.messages.size();
  for (int i = 0; i < 20000; ++i) {
    Packet packet = recorded[random() % recorded.size()];
    switch (random() % 4) {
      case 0:  // replayed
        break;
      case 1:  // damaged, which the checksum tells
        packet[random() % packet.size()] ^= 1 << random() % 8;
        break;
      case 2:
        packet.resize(random() % packet.size());
        break;
      case 3:
        for (int j = 0; j < 4; ++j) {
          packet[kVerificationTag + j] = static_cast<uint8_t>(random());
        }
        break;
    }
    ends.b.association->HandlePacket(packet);
    ends.b.sent.clear();
  }
  EXPECT_EQ(ends.b.messages.size(), messages);
  EXPECT_EQ(ends.b.state(), State::kConnected);
  ends.a.Send(0, "still works");
  ends.a.Send(100, "also here");
  EXPECT_TRUE(
      ends.RunUntil([&] { return ends.b.messages.size() == messages + 2; }));
}

TEST(AssociationNetworkTest, NoPacketsWithoutAChecksumLeave) {
  AssociationEnds ends;
  ends.a.on_event = [&] {
    if (ends.a.sent.empty()) return;
    const Packet& packet = ends.a.sent.back();
    EXPECT_FALSE(std::all_of(packet.begin() + kChecksum,
                             packet.begin() + kFirstChunk,
                             [](uint8_t byte) { return byte == 0; }));
  };
  ends.Connect();
}

TEST(AssociationNetworkTest, PacketsAfterTheCloseAreIgnored) {
  AssociationEnds ends;
  ends.Connect();
  ends.b.Send(0, std::string(50000, 'x'));
  ends.a.association->Close();
  ends.a.sent.clear();
  ends.DeliverAll();
  EXPECT_THAT(ends.a.messages, IsEmpty());
  EXPECT_THAT(ends.a.sent, IsEmpty());
}

TEST(AssociationNetworkTest, ManyAssociationsShareTheStack) {
  testing::FakeExecutor executor;
  Stack stack(executor);
  std::vector<std::unique_ptr<AssociationEnd>> ends;
  for (int i = 0; i < 100; ++i) {
    ends.push_back(std::make_unique<AssociationEnd>(stack, AssociationOptions(),
                                                    executor));
    ASSERT_TRUE(ends.back()->association->Connect(5000, 5000).ok());
  }
  // Pairs by index.
  for (int turn = 0; turn < 20; ++turn) {
    for (size_t i = 0; i < ends.size(); ++i) {
      AssociationEnd& to = *ends[i ^ 1];
      while (!ends[i]->sent.empty()) {
        const Packet packet = std::move(ends[i]->sent.front());
        ends[i]->sent.pop_front();
        to.association->HandlePacket(packet);
      }
      if (turn == 10) ends[i]->Send(0, std::to_string(i));
    }
  }
  for (size_t i = 0; i < ends.size(); ++i) {
    ASSERT_EQ(ends[i]->state(), State::kConnected) << i;
    EXPECT_THAT(ends[i]->payloads(),
                ::testing::ElementsAre(std::to_string(i ^ 1)));
  }
  EXPECT_EQ(stack.associations(), 100);
}

}  // namespace
}  // namespace parley::sctp
