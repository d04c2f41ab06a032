#include "core/sdp/parser.h"

#include <string>
#include <string_view>
#include <type_traits>

#include "core/sdp/printer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kSession[] = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
constexpr char kAudio[] = "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n";

static_assert(std::is_nothrow_move_constructible_v<MediaSection>,
              "lists of sections grow by moving");

// The description of a session part with these lines more; the test fails where
// it does not parse or does not survive printing.
Description Parsed(std::string_view text) {
  auto parsed = Parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  if (!parsed.ok()) return {};
  auto again = Parse(ToString(*parsed));
  EXPECT_TRUE(again.ok()) << again.status();
  if (again.ok()) {
    EXPECT_EQ(*again == *parsed, true) << ToString(*parsed);
  }
  return *std::move(parsed);
}

Description ParsedSession(std::string_view lines) {
  return Parsed(std::string(kSession).append(lines));
}

// The one section of a description: its m= line and more.
MediaSection ParsedSection(std::string_view lines) {
  Description description = ParsedSession(lines);
  EXPECT_THAT(description.sections, SizeIs(1));
  return description.sections.empty() ? MediaSection{}
                                      : std::move(description.sections[0]);
}

MediaSection ParsedAudio(std::string_view lines) {
  return ParsedSection(std::string(kAudio).append(lines));
}

// ---- Structure

TEST(ParserTest, TheShortestDescriptionHasNoSections) {
  const Description d = Parsed(kSession);
  EXPECT_EQ(d.origin.session_id, 1u);
  EXPECT_EQ(d.origin.session_version, 2u);
  EXPECT_EQ(d.origin.address, "0.0.0.0");
  EXPECT_EQ(d.session_name, "-");
  EXPECT_THAT(d.sections, IsEmpty());
}

TEST(ParserTest, LineEndsMayBeLfAndTheLastOneMissing) {
  const Description expected =
      ParsedSession("m=audio 9 RTP/AVP 0\r\na=mid:0\r\n");
  EXPECT_EQ(Parsed("v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\nt=0 0\n"
                   "m=audio 9 RTP/AVP 0\na=mid:0"),
            expected);
  EXPECT_EQ(ParsedSession("m=audio 9 RTP/AVP 0\r\na=mid:0\r\n\r\n\n"), expected)
      << "blank lines after the last line are none of its own";
  EXPECT_EQ(ParsedSession("m=audio 9 RTP/AVP 0\r\na=mid:0\r"), expected)
      << "cut between CR and LF";
}

TEST(ParserTest, OriginTakesNamesAndAll64Bits) {
  const Description d = Parsed(
      "v=0\r\no=moz.THIS_IS 18446744073709551615 0 IN IP6 host.example\r\n"
      "s=\r\nt=0 0\r\n");
  EXPECT_EQ(d.origin.username, "moz.THIS_IS");
  EXPECT_EQ(d.origin.session_id, 18446744073709551615u);
  EXPECT_EQ(d.origin.family, AddressFamily::kIp6);
  EXPECT_EQ(d.origin.address, "host.example");
  EXPECT_EQ(d.session_name, "");
}

TEST(ParserTest, KeepsTheLinesThatWebRtcDoesNotUse) {
  const Description d = Parsed(
      "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=name of it\r\ni=info\r\n"
      "u=http://example.com/\r\ne=a@example.com\r\np=+1 2\r\n"
      "c=IN IP4 192.0.2.1\r\nb=AS:1000\r\nt=1 2\r\nr=7d 1h 0\r\nt=3 4\r\n"
      "z=0 -1h\r\nk=prompt\r\n");
  EXPECT_EQ(d.session_name, "name of it");
  EXPECT_EQ(d.connection->address, "192.0.2.1");
  EXPECT_THAT(d.bandwidths, ElementsAre(Bandwidth{"AS", 1000}));
  EXPECT_EQ(d.timing.stop, 2u);
  EXPECT_THAT(d.other_lines, SizeIs(8));
  EXPECT_EQ(d.other_lines[0], (Line{'i', "info"}));
}

