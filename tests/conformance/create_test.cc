// Rules of section A: createOffer and createAnswer.
#include <gtest/gtest.h>

#include <string>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;

TEST(Conformance, Rule_01_ClosedPeerRefusesEverything) {
  Engine engine;
  const TransceiverId id = engine.Add(MediaKind::kAudio);
  engine.CreateOffer();
  Close(engine.session);
  const auto closed = [](const absl::Status& status) {
    const auto error = GetError(status);
    return error && error->reason == Reason::kPeerClosed &&
           error->exception == DomException::kInvalidStateError;
  };
  Session& session = engine.session;
  EXPECT_TRUE(closed(CreateOffer(session, {}, engine.random).status()));
  EXPECT_TRUE(closed(CreateAnswer(session, engine.random).status()));
  EXPECT_TRUE(closed(engine.TryLocal({})));
  EXPECT_TRUE(closed(engine.TryRemote({.text = "v=0"})));
  EXPECT_TRUE(closed(engine.TryRollback(Side::kLocal)));
  EXPECT_TRUE(closed(RestartIce(session)));
  EXPECT_TRUE(closed(NoteDataChannelCreated(session)));
  EXPECT_TRUE(closed(StopTransceiver(session, id)));
  EXPECT_TRUE(closed(SetDirection(session, id, Direction::kInactive)));
  EXPECT_TRUE(
      closed(SetConfiguration(session, testing::DefaultConfiguration())));
  EXPECT_TRUE(closed(
      AddTransceiver(session, MediaKind::kVideo, {}, engine.random).status()));
  EXPECT_TRUE(closed(engine.AddCandidate({.candidate = ""}).status()));
}

TEST(Conformance, Rule_02_OfferOnlyInStableOrHaveLocalOffer) {
  Engine local;
  Engine remote(2);
  local.Add(MediaKind::kAudio);
  EXPECT_TRUE(CheckCanCreateOffer(local.session).ok());
  const std::string offer = local.CreateOffer();
  local.SetLocal(SdpType::kOffer, offer);
  EXPECT_TRUE(CheckCanCreateOffer(local.session).ok());
  remote.SetRemote(SdpType::kOffer, offer);
  EXPECT_TRUE(HasReason(CreateOffer(remote.session, {}, remote.random).status(),
                        Reason::kSignalingState));
  const std::string answer = remote.CreateAnswer();
  remote.SetLocal(SdpType::kPranswer, answer);
  EXPECT_TRUE(HasReason(CreateOffer(remote.session, {}, remote.random).status(),
                        Reason::kSignalingState));
  local.SetRemote(SdpType::kPranswer, answer);
  EXPECT_TRUE(HasReason(CreateOffer(local.session, {}, local.random).status(),
                        Reason::kSignalingState));
}

TEST(Conformance, Rule_03_AnswerOnlyToAnOffer) {
  Engine local;
  Engine remote(2);
  local.Add(MediaKind::kAudio);
  EXPECT_TRUE(HasReason(CreateAnswer(local.session, local.random).status(),
                        Reason::kSignalingState));
  const std::string offer = local.CreateOffer();
  local.SetLocal(SdpType::kOffer, offer);
  EXPECT_TRUE(HasReason(CreateAnswer(local.session, local.random).status(),
                        Reason::kSignalingState));
  remote.SetRemote(SdpType::kOffer, offer);
  const std::string answer = remote.CreateAnswer();
  remote.SetLocal(SdpType::kPranswer, answer);
  EXPECT_TRUE(CreateAnswer(remote.session, remote.random).ok());
}

TEST(Conformance, Rule_04_NoCertificateIsNoOffer) {
  Configuration configuration = testing::DefaultConfiguration();
  const auto fingerprints = std::move(configuration.fingerprints);
  configuration.fingerprints.clear();
  Engine engine(1, configuration);
  EXPECT_TRUE(HasReason(CreateOffer(engine.session, {}, engine.random).status(),
                        Reason::kCertificateGeneration));
  // It came: the peer that waited for it goes on.
  ASSERT_TRUE(SetFingerprints(engine.session, fingerprints).ok());
  EXPECT_NE(engine.CreateOffer(), "");
}

