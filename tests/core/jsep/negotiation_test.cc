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
using testing::ReasonOf;
using testing::Replaced;
using testing::ReplacedOnce;
using testing::WithoutLines;

// Audio, video and a data channel from one end, nothing at the other.
struct FullPair : testing::MediaPair {
  FullPair() { a.AddData(); }
};

TEST(Negotiation, OfferAndAnswerEndInStable) {
  FullPair pair;
  Negotiate(pair.a, pair.b);
  for (const Engine* engine : {&pair.a, &pair.b}) {
    const Session& session = engine->session;
    EXPECT_EQ(session.state, SignalingState::kStable);
    EXPECT_FALSE(session.pending_local);
    EXPECT_FALSE(session.pending_remote);
    EXPECT_TRUE(session.current_local);
    EXPECT_TRUE(session.current_remote);
    ASSERT_EQ(session.transports.size(), 1u);
    ASSERT_EQ(session.sections.size(), 3u);
    EXPECT_FALSE(NegotiationNeeded(session));
    for (const Section& section : session.sections) {
      EXPECT_EQ(section.transport, session.transports[0].id);
      EXPECT_TRUE(section.bundled);
    }
    ASSERT_TRUE(session.sctp);
  }
  EXPECT_EQ(pair.a.session.transports[0].dtls_role, DtlsRole::kServer);
  EXPECT_EQ(pair.b.session.transports[0].dtls_role, DtlsRole::kClient);
}

TEST(Negotiation, AThousandSectionsAreNegotiatedByDefault) {
  FullPair pair;
  for (int i = 0; i < 498; ++i) {
    pair.a.Add(MediaKind::kAudio);
    pair.a.Add(MediaKind::kVideo);
  }
  Negotiate(pair.a, pair.b);
  for (const Engine* engine : {&pair.a, &pair.b}) {
    EXPECT_EQ(engine->session.sections.size(), 999u);
    EXPECT_EQ(engine->session.transports.size(), 1u);
    EXPECT_FALSE(NegotiationNeeded(engine->session));
  }
  Negotiate(pair.b, pair.a);
}

TEST(Negotiation, RemoteDescriptionsHaveTheConfiguredLimits) {
  FullPair pair;
  const std::string offer = pair.a.CreateOffer();
  const auto set = [&](size_t bytes, size_t sections) {
    Configuration configuration = testing::DefaultConfiguration('B');
    configuration.max_description_bytes = bytes;
    configuration.max_sections = sections;
    Engine engine(2, configuration);
    return engine.TryRemote({.type = SdpType::kOffer, .text = offer});
  };
  EXPECT_TRUE(set(offer.size(), 3).ok());
  EXPECT_EQ(ReasonOf(set(offer.size() - 1, 3)), Reason::kLimitExceeded);
  EXPECT_EQ(ReasonOf(set(offer.size(), 2)), Reason::kLimitExceeded);
}

TEST(Negotiation, ThereIsOneAssociation) {
  Engine b(2);
  Engine a;
  a.AddData();
  const std::string one = a.CreateOffer();
  const std::string section = one.substr(one.find("m="));
  const std::string two =
      WithoutLines(one, "a=group") + Replaced(section, "a=mid:0", "a=mid:1");
  b.SetRemote(SdpType::kOffer, two);
  b.SetLocal(SdpType::kAnswer);
  auto answered = MustParse(b.LocalText()).sections;
  EXPECT_NE(answered[0].port, 0);
  EXPECT_EQ(answered[1].port, 0);
  ASSERT_TRUE(b.session.sctp);
  EXPECT_EQ(b.session.sctp->mid, "0");
  EXPECT_EQ(Only<SetSctp>(b.effects).size(), 1u);
  // A second one that comes later does not take it over, wherever it stands.
  b.SetRemote(SdpType::kOffer, two);
  b.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(b.session.sctp->mid, "0");
  EXPECT_EQ(b.session.sctp->association, 1u);
  EXPECT_TRUE(Only<SetSctp>(b.effects).empty());
}