TEST(ParserTest, LinesOfASectionMayComeInAnyOrder) {
  const MediaSection s = ParsedAudio(
      "a=mid:0\r\nk=clear:x\r\nb=TIAS:128000\r\nc=IN IP6 ::\r\nb=\r\n"
      "i=a talk\r\nc=IN IP4 192.0.2.9/127\r\n");
  EXPECT_EQ(s.connection->family, AddressFamily::kIp6);
  EXPECT_THAT(s.bandwidths, ElementsAre(Bandwidth{"TIAS", 128000}));
  EXPECT_THAT(s.other_lines, ElementsAre(Line{'i', "a talk"},
                                         Line{'c', "IN IP4 192.0.2.9/127"},
                                         Line{'k', "clear:x"}));
}

TEST(ParserTest, AttributesBelongToTheSectionTheyFollow) {
  const Description d = ParsedSession(
      "a=sendonly\r\nm=audio 9 RTP/AVP 0\r\na=recvonly\r\n"
      "m=video 0 RTP/AVP 31\r\n");
  EXPECT_EQ(d.direction, Direction::kSendOnly);
  ASSERT_THAT(d.sections, SizeIs(2));
  EXPECT_EQ(d.sections[0].direction, Direction::kRecvOnly);
  EXPECT_EQ(d.sections[1].direction, std::nullopt);
}

// ---- Session attributes

TEST(ParserTest, GroupsKeepTheirSemanticsAndMids) {
  const Description d = ParsedSession(
      "a=group:BUNDLE 0 1\r\na=group:LS a\r\na=group:BUNDLE \r\n");
  EXPECT_THAT(d.groups, ElementsAre(Group{"BUNDLE", {"0", "1"}},
                                    Group{"LS", {"a"}}, Group{"BUNDLE", {}}));
}

TEST(ParserTest, IceOptionsMayBeSeparatedByCommas) {
  EXPECT_THAT(
      ParsedSession("a=ice-options:ice2,trickle\r\n").transport.ice_options,
      ElementsAre("ice2", "trickle"));
  EXPECT_THAT(
      ParsedSession("a=ice-options: trickle  ice2\r\n").transport.ice_options,
      ElementsAre("trickle", "ice2"));
}

TEST(ParserTest, SessionLevelTransportAttributes) {
  const Description d = ParsedSession(
      "a=ice-lite\r\na=ice-ufrag:a-_b\r\na=ice-pwd:0123456789012345678901\r\n"
      "a=setup:active\r\na=tls-id:abc\r\na=extmap-allow-mixed\r\n"
      "a=extmap:1 urn:x\r\na=fingerprint:SHA-1 "
      "aa:BB:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n");
  EXPECT_TRUE(d.ice_lite);
  EXPECT_EQ(d.transport.ice_ufrag, "a-_b");
  EXPECT_EQ(d.transport.setup, Setup::kActive);
  EXPECT_EQ(d.transport.tls_id, "abc");
  EXPECT_TRUE(d.extmap_allow_mixed);
  EXPECT_THAT(d.extmaps, SizeIs(1));
  EXPECT_THAT(d.transport.fingerprints,
              ElementsAre(Fingerprint{
                  "sha-1",
                  "AA:BB:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
                  "00"}));
}

TEST(ParserTest, MediaAttributesAtSessionLevelAreKeptAndMeanNothing) {
  const Description d = ParsedSession(
      "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\na=mid:0\r\n"
      "a=msid-semantic: WMS *\r\n");
  EXPECT_THAT(d.other_attributes,
              ElementsAre("candidate:1 1 udp 1 192.0.2.1 1 typ host", "mid:0",
                          "msid-semantic: WMS *"));
}

// ---- The m= line and its formats

