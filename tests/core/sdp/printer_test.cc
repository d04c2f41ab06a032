#include "core/sdp/printer.h"

#include <string>

#include "core/sdp/parser.h"
#include "gtest/gtest.h"

namespace parley::sdp {
namespace {

Description Everything() {
  Description d;
  d.origin = {.session_id = 4611731400430051336, .session_version = 7};
  d.bandwidths = {{"CT", 1000}};
  d.groups = {{"BUNDLE", {"a", "d"}}};
  d.transport.ice_options = {"trickle", "ice2"};
  d.other_attributes = {"msid-semantic:WMS *"};

  MediaSection video = {.media = "video", .protocol = "UDP/TLS/RTP/SAVPF"};
  video.codecs = {{.payload_type = 96,
                   .name = "VP8",
                   .clock_rate = 90000,
                   .rtcp_feedback = {"nack", "nack pli"}},
                  {.payload_type = 97,
                   .name = "rtx",
                   .clock_rate = 90000,
                   .fmtp = "apt=96"}};
  video.unlisted_codecs = {{.payload_type = 35, .fmtp = "x=1"}};
  video.wildcard_rtcp_feedback = {"transport-cc"};
  video.connection = Connection{};
  video.bandwidths = {{"TIAS", 128000}};
  video.other_lines = {{'i', "seen"}, {'k', "prompt"}};
  video.mid = "a";
  video.direction = Direction::kSendOnly;
  video.ptime = 20;
  video.maxptime = 120;
  video.extmaps = {{.id = 1, .uri = "urn:a"},
                   {2, Direction::kRecvOnly, "urn:b", "on"}};
  video.extmap_allow_mixed = true;
  video.msids = {{"s1", ""}, {"s2", "t"}};
  video.rids = {{"q", RidDirection::kSend, ""},
                {"h", RidDirection::kSend, "pt=96"}};
  video.simulcast =
      Simulcast{.send = {{{"q"}, {"x", true}}, {{"h"}}}, .recv = {{{"r"}}}};
  video.transport = {.ice_ufrag = "ufra",
                     .ice_pwd = "passwordpasswordpassword",
                     .fingerprints = {{"sha-256", "AA:BB"}},
                     .setup = Setup::kActpass,
                     .tls_id = "t1"};
  video.rtcp = RtcpAddress{9, Connection{}};
  video.rtcp_mux = true;
  video.rtcp_mux_only = true;
  video.rtcp_rsize = true;
  video.candidates = {
      {.foundation = "1", .priority = 5, .address = "192.0.2.1", .port = 4000}};
  video.end_of_candidates = true;
  video.ssrc_groups = {{"FID", {1, 2}}};
  video.ssrcs = {{1, "cname", "c"}, {2, "", ""}};
  video.other_attributes = {"framerate:30"};
  video.conflicts = {"mid:b"};

  MediaSection data = {.media = "application",
                       .port = 0,
                       .protocol = "UDP/DTLS/SCTP",
                       .formats = {"webrtc-datachannel"},
                       .mid = "d",
                       .bundle_only = true,
                       .sctp_port = 5000,
                       .max_message_size = 262144};
  d.sections = {video, data};
  return d;
}

TEST(PrinterTest, WritesTheOrderOfRfc9429) {
  EXPECT_EQ(ToString(Everything()),
            "v=0\r\n"
            "o=- 4611731400430051336 7 IN IP4 0.0.0.0\r\n"
            "s=-\r\n"
            "b=CT:1000\r\n"
            "t=0 0\r\n"
            "a=group:BUNDLE a d\r\n"
            "a=ice-options:trickle ice2\r\n"
            "a=msid-semantic:WMS *\r\n"
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
            "i=seen\r\n"
            "c=IN IP4 0.0.0.0\r\n"
            "b=TIAS:128000\r\n"
            "k=prompt\r\n"
            "a=mid:a\r\n"
            "a=sendonly\r\n"
            "a=rtpmap:96 VP8/90000\r\n"
            "a=rtcp-fb:96 nack\r\n"
            "a=rtcp-fb:96 nack pli\r\n"
            "a=rtpmap:97 rtx/90000\r\n"
            "a=fmtp:97 apt=96\r\n"
            "a=fmtp:35 x=1\r\n"
            "a=rtcp-fb:* transport-cc\r\n"
            "a=ptime:20\r\n"
            "a=maxptime:120\r\n"
            "a=extmap:1 urn:a\r\n"
            "a=extmap:2/recvonly urn:b on\r\n"
            "a=extmap-allow-mixed\r\n"
            "a=msid:s1\r\n"
            "a=msid:s2 t\r\n"
            "a=rid:q send\r\n"
            "a=rid:h send pt=96\r\n"
            "a=simulcast:send q,~x;h recv r\r\n"
            "a=ice-ufrag:ufra\r\n"
            "a=ice-pwd:passwordpasswordpassword\r\n"
            "a=fingerprint:sha-256 AA:BB\r\n"
            "a=setup:actpass\r\n"
            "a=tls-id:t1\r\n"
            "a=rtcp:9 IN IP4 0.0.0.0\r\n"
            "a=rtcp-mux\r\n"
            "a=rtcp-mux-only\r\n"
            "a=rtcp-rsize\r\n"
            "a=candidate:1 1 udp 5 192.0.2.1 4000 typ host\r\n"
            "a=end-of-candidates\r\n"
            "a=ssrc-group:FID 1 2\r\n"
            "a=ssrc:1 cname:c\r\n"
            "a=ssrc:2\r\n"
            "a=framerate:30\r\n"
            "a=mid:b\r\n"
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"
            "a=mid:d\r\n"
            "a=bundle-only\r\n"
            "a=sctp-port:5000\r\n"
            "a=max-message-size:262144\r\n");
}

TEST(PrinterTest, AppendsToWhatIsThere) {
  std::string out = "before ";
  Print({}, out);
  EXPECT_EQ(out, "before v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
}

TEST(PrinterTest, TextsLongerThanExpectedFit) {
  Description d;
  d.other_attributes.assign(3, "x:" + std::string(10'000, 'y'));
  auto parsed = Parse(ToString(d));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, d);
}

}  // namespace
}  // namespace parley::sdp
