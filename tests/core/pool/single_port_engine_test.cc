// Native peers on one shared UDP port over loopback, with full ones at the
// other end: OpenSSL, usrsctp and libnice for real.

#include <string>

#include "core/base/errors.h"
#include "tests/core/pool/engine_fixture.h"

namespace parley::pool {
namespace {

using SinglePortEngineTest = EngineTest;

TEST_F(SinglePortEngineTest, ExchangesMessagesWithAFullPeer) {
  Make(WithSharedPort());
  const ice::SinglePortHub& hub = *engine_->single_port();
  const std::string port = " " + std::to_string(hub.port()) + " typ host";
  for (const bool offers : {true, false}) {
    SCOPED_TRACE(offers ? "it offers" : "it answers");
    auto single = MakePeer(SinglePort(offers));
    auto full = offers ? MakePeer() : MakePeer(WithChannel());
    const auto& [first, second] =
        offers ? std::pair(single, full) : std::pair(full, single);
    ASSERT_NO_FATAL_FAILURE(Connect(first, second));
    const std::string text = GatheredText(single);
    EXPECT_NE(text.find("a=ice-lite"), std::string::npos) << text;
    EXPECT_NE(text.find(port), std::string::npos) << text;

    const auto to = AwaitOpenChannel(first);
    const auto from = AwaitOpenChannel(second);
    const auto at_first = Attach(first, to);
    const auto at_second = Attach(second, from);
    for (const char* message : {"before", "after"}) {
      ASSERT_EQ(Send(*first, to, false, message), absl::OkStatus());
      ASSERT_EQ(Send(*second, from, true, message), absl::OkStatus());
      // A restart keeps the channel.
      ASSERT_EQ(Await([&](peer::StatusReply reply) {
                  first->RestartIce({}, std::move(reply));
                }),
                absl::OkStatus());
      ASSERT_NO_FATAL_FAILURE(Connect(first, second));
    }
    const std::vector<std::string> both = {"before", "after"};
    EXPECT_EQ(at_second->AwaitMessages(2), both);
    EXPECT_EQ(at_first->AwaitMessages(2), both);
    Close(*single);
    Close(*full);
    EXPECT_EQ(hub.ufrags(), 0u);
    EXPECT_EQ(hub.paths(), 0u);
  }
}

TEST_F(SinglePortEngineTest, PeersTakeNoDescriptors) {
  Make(WithSharedPort());
  EXPECT_EQ(engine_->descriptors().in_use(), 1);
  const size_t before = OpenDescriptors();
  std::vector<std::shared_ptr<Peer>> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(MakePeer(SinglePort(true)));
    ASSERT_EQ(SetLocal(*peers.back()), absl::OkStatus());
    GatheredText(peers.back());
  }
  EXPECT_EQ(engine_->descriptors().in_use(), 1);
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_EQ(engine_->single_port()->ufrags(), 100u);
}

TEST_F(SinglePortEngineTest, PeersAreRefusedWhatTheyCannotBe) {
  Make(WithSharedPort());
  auto a = MakePeer(SinglePort(true));
  auto b = MakePeer(SinglePort(false));
  ASSERT_EQ(SetLocal(*a), absl::OkStatus());
  const absl::Status both =
      SetRemote(*b, jsep::SdpType::kOffer, GatheredText(a));
  EXPECT_TRUE(HasReason(both, Reason::kIceLiteBoth)) << both;
  peer::PeerInit relayed = SinglePort(true);
  relayed.configuration.ice_transport_policy = jsep::IceTransportPolicy::kRelay;
  const auto refused = engine_->pool().Create(std::move(relayed), "", 0);
  EXPECT_TRUE(HasReason(refused.status(), Reason::kNotSupported))
      << refused.status();
}

TEST_F(SinglePortEngineTest, APortInUseIsTold) {
  FdBudget fds(64);
  EngineOptions options = WithSharedPort();
  const auto other = ice::SinglePortHub::Create(*options.single_port,
                                                options.ice.addresses, fds);
  ASSERT_TRUE(other.ok()) << other.status();
  options.single_port->port = (*other)->port();
  const auto refused = Engine::Create(std::move(options));
  EXPECT_TRUE(HasReason(refused.status(), Reason::kPorts)) << refused.status();
}

TEST_F(SinglePortEngineTest, WithoutASharedPortThereAreNoSinglePortPeers) {
  Make(OnLoopback());
  EXPECT_EQ(engine_->single_port(), nullptr);
  const auto without = engine_->pool().Create(SinglePort(true), "", 0);
  EXPECT_TRUE(HasReason(without.status(), Reason::kNotSupported))
      << without.status();
}

// The stages of a connection, each of which may be the last.
enum class Stage { kNew, kOffered, kAnswered, kAccepted, kConnected, kOpen };

TEST_F(SinglePortEngineTest, ClosedAtAnyMomentItLeavesNothing) {
  Make(WithSharedPort());
  const ice::SinglePortHub& hub = *engine_->single_port();
  for (const bool offers : {true, false}) {
    for (int stage = 0; stage <= static_cast<int>(Stage::kOpen); ++stage) {
      SCOPED_TRACE(stage);
      const auto reached = static_cast<Stage>(stage);
      auto single = MakePeer(SinglePort(offers));
      auto full = offers ? MakePeer() : MakePeer(WithChannel());
      const auto& a = offers ? single : full;
      const auto& b = offers ? full : single;
      if (reached >= Stage::kOffered) {
        ASSERT_EQ(SetLocal(*a), absl::OkStatus());
      }
      if (reached >= Stage::kAnswered) {
        ASSERT_EQ(SetRemote(*b, jsep::SdpType::kOffer, GatheredText(a)),
                  absl::OkStatus());
        ASSERT_EQ(SetLocal(*b), absl::OkStatus());
      }
      if (reached >= Stage::kAccepted) {
        ASSERT_EQ(SetRemote(*a, jsep::SdpType::kAnswer, GatheredText(b)),
                  absl::OkStatus());
      }
      if (reached >= Stage::kConnected) {
        ASSERT_TRUE(AwaitConnected(single));
      }
      if (reached >= Stage::kOpen) AwaitOpenChannel(single);
      Close(*single);
      EXPECT_EQ(hub.ufrags(), 0u);
      EXPECT_EQ(hub.paths(), 0u);
      Close(*full);
    }
  }
  EXPECT_EQ(engine_->pool().usage().peers, 0u);
}

TEST_F(SinglePortEngineTest, MessagesFlowThroughRestartsFromEitherSide) {
  Make(WithSharedPort());
  auto a = MakePeer(SinglePort(true));
  auto b = MakePeer();
  ASSERT_NO_FATAL_FAILURE(Connect(a, b));
  const auto channel = AwaitOpenChannel(a);
  const auto back = AwaitOpenChannel(b);
  const auto at_b = Attach(b, back);
  const auto at_a = Attach(a, channel);
  Flow there(*a, channel, at_b);
  Flow home(*b, back, at_a);
  for (const bool from_a : {true, false, true}) {
    const auto& offerer = from_a ? a : b;
    const auto& answerer = from_a ? b : a;
    ASSERT_EQ(Await([&](peer::StatusReply reply) {
                offerer->RestartIce({}, std::move(reply));
              }),
              absl::OkStatus());
    ASSERT_EQ(SetLocal(*offerer), absl::OkStatus());
    const std::string offer = GatheredText(offerer);
    const auto flows = [&] {
      for (const auto& [flow, end] :
           {std::pair(&there, at_b), std::pair(&home, at_a)}) {
        const size_t before = flow->arrived();
        EXPECT_GE(end->AwaitMessages(before + 10).size(), before + 10);
      }
    };
    // The restart is under way and not answered: the old path carries on.
    flows();
    ASSERT_EQ(SetRemote(*answerer, jsep::SdpType::kOffer, offer),
              absl::OkStatus());
    ASSERT_EQ(SetLocal(*answerer), absl::OkStatus());
    flows();
    ASSERT_EQ(
        SetRemote(*offerer, jsep::SdpType::kAnswer, GatheredText(answerer)),
        absl::OkStatus());
    flows();
  }
  ASSERT_TRUE(AwaitConnected(a));
  ASSERT_TRUE(AwaitConnected(b));
}

}  // namespace
}  // namespace parley::pool
