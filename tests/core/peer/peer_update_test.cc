// What can change of a peer besides its negotiation.

#include "core/peer/peer.h"
#include "tests/core/peer/peer_fixture.h"

namespace parley::peer {
namespace {

using jsep::SdpType;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class PeerUpdateTest : public PeerFixture {
 protected:
  absl::Status Update(Peer& peer, PeerUpdate update) {
    std::optional<absl::Status> result;
    peer.Update({}, std::move(update),
                [&](absl::Status status, const View&) { result = status; });
    executor_.RunReady();
    return result.value_or(absl::UnknownError("no answer"));
  }

  static RtcConfiguration WithServer(std::string_view url) {
    RtcConfiguration configuration;
    configuration.gathering.servers.push_back(*ice::ParseServerUrl(url));
    return configuration;
  }

  // The first a=ice-ufrag.
  static std::string Ufrag(const std::string& text) {
    const size_t at = text.find("a=ice-ufrag:");
    return text.substr(at, text.find('\r', at) - at);
  }
};

TEST_F(PeerUpdateTest, AShorterLeaseCountsFromNow) {
  PeerInit init;
  init.lease_ttl = absl::Hours(24);
  auto a = MakePeer(std::move(init));
  executor_.Advance(absl::Seconds(100));
  ASSERT_TRUE(Update(*a, {.lease_ttl = absl::Seconds(10)}).ok());
  EXPECT_EQ(executor_.pending_timers(), 1u);
  executor_.Advance(absl::Seconds(7));
  EXPECT_THAT(EventsOf<LeaseWarning>(*a), IsEmpty());
  executor_.Advance(absl::Seconds(2));
  EXPECT_EQ(EventsOf<LeaseWarning>(*a).size(), 1u);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(EventsOf<Closed>(*a).size(), 1u);
  EXPECT_EQ(executor_.pending_timers(), 0u);
}

TEST_F(PeerUpdateTest, ALongerLeaseOutlivesTheOldOne) {
  PeerInit init;
  init.lease_ttl = absl::Seconds(10);
  auto a = MakePeer(std::move(init));
  executor_.Advance(absl::Seconds(9));
  ASSERT_TRUE(Update(*a, {.lease_ttl = absl::Seconds(100)}).ok());
  executor_.Advance(absl::Seconds(79));
  EXPECT_EQ(EventsOf<LeaseWarning>(*a).size(), 1u) << "that of the old lease";
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(EventsOf<LeaseWarning>(*a).size(), 2u);
  EXPECT_THAT(EventsOf<Closed>(*a), IsEmpty());
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(EventsOf<Closed>(*a).size(), 1u);
}

TEST_F(PeerUpdateTest, AHeldLeaseStaysHeldAndEndsByItsNewTtl) {
  auto a = MakePeer();
  a->HoldLease();
  ASSERT_TRUE(Update(*a, {.lease_ttl = absl::Seconds(10)}).ok());
  executor_.Advance(absl::Seconds(100));
  EXPECT_THAT(EventsOf<Closed>(*a), IsEmpty());
  a->ReleaseLease();
  executor_.Advance(absl::Seconds(11));
  EXPECT_EQ(EventsOf<Closed>(*a).size(), 1u);
}

TEST_F(PeerUpdateTest, LabelsAreReplacedForEveryReader) {
  PeerInit init;
  init.labels = {{"room", "7"}, {"side", "left"}};
  auto a = MakePeer(std::move(init));
  const auto before = a->labels();
  ASSERT_TRUE(Update(*a, {.labels = Labels{{"room", "8"}}}).ok());
  EXPECT_THAT(*a->labels(), UnorderedElementsAre(Pair("room", "8")));
  EXPECT_EQ(before->size(), 2u);
  ASSERT_TRUE(Update(*a, {.labels = Labels()}).ok());
  EXPECT_THAT(*a->labels(), IsEmpty());
}

TEST_F(PeerUpdateTest, ARefusedConfigurationChangesNothingElse) {
  auto a = MakePeer(WithChannel());
  RtcConfiguration other = WithServer("stun:192.0.2.1");
  other.bundle_policy = jsep::BundlePolicy::kMaxBundle;
  const absl::Status refused = Update(*a, {.configuration = other,
                                           .labels = Labels{{"room", "8"}},
                                           .lease_ttl = absl::Seconds(1),
                                           .polite = false});
  EXPECT_TRUE(HasReason(refused, Reason::kConfigurationImmutable)) << refused;
  const std::optional<Error> error = GetError(refused);
  EXPECT_EQ(error->exception, DomException::kInvalidModificationError);
  EXPECT_THAT(error->metadata, Contains(Pair("field", "bundle_policy")));
  a->Read([](const View& view) {
    EXPECT_THAT(view.info.gathering.servers, IsEmpty());
    EXPECT_THAT(*view.info.labels, IsEmpty());
    EXPECT_EQ(view.info.lease_ttl, absl::Minutes(5));
    EXPECT_TRUE(view.info.polite);
  });
}

TEST_F(PeerUpdateTest, ThePoolSizeIsFixedByTheFirstLocalDescription) {
  auto a = MakePeer(WithChannel());
  RtcConfiguration pooled;
  pooled.ice_candidate_pool_size = 2;
  ASSERT_TRUE(Update(*a, {.configuration = pooled}).ok());
  ASSERT_TRUE(SetLocal(*a).ok());
  EXPECT_TRUE(Update(*a, {.configuration = pooled}).ok());
  pooled.ice_candidate_pool_size = 3;
  const absl::Status refused = Update(*a, {.configuration = pooled});
  EXPECT_TRUE(HasReason(refused, Reason::kConfigurationImmutable)) << refused;
}

TEST_F(PeerUpdateTest, TheCertificateSurvivesAnUpdate) {
  auto a = MakePeer(WithChannel());
  const auto before = CreateOffer(*a);
  ASSERT_TRUE(Update(*a, {.configuration = RtcConfiguration()}).ok());
  const auto after = CreateOffer(*a);
  ASSERT_TRUE(before.ok() && after.ok());
  const auto fingerprint = [](const std::string& text) {
    const size_t at = text.find("a=fingerprint:");
    return text.substr(at, text.find('\r', at) - at);
  };
  EXPECT_EQ(fingerprint(*after), fingerprint(*before));
}

TEST_F(PeerUpdateTest, NewServersCountFromTheFirstGathering) {
  auto a = MakePeer(WithChannel());
  ASSERT_TRUE(Update(*a, {.configuration = WithServer("stun:192.0.2.1")}).ok());
  EXPECT_THAT(network_.configured(), IsEmpty());
  ASSERT_TRUE(SetLocal(*a).ok());
  ASSERT_EQ(network_.configured().size(), 1u);
  ASSERT_EQ(network_.configured()[0].servers.size(), 1u);
  EXPECT_EQ(network_.configured()[0].servers[0].host, "192.0.2.1");
}

TEST_F(PeerUpdateTest, NewServersRestartIceWithTheNextOffer) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  const std::string first = Ufrag(LocalText(*a));
  const size_t asked = EventsOf<NegotiationNeeded>(*a).size();

