// Rules of section E: the shape of generated descriptions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;
using testing::Pair;
using testing::Replaced;
using testing::ReplacedOnce;
using testing::WithoutLines;

bool HasLine(std::string_view text, std::string_view prefix) {
  return text.find("\r\n" + std::string(prefix)) != std::string_view::npos;
}

TEST(Conformance, Rule_36_SessionPart) {
  Engine engine;
  engine.Add(MediaKind::kAudio);
  const std::string offer = engine.CreateOffer();
  EXPECT_THAT(offer, ::testing::ContainsRegex(
                         "^v=0\r\no=- [0-9]+ [0-9]+ IN IP4 0\\.0\\.0\\.0\r\n"
                         "s=-\r\nt=0 0\r\n"));
  EXPECT_LT(MustParse(offer).origin.session_id, (uint64_t{1} << 63) - 1);
  for (const char* type : {"i=", "u=", "e=", "p=", "r=", "z=", "k="}) {
    EXPECT_FALSE(HasLine(offer, type)) << type;
  }
  // Random, and not the same for every session.
  Engine other(99);
  EXPECT_NE(MustParse(other.CreateOffer()).origin.session_id,
            MustParse(offer).origin.session_id);
}

TEST(Conformance, Rule_37_IceOptions) {
  Pair pair;
  pair.a.Add(MediaKind::kAudio);
  const std::string offer = pair.a.CreateOffer();
  EXPECT_TRUE(HasLine(offer, "a=ice-options:trickle ice2\r\n"));
  const auto answered = [&](std::string_view options) {
    Engine b(7);
    b.SetRemote(SdpType::kOffer, ReplacedOnce(offer, "trickle ice2", options));
    return MustParse(b.CreateAnswer()).transport.ice_options;
  };
  EXPECT_EQ(answered("trickle ice2"),
            (std::vector<std::string>{"trickle", "ice2"}));
  EXPECT_EQ(answered("trickle renomination"),
            (std::vector<std::string>{"trickle"}));
  EXPECT_EQ(answered("ice2"), (std::vector<std::string>{"ice2"}));
  EXPECT_EQ(answered("renomination"), std::vector<std::string>());
}

TEST(Conformance, Rule_38_DummyAddressesInTheFirstOffer) {
  Engine engine;
  engine.Add(MediaKind::kAudio);
  engine.Add(MediaKind::kAudio);
  const sdp::Description offer = MustParse(engine.CreateOffer());
  EXPECT_EQ(offer.sections[0].port, 9);
  EXPECT_EQ(offer.sections[0].rtcp->port, 9);
  EXPECT_EQ(offer.sections[0].rtcp->connection, sdp::Connection());
  EXPECT_EQ(offer.sections[1].port, 0);
  EXPECT_TRUE(offer.sections[1].bundle_only);
  for (const auto& section : offer.sections) {
    EXPECT_EQ(section.connection, sdp::Connection());
    EXPECT_TRUE(section.candidates.empty());
  }
}

TEST(Conformance, Rule_39_Protocols) {
  Pair pair;
  pair.a.Add(MediaKind::kAudio);
  pair.a.AddData();
  const std::string offer = pair.a.CreateOffer();
  const sdp::Description parsed = MustParse(offer);
  EXPECT_EQ(parsed.sections[0].protocol, "UDP/TLS/RTP/SAVPF");
  EXPECT_EQ(parsed.sections[1].protocol, "UDP/DTLS/SCTP");
  EXPECT_EQ(parsed.sections[1].formats,
            (std::vector<std::string>{"webrtc-datachannel"}));
  for (const std::string profile :
       {"RTP/AVP", "RTP/SAVP", "RTP/AVPF", "RTP/SAVPF", "UDP/TLS/RTP/SAVP",
        "UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF"}) {
    Engine b(3);
    b.SetRemote(SdpType::kOffer, Replaced(offer, "UDP/TLS/RTP/SAVPF", profile));
    const sdp::Description answer = MustParse(b.CreateAnswer());
    EXPECT_EQ(answer.sections[0].protocol, profile);
    EXPECT_NE(answer.sections[0].port, 0) << profile;
  }
  for (const std::string profile : {"UDP/DTLS/SCTP", "TCP/DTLS/SCTP"}) {
    Engine b(3);
    b.SetRemote(SdpType::kOffer, Replaced(offer, "UDP/DTLS/SCTP", profile));
    EXPECT_EQ(MustParse(b.CreateAnswer()).sections[1].protocol, profile);
  }
}