// RFC 9429 section 5.2.1: a=rtcp-mux, a=rtcp-rsize and others appear only in
// sections with an address of their own.
TEST(Negotiation, BundledSectionsShareRtcpMux) {
  FullPair pair;
  std::string offer = pair.a.CreateOffer();
  const auto bare_video = [](std::string text) {
    const size_t video = text.find("m=video");
    return text.substr(0, video) +
           WithoutLines(std::string_view(text).substr(video), "a=rtcp-");
  };
  pair.a.SetLocal(SdpType::kOffer, offer);
  pair.b.SetRemote(SdpType::kOffer, bare_video(offer));
  const std::string answer = pair.b.CreateAnswer();
  const auto answered = MustParse(answer).sections;
  EXPECT_TRUE(answered[0].rtcp_mux);
  EXPECT_FALSE(answered[1].rtcp_mux) << "it was not offered here";
  pair.b.SetLocal(SdpType::kAnswer, answer);
  pair.a.SetRemote(SdpType::kAnswer, bare_video(answer));
  for (const Engine* engine : {&pair.a, &pair.b}) {
    EXPECT_TRUE(engine->session.transports[0].rtcp_mux);
    EXPECT_TRUE(engine->session.sections[1].media->rtcp_mux);
    EXPECT_TRUE(engine->session.sections[1].media->rtcp_reduced_size);
  }
  // On its own a section speaks for itself.
  Engine c(3);
  EXPECT_EQ(ReasonOf(c.TryRemote(
                {.text = bare_video(WithoutLines(offer, "a=group"))})),
            Reason::kRtcpMuxRequired);
}

TEST(Negotiation, WhatEachTransportKeepsIsBounded) {
  FullPair pair;
  const std::string offer = pair.a.CreateOffer();
  const auto attribute_of = [&](const std::string& text) -> std::string {
    Engine engine(2);
    const auto error = GetError(engine.TryRemote({.text = text}));
    if (!error) return "";
    EXPECT_EQ(error->reason, Reason::kSdpInvalid);
    for (const auto& [key, value] : error->metadata) {
      if (key == "attribute") return value;
    }
    return "";
  };
  const auto with = [&](std::string_view line, int times) {
    std::string lines;
    for (int i = 0; i < times; ++i) {
      lines += Replaced(std::string(line), "#", std::to_string(i + 1));
    }
    return ReplacedOnce(offer, "a=rtcp-rsize\r\n", "a=rtcp-rsize\r\n" + lines);
  };
  EXPECT_EQ(attribute_of(with("a=fingerprint:hash-# AA:AA\r\n", 700)),
            "fingerprint");
  EXPECT_EQ(attribute_of(with("a=fingerprint:hash-# AA:AA\r\n", 60)), "");
  EXPECT_EQ(
      attribute_of(with("a=tls-id:#" + std::string(255, 'x') + "\r\n", 1)),
      "tls-id");
  EXPECT_EQ(attribute_of(with("a=msid:s#\r\n", 65)), "msid");
  EXPECT_EQ(attribute_of(with("a=msid:#" + std::string(256, 's') + "\r\n", 1)),
            "msid");
  EXPECT_EQ(attribute_of(with("a=msid:#" + std::string(255, 's') + "\r\n", 1)),
            "");
  EXPECT_EQ(attribute_of(with("a=extmap:20 urn:x:#\r\n", 256)), "extmap");
  EXPECT_EQ(attribute_of(ReplacedOnce(offer, "a=group:BUNDLE 0 1 2",
                                      "a=group:BUNDLE 0 0 0 1 2")),
            "group");
}

TEST(Negotiation, ExtensionsOfOtherSectionsTakeNoIds) {
  FullPair pair;
  const std::string offer = pair.a.CreateOffer();
  const std::string_view data = "m=application";
  const size_t at = offer.find(data);
  const std::string first =
      offer.substr(0, offer.find("m=audio")) + offer.substr(at) +
      "a=extmap:4 urn:x:y\r\n" +
      offer.substr(offer.find("m=audio"), at - offer.find("m=audio"));
  pair.b.SetRemote(SdpType::kOffer, WithoutLines(first, "a=group"));
  EXPECT_NE(pair.b.CreateAnswer().find(
                "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"),
            std::string::npos);
}

// Both offer, the polite end gives way: as if it never had.
TEST(Negotiation, ARolledBackFirstOfferLeavesTheRoleOpen) {
  FullPair pair;
  pair.b.AddData();
  pair.b.SetLocal(SdpType::kOffer);
  EXPECT_EQ(pair.b.session.ice_role, IceRole::kControlling);
  pair.a.SetLocal(SdpType::kOffer);
  pair.b.SetRemote(SdpType::kOffer, pair.a.LocalText());
  EXPECT_EQ(pair.b.session.ice_role, IceRole::kControlled);
  pair.b.SetLocal(SdpType::kAnswer);
  ASSERT_EQ(Only<StartIce>(pair.b.effects).size(), 1u);
  EXPECT_EQ(Only<StartIce>(pair.b.effects)[0].role, IceRole::kControlled);
  // Later ones do not touch it.
  pair.a.SetRemote(SdpType::kAnswer, pair.b.LocalText());
  pair.b.SetLocal(SdpType::kOffer);
  pair.b.RollBack();
  EXPECT_EQ(pair.b.session.ice_role, IceRole::kControlled);
}

