// Rules of section H: ICE credentials, restart, configuration, roles.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MediaPair;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;
using testing::ReasonOf;
using testing::Replaced;
using testing::ReplacedOnce;
using testing::WithoutLines;

TEST(Conformance, Rule_62_Credentials) {
  MediaPair pair;
  const sdp::Description offer = MustParse(pair.a.CreateOffer());
  const auto& own = offer.sections[0].transport;
  // Tokens of 5 bits a character.
  EXPECT_GE(own.ice_ufrag.size() * 5, 24u);
  EXPECT_GE(own.ice_pwd.size() * 5, 128u);
  EXPECT_GE(own.ice_ufrag.size(), 4u);
  EXPECT_GE(own.ice_pwd.size(), 22u);
  const std::string text = pair.a.CreateOffer();
  const auto reason = [&](size_t ufrag, size_t pwd) {
    Engine b(3);
    std::string changed =
        Replaced(text, own.ice_ufrag, std::string(ufrag, 'u'));
    changed = Replaced(changed, own.ice_pwd, std::string(pwd, 'p'));
    return b.TryRemote({.text = changed});
  };
  // Its grammar bounds them, so the parser refuses.
  EXPECT_TRUE(reason(4, 22).ok());
  EXPECT_TRUE(reason(256, 256).ok());
  EXPECT_EQ(ReasonOf(reason(3, 22)), Reason::kSdpSyntax);
  EXPECT_EQ(ReasonOf(reason(4, 21)), Reason::kSdpSyntax);
  EXPECT_EQ(ReasonOf(reason(257, 22)), Reason::kSdpSyntax);
  EXPECT_EQ(ReasonOf(reason(4, 257)), Reason::kSdpSyntax);
}

TEST(Conformance, Rule_63_RestartChangesBoth) {
  MediaPair pair;
  // Of no effect in a first offer, also while it is pending.
  pair.a.SetLocal(SdpType::kOffer, pair.a.CreateOffer({.ice_restart = true}));
  const IceCredentials first = pair.a.session.transports[0].local;
  pair.a.CreateOffer({.ice_restart = true});
  pair.a.SetLocal(SdpType::kOffer);
  EXPECT_EQ(pair.a.session.transports[0].local, first);
  EXPECT_EQ(pair.a.session.transports[0].generation, 1u);
  pair.a.RollBack();

  pair.Negotiated();
  const IceCredentials before = pair.a.session.transports[0].local;
  pair.a.Add(MediaKind::kAudio);
  const sdp::Description same = MustParse(pair.a.CreateOffer());
  EXPECT_EQ(same.sections[0].transport.ice_ufrag, before.ufrag);
  EXPECT_EQ(same.sections[0].transport.ice_pwd, before.pwd);
  const sdp::Description other =
      MustParse(pair.a.CreateOffer({.ice_restart = true}));
  EXPECT_NE(other.sections[0].transport.ice_ufrag, before.ufrag);
  EXPECT_NE(other.sections[0].transport.ice_pwd, before.pwd);
}

TEST(Conformance, Rule_63_HalfARestartIsNone) {
  MediaPair pair;
  pair.Negotiated();
  const std::string offer = pair.a.CreateOffer();
  EXPECT_EQ(ReasonOf(pair.b.TryRemote(
                {.text = Replaced(offer, pair.a.session.transports[0].local.pwd,
                                  std::string(28, 'x'))})),
            Reason::kSdpInvalid);
}

TEST(Conformance, Rule_64_AnswersRestartWithTheOffer) {
  MediaPair pair;
  pair.Negotiated();
  const IceCredentials a = pair.a.session.transports[0].local;
  const IceCredentials b = pair.b.session.transports[0].local;
  pair.Negotiated();
  EXPECT_EQ(pair.a.session.transports[0].local, a);
  EXPECT_EQ(pair.b.session.transports[0].local, b);
  Negotiate(pair.a, pair.b, {.ice_restart = true});
  const Transport& restarted = pair.b.session.transports[0];
  EXPECT_NE(restarted.local.ufrag, b.ufrag);
  EXPECT_NE(restarted.local.pwd, b.pwd);
  EXPECT_EQ(restarted.generation, 2u);
  EXPECT_EQ(restarted.remote_generation, 2u);
  EXPECT_EQ(restarted.remote->credentials, pair.a.session.transports[0].local);
}

