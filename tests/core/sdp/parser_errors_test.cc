// What the parser refuses, and how it says so.
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/sdp/parser.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::sdp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kSession[] = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
constexpr char kAudio[] = "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n";

std::string MetadataOf(const absl::Status& status, std::string_view key) {
  auto error = GetError(status);
  if (!error) return "";
  for (const auto& [name, value] : error->metadata) {
    if (name == key) return value;
  }
  return "";
}

struct SyntaxError {
  const char* name;
  std::string text;
  int line;
};

std::string InSession(std::string_view lines) {
  return std::string(kSession).append(lines);
}
std::string InAudio(std::string_view lines) {
  return absl::StrCat(kSession, kAudio, ToAbsl(lines));
}

std::string Repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

class SyntaxErrorTest : public testing::TestWithParam<SyntaxError> {};

TEST_P(SyntaxErrorTest, NamesTheLine) {
  auto parsed = Parse(GetParam().text);
  ASSERT_TRUE(HasReason(parsed.status(), Reason::kSdpSyntax))
      << parsed.status();
  EXPECT_EQ(MetadataOf(parsed.status(), "sdp_line_number"),
            std::to_string(GetParam().line))
      << parsed.status();
}

INSTANTIATE_TEST_SUITE_P(
    Structure, SyntaxErrorTest,
    testing::Values(
        SyntaxError{"Empty", "", 1}, SyntaxError{"Json", "{\"a\": 1}", 1},
        SyntaxError{"LeadingSpace", std::string(" ") + kSession, 1},
        SyntaxError{"OtherVersion", "v=1\r\n", 1},
        SyntaxError{"NoVersionNumber", "v=\r\n", 1},
        SyntaxError{"OnlyVersion", "v=0\r\n", 2},
        SyntaxError{"TwoVersions", "v=0\r\nv=0\r\n", 2},
        SyntaxError{"NoOrigin", "v=0\r\ns=-\r\nt=0 0\r\n", 2},
        SyntaxError{"OriginIdOfLetters", "v=0\r\no=- x 2 IN IP4 h\r\n", 2},
        SyntaxError{"OriginVersionNegative", "v=0\r\no=- 1 -2 IN IP4 h\r\n", 2},
        SyntaxError{"OriginOf65Bits",
                    "v=0\r\no=- 18446744073709551616 2 IN IP4 h\r\n", 2},
        SyntaxError{"OriginCut", "v=0\r\no=- 1 2 IN\r\n", 2},
        SyntaxError{"NoTiming", "v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\n", 4},
        SyntaxError{"MediaBeforeTiming",
                    "v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\nm=audio 9 RTP/AVP 0\r\n",
                    4},
        SyntaxError{"TimingOfWords",
                    "v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\nt=now later\r\n", 4},
        SyntaxError{"UnknownLineType", InSession("y=foo\r\n"), 5},
        SyntaxError{"SecondOrigin", InSession("o=- 1 2 IN IP4 h\r\n"), 5},
        SyntaxError{"TimingInASection", InAudio("t=0 0\r\n"), 6},
        SyntaxError{"BlankLineInside", InSession("\r\na=x\r\n"), 5},
        SyntaxError{"CarriageReturnInside",
                    InSession("a=x\ra=setup:active\r\n"), 5},
        SyntaxError{"CarriageReturnsOnly", "v=0\ro=- 1 2 IN IP4 h\r", 1},
        SyntaxError{"NulInside", InSession(std::string("a=x\0y\r\n", 7)), 5},
        SyntaxError{"NulAtTheEnd", InSession(std::string("\0", 1)), 5},
        SyntaxError{"LineWithoutEquals", InSession("a\r\n"), 5}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Lines, SyntaxErrorTest,
    testing::Values(
        SyntaxError{"ConnectionTooShort", InSession("c=IN IP4\r\n"), 5},
        SyntaxError{"ConnectionTooLong", InSession("c=IN IP4 a b\r\n"), 5},
        SyntaxError{"ConnectionOfOtherNetwork", InSession("c=ATM NSAP x\r\n"),
                    5},
        SyntaxError{"BandwidthNegative", InSession("b=AS:-1\r\n"), 5},
        SyntaxError{"BandwidthWithoutType", InSession("b=128\r\n"), 5},
        SyntaxError{"MediaEmpty", InSession("m=\r\n"), 5},
        SyntaxError{"MediaWithoutPort", InSession("m=audio RTP/AVP 0\r\n"), 5},
        SyntaxError{"MediaPortTooHigh",
                    InSession("m=audio 65536 RTP/AVP 0\r\n"), 5},
        SyntaxError{"MediaPortCountOfWords",
                    InSession("m=audio 9/x RTP/AVP 0\r\n"), 5},
        SyntaxError{"MediaWithoutFormats", InSession("m=audio 9 RTP/AVP\r\n"),
                    5},
        SyntaxError{"PayloadTypeOfLetters",
                    InSession("m=audio 9 RTP/AVP opus\r\n"), 5},
        SyntaxError{"PayloadTypeNegative",
                    InSession("m=audio 9 RTP/AVP -1\r\n"), 5}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Attributes, SyntaxErrorTest,
    testing::Values(
        SyntaxError{"NoName", InAudio("a=\r\n"), 6},
        SyntaxError{"OnlyAColon", InAudio("a=:x\r\n"), 6},
        SyntaxError{"GroupEmpty", InSession("a=group:\r\n"), 5},
        SyntaxError{"MidEmpty", InAudio("a=mid:\r\n"), 6},
        SyntaxError{"MidOfTwoWords", InAudio("a=mid:a b\r\n"), 6},
        SyntaxError{"UfragOf3", InAudio("a=ice-ufrag:abc\r\n"), 6},
        SyntaxError{"UfragOf257",
                    InAudio("a=ice-ufrag:" + std::string(257, 'a') + "\r\n"),
                    6},
        SyntaxError{"PwdOf21",
                    InAudio("a=ice-pwd:" + std::string(21, 'a') + "\r\n"), 6},
        SyntaxError{"SetupUnknown", InAudio("a=setup:foo\r\n"), 6},
        SyntaxError{"TlsIdEmpty", InAudio("a=tls-id:\r\n"), 6},
        SyntaxError{"FingerprintWithoutOctets",
                    InAudio("a=fingerprint:sha-256\r\n"), 6},
        SyntaxError{"FingerprintOfHalfAnOctet",
                    InAudio("a=fingerprint:x-hash AA:B\r\n"), 6},
        SyntaxError{"FingerprintNotHex",
                    InAudio("a=fingerprint:x-hash AA:GG\r\n"), 6},
        SyntaxError{"FingerprintTooShort",
                    InAudio("a=fingerprint:sha-256 AA:BB\r\n"), 6},
        SyntaxError{"ExtmapIdOfLetters", InAudio("a=extmap:abc urn:x\r\n"), 6},
        SyntaxError{"ExtmapId0", InAudio("a=extmap:0 urn:x\r\n"), 6},
        SyntaxError{"ExtmapId256", InAudio("a=extmap:256 urn:x\r\n"), 6},
        SyntaxError{"ExtmapIdOf33Bits",
                    InAudio("a=extmap:4294967297 urn:x\r\n"), 6},
        SyntaxError{"ExtmapDirection", InAudio("a=extmap:9/both urn:x\r\n"), 6},
        SyntaxError{"ExtmapWithoutUri", InAudio("a=extmap:9\r\n"), 6},
        SyntaxError{"RtpmapOfLetters", InAudio("a=rtpmap:x opus/48000\r\n"), 6},
        SyntaxError{"RtpmapWithoutClock", InAudio("a=rtpmap:111 opus\r\n"), 6},
        SyntaxError{"RtpmapWithoutName", InAudio("a=rtpmap:111 /48000\r\n"), 6},
        SyntaxError{"RtpmapClockNegative",
                    InAudio("a=rtpmap:111 opus/-48000\r\n"), 6},
        SyntaxError{"RtpmapClockOf37Bits",
                    InAudio("a=rtpmap:111 opus/99999999999\r\n"), 6},
        SyntaxError{"RtpmapChannelsOfLetters",
                    InAudio("a=rtpmap:111 opus/48000/two\r\n"), 6},
        SyntaxError{"RtpmapNoChannels", InAudio("a=rtpmap:111 opus/48000/\r\n"),
                    6},
        SyntaxError{"SecondRtpmapBad",
                    InAudio("a=rtpmap:111 opus/48000/2\r\na=rtpmap:111 x\r\n"),
                    7},
        SyntaxError{"MsidEmpty", InAudio("a=msid:\r\n"), 6},
        SyntaxError{"MsidOfThree", InAudio("a=msid:a b c\r\n"), 6},
        SyntaxError{"SsrcOfLetters", InAudio("a=ssrc:abc cname:x\r\n"), 6},
        SyntaxError{"SsrcOf33Bits", InAudio("a=ssrc:4294967296\r\n"), 6},
        SyntaxError{"SsrcGroupOfLetters", InAudio("a=ssrc-group:FID x\r\n"), 6},
        SyntaxError{"SimulcastEmpty", InAudio("a=simulcast: \r\n"), 6},
        SyntaxError{"SimulcastDirection", InAudio("a=simulcast:both a\r\n"), 6},
        SyntaxError{"SimulcastTwice", InAudio("a=simulcast:send a send b\r\n"),
                    6},
        SyntaxError{"SimulcastWithoutStreams", InAudio("a=simulcast:send\r\n"),
                    6},
        SyntaxError{"SimulcastHole", InAudio("a=simulcast:send a;;b\r\n"), 6},
        SyntaxError{
            "SimulcastOfTooMany",
            InAudio("a=simulcast:send a" + Repeated(";a", 128) + "\r\n"), 6},
        SyntaxError{"SctpPortEmpty", InAudio("a=sctp-port:\r\n"), 6},
        SyntaxError{"SctpPortOfLetters", InAudio("a=sctp-port:abc\r\n"), 6},
        SyntaxError{"MaxMessageSizeEmpty", InAudio("a=max-message-size:\r\n"),
                    6},
        SyntaxError{"CandidateCut",
                    InAudio("a=candidate:1 1 udp 1 192.0.2.1\r\n"), 6}),
    [](const auto& info) { return info.param.name; });

TEST(ParserErrorsTest, ErrorsNameTheAttributeAndKeepValuesSecret) {
  auto parsed = Parse(InAudio("a=ice-pwd:topsecret\r\n"));
  EXPECT_EQ(MetadataOf(parsed.status(), "attribute"), "ice-pwd");
  EXPECT_THAT(std::string(parsed.status().message()),
              HasSubstr("line 6, a=ice-pwd, needs 22"));
  EXPECT_THAT(parsed.status().ToString(), Not(HasSubstr("topsecret")));
}

TEST(ParserErrorsTest, ErrorsNameNoAttributeOfAnotherLine) {
  auto parsed = Parse(InAudio("a=mid:0\r\nb\r\n"));
  EXPECT_EQ(MetadataOf(parsed.status(), "sdp_line_number"), "7");
  EXPECT_EQ(MetadataOf(parsed.status(), "attribute"), "");
  EXPECT_EQ(parsed.status().message(), "SDP line 7 is not type=value");
}

// ---- Limits

struct LimitCase {
  const char* limit;
  ParseLimits limits;
  std::string within;
  std::string beyond;
};

TEST(ParserErrorsTest, LimitsAreInclusiveAndNamed) {
  const std::string candidate =
      "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n";
  const LimitCase cases[] = {
      {"bytes", {.bytes = sizeof(kSession) - 1}, kSession, InSession("\n")},
      {"lines", {.lines = 4}, kSession, InSession("a=x")},
      {"line_bytes",
       {.line_bytes = 100},
       InSession("a=" + std::string(98, 'x') + "\r\n"),
       InSession("a=" + std::string(99, 'x') + "\r\n")},
      {"sections", {.sections = 1}, InAudio(""), InAudio(kAudio)},
      {"attributes_per_section",
       {.attributes_per_section = 2},
       InSession("a=x\r\na=y\r\nm=audio 9 RTP/AVP 0\r\na=x\r\na=y\r\n"),
       InSession("a=x\r\na=y\r\na=z\r\n")},
      {"candidates_per_section",
       {.candidates_per_section = 1},
       InAudio(candidate + kAudio + candidate),
       InAudio(candidate + candidate)},
  };
  for (const LimitCase& c : cases) {
    EXPECT_TRUE(Parse(c.within, c.limits).ok()) << c.limit;
    auto parsed = Parse(c.beyond, c.limits);
    EXPECT_TRUE(HasReason(parsed.status(), Reason::kLimitExceeded)) << c.limit;
    EXPECT_EQ(MetadataOf(parsed.status(), "limit"), c.limit);
  }
}

TEST(ParserErrorsTest, AThousandSectionsAreWithinTheDefaultLimits) {
  std::string text = kSession;
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&text, kAudio, "a=mid:", i, "\r\n");
  }
  auto parsed = Parse(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->sections, SizeIs(1000));
}
}  // namespace
}  // namespace parley::sdp
