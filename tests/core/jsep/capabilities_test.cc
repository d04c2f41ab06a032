// Sessions that negotiate other codecs and header extensions than the default
// ones.

#include "core/base/errors.h"
#include "core/jsep/transceivers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::DefaultConfiguration;
using testing::Engine;
using ::testing::HasSubstr;
using testing::MustParse;
using testing::Negotiate;
using ::testing::Not;
using testing::Replaced;

Configuration With(Capabilities capabilities) {
  Configuration configuration = DefaultConfiguration();
  configuration.capabilities =
      std::make_shared<const Capabilities>(std::move(capabilities));
  return configuration;
}

Capabilities Small() {
  Capabilities small;
  small.audio.codecs = {{.payload_type = 100,
                         .name = "opus",
                         .clock_rate = 48000,
                         .channels = 2,
                         .rtcp_feedback = {"nack"}}};
  small.video.codecs = {
      {.payload_type = 101, .name = "VVC", .clock_rate = 90000},
      {.payload_type = 102,
       .name = "rtx",
       .clock_rate = 90000,
       .fmtp = "apt=101"}};
  small.audio.extensions = {{.uri = "urn:example:a", .id = 1}};
  small.video.extensions = {
      {.uri = "urn:example:v", .id = 20, .direction = Direction::kRecvOnly}};
  return small;
}

TEST(CapabilitiesTest, OffersExactlyWhatIsConfigured) {
  Engine a(1, With(Small()));
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  EXPECT_THAT(offer, HasSubstr("m=audio 9 UDP/TLS/RTP/SAVPF 100\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=rtpmap:100 opus/48000/2\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=rtcp-fb:100 nack\r\n"));
  EXPECT_THAT(offer, HasSubstr("UDP/TLS/RTP/SAVPF 101 102\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=rtpmap:101 VVC/90000\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=fmtp:102 apt=101\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=extmap:1 urn:example:a\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=extmap:20/recvonly urn:example:v\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=extmap-allow-mixed\r\n"));
}

TEST(CapabilitiesTest, TwoThatKnowTheSameUseIt) {
  Engine a(1, With(Small()));
  Engine b(2, With(Small()));
  const TransceiverId id = a.Add(MediaKind::kVideo);
  Negotiate(a, b);
  const auto& media = *a.session.sections[*a.Get(id).mline_index].media;
  ASSERT_EQ(media.remote_codecs.size(), 2u);
  EXPECT_EQ(media.remote_codecs[0].name, "VVC");
  EXPECT_TRUE(media.extmap_allow_mixed);
  // Both only receive it: nobody may send it.
  EXPECT_THAT(b.LocalText(),
              HasSubstr("a=extmap:20/inactive urn:example:v\r\n"));
}

TEST(CapabilitiesTest, WhatIsNotInCommonIsRejected) {
  Engine a(1, With(Small()));
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  Negotiate(a, b);
  const auto answer = MustParse(b.LocalText());
  EXPECT_NE(answer.sections[0].port, 0);
  EXPECT_EQ(answer.sections[1].port, 0);
}

TEST(CapabilitiesTest, AKindWithoutCodecsIsRefused) {
  Capabilities audio_only = Small();
  audio_only.video = {};
  Engine a(1, With(audio_only));
  const absl::Status refused =
      AddTransceiver(a.session, MediaKind::kVideo, {}, a.random).status();
  EXPECT_TRUE(HasReason(refused, Reason::kNotSupported)) << refused;
  EXPECT_TRUE(HasReason(
      AddTrack(a.session, MediaKind::kVideo, "cam", {}, a.random).status(),
      Reason::kNotSupported));
  Engine b(2);
  b.Add(MediaKind::kVideo);
  Negotiate(b, a);
  EXPECT_EQ(MustParse(a.LocalText()).sections[0].port, 0);
}