TEST(ParserTest, RtpFormatsAreCodecsWithAllThatIsSaidOfThem) {
  const MediaSection s = ParsedSection(
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
      "a=rtcp-fb:96 nack\r\na=rtcp-fb:96  nack   pli \r\n"
      "a=rtpmap:96 VP8/90000\r\na=fmtp:97 apt=96\r\na=fmtp:97 rtx-time=3000\r\n"
      "a=rtpmap:97 rtx/90000\r\n");
  ASSERT_THAT(s.codecs, SizeIs(2));
  EXPECT_EQ(s.codecs[0], (Codec{.payload_type = 96,
                                .name = "VP8",
                                .clock_rate = 90000,
                                .rtcp_feedback = {"nack", "nack pli"}}));
  EXPECT_EQ(s.codecs[1], (Codec{.payload_type = 97,
                                .name = "rtx",
                                .clock_rate = 90000,
                                .fmtp = "apt=96;rtx-time=3000"}));
  EXPECT_THAT(s.formats, IsEmpty());
}

TEST(ParserTest, StaticPayloadTypesNeedNoRtpmap) {
  const MediaSection s = ParsedSection("m=audio 9 RTP/AVP 0 10 96\r\n");
  ASSERT_THAT(s.codecs, SizeIs(3));
  EXPECT_EQ(s.codecs[0], (Codec{.name = "PCMU", .clock_rate = 8000}));
  EXPECT_EQ(s.codecs[1].channels, 2u);
  EXPECT_EQ(s.codecs[2].name, "") << "dynamic and not mapped";
}

TEST(ParserTest, ChannelsAreOneUnlessSaid) {
  const MediaSection s =
      ParsedAudio("a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000/1\r\n");
  EXPECT_EQ(s.codecs[0].channels, 2u);
  EXPECT_EQ(s.codecs[1].channels, 1u);
}

TEST(ParserTest, CodecsThatTheMLineDoesNotListAreKeptApart) {
  const MediaSection s = ParsedAudio(
      "a=fmtp:126 0-15\r\na=rtpmap:35 opus/48000/2\r\na=rtcp-fb:35 nack\r\n");
  EXPECT_THAT(s.codecs, SizeIs(2));
  EXPECT_THAT(s.unlisted_codecs,
              ElementsAre(Codec{.payload_type = 126, .fmtp = "0-15"},
                          Codec{.payload_type = 35,
                                .name = "opus",
                                .clock_rate = 48000,
                                .channels = 2,
                                .rtcp_feedback = {"nack"}}));
}

TEST(ParserTest, APayloadTypeNamedTwiceIsOneCodec) {
  EXPECT_THAT(ParsedSection("m=audio 9 RTP/AVP 0 8 0\r\n").codecs, SizeIs(2));
}

TEST(ParserTest, PayloadTypesAboveThoseOfRtpCanBeRead) {
  const MediaSection s = ParsedSection(
      "m=video 9 RTP/AVP 129\r\na=rtpmap:129 VP8/90000\r\n"
      "a=rtpmap:255 VP9/90000\r\n");
  EXPECT_EQ(s.codecs[0].payload_type, 129);
  EXPECT_EQ(s.unlisted_codecs[0].payload_type, 255);
}

TEST(ParserTest, FeedbackForAllPayloadTypes) {
  EXPECT_THAT(
      ParsedAudio("a=rtcp-fb:* transport-cc\r\n").wildcard_rtcp_feedback,
      ElementsAre("transport-cc"));
}

TEST(ParserTest, OtherSectionsKeepFormatsAndCodecLinesVerbatim) {
  const MediaSection s =
      ParsedSection("m=image 49170/2 udptl t38 x\r\na=rtpmap:t38 whatever\r\n");
  EXPECT_EQ(s.media, "image");
  EXPECT_EQ(s.port, 49170);
  EXPECT_EQ(s.port_count, 2u);
  EXPECT_THAT(s.formats, ElementsAre("t38", "x"));
  EXPECT_THAT(s.other_attributes, ElementsAre("rtpmap:t38 whatever"));
  EXPECT_THAT(
      ParsedSection("m=application 9 UDP/TLS/RTP/SAVPF data\r\n").formats,
      ElementsAre("data"));
}

// ---- Section attributes