TEST(Conformance, Rule_06_CreateOfferChangesNothing) {
  Engine engine;
  const TransceiverId id = engine.Add(MediaKind::kAudio);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(
        SetDirection(engine.session, id,
                     i % 2 ? Direction::kSendOnly : Direction::kSendRecv)
            .ok());
    engine.CreateOffer({.ice_restart = true});
  }
  EXPECT_EQ(engine.session.state, SignalingState::kStable);
  EXPECT_FALSE(engine.Get(id).mid);
  EXPECT_FALSE(engine.Get(id).mline_index);
  EXPECT_TRUE(engine.session.transports.empty());
  EXPECT_TRUE(engine.session.sections.empty());
  EXPECT_TRUE(Close(engine.session).empty());
  EXPECT_EQ(LocalDescription(engine.session), nullptr);
}

TEST(Conformance, Rule_06_CreateOfferRestartsNothing) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  Negotiate(a, b);
  const IceCredentials before = a.session.transports[0].local;
  const std::string offer = a.CreateOffer({.ice_restart = true});
  EXPECT_EQ(a.session.transports[0].local, before);
  EXPECT_EQ(a.session.transports[0].generation, 1u);
  EXPECT_EQ(offer.find(before.ufrag), std::string::npos);
}

TEST(Conformance, Rule_07_OfferIsOfOneMoment) {
  Engine engine;
  engine.Add(MediaKind::kAudio);
  const std::string before = engine.CreateOffer();
  engine.Add(MediaKind::kVideo);
  EXPECT_EQ(MustParse(before).sections.size(), 1u);
  EXPECT_EQ(MustParse(engine.CreateOffer()).sections.size(), 2u);
}

TEST(Conformance, Rule_08_VersionGrowsByOneWithChanges) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kAudio);
  const std::string first = a.CreateOffer();
  EXPECT_EQ(a.CreateOffer(), first);
  const uint64_t version = MustParse(first).origin.session_version;
  ASSERT_TRUE(SetDirection(a.session, id, Direction::kSendOnly).ok());
  const std::string second = a.CreateOffer();
  EXPECT_EQ(MustParse(second).origin.session_version, version + 1);
  EXPECT_EQ(MustParse(second).origin.session_id,
            MustParse(first).origin.session_id);
  // N + 1 is rolled back, the next one is N + 2.
  a.SetLocal(SdpType::kOffer, second);
  a.RollBack();
  EXPECT_EQ(MustParse(a.CreateOffer()).origin.session_version, version + 2);
}

TEST(Conformance, Rule_09_OfferStaysUsableUntilThePeerChanges) {
  Engine engine;
  engine.Add(MediaKind::kAudio);
  const std::string offer = engine.CreateOffer();
  engine.CreateOffer();
  engine.SetLocal(SdpType::kOffer, offer);
  EXPECT_EQ(engine.session.pending_local->body->text, offer);
}

TEST(Conformance, Rule_10_FirstLiveTransceiverIsTagged) {
  Engine engine;
  const TransceiverId stopped = engine.Add(MediaKind::kAudio);
  engine.Add(MediaKind::kVideo);
  engine.Add(MediaKind::kAudio);
  ASSERT_TRUE(StopTransceiver(engine.session, stopped).ok());
  const sdp::Description offer = MustParse(engine.CreateOffer());
  ASSERT_EQ(offer.sections.size(), 2u);
  ASSERT_EQ(offer.groups.size(), 1u);
  EXPECT_EQ(offer.sections[0].media, "video");
  EXPECT_EQ(offer.groups[0].mids.front(), offer.sections[0].mid);
}

TEST(Conformance, Rule_11_EmptyOfferIsLegal) {
  Engine a;
  Engine b(2);
  const std::string offer = a.CreateOffer();
  EXPECT_TRUE(MustParse(offer).sections.empty());
  EXPECT_EQ(offer.find("a=group"), std::string::npos);
  Negotiate(a, b);
  EXPECT_EQ(a.session.state, SignalingState::kStable);
  EXPECT_TRUE(b.session.transports.empty());
}

}  // namespace
}  // namespace parley::jsep