TEST(CapabilitiesTest, MixedExtensionsAreAnsweredIfOffered) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  const std::string offer = a.CreateOffer();
  b.SetRemote(SdpType::kOffer, Replaced(offer, "a=extmap-allow-mixed\r\n", ""));
  EXPECT_THAT(b.CreateAnswer(), Not(HasSubstr("extmap-allow-mixed")));
  Engine c(3);
  c.SetRemote(SdpType::kOffer, offer);
  EXPECT_THAT(c.CreateAnswer(), HasSubstr("extmap-allow-mixed"));
  // Of one section only, as Firefox writes it.
  Engine d(4);
  d.SetRemote(SdpType::kOffer, Replaced(offer, "a=extmap-allow-mixed\r\n", "") +
                                   "a=extmap-allow-mixed\r\n");
  const auto answer = MustParse(d.CreateAnswer());
  EXPECT_FALSE(answer.extmap_allow_mixed);
  EXPECT_TRUE(answer.sections[0].extmap_allow_mixed);
}

TEST(CapabilitiesTest, WhatCannotBeWrittenIsRefused) {
  const auto refused = [](auto change) {
    Capabilities capabilities = Small();
    change(capabilities);
    return HasReason(CheckCapabilities(capabilities), Reason::kArgument);
  };
  using C = Capabilities;
  EXPECT_TRUE(CheckCapabilities(Small()).ok());
  EXPECT_TRUE(CheckCapabilities(*DefaultCapabilities()).ok());
  EXPECT_TRUE(refused([](C& c) { c.audio.codecs[0].name = "a b"; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.codecs[0].name = "x\r\na=y"; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.codecs[0].fmtp = "x\r\na=y"; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.codecs[0].rtcp_feedback = {"\n"}; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.codecs[0].clock_rate = 0; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.codecs[0].payload_type = 101; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.codecs[0].payload_type = 64; }));
  EXPECT_TRUE(refused([](C& c) { c.video.codecs[1].fmtp = "apt=7"; }));
  EXPECT_TRUE(
      refused([](C& c) { c.video.codecs.erase(c.video.codecs.begin()); }));
  EXPECT_TRUE(refused([](C& c) { c.audio.extensions[0].id = 15; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.extensions[0].id = 256; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.extensions[0].id = 20; }));
  EXPECT_TRUE(refused([](C& c) { c.audio.extensions[0].uri = "a b"; }));
}

TEST(CapabilitiesTest, ComfortNoiseIsAnsweredOnlyIfWanted) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  const std::string offer = a.CreateOffer();
  EXPECT_THAT(offer, HasSubstr("CN/8000"));
  EXPECT_THAT(a.CreateOffer({.voice_activity_detection = false}),
              Not(HasSubstr("CN/8000")));
  b.SetRemote(SdpType::kOffer, offer);
  const auto answer = [&b](bool detection) {
    auto created = CreateAnswer(b.session, b.random,
                                {.voice_activity_detection = detection});
    EXPECT_TRUE(created.ok()) << created.status();
    Remember(b.session, *created);
    return created->text();
  };
  EXPECT_THAT(answer(true), HasSubstr("CN/8000"));
  EXPECT_THAT(answer(false), Not(HasSubstr("CN/8000")));
  EXPECT_THAT(answer(true), HasSubstr("CN/8000"));
  b.SetLocal(SdpType::kAnswer, answer(false));
  EXPECT_THAT(b.LocalText(), Not(HasSubstr("CN/8000")));
}

TEST(OfferToReceiveTest, AddsOrTakesWhatReceives) {
  Engine a;
  OfferToReceive(a.session, MediaKind::kAudio, true, a.random);
  ASSERT_EQ(a.session.transceivers.size(), 1u);
  EXPECT_EQ(a.session.transceivers[0].direction, Direction::kRecvOnly);
  const std::string offer = a.CreateOffer();
  OfferToReceive(a.session, MediaKind::kAudio, true, a.random);
  EXPECT_EQ(a.session.transceivers.size(), 1u) << "one receives already";
  EXPECT_EQ(a.CreateOffer(), offer);
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  OfferToReceive(a.session, MediaKind::kAudio, false, a.random);
  EXPECT_EQ(a.session.transceivers[0].direction, Direction::kInactive);
  EXPECT_EQ(a.session.transceivers[1].direction, Direction::kSendOnly);
  EXPECT_EQ(a.session.transceivers[2].direction, Direction::kSendRecv);
  // One that only sends does not count as receiving.
  OfferToReceive(a.session, MediaKind::kAudio, true, a.random);
  EXPECT_EQ(a.session.transceivers.size(), 4u);
}

}  // namespace
}  // namespace parley::jsep
