// What senders are to send: addTransceiver's sendEncodings, setParameters, and
// what negotiation makes of them (W3C webrtc-pc 5.2, RFC 8853).

#include <cmath>
#include <limits>

#include "core/base/errors.h"
#include "core/jsep/transceivers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using ::testing::ElementsAre;
using testing::Engine;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MustParse;
using testing::Negotiate;
using ::testing::Not;
using testing::Replaced;
using ::testing::SizeIs;
using testing::WithoutLines;

using Encodings = std::vector<Encoding>;

Encodings Layers() { return {{.rid = "f"}, {.rid = "h"}, {.rid = "q"}}; }

std::vector<std::string> RidsOf(const Transceiver& transceiver) {
  std::vector<std::string> rids;
  for (const Encoding& one : transceiver.encodings) rids.push_back(one.rid);
  return rids;
}

std::vector<double> ScalesOf(const Transceiver& transceiver) {
  std::vector<double> scales;
  for (const Encoding& one : transceiver.encodings) {
    scales.push_back(one.scale_resolution_down_by.value_or(-1));
  }
  return scales;
}

std::string FieldOf(const absl::Status& status) {
  const auto error = GetError(status);
  if (!error) return "no error";
  for (const auto& [key, value] : error->metadata) {
    if (key == "field") return value;
  }
  return "";
}

absl::Status Add(Engine& engine, MediaKind kind, Encodings encodings) {
  return AddTransceiver(engine.session, kind,
                        {.encodings = std::move(encodings)}, engine.random)
      .status();
}

TEST(EncodingsTest, ScalesAreHalvedFromTheLastOne) {
  Engine a;
  EXPECT_THAT(ScalesOf(a.Get(a.Add(MediaKind::kVideo))), ElementsAre(1));
  EXPECT_THAT(
      ScalesOf(a.Get(a.Add(MediaKind::kVideo, {.encodings = Layers()}))),
      ElementsAre(4, 2, 1));
  EXPECT_THAT(ScalesOf(a.Get(a.Add(
                  MediaKind::kVideo,
                  {.encodings = {{.rid = "a", .scale_resolution_down_by = 3},
                                 {.rid = "b"}}}))),
              ElementsAre(3, 1));
  EXPECT_THAT(ScalesOf(a.Get(a.AddTrack(MediaKind::kVideo, "cam"))),
              ElementsAre(1));
}

TEST(EncodingsTest, AudioHasOneWithoutWhatIsOfVideo) {
  Engine a;
  const TransceiverId id = a.Add(
      MediaKind::kAudio,
      {.encodings = {
           {.rid = "a", .max_framerate = 7, .scale_resolution_down_by = 2},
           {.rid = "b"}}});
  ASSERT_THAT(a.Get(id).encodings, SizeIs(1));
  EXPECT_EQ(a.Get(id).encodings[0], Encoding{});
}