TEST(Conformance, Rule_64_AnswersThatDoNotFitAreErrors) {
  MediaPair pair;
  pair.Negotiated();
  const IceCredentials old = pair.b.session.transports[0].local;
  // Changed credentials without our restart.
  std::string offer = pair.a.CreateOffer();
  pair.a.SetLocal(SdpType::kOffer, offer);
  pair.b.SetRemote(SdpType::kOffer, offer);
  std::string answer = pair.b.CreateAnswer();
  std::string changed = Replaced(answer, old.ufrag, "zzzz");
  changed = Replaced(changed, old.pwd, std::string(28, 'z'));
  EXPECT_EQ(
      ReasonOf(pair.a.TryRemote({.type = SdpType::kAnswer, .text = changed})),
      Reason::kSdpInvalid);
  pair.b.SetLocal(SdpType::kAnswer, answer);
  pair.a.SetRemote(SdpType::kAnswer, answer);
  // Our restart answered with the old ones.
  offer = pair.a.CreateOffer({.ice_restart = true});
  pair.a.SetLocal(SdpType::kOffer, offer);
  pair.b.SetRemote(SdpType::kOffer, offer);
  answer = pair.b.CreateAnswer();
  const sdp::Description parsed = MustParse(answer);
  std::string stale =
      Replaced(answer, parsed.sections[0].transport.ice_ufrag, old.ufrag);
  stale = Replaced(stale, parsed.sections[0].transport.ice_pwd, old.pwd);
  EXPECT_EQ(
      ReasonOf(pair.a.TryRemote({.type = SdpType::kAnswer, .text = stale})),
      Reason::kSdpInvalid);
  pair.a.SetRemote(SdpType::kAnswer, answer);
}

TEST(Conformance, Rule_65_RestartKeepsDtlsAndSctp) {
  MediaPair pair;
  pair.a.AddData();
  pair.Negotiated();
  const Transport before = pair.a.session.transports[0];
  const auto sctp = pair.a.session.sctp;
  Negotiate(pair.a, pair.b, {.ice_restart = true});
  const Transport& after = pair.a.session.transports[0];
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.generation, 2u);
  EXPECT_EQ(after.dtls_association, before.dtls_association);
  EXPECT_EQ(pair.a.session.sctp, sctp);
  EXPECT_TRUE(Only<SetDtls>(pair.a.effects).empty());
  EXPECT_TRUE(Only<SetSctp>(pair.a.effects).empty());
  EXPECT_TRUE(Only<AbandonIce>(pair.a.effects).empty());
  EXPECT_TRUE(Only<CloseTransport>(pair.a.effects).empty());
  const auto remote = Only<SetRemoteIce>(pair.a.effects);
  ASSERT_EQ(remote.size(), 1u);
  EXPECT_EQ(remote[0].generation, 2u);
  EXPECT_FALSE(remote[0].offered);
  const auto offered = Only<SetRemoteIce>(pair.b.effects);
  ASSERT_EQ(offered.size(), 1u);
  EXPECT_TRUE(offered[0].offered);
}

TEST(Conformance, Rule_66_NewFingerprintNeedsARestart) {
  MediaPair pair;
  pair.Negotiated();
  const auto with_new_key = [](const std::string& text) {
    return Replaced(text, "AA:AA:AA", "CC:CC:CC");
  };
  pair.a.Add(MediaKind::kAudio);
  EXPECT_EQ(
      ReasonOf(pair.b.TryRemote({.text = with_new_key(pair.a.CreateOffer())})),
      Reason::kSdpInvalid);
  pair.b.SetRemote(SdpType::kOffer,
                   with_new_key(pair.a.CreateOffer({.ice_restart = true})));
  pair.b.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(pair.b.session.transports[0].dtls_association, 2u);
  EXPECT_EQ(Only<SetDtls>(pair.b.effects).size(), 1u);
}

TEST(Conformance, Rule_66_NewTlsIdNeedsARestart) {
  MediaPair pair;
  const std::string first =
      ReplacedOnce(pair.a.CreateOffer(), "a=setup",
                   "a=tls-id:aaaaaaaaaaaaaaaaaaaa\r\na=setup");
  pair.b.SetRemote(SdpType::kOffer, first);
  pair.b.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(
      ReasonOf(pair.b.TryRemote({.text = Replaced(first, "aaaaaaaaaaaaaaaaaaaa",
                                                  "bbbbbbbbbbbbbbbbbbbb")})),
      Reason::kSdpInvalid);
  pair.b.SetRemote(SdpType::kOffer, first);
}

TEST(Conformance, Rule_67_NewServersRestartWithTheNextOffer) {
  MediaPair pair;
  Configuration changed = testing::DefaultConfiguration();
  changed.ice_servers_key = "v1";
  // Before gathering there is nothing to restart.
  ASSERT_TRUE(SetConfiguration(pair.a.session, changed).ok());
  EXPECT_FALSE(pair.a.session.needs_ice_restart);
  pair.Negotiated();
  const IceCredentials before = pair.a.session.transports[0].local;
  changed.ice_servers_key = "v2";
  ASSERT_TRUE(SetConfiguration(pair.a.session, changed).ok());
  EXPECT_FALSE(NegotiationNeeded(pair.a.session));
  EXPECT_EQ(pair.a.session.transports[0].local, before);
  std::string offer = pair.a.CreateOffer();
  EXPECT_EQ(offer.find(before.ufrag), std::string::npos);
  // It is still due after a rollback, and then no more.
  pair.a.SetLocal(SdpType::kOffer, offer);
  pair.a.RollBack();
  EXPECT_EQ(pair.a.CreateOffer().find(before.ufrag), std::string::npos);
  pair.Negotiated();
  const IceCredentials after = pair.a.session.transports[0].local;
  EXPECT_NE(after, before);
  pair.a.Add(MediaKind::kAudio);
  EXPECT_NE(pair.a.CreateOffer().find(after.ufrag), std::string::npos);
  changed.ice_transport_policy = IceTransportPolicy::kRelay;
  ASSERT_TRUE(SetConfiguration(pair.a.session, changed).ok());
  EXPECT_EQ(pair.a.CreateOffer().find(after.ufrag), std::string::npos);
}