TEST(ParserTest, FlagsAndScalars) {
  const MediaSection s = ParsedAudio(
      "a=mid:a1 \r\na=bundle-only\r\na=rtcp-mux\r\na=rtcp-mux\r\n"
      "a=rtcp-mux-only\r\na=rtcp-rsize\r\na=end-of-candidates\r\n"
      "a=extmap-allow-mixed\r\na=ptime:20\r\na=maxptime:120\r\n"
      "a=rtcp:9 IN IP4 0.0.0.0\r\na=sendrecv:odd\r\n");
  EXPECT_EQ(s.mid, "a1");
  EXPECT_TRUE(s.bundle_only && s.rtcp_mux && s.rtcp_mux_only && s.rtcp_rsize &&
              s.end_of_candidates && s.extmap_allow_mixed);
  EXPECT_EQ(s.ptime, 20u);
  EXPECT_EQ(s.maxptime, 120u);
  EXPECT_EQ(s.rtcp, (RtcpAddress{9, Connection{}}));
  EXPECT_EQ(s.direction, Direction::kSendRecv);
  EXPECT_THAT(s.conflicts, IsEmpty());
}

TEST(ParserTest, HeaderExtensions) {
  EXPECT_THAT(
      ParsedAudio("a=extmap:1 urn:a\r\na=extmap:15/sendonly urn:b vad=on x\r\n"
                  "a=extmap:4096/inactive urn:c \r\n")
          .extmaps,
      ElementsAre(ExtMap{.id = 1, .uri = "urn:a"},
                  ExtMap{15, Direction::kSendOnly, "urn:b", "vad=on x"},
                  ExtMap{4096, Direction::kInactive, "urn:c", ""}));
}

TEST(ParserTest, StreamsAndSources) {
  const MediaSection s = ParsedAudio(
      "a=msid:stream track\r\na=msid:-\r\na=ssrc-group:FID 1 4294967295\r\n"
      "a=ssrc-group:ODD\r\na=ssrc:1 cname:a b\r\na=ssrc:2 label\r\n"
      "a=ssrc:3\r\n");
  EXPECT_THAT(s.msids, ElementsAre(Msid{"stream", "track"}, Msid{"-", ""}));
  EXPECT_THAT(s.ssrc_groups, ElementsAre(SsrcGroup{"FID", {1, 4294967295}},
                                         SsrcGroup{"ODD", {}}));
  EXPECT_THAT(s.ssrcs, ElementsAre(SsrcAttribute{1, "cname", "a b"},
                                   SsrcAttribute{2, "label", ""},
                                   SsrcAttribute{3, "", ""}));
}

TEST(ParserTest, Simulcast) {
  const MediaSection s = ParsedSection(
      "m=video 9 RTP/AVP 96\r\na=rid:q send\r\n"
      "a=rid:h recv pt=96;max-width=640\r\n"
      "a=simulcast:send q,~b;c recv h\r\n");
  EXPECT_THAT(s.rids, ElementsAre(Rid{"q", RidDirection::kSend, ""},
                                  Rid{"h", RidDirection::kRecv,
                                      "pt=96;max-width=640"}));
  EXPECT_EQ(s.simulcast, (Simulcast{.send = {{{"q"}, {"b", true}}, {{"c"}}},
                                    .recv = {{{"h"}}}}));
}

TEST(ParserTest, DataSectionsInBothForms) {
  const MediaSection s = ParsedSection(
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
      "a=sctp-port:5000\r\na=max-message-size:0\r\n");
  EXPECT_EQ(s.sctp_port, 5000);
  EXPECT_EQ(s.max_message_size, 0u);
  const MediaSection legacy = ParsedSection(
      "m=application 9 DTLS/SCTP 5000\r\n"
      "a=sctpmap:5000 webrtc-datachannel 65535\r\n");
  EXPECT_THAT(legacy.formats, ElementsAre("5000"));
  EXPECT_THAT(legacy.sctpmaps,
              ElementsAre(SctpMap{5000, "webrtc-datachannel", 65535}));
}

