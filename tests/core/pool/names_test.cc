#include "core/pool/names.h"

#include <set>

#include "core/base/errors.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_random.h"

namespace parley::pool {
namespace {

class NamesTest : public ::testing::Test {
 protected:
  parley::testing::FakeRandom random_;
  Identity here_ = *Identity::Make("pod-7", random_);
};

TEST_F(NamesTest, ANameReadsBackAndIsAtHome) {
  const std::string name = NewPeerName(here_, random_);
  const auto parsed = ParsePeerName(name);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->owner, name);
  EXPECT_EQ(parsed->node, "pod-7");
  EXPECT_TRUE(CheckHome(here_, *parsed).ok());
  EXPECT_LE(name.size(), kMaxNameBytes);
}

TEST_F(NamesTest, ACertificatesNameIsNoPeers) {
  const std::string name = NewCertificateName(here_, random_);
  const auto parsed = ParseCertificateName(name);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->node, "pod-7");
  EXPECT_TRUE(CheckHome(here_, *parsed).ok());
  EXPECT_FALSE(ParsePeerName(name).ok());
  EXPECT_FALSE(ParseCertificateName(NewPeerName(here_, random_)).ok());
  const Identity later = *Identity::Make("pod-7", random_);
  EXPECT_TRUE(
      HasReason(CheckHome(later, *parsed), Reason::kCertificateUnknown));
}

TEST_F(NamesTest, NamesDoNotRepeat) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(NewPeerName(here_, random_));
  EXPECT_EQ(names.size(), 1000u);
}

TEST_F(NamesTest, APeerOfAnotherNodeIsNotLost) {
  const Identity there = *Identity::Make("pod-8", random_);
  const std::string name = NewPeerName(there, random_);
  const absl::Status home = CheckHome(here_, *ParsePeerName(name));
  EXPECT_TRUE(HasReason(home, Reason::kWrongNode)) << home;
}

TEST_F(NamesTest, APeerOfAnEarlierLifeIsLost) {
  const Identity before = *Identity::Make("pod-7", random_);
  const std::string name = NewPeerName(before, random_);
  const absl::Status home = CheckHome(here_, *ParsePeerName(name));
  EXPECT_TRUE(HasReason(home, Reason::kPeerLost)) << home;
}

TEST_F(NamesTest, ChildrenNameTheirPeerAndNumber) {
  const std::string peer = NewPeerName(here_, random_);
  const std::string channel_name = DataChannelName(peer, 12);
  const auto channel = ParseDataChannelName(channel_name);
  ASSERT_TRUE(channel.ok());
  EXPECT_EQ(channel->owner, peer);
  EXPECT_EQ(channel->child, 12u);
  const std::string transceiver_name = TransceiverName(peer, 3);
  EXPECT_EQ(ParseTransceiverName(transceiver_name)->child, 3u);
  EXPECT_FALSE(ParseTransceiverName(channel_name).ok());
  EXPECT_FALSE(ParsePeerName(channel_name).ok());
}

TEST_F(NamesTest, WhatIsNotANameIsRefused) {
  const std::string peer = NewPeerName(here_, random_);
  for (const std::string& bad :
       {std::string(), std::string("peers/"), std::string("peers/local"),
        std::string("peers/.aaaa"), std::string("rooms/") + peer.substr(6),
        peer + "x", peer.substr(0, peer.size() - 1), peer + "/dataChannels/",
        peer + "/dataChannels/0", peer + "/dataChannels/01",
        peer + "/dataChannels/-1", peer + "/dataChannels/1x",
        peer + "/dataChannels/99999999999999999999999",
        std::string(1 << 20, 'a')}) {
    const auto as_peer = ParsePeerName(bad);
    EXPECT_TRUE(HasReason(as_peer.status(), Reason::kArgument)) << bad;
    EXPECT_TRUE(
        HasReason(ParseDataChannelName(bad).status(), Reason::kArgument))
        << bad;
    EXPECT_LE(as_peer.status().message().size(), 300u);
  }
}

TEST_F(NamesTest, ANodeIsADnsLabel) {
  for (const char* bad : {"", "a.b", "-a", "a-", "A", "a_b"}) {
    EXPECT_FALSE(Identity::Make(bad, random_).ok()) << bad;
  }
  EXPECT_TRUE(Identity::Make(std::string(63, 'n'), random_).ok());
  EXPECT_FALSE(Identity::Make(std::string(64, 'n'), random_).ok());
}

}  // namespace
}  // namespace parley::pool