TEST(Negotiation, ARollbackGivesInventedMidsBack) {
  FullPair pair;
  const std::string offer =
      WithoutLines(WithoutLines(pair.a.CreateOffer(), "a=mid"), "a=group");
  pair.b.SetRemote(SdpType::kOffer, offer);
  pair.b.SetLocal(SdpType::kAnswer);
  const Session before = pair.b.session;
  std::string named =
      ReplacedOnce(offer, "a=sendrecv", "a=mid:x\r\na=sendrecv");
  const size_t video = named.find("m=video");
  const size_t data = named.find("m=application");
  named =
      named.substr(0, video) +
      ReplacedOnce(named.substr(video, data - video), "a=sendrecv",
                   "a=mid:y\r\na=sendrecv") +
      ReplacedOnce(named.substr(data), "a=sctp-port", "a=mid:z\r\na=sctp-port");
  pair.b.SetRemote(SdpType::kOffer, named);
  EXPECT_EQ(pair.b.session.transceivers[0].mid, "x");
  pair.b.RollBack(Side::kRemote);
  for (size_t i = 0; i < before.transceivers.size(); ++i) {
    EXPECT_EQ(pair.b.session.transceivers[i].mid, before.transceivers[i].mid);
    EXPECT_EQ(pair.b.session.sections[i].mid, before.transceivers[i].mid);
  }
}

// RFC 9429 section 4.1.18: it is due until a description has brought it.
TEST(Negotiation, AnOfferOfBeforeDoesNotRestartForNewServers) {
  FullPair pair;
  Negotiate(pair.a, pair.b);
  const IceCredentials before = pair.a.session.transports[0].local;
  pair.a.Add(MediaKind::kAudio);
  const std::string offer = pair.a.CreateOffer();
  Configuration changed = testing::DefaultConfiguration();
  changed.ice_servers_key = "other";
  ASSERT_TRUE(SetConfiguration(pair.a.session, changed).ok());
  pair.a.SetLocal(SdpType::kOffer, offer);
  EXPECT_EQ(pair.a.session.transports[0].local, before);
  EXPECT_TRUE(pair.a.session.needs_ice_restart);
  pair.b.SetRemote(SdpType::kOffer, offer);
  pair.b.SetLocal(SdpType::kAnswer);
  pair.a.SetRemote(SdpType::kAnswer, pair.b.LocalText());
  Negotiate(pair.a, pair.b);
  EXPECT_NE(pair.a.session.transports[0].local, before);
  EXPECT_FALSE(pair.a.session.needs_ice_restart);
}

// W3C setCodecPreferences: "Remove any duplicate values in codecs".
TEST(Negotiation, APreferenceCountsOnce) {
  FullPair pair;
  const TransceiverId id = pair.a.session.transceivers[1].id;
  const auto all = DefaultCapabilities()->video.codecs;
  ASSERT_TRUE(
      SetCodecPreferences(pair.a.session, id, {all[0], all[1], all[0], all[1]})
          .ok());
  EXPECT_EQ(pair.a.Get(id).codec_preferences->size(), 2u);
  EXPECT_NE(pair.a.CreateOffer().find("UDP/TLS/RTP/SAVPF 96 97\r\n"),
            std::string::npos);
}

// W3C "collect senders": all but those of stopped transceivers.
TEST(Negotiation, AStoppingSenderHasItsTrackYet) {
  FullPair pair;
  const TransceiverId id = pair.a.AddTrack(MediaKind::kAudio, "mic");
  Negotiate(pair.a, pair.b);
  ASSERT_TRUE(StopTransceiver(pair.a.session, id).ok());
  const auto add = [&] {
    return AddTrack(pair.a.session, MediaKind::kAudio, "mic", {}, pair.a.random)
        .status();
  };
  EXPECT_EQ(ReasonOf(add()), Reason::kArgument);
  ASSERT_TRUE(RemoveTrack(pair.a.session, id).ok());
  EXPECT_EQ(pair.a.Get(id).track_id, "");
  EXPECT_TRUE(add().ok());
}

}  // namespace
}  // namespace parley::jsep
