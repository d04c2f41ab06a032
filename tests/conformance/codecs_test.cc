// Rules of section G: codecs, payload types, header extensions.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Replaced;
using testing::ReplacedOnce;
using testing::WithoutLines;

constexpr char kHead[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "a=group:BUNDLE v\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaa\r\n"
    "a=setup:actpass\r\n"
    "a=fingerprint:sha-1 "
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\r\n";

// A browser's offer of one video section.
std::string VideoOffer(const std::string& formats, const std::string& lines) {
  return std::string(kHead) + "m=video 9 UDP/TLS/RTP/SAVPF " + formats +
         "\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na=rtcp-mux\r\n" + lines;
}

std::vector<int> Numbers(const sdp::MediaSection& section) {
  std::vector<int> numbers;
  for (const Codec& codec : section.codecs) {
    numbers.push_back(codec.payload_type);
  }
  return numbers;
}

std::vector<int> AnswerNumbers(Engine& engine, const std::string& offer) {
  engine.SetRemote(SdpType::kOffer, offer);
  return Numbers(MustParse(engine.CreateAnswer()).sections[0]);
}

TEST(Conformance, Rule_57_AnswerKeepsNumbersAndOrder) {
  Engine engine;
  const std::string offer =
      VideoOffer("127 35 100 36 40",
                 "a=rtpmap:127 VP9/90000\r\na=rtpmap:35 theora/90000\r\n"
                 "a=rtpmap:100 vp8/90000\r\na=rtpmap:36 rtx/90000\r\n"
                 "a=fmtp:36 apt=100\r\na=rtpmap:40 AV1/90000\r\n");
  EXPECT_EQ(AnswerNumbers(engine, offer), (std::vector<int>{127, 100, 36, 40}));
}

TEST(Conformance, Rule_57_PreferencesOrderAnAnswer) {
  Engine engine;
  const std::string offer =
      VideoOffer("127 100 36",
                 "a=rtpmap:127 VP9/90000\r\na=rtpmap:100 VP8/90000\r\n"
                 "a=rtpmap:36 rtx/90000\r\na=fmtp:36 apt=100\r\n");
  engine.SetRemote(SdpType::kOffer, offer);
  const TransceiverId id = engine.session.transceivers[0].id;
  const auto& all = engine.session.configuration->capabilities->video.codecs;
  ASSERT_TRUE(SetCodecPreferences(engine.session, id, {all[0], all[1], all[2]})
                  .ok());  // VP8, its rtx, VP9
  EXPECT_EQ(Numbers(MustParse(engine.CreateAnswer()).sections[0]),
            (std::vector<int>{100, 36, 127}));
  ASSERT_TRUE(SetCodecPreferences(engine.session, id, {all[2]}).ok());
  EXPECT_EQ(Numbers(MustParse(engine.CreateAnswer()).sections[0]),
            (std::vector<int>{127}));
}

TEST(Conformance, Rule_58_ReofferKeepsTheOrderOfTheAnswer) {
  Engine engine;
  const std::string offer =
      VideoOffer("98 96 97",
                 "a=rtpmap:98 AV1/90000\r\na=rtpmap:96 VP9/90000\r\n"
                 "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");
  engine.SetRemote(SdpType::kOffer, offer);
  engine.SetLocal(SdpType::kAnswer);
  const sdp::Description again = MustParse(engine.CreateOffer());
  const std::vector<int> numbers = Numbers(again.sections[0]);
  ASSERT_GT(numbers.size(), 3u);
  EXPECT_EQ(std::vector<int>(numbers.begin(), numbers.begin() + 3),
            (std::vector<int>{98, 96, 97}));
  // 96 is our own number of VP8, which has to be another one now.
  std::set<int> unique(numbers.begin(), numbers.end());
  EXPECT_EQ(unique.size(), numbers.size());
  for (const Codec& codec : again.sections[0].codecs) {
    if (codec.name == "VP8") {
      EXPECT_NE(codec.payload_type, 96);
    }
    if (codec.payload_type == 96) {
      EXPECT_EQ(codec.name, "VP9");
    }
  }
}

TEST(Conformance, Rule_58_ANumberKeepsItsCodec) {
  Engine engine;
  engine.SetRemote(SdpType::kOffer,
                   VideoOffer("111", "a=rtpmap:111 VP8/90000\r\n"));
  engine.SetLocal(SdpType::kAnswer);
  engine.Add(MediaKind::kAudio);
  const sdp::Description offer = MustParse(engine.CreateOffer());
  std::map<int, std::string> meaning;
  for (const auto& section : offer.sections) {
    for (const Codec& codec : section.codecs) {
      const std::string what = codec.name + codec.fmtp;
      EXPECT_EQ(meaning.emplace(codec.payload_type, what).first->second, what);
    }
  }
  EXPECT_EQ(meaning[111].substr(0, 3), "VP8");
  // red repeats the number that opus got.
  int opus = 0;
  std::string red;
  for (const Codec& codec : offer.sections[1].codecs) {
    if (codec.name == "opus") opus = codec.payload_type;
    if (codec.name == "red") red = codec.fmtp;
  }
  EXPECT_EQ(red, std::to_string(opus) + "/" + std::to_string(opus));
}

TEST(Conformance, Rule_58_NumbersSurviveReoffersOfBoth) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kVideo);
  Negotiate(a, b);
  const auto numbers = Numbers(MustParse(a.LocalText()).sections[0]);
  b.Add(MediaKind::kVideo);
  Negotiate(b, a);
  Negotiate(a, b);
  const sdp::Description offer = MustParse(a.LocalText());
  EXPECT_EQ(Numbers(offer.sections[0]), numbers);
  EXPECT_EQ(Numbers(offer.sections[1]), numbers);
}

