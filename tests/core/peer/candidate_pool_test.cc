// W3C's ICE candidate pool, as a peer shows it.

#include "core/peer/peer.h"
#include "tests/core/peer/peer_fixture.h"

namespace parley::peer {
namespace {

using jsep::SdpType;
using ::testing::IsEmpty;

class CandidatePoolTest : public PeerFixture {
 protected:
  static PeerInit Pooled(uint32_t size = 1) {
    PeerInit init = WithChannel();
    init.configuration.ice_candidate_pool_size = size;
    return init;
  }
  absl::Status Update(Peer& peer, uint32_t size, std::string_view url = "") {
    PeerUpdate update;
    update.configuration.emplace().ice_candidate_pool_size = size;
    if (!url.empty()) {
      update.configuration->gathering.servers.push_back(
          *ice::ParseServerUrl(url));
    }
    std::optional<absl::Status> result;
    peer.Update({}, std::move(update),
                [&](absl::Status status, const View&) { result = status; });
    executor_.RunReady();
    return result.value_or(absl::UnknownError("no answer"));
  }
};

TEST_F(CandidatePoolTest, OneTransportGathersFromTheBeginningUnseen) {
  for (const uint32_t size : {1u, 255u}) {
    const size_t before = network_.prepared();
    auto a = MakePeer(Pooled(size));
    EXPECT_EQ(network_.prepared(), before + 1);
    ASSERT_TRUE(CreateOffer(*a).ok());
    EXPECT_EQ(StateOf(*a).ice_gathering_state, ice::GatheringState::kNew);
    EXPECT_THAT(EventsOf<LocalCandidateFound>(*a), IsEmpty());
    EXPECT_THAT(EventsOf<IceGatheringStateChange>(*a), IsEmpty());
  }
  EXPECT_EQ(network_.open(), 2u);
  MakePeer(WithChannel());
  EXPECT_EQ(network_.open(), 2u) << "without a pool nothing is made";
}

TEST_F(CandidatePoolTest, TheFirstDescriptionTakesIt) {
  auto a = MakePeer(Pooled());
  auto b = MakePeer(Pooled());
  Negotiate(*a, *b);
  EXPECT_EQ(network_.open(), 2u);
  EXPECT_EQ(network_.prepared(), 2u);
  for (Peer* peer : {a.get(), b.get()}) {
    EXPECT_EQ(StateOf(*peer).connection_state, ConnectionState::kConnected);
    EXPECT_EQ(EventsOf<LocalCandidateFound>(*peer).size(), 2u);
  }
}

TEST_F(CandidatePoolTest, WhatAFirstOfferDoesNotBundleGathersWithIt) {
  PeerInit init = Pooled();
  init.configuration.bundle_policy = jsep::BundlePolicy::kMaxCompat;
  init.transceivers.push_back({.kind = jsep::MediaKind::kAudio});
  auto a = MakePeer(std::move(init));
  EXPECT_EQ(network_.open(), 1u);
  ASSERT_TRUE(SetLocal(*a).ok());
  EXPECT_EQ(network_.open(), 2u);
  EXPECT_EQ(network_.prepared(), 1u);
}

TEST_F(CandidatePoolTest, OtherServersReachIt) {
  auto a = MakePeer(Pooled());
  ASSERT_TRUE(Update(*a, 1, "stun:192.0.2.1").ok());
  ASSERT_EQ(network_.configured().size(), 2u);
  EXPECT_EQ(network_.configured()[1].servers.at(0).host, "192.0.2.1");
  EXPECT_EQ(network_.open(), 1u);
}

TEST_F(CandidatePoolTest, ItComesAndGoesWithTheConfiguration) {
  auto a = MakePeer(WithChannel());
  ASSERT_TRUE(Update(*a, 3).ok());
  EXPECT_EQ(network_.open(), 1u);
  ASSERT_TRUE(Update(*a, 2).ok());
  EXPECT_EQ(network_.open(), 1u) << "it is the same";
  ASSERT_TRUE(Update(*a, 0).ok());
  EXPECT_EQ(network_.open(), 0u);
  ASSERT_TRUE(SetLocal(*a).ok());
  EXPECT_EQ(network_.open(), 1u);
  EXPECT_TRUE(HasReason(Update(*a, 1), Reason::kConfigurationImmutable));
  EXPECT_EQ(network_.prepared(), 1u);
}

TEST_F(CandidatePoolTest, AFirstOfferThatIsRolledBackLeavesANewOne) {
  auto a = MakePeer(Pooled());
  ASSERT_TRUE(SetLocal(*a).ok());
  EXPECT_EQ(network_.prepared(), 1u);
  ASSERT_TRUE(SetLocal(*a, SdpType::kRollback).ok());
  EXPECT_EQ(network_.prepared(), 2u);
  EXPECT_EQ(network_.open(), 1u);
  EXPECT_EQ(StateOf(*a).ice_gathering_state, ice::GatheringState::kNew);
  auto b = MakePeer();
  Negotiate(*a, *b);
  EXPECT_EQ(StateOf(*a).connection_state, ConnectionState::kConnected);
}

// In the order of the chain: what comes first is done first.
TEST_F(CandidatePoolTest, ARefusedStartLeavesNothingOpen) {
  auto a = MakePeer(Pooled());
  network_.FailNextStart(MakeError(Reason::kPorts, "none left"));
  EXPECT_TRUE(HasReason(SetLocal(*a), Reason::kPorts));
  EXPECT_EQ(network_.open(), 0u);
  EXPECT_TRUE(SetLocal(*a).ok());
  EXPECT_EQ(network_.open(), 1u);
}

TEST_F(CandidatePoolTest, ClosingWaitsForIt) {
  auto a = MakePeer(Pooled());
  bool closed = false;
  a->Close(CloseReason::kRequested, "", [&](const View&) { closed = true; });
  EXPECT_FALSE(closed);
  executor_.RunReady();
  EXPECT_TRUE(closed);
  EXPECT_EQ(network_.open(), 0u);
}

// What becomes of candidates only transports know.
TEST_F(CandidatePoolTest, RemoteCandidatesAreAnsweredWithWhatTransportsMade) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  const auto add = [&](std::vector<std::string> texts) {
    std::vector<CandidateInput> inputs;
    for (std::string& text : texts) {
      inputs.push_back({std::move(text), std::nullopt, 0u, std::nullopt});
    }
    std::optional<std::vector<CandidateResult>> results;
    a->AddIceCandidates({}, inputs, true, [&](auto r, const View&) {
      ASSERT_TRUE(r.ok()) << r.status();
      results = *std::move(r);
    });
    executor_.RunReady();
    return results.value_or(std::vector<CandidateResult>());
  };
  const auto candidate = [](int port) {
    return "candidate:7 1 udp 1 192.0.2.1 " + std::to_string(port) +
           " typ host";
  };
  using Use = ice::CandidateUse;
  using Why = CandidateIgnored;
  int port = 1000;
  for (const auto& [use, why] :
       {std::pair(Use::kApplied, Why::kNot),
        std::pair(Use::kDuplicate, Why::kDuplicate),
        std::pair(Use::kIgnoredAddress, Why::kAddressPolicy),
        std::pair(Use::kIgnoredCount, Why::kTooMany)}) {
    network_.UseCandidatesAs(use);
    // One that no transport sees stands before it.
    const auto results = add({"candidate:nonsense", candidate(++port)});
    ASSERT_EQ(results.size(), 2u);
    EXPECT_TRUE(HasReason(results[0].error, Reason::kCandidateSyntax));
    EXPECT_EQ(results[1].ignored, why);
    EXPECT_EQ(results[1].outcome, why == Why::kNot
                                      ? jsep::CandidateOutcome::kApplied
                                      : jsep::CandidateOutcome::kIgnored);
  }
  EXPECT_TRUE(add({}).empty());
}

}  // namespace
}  // namespace parley::peer