TEST(ParserTest, Candidates) {
  const MediaSection s = ParsedAudio(
      "a=candidate:1 1 udp 2130706431 host.local 40000 typ host\r\n"
      "a=candidate:2 2 sctp 1 192.0.2.1 0 typ strange\r\n"
      "a=remote-candidates:1 192.0.2.1 5000 2 192.0.2.1 5001\r\n");
  ASSERT_THAT(s.candidates, SizeIs(2));
  EXPECT_EQ(s.candidates[0].address, "host.local");
  EXPECT_EQ(s.candidates[1].transport, CandidateTransport::kOther);
  EXPECT_THAT(s.remote_candidates,
              ElementsAre(RemoteCandidate{1, "192.0.2.1", 5000},
                          RemoteCandidate{2, "192.0.2.1", 5001}));
}

// ---- Unknown, unusable and contradicting attributes

TEST(ParserTest, UnknownAttributesStayVerbatimAndInOrder) {
  const MediaSection s = ParsedAudio(
      "a=x-foo\r\na=imageattr:96 send [x=1,y=2] \r\na=mid:0\r\na=X-bar:\x01 "
      "é\r\n"
      "a=MID:7\r\n");
  EXPECT_THAT(s.other_attributes,
              ElementsAre("x-foo", "imageattr:96 send [x=1,y=2] ",
                          "X-bar:\x01 é", "MID:7"));
}

TEST(ParserTest, KnownAttributesWithUnusableValuesCountAsUnknown) {
  const MediaSection s = ParsedAudio(
      "a=ptime:abc\r\na=ptime:2.5\r\na=fmtp:111\r\na=fmtp:x y=1\r\n"
      "a=rtcp-fb:abc nack\r\na=rtcp-fb:111\r\na=rid:q! send\r\na=rtcp:x\r\n"
      "a=simulcast: send rid=q;h\r\na=sctpmap:x\r\na=remote-candidates:\r\n"
      "a=ice-options:\r\na=ptime:20\r\n");
  EXPECT_THAT(s.other_attributes, SizeIs(12));
  EXPECT_EQ(s.ptime, 20u);
  EXPECT_THAT(s.unlisted_codecs, IsEmpty());
}

TEST(ParserTest, OfContradictingAttributesTheFirstCountsAndTheRestIsShown) {
  const MediaSection s = ParsedAudio(
      "a=mid:0\r\na=mid:1\r\na=sendonly\r\na=inactive\r\na=setup:active\r\n"
      "a=setup:passive\r\na=ice-ufrag:aaaa\r\na=ice-ufrag:bbbb\r\n"
      "a=rtpmap:111 opus/48000/2\r\na=rtpmap:111 ISAC/16000\r\n"
      "a=sctp-port:1\r\na=sctp-port:2\r\na=simulcast:send a\r\n"
      "a=simulcast:send b\r\n");
  EXPECT_EQ(s.mid, "0");
  EXPECT_EQ(s.direction, Direction::kSendOnly);
  EXPECT_EQ(s.transport.setup, Setup::kActive);
  EXPECT_EQ(s.transport.ice_ufrag, "aaaa");
  EXPECT_EQ(s.codecs[0].name, "opus");
  EXPECT_EQ(s.sctp_port, 1);
  EXPECT_THAT(
      s.conflicts,
      ElementsAre("mid:1", "inactive", "setup:passive", "ice-ufrag:bbbb",
                  "rtpmap:111 ISAC/16000", "sctp-port:2", "simulcast:send b"));
}

TEST(ParserTest, RepetitionsThatSayTheSameAreDropped) {
  const MediaSection s = ParsedAudio(
      "a=mid:0\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n"
      "a=rtpmap:111 opus/48000/2\r\na=sendrecv\r\na=sendrecv\r\n");
  EXPECT_THAT(s.conflicts, IsEmpty());
  EXPECT_THAT(s.other_attributes, IsEmpty());
}

}  // namespace
}  // namespace parley::sdp