TEST(EncodingsTest, NewOnesAreRefusedByField) {
  Engine a;
  const Session before = a.session;
  const auto refused = [&a](Encodings encodings, Reason reason) {
    const absl::Status status = Add(a, MediaKind::kVideo, std::move(encodings));
    EXPECT_TRUE(HasReason(status, reason)) << status;
    return FieldOf(status);
  };
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refused({{.rid = "a"}, {.rid = ""}}, Reason::kArgument),
            "send_encodings[1].rid");
  EXPECT_EQ(refused({{.rid = "a"}, {.rid = "a"}}, Reason::kArgument),
            "send_encodings[1].rid");
  EXPECT_EQ(refused({{.rid = "a-b"}}, Reason::kArgument),
            "send_encodings[0].rid");
  EXPECT_EQ(refused({{.rid = std::string(17, 'a')}}, Reason::kArgument),
            "send_encodings[0].rid");
  EXPECT_EQ(
      refused({{.scale_resolution_down_by = 0.99}}, Reason::kLimitExceeded),
      "send_encodings[0].scale_resolution_down_by");
  EXPECT_EQ(
      refused({{.scale_resolution_down_by = kInfinite}}, Reason::kArgument),
      "send_encodings[0].scale_resolution_down_by");
  EXPECT_EQ(refused({{.max_framerate = -1}}, Reason::kLimitExceeded),
            "send_encodings[0].max_framerate");
  EXPECT_EQ(refused({{.max_framerate = std::nan("")}}, Reason::kArgument),
            "send_encodings[0].max_framerate");
  const Codec foreign{.name = "VVC", .clock_rate = 90000};
  EXPECT_EQ(refused({{.codec = foreign}}, Reason::kSendEncodings),
            "send_encodings[0].codec");
  const auto error = GetError(Add(a, MediaKind::kVideo, {{.codec = foreign}}));
  EXPECT_THAT(error->metadata,
              ::testing::Contains(std::pair<std::string, std::string>(
                  "dom_exception", "OperationError")));
  EXPECT_EQ(a.session.transceivers.size(), before.transceivers.size());
}

TEST(EncodingsTest, SetParametersChangesWhatIsNotFixed) {
  Engine a;
  const TransceiverId id = a.Add(MediaKind::kVideo, {.encodings = Layers()});
  const std::string offer = a.CreateOffer();
  Encodings next = a.Get(id).encodings;
  next[0].priority = Priority::kHigh;
  next[1].max_bitrate = 300'000;
  next[1].max_framerate = 0;
  next[1].scale_resolution_down_by = std::nullopt;
  next[2].network_priority = Priority::kVeryLow;
  ASSERT_TRUE(SetEncodings(a.session, id, next).ok());
  next[1].scale_resolution_down_by = 1.0;
  EXPECT_EQ(a.Get(id).encodings, next);
  // It needs no negotiation.
  EXPECT_EQ(a.CreateOffer(), offer);
}

TEST(EncodingsTest, SetParametersKeepsNumberRidsAndOrder) {
  Engine a;
  const TransceiverId id = a.Add(MediaKind::kVideo, {.encodings = Layers()});
  const Encodings before = a.Get(id).encodings;
  const auto refused = [&](Encodings encodings, Reason reason) {
    const absl::Status status =
        SetEncodings(a.session, id, std::move(encodings));
    EXPECT_TRUE(HasReason(status, reason)) << status;
    EXPECT_EQ(a.Get(id).encodings, before);
    return FieldOf(status);
  };
  EXPECT_EQ(refused({}, Reason::kSendEncodings), "send_encodings");
  EXPECT_EQ(refused({before[0], before[1]}, Reason::kSendEncodings),
            "send_encodings");
  EXPECT_EQ(refused({before[1], before[0], before[2]}, Reason::kSendEncodings),
            "send_encodings");
  Encodings renamed = before;
  renamed[2].rid = "x";
  EXPECT_EQ(refused(renamed, Reason::kSendEncodings), "send_encodings");
  Encodings small = before;
  small[1].scale_resolution_down_by = 0.5;
  EXPECT_EQ(refused(small, Reason::kLimitExceeded),
            "send_encodings[1].scale_resolution_down_by");
  ASSERT_TRUE(StopTransceiver(a.session, id).ok());
  EXPECT_TRUE(HasReason(SetEncodings(a.session, id, before),
                        Reason::kTransceiverStopped));
  EXPECT_TRUE(HasReason(SetEncodings(a.session, 99, before),
                        Reason::kTransceiverUnknown));
}

const Codec kVp8{.name = "VP8", .clock_rate = 90000};
const Codec kVp9{.name = "vp9", .clock_rate = 90000, .fmtp = "profile-id=0"};
const Codec kRtx{.name = "rtx", .clock_rate = 90000, .fmtp = "apt=96"};