  // The same servers are no news.
  ASSERT_TRUE(Update(*a, {.configuration = RtcConfiguration()}).ok());
  EXPECT_EQ(Ufrag(*CreateOffer(*a)), first);

  const RtcConfiguration changed = WithServer("stun:192.0.2.1");
  ASSERT_TRUE(Update(*a, {.configuration = changed}).ok());
  EXPECT_EQ(network_.configured().back().servers, changed.gathering.servers);
  EXPECT_NE(Ufrag(*CreateOffer(*a)), first);
  EXPECT_EQ(EventsOf<NegotiationNeeded>(*a).size(), asked);
  EXPECT_EQ(StateOf(*a).connection_state, ConnectionState::kConnected);

  Negotiate(*a, *b);
  const std::string second = Ufrag(LocalText(*a));
  EXPECT_NE(second, first);
  EXPECT_EQ(EventsOf<IceRestarted>(*a).size(), 1u);
  EXPECT_EQ(Ufrag(*CreateOffer(*a)), second) << "restarts once";
}

TEST_F(PeerUpdateTest, ANewPolicyRestartsIceToo) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  const std::string first = Ufrag(LocalText(*a));
  RtcConfiguration relay;
  relay.gathering.policy = ice::TransportPolicy::kRelay;
  ASSERT_TRUE(Update(*a, {.configuration = relay}).ok());
  EXPECT_EQ(network_.configured().back().policy, ice::TransportPolicy::kRelay);
  EXPECT_NE(Ufrag(*CreateOffer(*a)), first);
}

TEST_F(PeerUpdateTest, AnImpolitePeerCanBecomePolite) {
  PeerInit init = WithChannel();
  init.polite = false;
  auto a = MakePeer(std::move(init));
  auto b = MakePeer(WithChannel());
  ASSERT_TRUE(SetLocal(*a).ok());
  ASSERT_TRUE(SetLocal(*b).ok());
  const std::string offer = LocalText(*b);
  EXPECT_TRUE(HasReason(SetRemote(*a, SdpType::kOffer, offer), Reason::kGlare));
  ASSERT_TRUE(Update(*a, {.polite = true}).ok());
  EXPECT_TRUE(SetRemote(*a, SdpType::kOffer, offer).ok());
}

TEST_F(PeerUpdateTest, AClosedPeerRefuses) {
  auto a = MakePeer();
  a->Close(CloseReason::kRequested, "", [](const View&) {});
  executor_.RunReady();
  EXPECT_TRUE(HasReason(Update(*a, {}), Reason::kPeerClosed));
}

}  // namespace
}  // namespace parley::peer
