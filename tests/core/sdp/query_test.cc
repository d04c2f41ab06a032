#include "core/sdp/query.h"

#include "gtest/gtest.h"

namespace parley::sdp {
namespace {

MediaSection DataSection() {
  return {.media = "application",
          .protocol = "UDP/DTLS/SCTP",
          .formats = {"webrtc-datachannel"},
          .sctp_port = 5000};
}

TEST(QueryTest, KnowsTheProfilesOfRtp) {
  for (const char* protocol :
       {"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP",
        "UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF"}) {
    EXPECT_TRUE(IsRtpProtocol(protocol)) << protocol;
  }
  EXPECT_FALSE(IsRtpProtocol("UDP/DTLS/SCTP"));
  EXPECT_FALSE(IsRtpProtocol("udptl"));
}

TEST(QueryTest, KnowsBothFormsOfDataSections) {
  EXPECT_TRUE(IsDataSection(DataSection()));
  EXPECT_EQ(SctpPort(DataSection()), 5000);

  MediaSection legacy = {.media = "application",
                         .protocol = "DTLS/SCTP",
                         .formats = {"5001"},
                         .sctpmaps = {{5001, "webrtc-datachannel", 1024}}};
  EXPECT_TRUE(IsDataSection(legacy));
  EXPECT_EQ(SctpPort(legacy), 5001);
  legacy.sctpmaps[0].protocol = "other";
  EXPECT_FALSE(IsDataSection(legacy));

  MediaSection other = DataSection();
  other.formats = {"bfcp"};
  EXPECT_FALSE(IsDataSection(other));
  other = DataSection();
  other.media = "video";
  EXPECT_FALSE(IsDataSection(other));
}

TEST(QueryTest, PortZeroRejectsUnlessBundleOnly) {
  MediaSection section = DataSection();
  EXPECT_FALSE(IsRejected(section));
  section.port = 0;
  EXPECT_TRUE(IsRejected(section));
  section.bundle_only = true;
  EXPECT_FALSE(IsRejected(section));
}

TEST(QueryTest, TheMediaLevelWins) {
  Description d;
  d.transport = {.ice_ufrag = "sess",
                 .ice_pwd = "session-password-session",
                 .ice_options = {"trickle"},
                 .fingerprints = {{"sha-256", "AA"}},
                 .setup = Setup::kActpass,
                 .tls_id = "s"};
  d.direction = Direction::kInactive;
  d.connection = Connection{.address = "192.0.2.1"};
  MediaSection plain;
  EXPECT_EQ(EffectiveIceCredentials(d, plain).ufrag, "sess");
  EXPECT_EQ(EffectiveFingerprints(d, plain).size(), 1u);
  EXPECT_EQ(EffectiveIceOptions(d, plain)[0], "trickle");
  EXPECT_EQ(EffectiveSetup(d, plain), Setup::kActpass);
  EXPECT_EQ(EffectiveTlsId(d, plain), "s");
  EXPECT_EQ(EffectiveDirection(d, plain), Direction::kInactive);
  EXPECT_EQ(EffectiveConnection(d, plain)->address, "192.0.2.1");

  MediaSection own;
  own.transport = {.ice_ufrag = "mine",
                   .ice_pwd = "media-password-media-pwd",
                   .ice_options = {"ice2"},
                   .fingerprints = {{"sha-256", "BB"}},
                   .setup = Setup::kActive,
                   .tls_id = "m"};
  own.direction = Direction::kSendOnly;
  own.connection = Connection{.address = "192.0.2.2"};
  EXPECT_EQ(EffectiveIceCredentials(d, own).pwd, "media-password-media-pwd");
  EXPECT_EQ(EffectiveFingerprints(d, own)[0].value, "BB");
  EXPECT_EQ(EffectiveIceOptions(d, own)[0], "ice2");
  EXPECT_EQ(EffectiveSetup(d, own), Setup::kActive);
  EXPECT_EQ(EffectiveTlsId(d, own), "m");
  EXPECT_EQ(EffectiveDirection(d, own), Direction::kSendOnly);
  EXPECT_EQ(EffectiveConnection(d, own)->address, "192.0.2.2");
}

TEST(QueryTest, HalfACredentialIsNotCompletedFromTheSession) {
  Description d;
  d.transport.ice_ufrag = "sess";
  d.transport.ice_pwd = "session-password-session";
  MediaSection section;
  section.transport.ice_ufrag = "mine";
  EXPECT_EQ(EffectiveIceCredentials(d, section).pwd, "");
}

TEST(QueryTest, WithoutAnyDirectionItIsSendrecv) {
  EXPECT_EQ(EffectiveDirection({}, {}), Direction::kSendRecv);
  EXPECT_EQ(EffectiveConnection({}, {}), nullptr);
}

TEST(QueryTest, FindsSectionsAndCodecs) {
  Description d;
  d.sections.resize(3);
  d.sections[1].mid = "1";
  d.sections[1].codecs = {{.payload_type = 96, .name = "VP8"}};
  EXPECT_EQ(FindSection(d, "1"), &d.sections[1]);
  EXPECT_EQ(FindSection(d, "2"), nullptr);
  EXPECT_EQ(FindSection(d, ""), nullptr) << "sections without mid have no name";
  EXPECT_EQ(FindCodec(d.sections[1], 96)->name, "VP8");
  EXPECT_EQ(FindCodec(d.sections[1], 97), nullptr);
}

TEST(QueryTest, TakesAttributesApart) {
  EXPECT_EQ(AttributeName("framerate:5"), "framerate");
  EXPECT_EQ(AttributeValue("framerate:5"), "5");
  EXPECT_EQ(AttributeName("cryptex"), "cryptex");
  EXPECT_EQ(AttributeValue("cryptex"), std::nullopt);
  EXPECT_EQ(AttributeValue("x:a:b"), "a:b");
}

TEST(QueryTest, TokensHoldNothingThatEndsAWordOrALine) {
  EXPECT_TRUE(IsToken("video-stream_1.x+{}"));
  for (const char* text : {"", "a b", "a\r\nb", "a:b", "a/b", "\xc3\xa9"}) {
    EXPECT_FALSE(IsToken(text)) << text;
  }
}

}  // namespace
}  // namespace parley::sdp