// What we would have called a codec gives way to what the other end calls one.
TEST(Conformance, Rule_58_OfferedNumbersBeatOursInMind) {
  Engine engine;
  engine.Add(MediaKind::kAudio);
  Engine other(2);
  Negotiate(engine, other);
  // 96 is VP8 with us, and nobody was told.
  std::string offer =
      ReplacedOnce(other.CreateOffer(), "BUNDLE 0", "BUNDLE 0 v");
  offer +=
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\n"
      "a=rtcp-mux\r\na=rtpmap:96 VP9/90000\r\n";
  engine.SetRemote(SdpType::kOffer, offer);
  engine.SetLocal(SdpType::kAnswer);
  engine.Add(MediaKind::kVideo);
  const sdp::Description next = MustParse(engine.CreateOffer());
  ASSERT_EQ(next.sections.size(), 3u);
  for (const auto& section : next.sections) {
    for (const Codec& codec : section.codecs) {
      if (codec.payload_type == 96) {
        EXPECT_EQ(codec.name, "VP9") << section.mid;
      }
    }
  }
}

TEST(Conformance, Rule_59_RtxFollowsItsPrimary) {
  Engine engine;
  // theora is unknown, so its rtx goes too.
  EXPECT_EQ(
      AnswerNumbers(engine,
                    VideoOffer("96 97 98 99",
                               "a=rtpmap:96 theora/90000\r\n"
                               "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
                               "a=rtpmap:98 VP8/90000\r\n"
                               "a=rtpmap:99 rtx/90000\r\n"
                               "a=fmtp:99 apt=98\r\n")),
      (std::vector<int>{98, 99}));
  // Not offered, not answered.
  Engine other(2);
  EXPECT_EQ(AnswerNumbers(other, VideoOffer("98", "a=rtpmap:98 VP8/90000\r\n")),
            (std::vector<int>{98}));
}

TEST(Conformance, Rule_59_AptToAnAbsentNumberIsAnError) {
  Engine engine;
  EXPECT_TRUE(HasReason(
      engine.TryRemote({.text = VideoOffer(
                            "98 99",
                            "a=rtpmap:98 VP8/90000\r\n"
                            "a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=77\r\n")}),
      Reason::kSdpInvalid));
}

TEST(Conformance, Rule_59_RtxGoesWithItsPrimaryInOffers) {
  Engine engine;
  const TransceiverId id = engine.Add(MediaKind::kVideo);
  const auto& all = engine.session.configuration->capabilities->video.codecs;
  ASSERT_TRUE(SetCodecPreferences(engine.session, id, {all[2], all[1]}).ok());
  const sdp::Description offer = MustParse(engine.CreateOffer());
  ASSERT_EQ(offer.sections[0].codecs.size(), 2u);
  EXPECT_EQ(offer.sections[0].codecs[0].name, "VP9");
  EXPECT_EQ(offer.sections[0].codecs[1].name, "rtx");
  EXPECT_EQ(offer.sections[0].codecs[1].fmtp,
            "apt=" + std::to_string(offer.sections[0].codecs[0].payload_type));
}