TEST(Conformance, Rule_40_MidsAreNeverReused) {
  Pair pair;
  std::set<std::string> seen;
  const auto note = [&](const std::string& text) {
    for (const auto& section : MustParse(text).sections) {
      EXPECT_TRUE(seen.insert(section.mid).second) << section.mid;
      EXPECT_LE(section.mid.size(), 3u);
    }
  };
  pair.a.Add(MediaKind::kAudio);
  pair.a.Add(MediaKind::kVideo);
  std::string offer = pair.a.CreateOffer();
  note(offer);
  pair.a.SetLocal(SdpType::kOffer, offer);
  pair.a.RollBack();
  note(pair.a.CreateOffer());
}

TEST(Conformance, Rule_40_MidsDoNotCollideWithRemoteOnes) {
  Pair pair;
  pair.a.Add(MediaKind::kAudio);
  const std::string offer =
      Replaced(Replaced(pair.a.CreateOffer(), "a=mid:0", "a=mid:7"), "BUNDLE 0",
               "BUNDLE 7");
  pair.b.SetRemote(SdpType::kOffer, offer);
  pair.b.SetLocal(SdpType::kAnswer);
  pair.b.Add(MediaKind::kVideo);
  const sdp::Description next = MustParse(pair.b.CreateOffer());
  EXPECT_EQ(next.sections[0].mid, "7");
  EXPECT_EQ(next.sections[1].mid, "8");
}

TEST(Conformance, Rule_40_WhatWasOnlyProposedGivesWay) {
  Pair pair;
  pair.a.Add(MediaKind::kAudio);
  pair.b.Add(MediaKind::kVideo);
  pair.b.AddData();
  // Both propose "0", and only one of them gets as far as setting it.
  pair.b.CreateOffer();
  Negotiate(pair.a, pair.b);
  const sdp::Description next = MustParse(pair.b.CreateOffer());
  ASSERT_EQ(next.sections.size(), 3u);
  EXPECT_EQ(next.sections[0].mid, "0");
  EXPECT_EQ(next.sections[1].media, "video");
  EXPECT_NE(next.sections[1].mid, "0");
  EXPECT_NE(next.sections[2].mid, "0");
  EXPECT_NE(next.sections[2].mid, next.sections[1].mid);
}

TEST(Conformance, Rule_41_AnswerCarriesTheOffersMid) {
  Pair pair;
  pair.a.Add(MediaKind::kAudio);
  std::string offer = Replaced(pair.a.CreateOffer(), "a=mid:0", "a=mid:odd~1");
  offer = Replaced(offer, "BUNDLE 0", "BUNDLE odd~1");
  pair.b.SetRemote(SdpType::kOffer, offer);
  EXPECT_EQ(MustParse(pair.b.CreateAnswer()).sections[0].mid, "odd~1");
  Engine c(3);
  c.SetRemote(SdpType::kOffer,
              WithoutLines(WithoutLines(offer, "a=mid"), "a=group"));
  EXPECT_EQ(MustParse(c.CreateAnswer()).sections[0].mid, "");
}

TEST(Conformance, Rule_42_OrderOfSections) {
  Pair pair;
  pair.a.AddData();
  pair.a.Add(MediaKind::kVideo);
  pair.a.Add(MediaKind::kAudio);
  const auto media = [](const std::string& text) {
    std::vector<std::string> result;
    for (const auto& section : MustParse(text).sections) {
      result.push_back(section.media);
    }
    return result;
  };
  EXPECT_EQ(media(pair.a.CreateOffer()),
            (std::vector<std::string>{"video", "audio", "application"}));
  Negotiate(pair.a, pair.b);
  pair.a.Add(MediaKind::kVideo);
  EXPECT_EQ(
      media(pair.a.CreateOffer()),
      (std::vector<std::string>{"video", "audio", "application", "video"}));
}

TEST(Conformance, Rule_43_StoppedSectionsAreRecycled) {
  Pair pair;
  const TransceiverId audio = pair.a.Add(MediaKind::kAudio);
  const TransceiverId video = pair.a.Add(MediaKind::kVideo);
  pair.a.AddData();
  Negotiate(pair.a, pair.b);
  ASSERT_TRUE(StopTransceiver(pair.a.session, video).ok());
  ASSERT_TRUE(StopTransceiver(pair.a.session, audio).ok());
  // Not yet negotiated, so not yet free.
  pair.a.Add(MediaKind::kVideo);
  sdp::Description offer = MustParse(pair.a.CreateOffer());
  ASSERT_EQ(offer.sections.size(), 4u);
  for (const size_t i : {0, 1}) {
    EXPECT_EQ(offer.sections[i].port, 0);
    EXPECT_FALSE(offer.sections[i].bundle_only);
    EXPECT_TRUE(offer.sections[i].msids.empty());
  }
  EXPECT_EQ(offer.groups[0].mids, (std::vector<std::string>{"2", "3"}));
  Negotiate(pair.a, pair.b);
  EXPECT_EQ(FindTransceiver(pair.a.session, audio), nullptr);
  EXPECT_EQ(FindTransceiver(pair.a.session, video), nullptr);
  pair.a.Add(MediaKind::kAudio);
  offer = MustParse(pair.a.CreateOffer());
  ASSERT_EQ(offer.sections.size(), 4u);
  EXPECT_EQ(offer.sections[0].mid, "4");  // the lowest index, a new mid
  EXPECT_EQ(offer.sections[1].port, 0);
  Negotiate(pair.a, pair.b);
  EXPECT_EQ(pair.b.session.sections[0].mid, "4");
  EXPECT_FALSE(pair.b.session.sections[0].rejected);
  EXPECT_EQ(pair.b.session.sections.size(), 4u);
}

