// Rules of sections I and J, as far as descriptions decide them.
#include <gtest/gtest.h>

#include <string>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;
using testing::Replaced;
using testing::ReplacedOnce;
using testing::WithoutLines;

TEST(Conformance, Rule_80_DtlsRoles) {
  Engine a;
  Engine b(2);
  a.AddData();
  Negotiate(a, b);
  EXPECT_EQ(MustParse(a.LocalText()).sections[0].transport.setup,
            sdp::Setup::kActpass);
  EXPECT_EQ(MustParse(b.LocalText()).sections[0].transport.setup,
            sdp::Setup::kActive);
  EXPECT_EQ(a.session.transports[0].dtls_role, DtlsRole::kServer);
  EXPECT_EQ(b.session.transports[0].dtls_role, DtlsRole::kClient);
  // The other way round: actpass again, and the role stays.
  a.Add(MediaKind::kAudio);
  Negotiate(b, a);
  EXPECT_EQ(MustParse(b.LocalText()).sections[0].transport.setup,
            sdp::Setup::kActpass);
  EXPECT_EQ(MustParse(a.LocalText()).sections[0].transport.setup,
            sdp::Setup::kPassive);
  EXPECT_EQ(a.session.transports[0].dtls_role, DtlsRole::kServer);
  EXPECT_TRUE(Only<SetDtls>(a.effects).empty());
}

TEST(Conformance, Rule_80_AnOfferMayChoose) {
  for (const bool active : {true, false}) {
    Engine a;
    Engine b(2);
    a.AddData();
    b.SetRemote(SdpType::kOffer,
                Replaced(a.CreateOffer(), "setup:actpass",
                         active ? "setup:active" : "setup:passive"));
    EXPECT_EQ(MustParse(b.CreateAnswer()).sections[0].transport.setup,
              active ? sdp::Setup::kPassive : sdp::Setup::kActive);
  }
}

TEST(Conformance, Rule_80_AnAnswerMustChoose) {
  Engine a;
  Engine b(2);
  a.AddData();
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  EXPECT_TRUE(HasReason(
      a.TryRemote({.type = SdpType::kAnswer,
                   .text = Replaced(answer, "setup:active", "setup:actpass")}),
      Reason::kSdpInvalid));
  a.SetRemote(SdpType::kAnswer,
              Replaced(answer, "setup:active", "setup:passive"));
  EXPECT_EQ(a.session.transports[0].dtls_role, DtlsRole::kClient);
}

TEST(Conformance, Rule_81_Fingerprints) {
  Configuration two = testing::DefaultConfiguration();
  std::string sha1(59, 'B');
  for (size_t i = 2; i < sha1.size(); i += 3) sha1[i] = ':';
  two.fingerprints.push_back({.algorithm = "sha-1", .value = sha1});
  two.bundle_policy = BundlePolicy::kMaxCompat;
  Engine a(1, two);
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  for (const auto& section : MustParse(offer).sections) {
    EXPECT_EQ(section.transport.fingerprints, two.fingerprints);
  }
  // All of them go to the transport, of which any may match; spelling counts
  // for nothing.
  b.SetRemote(SdpType::kOffer,
              Replaced(offer, two.fingerprints[0].value,
                       "aa" + two.fingerprints[0].value.substr(2)));
  b.SetLocal(SdpType::kAnswer);
  const auto dtls = Only<SetDtls>(b.effects);
  ASSERT_EQ(dtls.size(), 1u);
  EXPECT_EQ(dtls[0].remote_fingerprints, two.fingerprints);
}

TEST(Conformance, Rule_81_WeakOrBrokenHashes) {
  Engine a;
  a.AddData();
  const std::string offer = a.CreateOffer();
  Engine b(2);
  EXPECT_TRUE(
      HasReason(b.TryRemote({.text = Replaced(offer, "fingerprint:sha-256",
                                              "fingerprint:sha-1")}),
                Reason::kSdpSyntax));
  EXPECT_FALSE(b.TryRemote({.text = Replaced(offer, "fingerprint:sha-256",
                                             "fingerprint:md5")})
                   .ok());
}

TEST(Conformance, Rule_83_SctpParameters) {
  Engine a;
  a.AddData();
  const std::string offer = a.CreateOffer();
  EXPECT_NE(offer.find("a=sctp-port:5000\r\na=max-message-size:262144\r\n"),
            std::string::npos);
  Engine refuses(2);
  EXPECT_TRUE(
      HasReason(refuses.TryRemote({.text = WithoutLines(offer, "a=sctp-port")}),
                Reason::kSdpInvalid));
  const auto size = [](const std::string& text) {
    Engine b(3);
    b.SetRemote(SdpType::kOffer, text);
    b.SetLocal(SdpType::kAnswer);
    return Only<SetSctp>(b.effects)[0].remote_max_message_size;
  };
  EXPECT_EQ(size(offer), 262144u);
  EXPECT_EQ(size(WithoutLines(offer, "a=max-message-size")), 65536u);
  EXPECT_EQ(size(Replaced(offer, "size:262144", "size:0")), 0u);
}