TEST(EncodingsTest, ACodecIsOneOfThoseThatCanBeNegotiated) {
  Engine a;
  const TransceiverId id = a.Add(MediaKind::kVideo);
  const auto choose = [&](const Codec& codec) {
    return SetEncodings(a.session, id, {{.codec = codec}});
  };
  EXPECT_TRUE(choose(kVp9).ok());
  EXPECT_EQ(a.Get(id).encodings[0].codec, kVp9);
  EXPECT_TRUE(HasReason(choose(kRtx), Reason::kSendEncodings))
      << "it carries no media";
  ASSERT_TRUE(SetCodecPreferences(a.session, id, {kVp8}).ok());
  EXPECT_TRUE(HasReason(choose(kVp9), Reason::kSendEncodings));
  EXPECT_TRUE(choose(kVp8).ok());
}

TEST(EncodingsTest, ACodecThatIsNotAnsweredIsChosenNoLonger) {
  Engine a;
  Engine b(2);
  const TransceiverId id =
      a.Add(MediaKind::kVideo, {.encodings = {{.rid = "a", .codec = kVp9},
                                              {.rid = "b", .codec = kVp8}}});
  b.AddTrack(MediaKind::kVideo, "cam");
  ASSERT_TRUE(
      SetCodecPreferences(b.session, b.session.transceivers[0].id, {kVp8})
          .ok());
  Negotiate(a, b);
  ASSERT_THAT(a.Get(id).encodings, SizeIs(2));
  EXPECT_FALSE(a.Get(id).encodings[0].codec.has_value());
  EXPECT_EQ(a.Get(id).encodings[1].codec, kVp8);
  // From now on only what was negotiated.
  Encodings next = a.Get(id).encodings;
  next[0].codec = kVp9;
  EXPECT_TRUE(
      HasReason(SetEncodings(a.session, id, next), Reason::kSendEncodings));
}

TEST(EncodingsTest, SimulcastGoesBothWays) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kVideo, {.encodings = Layers()});
  a.SetLocal(SdpType::kOffer);
  b.SetRemote(SdpType::kOffer, a.LocalText());
  b.SetLocal(SdpType::kAnswer);
  EXPECT_THAT(b.LocalText(), HasSubstr("a=simulcast:recv f;h;q\r\n"));
  EXPECT_THAT(b.session.sections[0].recv_rids, ElementsAre("f", "h", "q"));
  EXPECT_THAT(b.session.sections[0].send_rids, IsEmpty());
  a.SetRemote(SdpType::kAnswer, b.LocalText());
  EXPECT_THAT(a.session.sections[0].send_rids, ElementsAre("f", "h", "q"));
  EXPECT_THAT(RidsOf(a.Get(id)), ElementsAre("f", "h", "q"));
  // A new offer of either end repeats what is settled.
  EXPECT_THAT(a.CreateOffer(), HasSubstr("a=simulcast:send f;h;q\r\n"));
  EXPECT_THAT(b.CreateOffer(), HasSubstr("a=simulcast:recv f;h;q\r\n"));
}

TEST(EncodingsTest, AnOfferThatWantsLayersGetsThem) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kVideo, {.direction = Direction::kRecvOnly});
  b.AddTrack(MediaKind::kVideo, "cam");
  const std::string offer =
      a.CreateOffer() +
      "a=rid:h recv\r\na=rid:l recv\r\na=simulcast:recv h;~l\r\n";
  b.SetRemote(SdpType::kOffer, offer);
  const Transceiver& sender = b.session.transceivers[0];
  EXPECT_THAT(RidsOf(sender), ElementsAre("h", "l"));
  EXPECT_THAT(ScalesOf(sender), ElementsAre(2, 1));
  b.SetLocal(SdpType::kAnswer);
  EXPECT_THAT(b.LocalText(), HasSubstr("a=simulcast:send h;l\r\n"));
  EXPECT_THAT(b.session.sections[0].send_rids, ElementsAre("h", "l"));
}