TEST(Conformance, Rule_44_RejectedSectionsArePresent) {
  Pair pair;
  pair.a.Add(MediaKind::kAudio);
  pair.a.Add(MediaKind::kVideo);
  std::string offer = pair.a.CreateOffer();
  // A codec we have not, and a section that we do not know.
  const size_t video = offer.find("m=video");
  offer = offer.substr(0, video) +
          "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
          "a=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 theora/90000\r\n"
          "m=image 9 udptl t38\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n";
  pair.b.SetRemote(SdpType::kOffer, offer);
  const sdp::Description answer = MustParse(pair.b.CreateAnswer());
  ASSERT_EQ(answer.sections.size(), 3u);
  EXPECT_NE(answer.sections[0].port, 0);
  EXPECT_EQ(answer.sections[1].port, 0);
  EXPECT_EQ(answer.sections[1].media, "video");
  EXPECT_EQ(answer.sections[2].port, 0);
  EXPECT_EQ(answer.sections[2].protocol, "udptl");
  pair.b.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(pair.b.session.transceivers.size(), 1u);
}

TEST(Conformance, Rule_45_MsidLines) {
  Pair pair;
  const TransceiverId id =
      pair.a.Add(MediaKind::kAudio, {.stream_ids = {"s1", "s2"}});
  pair.a.Add(MediaKind::kVideo);
  sdp::Description offer = MustParse(pair.a.CreateOffer());
  EXPECT_EQ(offer.sections[0].msids,
            (std::vector<sdp::Msid>{{.stream_id = "s1"}, {.stream_id = "s2"}}));
  EXPECT_EQ(offer.sections[1].msids,
            (std::vector<sdp::Msid>{{.stream_id = "-"}}));
  Negotiate(pair.a, pair.b);
  // The same whatever the direction.
  ASSERT_TRUE(SetDirection(pair.a.session, id, Direction::kInactive).ok());
  offer = MustParse(pair.a.CreateOffer());
  EXPECT_EQ(offer.sections[0].msids.size(), 2u);
  EXPECT_EQ(offer.sections[0].msids[0].stream_id, "s1");
}

TEST(Conformance, Rule_45_RemoteMsids) {
  Engine a;
  a.Add(MediaKind::kAudio, {.stream_ids = {"s1", "s2"}});
  const std::string offer = a.CreateOffer();
  const auto streams = [&](const std::string& text) {
    Engine b(3);
    b.SetRemote(SdpType::kOffer, text);
    return b.session.transceivers[0].remote_stream_ids;
  };
  EXPECT_EQ(streams(offer), (std::vector<std::string>{"s1", "s2"}));
  EXPECT_EQ(streams(Replaced(offer, "a=msid:s1", "a=msid:s1 track")),
            (std::vector<std::string>{"s1", "s2"}));
  EXPECT_EQ(streams(ReplacedOnce(WithoutLines(offer, "a=msid:s2"), "msid:s1",
                                 "msid:- track")),
            std::vector<std::string>());
  // None at all: one stream is made up.
  EXPECT_EQ(streams(WithoutLines(offer, "a=msid")).size(), 1u);
}

TEST(Conformance, Rule_46_DirectionOfAnAnswer) {
  using enum Direction;
  for (const Direction offered : {kSendRecv, kSendOnly, kRecvOnly, kInactive}) {
    for (const Direction ours : {kSendRecv, kSendOnly, kRecvOnly, kInactive}) {
      Pair pair;
      pair.a.Add(MediaKind::kAudio, {.direction = offered});
      const std::string offer = pair.a.CreateOffer();
      pair.b.SetRemote(SdpType::kOffer, offer);
      const TransceiverId id = pair.b.session.transceivers[0].id;
      ASSERT_TRUE(SetDirection(pair.b.session, id, ours).ok());
      const bool sends = Receives(offered) && Sends(ours);
      const bool receives = Sends(offered) && Receives(ours);
      EXPECT_EQ(MustParse(pair.b.CreateAnswer()).sections[0].direction,
                MakeDirection(sends, receives));
      // What the offer does not let us do is no reason to negotiate again.
      pair.b.SetLocal(SdpType::kAnswer);
      EXPECT_FALSE(NegotiationNeeded(pair.b.session));
    }
  }
}