TEST(Conformance, Rule_83_NewPortNewAssociation) {
  Engine a;
  Engine b(2);
  a.AddData();
  Negotiate(a, b);
  EXPECT_EQ(b.session.sctp->association, 1u);
  Negotiate(a, b);
  EXPECT_EQ(b.session.sctp->association, 1u);
  EXPECT_TRUE(Only<SetSctp>(b.effects).empty());
  b.SetRemote(SdpType::kOffer,
              Replaced(a.CreateOffer(), "sctp-port:5000", "sctp-port:5001"));
  b.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(b.session.sctp->association, 2u);
  const auto sctp = Only<SetSctp>(b.effects);
  ASSERT_EQ(sctp.size(), 1u);
  EXPECT_EQ(sctp[0].remote_port, 5001);
}

TEST(Conformance, Rule_85_DataOnlyFirst) {
  Engine a;
  Engine b(2);
  a.AddData();
  sdp::Description offer = MustParse(a.CreateOffer());
  EXPECT_FALSE(offer.sections[0].transport.ice_ufrag.empty());
  EXPECT_FALSE(offer.sections[0].transport.fingerprints.empty());
  EXPECT_EQ(offer.sections[0].transport.setup, sdp::Setup::kActpass);
  EXPECT_EQ(offer.groups[0].mids, (std::vector<std::string>{"0"}));
  Negotiate(a, b);
  const TransportId transport = a.session.transports[0].id;
  a.Add(MediaKind::kAudio);
  offer = MustParse(a.CreateOffer());
  EXPECT_EQ(offer.groups[0].mids, (std::vector<std::string>{"0", "1"}));
  EXPECT_TRUE(offer.sections[1].transport.ice_ufrag.empty());
  Negotiate(a, b);
  ASSERT_EQ(a.session.transports.size(), 1u);
  EXPECT_EQ(a.session.transports[0].id, transport);
}

TEST(Conformance, Rule_87_CloseEndsEverything) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.AddData();
  Negotiate(a, b);
  const Effects effects = Close(a.session);
  EXPECT_EQ(Only<CloseTransport>(effects).size(), 1u);
  EXPECT_EQ(Only<CloseSctp>(effects).size(), 1u);
  EXPECT_EQ(effects.size(), 2u);
  EXPECT_EQ(a.session.state, SignalingState::kClosed);
  EXPECT_TRUE(a.session.transceivers[0].stopped);
  EXPECT_TRUE(Close(a.session).empty());
  EXPECT_FALSE(NegotiationNeeded(a.session));
}

TEST(Conformance, Rule_88_StoppingTheTagKeepsTheOthers) {
  Engine a;
  Engine b(2);
  const TransceiverId tag = a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  a.AddData();
  Negotiate(a, b);
  const Transport before = a.session.transports[0];
  ASSERT_TRUE(StopTransceiver(a.session, tag).ok());
  EXPECT_TRUE(a.Get(tag).stopping);
  EXPECT_FALSE(a.Get(tag).stopped);
  Negotiate(a, b);
  for (const Engine* engine : {&a, &b}) {
    ASSERT_EQ(engine->session.transports.size(), 1u);
    EXPECT_EQ(engine->session.transports[0].mid, "1");
    EXPECT_TRUE(Only<CloseTransport>(engine->effects).empty());
    EXPECT_TRUE(Only<SetDtls>(engine->effects).empty());
  }
  EXPECT_EQ(a.session.transports[0].id, before.id);
  EXPECT_EQ(a.session.transports[0].local, before.local);
  const sdp::Description offer = MustParse(a.LocalText());
  EXPECT_EQ(offer.groups[0].mids, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(offer.sections[1].transport.ice_ufrag, before.local.ufrag);
}

TEST(Conformance, Rule_88_AnswersRejectNothingThatIsStopping) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  a.SetLocal(SdpType::kOffer);
  b.SetRemote(SdpType::kOffer, a.LocalText());
  for (const Transceiver& transceiver : b.session.transceivers) {
    ASSERT_TRUE(StopTransceiver(b.session, transceiver.id).ok());
  }
  b.SetLocal(SdpType::kAnswer);
  a.SetRemote(SdpType::kAnswer, b.LocalText());
  for (const auto& section : MustParse(b.LocalText()).sections) {
    EXPECT_NE(section.port, 0);
    EXPECT_EQ(section.direction, Direction::kInactive);
  }
  // An offer of its own does.
  EXPECT_TRUE(NegotiationNeeded(b.session));
  Negotiate(b, a);
  EXPECT_TRUE(b.session.transceivers.empty());
  EXPECT_TRUE(a.session.transceivers.empty());
}

TEST(Conformance, Rule_88_AnswersKeepAStoppingTag) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  Negotiate(a, b);
  const TransceiverId tag = b.session.transceivers[0].id;
  ASSERT_TRUE(StopTransceiver(b.session, tag).ok());
  // The other end offers before we could.
  a.Add(MediaKind::kAudio);
  Negotiate(a, b);
  const sdp::Description answer = MustParse(b.LocalText());
  EXPECT_NE(answer.sections[0].port, 0);
  EXPECT_EQ(answer.sections[0].direction, Direction::kInactive);
  EXPECT_NE(answer.sections[1].port, 0);
  EXPECT_FALSE(b.Get(tag).stopped);
  EXPECT_TRUE(NegotiationNeeded(b.session));
  Negotiate(b, a);
  EXPECT_EQ(FindTransceiver(b.session, tag), nullptr);
  EXPECT_FALSE(NegotiationNeeded(b.session));
}

}  // namespace
}  // namespace parley::jsep