TEST(Conformance, Rule_68_ImmutableConfiguration) {
  MediaPair pair;
  const Configuration base = testing::DefaultConfiguration();
  const auto reason = [&](auto change) {
    Configuration changed = base;
    change(changed);
    return ReasonOf(SetConfiguration(pair.a.session, changed));
  };
  const auto kImmutable = Reason::kConfigurationImmutable;
  EXPECT_EQ(reason([](Configuration& c) {
              c.bundle_policy = BundlePolicy::kMaxCompat;
            }),
            kImmutable);
  EXPECT_EQ(reason([](Configuration& c) {
              c.rtcp_mux_policy = RtcpMuxPolicy::kNegotiate;
            }),
            kImmutable);
  EXPECT_EQ(reason([](Configuration& c) { c.fingerprints[0].value = "00"; }),
            kImmutable);
  // The pool may change until a local description was set.
  Configuration pooled = base;
  pooled.ice_candidate_pool_size = 1;
  EXPECT_TRUE(SetConfiguration(pair.a.session, pooled).ok());
  pair.a.SetLocal(SdpType::kOffer);
  EXPECT_EQ(reason([](Configuration& c) { c.ice_candidate_pool_size = 2; }),
            kImmutable);
  EXPECT_EQ(pair.a.session.configuration->ice_candidate_pool_size, 1u);
}

TEST(Conformance, Rule_76_RolesAreSetOnce) {
  MediaPair pair;
  pair.a.CreateOffer();
  EXPECT_FALSE(pair.a.session.ice_role);
  pair.Negotiated();
  EXPECT_EQ(pair.a.session.ice_role, IceRole::kControlling);
  EXPECT_EQ(pair.b.session.ice_role, IceRole::kControlled);
  Negotiate(pair.b, pair.a, {.ice_restart = true});
  EXPECT_EQ(pair.a.session.ice_role, IceRole::kControlling);
  EXPECT_EQ(pair.b.session.ice_role, IceRole::kControlled);
  EXPECT_EQ(Only<StartIce>(pair.a.effects).size(), 1u);
  EXPECT_EQ(Only<StartIce>(pair.a.effects)[0].role, IceRole::kControlling);
}

TEST(Conformance, Rule_76_ARolledBackOfferDecidesNoRole) {
  // Offers cross: that of `b` goes for that of `a`.
  MediaPair glare;
  glare.b.AddData();
  glare.a.SetLocal(SdpType::kOffer);
  EXPECT_EQ(glare.a.session.ice_role, IceRole::kControlling);
  Negotiate(glare.b, glare.a);
  EXPECT_EQ(glare.b.session.ice_role, IceRole::kControlling);
  EXPECT_EQ(glare.a.session.ice_role, IceRole::kControlled);
  ASSERT_EQ(Only<StartIce>(glare.a.effects).size(), 1u);
  EXPECT_EQ(Only<StartIce>(glare.a.effects)[0].role, IceRole::kControlled);
  // Neither does one that the other end made.
  MediaPair pair;
  pair.b.AddData();
  pair.a.SetRemote(SdpType::kOffer, pair.b.CreateOffer());
  EXPECT_EQ(pair.a.session.ice_role, IceRole::kControlled);
  pair.a.RollBack(Side::kRemote);
  EXPECT_FALSE(pair.a.session.ice_role);
  pair.Negotiated();
  EXPECT_EQ(pair.a.session.ice_role, IceRole::kControlling);
  // What an answer has decided stays.
  pair.b.SetLocal(SdpType::kOffer);
  pair.b.RollBack();
  EXPECT_EQ(pair.b.session.ice_role, IceRole::kControlled);
}

TEST(Conformance, Rule_76_AgainstALiteEnd) {
  Configuration lite = testing::DefaultConfiguration();
  lite.ice_lite = true;
  Engine a(1, lite);
  Engine b(2);
  a.AddData();
  const std::string offer = a.CreateOffer();
  EXPECT_NE(offer.find("a=ice-lite\r\n"), std::string::npos);
  a.SetLocal(SdpType::kOffer, offer);
  EXPECT_EQ(a.session.ice_role, IceRole::kControlled);
  b.SetRemote(SdpType::kOffer, offer);
  EXPECT_EQ(b.session.ice_role, IceRole::kControlling);
  // Two lite ends would wait for each other.
  Engine c(3, lite);
  const absl::Status refused = c.TryRemote({.text = offer});
  EXPECT_EQ(ReasonOf(refused), Reason::kIceLiteBoth);
  EXPECT_EQ(c.session.state, SignalingState::kStable);
}

}  // namespace
}  // namespace parley::jsep