TEST(EncodingsTest, AnAnswerWithoutSimulcastLeavesTheFirstLayer) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kVideo, {.encodings = Layers()});
  a.SetLocal(SdpType::kOffer);
  b.SetRemote(SdpType::kOffer, a.LocalText());
  std::string answer = b.CreateAnswer();
  answer = WithoutLines(WithoutLines(answer, "a=rid"), "a=simulcast");
  a.SetRemote(SdpType::kAnswer, answer);
  ASSERT_THAT(a.Get(id).encodings, SizeIs(1));
  EXPECT_EQ(a.Get(id).encodings[0].scale_resolution_down_by, 4.0);
  EXPECT_THAT(a.CreateOffer(), Not(HasSubstr("a=simulcast")));
}

// It may be followed by one that takes them (RFC 9429 4.1.10).
TEST(EncodingsTest, AProvisionalAnswerTakesNoLayersAway) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kVideo, {.encodings = Layers()});
  a.SetLocal(SdpType::kOffer);
  b.SetRemote(SdpType::kOffer, a.LocalText());
  const std::string answer = b.CreateAnswer();
  a.SetRemote(SdpType::kPranswer,
              WithoutLines(WithoutLines(answer, "a=rid"), "a=simulcast"));
  EXPECT_THAT(RidsOf(a.Get(id)), ElementsAre("f", "h", "q"));
  a.SetRemote(SdpType::kAnswer, answer);
  EXPECT_THAT(RidsOf(a.Get(id)), ElementsAre("f", "h", "q"));
}

// W3C "set a session description": the answer says which layers rest (RFC 8853
// section 5.2).
TEST(EncodingsTest, AnAnswerPausesLayers) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kVideo, {.encodings = Layers()});
  a.SetLocal(SdpType::kOffer);
  b.SetRemote(SdpType::kOffer, a.LocalText());
  a.SetRemote(SdpType::kAnswer,
              Replaced(b.CreateAnswer(), "recv f;h;q", "recv f;~h;~q"));
  EXPECT_TRUE(a.Get(id).encodings[0].active);
  EXPECT_FALSE(a.Get(id).encodings[1].active);
  EXPECT_FALSE(a.Get(id).encodings[2].active);
}

TEST(EncodingsTest, LayersThatAreNotActiveStaySo) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kVideo, {.encodings = Layers()});
  Negotiate(a, b);
  const std::string before = a.CreateOffer();
  Encodings next = a.Get(id).encodings;
  next[1].active = false;
  ASSERT_TRUE(SetEncodings(a.session, id, next).ok());
  EXPECT_FALSE(NegotiationNeeded(a.session));
  EXPECT_NE(a.CreateOffer(), before);
  EXPECT_THAT(a.CreateOffer(), HasSubstr("a=simulcast:send f;~h;q\r\n"));
  Negotiate(a, b);
  EXPECT_THAT(b.LocalText(), HasSubstr("a=simulcast:recv f;~h;q\r\n"));
  EXPECT_EQ(a.Get(id).encodings, next);
}

// An end that does not receive now says nothing about what it would.
TEST(EncodingsTest, LayersOutliveATimeOfNotSending) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kVideo, {.encodings = Layers()});
  b.AddTrack(MediaKind::kVideo, "cam");
  ASSERT_TRUE(SetDirection(b.session, b.session.transceivers[0].id,
                           Direction::kSendOnly)
                  .ok());
  Negotiate(a, b);
  EXPECT_EQ(a.Get(id).current_direction, Direction::kRecvOnly);
  EXPECT_THAT(RidsOf(a.Get(id)), ElementsAre("f", "h", "q"));
  ASSERT_TRUE(SetDirection(b.session, b.session.transceivers[0].id,
                           Direction::kSendRecv)
                  .ok());
  Negotiate(a, b);
  EXPECT_THAT(a.session.sections[0].send_rids, ElementsAre("f", "h", "q"));
}

}  // namespace
}  // namespace parley::jsep