TEST(Conformance, Rule_47_SimulcastOffer) {
  Engine a;
  a.Add(MediaKind::kVideo,
        {.encodings = {{.rid = "f"}, {.rid = "h"}, {.rid = "q"}}});
  const std::string offer = a.CreateOffer();
  EXPECT_TRUE(HasLine(offer,
                      "a=rid:f send\r\na=rid:h send\r\na=rid:q send\r\n"
                      "a=simulcast:send f;h;q\r\n"));
  // The other end sends what we can receive.
  Engine b(2);
  b.SetRemote(SdpType::kOffer, offer);
  EXPECT_TRUE(HasLine(b.CreateAnswer(), "a=simulcast:recv f;h;q\r\n"));
}

TEST(Conformance, Rule_47_RemoteSimulcast) {
  Engine a;
  a.Add(MediaKind::kVideo);
  const std::string base = a.CreateOffer();
  const auto rids = [&](const std::string& lines) {
    Engine b(3);
    std::vector<std::string> result;
    const absl::Status status = b.TryRemote({.text = base + lines});
    if (!status.ok()) {
      EXPECT_TRUE(HasReason(status, Reason::kSdpInvalid)) << status;
      return std::vector<std::string>{"refused"};
    }
    for (const Encoding& encoding : b.session.transceivers[0].encodings) {
      result.push_back(encoding.rid);
    }
    return result;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(rids("a=rid:a recv\r\na=rid:b recv\r\na=rid:c recv\r\n"
                 "a=simulcast:recv a,c;b;a\r\n"),
            (List{"a", "b"}));
  EXPECT_EQ(rids("a=rid:a recv\r\na=simulcast:recv a;b\r\n"),
            (List{"refused"}));
  EXPECT_EQ(rids("a=rid:a send\r\na=rid:b recv\r\na=simulcast:recv a;b\r\n"),
            (List{"refused"}));
}

TEST(Conformance, Rule_47_RidsStay) {
  Pair pair;
  pair.a.Add(MediaKind::kVideo);
  pair.b.AddTrack(MediaKind::kVideo, "cam");
  const auto with = [](const std::string& text, const std::string& lines) {
    return text + lines;
  };
  const std::string offer =
      with(pair.a.CreateOffer(),
           "a=rid:h recv\r\na=rid:l recv\r\na=simulcast:recv h;l\r\n");
  pair.b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = pair.b.CreateAnswer();
  EXPECT_TRUE(HasLine(answer, "a=simulcast:send h;l\r\n"));
  pair.b.SetLocal(SdpType::kAnswer, answer);
  EXPECT_EQ(pair.b.session.transceivers[0].encodings.size(), 2u);
  const absl::Status changed = pair.b.TryRemote(
      {.text = Replaced(Replaced(offer, "a=rid:l ", "a=rid:x "), "recv h;l",
                        "recv h;x")});
  EXPECT_TRUE(HasReason(changed, Reason::kSdpInvalid));
  EXPECT_EQ(GetError(changed)->exception, DomException::kInvalidAccessError);
  pair.b.SetRemote(SdpType::kOffer, offer);
}

TEST(Conformance, Rule_47_LayersThatAreNotAnswered) {
  Pair pair;
  const TransceiverId id =
      pair.a.Add(MediaKind::kVideo,
                 {.encodings = {{.rid = "f"}, {.rid = "h"}, {.rid = "q"}}});
  const std::string offer = pair.a.CreateOffer();
  pair.a.SetLocal(SdpType::kOffer, offer);
  pair.b.SetRemote(SdpType::kOffer, offer);
  std::string answer = pair.b.CreateAnswer();
  answer = WithoutLines(answer, "a=rid:h");
  answer = Replaced(answer, "recv f;h;q", "recv f;q");
  pair.a.SetRemote(SdpType::kAnswer, answer);
  ASSERT_EQ(pair.a.Get(id).encodings.size(), 2u);
  EXPECT_EQ(pair.a.Get(id).encodings[1].rid, "q");
}

TEST(Conformance, Rule_48_NoKeysNoSsrcs) {
  Pair pair;
  pair.a.Add(MediaKind::kAudio);
  pair.a.Add(MediaKind::kVideo);
  Negotiate(pair.a, pair.b);
  for (const Engine* engine : {&pair.a, &pair.b}) {
    const std::string text = engine->LocalText();
    EXPECT_FALSE(HasLine(text, "a=crypto"));
    EXPECT_FALSE(HasLine(text, "a=key-mgmt"));
    EXPECT_FALSE(HasLine(text, "a=ssrc"));
  }
}

}  // namespace
}  // namespace parley::jsep