TEST(Conformance, Rule_60_CodecPreferencesAreChecked) {
  Engine engine;
  const TransceiverId video = engine.Add(MediaKind::kVideo);
  const TransceiverId audio = engine.Add(MediaKind::kAudio);
  const auto refused = [&](TransceiverId id, std::vector<Codec> codecs) {
    const absl::Status status =
        SetCodecPreferences(engine.session, id, std::move(codecs));
    return HasReason(status, Reason::kCodecPreferences) &&
           GetError(status)->exception ==
               DomException::kInvalidModificationError;
  };
  const Codec rtx{.name = "rtx", .clock_rate = 90000};
  const Codec red{.name = "red", .clock_rate = 90000};
  const Codec fec{.name = "ulpfec", .clock_rate = 90000};
  EXPECT_TRUE(refused(video, {rtx}));
  EXPECT_TRUE(refused(video, {rtx, red, fec}));
  EXPECT_TRUE(refused(audio, {{.name = "CN", .clock_rate = 8000}}));
  EXPECT_TRUE(refused(video, {{.name = "theora", .clock_rate = 90000}}));
  EXPECT_TRUE(
      refused(video, {{.name = "opus", .clock_rate = 48000, .channels = 2}}));
  EXPECT_TRUE(
      refused(audio, {{.name = "opus", .clock_rate = 8000, .channels = 2}}));
  EXPECT_TRUE(SetCodecPreferences(engine.session, video,
                                  {{.name = "vp8", .clock_rate = 90000}, rtx})
                  .ok());
  EXPECT_TRUE(SetCodecPreferences(engine.session, video, {}).ok());
}

std::string Extension(int id, const std::string& uri) {
  return "a=extmap:" + std::to_string(id) + " " + uri + "\r\n";
}
constexpr char kMid[] = "urn:ietf:params:rtp-hdrext:sdes:mid";
constexpr char kOffset[] = "urn:ietf:params:rtp-hdrext:toffset";

TEST(Conformance, Rule_61_ExtensionsKeepTheOffersIds) {
  Engine engine;
  engine.SetRemote(
      SdpType::kOffer,
      VideoOffer("98", "a=rtpmap:98 VP8/90000\r\n" + Extension(9, kMid) +
                           Extension(2, "urn:x-unknown")));
  const sdp::Description answer = MustParse(engine.CreateAnswer());
  ASSERT_EQ(answer.sections[0].extmaps.size(), 1u);
  EXPECT_EQ(answer.sections[0].extmaps[0].uri, kMid);
  EXPECT_EQ(answer.sections[0].extmaps[0].id, 9);
  engine.SetLocal(SdpType::kAnswer);
  // In the life of the session, 9 is the mid's id, and 2 somebody else's.
  engine.Add(MediaKind::kAudio);
  for (const auto& section : MustParse(engine.CreateOffer()).sections) {
    for (const sdp::ExtMap& extension : section.extmaps) {
      EXPECT_EQ(extension.uri == kMid, extension.id == 9);
      EXPECT_NE(extension.id, 2);
    }
  }
}

TEST(Conformance, Rule_61_AnswersMustKeepIds) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  const std::string line = std::string("a=extmap:14 ") + kOffset;
  EXPECT_TRUE(HasReason(
      a.TryRemote({.type = SdpType::kAnswer,
                   .text = ReplacedOnce(answer, line,
                                        std::string("a=extmap:9 ") + kOffset)}),
      Reason::kSdpInvalid));
  a.SetRemote(SdpType::kAnswer, answer);
}

TEST(Conformance, Rule_61_FeedbackThatWasNotOffered) {
  Engine engine;
  engine.SetRemote(
      SdpType::kOffer,
      VideoOffer("98 100",
                 "a=rtpmap:98 VP8/90000\r\na=rtcp-fb:98 nack\r\n"
                 "a=rtcp-fb:98 x-odd\r\na=rtpmap:100 VP9/90000\r\n"));
  const sdp::Description parsed = MustParse(engine.CreateAnswer());
  EXPECT_EQ(parsed.sections[0].codecs[0].rtcp_feedback,
            (std::vector<std::string>{"nack"}));
  EXPECT_TRUE(parsed.sections[0].codecs[1].rtcp_feedback.empty());

  Engine a;
  Engine b(2);
  a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  const absl::Status refused = a.TryRemote(
      {.type = SdpType::kAnswer, .text = answer + "a=rtcp-fb:96 x-odd\r\n"});
  EXPECT_TRUE(HasReason(refused, Reason::kSdpInvalid));
}

}  // namespace
}  // namespace parley::jsep
