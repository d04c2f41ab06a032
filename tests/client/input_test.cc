#include "client/command/input.h"

#include <string>

#include "gmock/gmock.h"

namespace parley::command {
namespace {

using ::testing::SizeIs;

constexpr char kSdp[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n";

TEST(ParseDescriptionTest, SdpIsTakenAsItIs) {
  const auto description = ParseDescription(kSdp, v1::SDP_TYPE_ANSWER);
  ASSERT_TRUE(description.ok());
  EXPECT_EQ(description->type(), v1::SDP_TYPE_ANSWER);
  EXPECT_EQ(description->sdp(), kSdp);
}

TEST(ParseDescriptionTest, TheJsonOfABrowserIsUnderstood) {
  const auto description = ParseDescription(
      R"( {"type": "pranswer", "sdp": "v=0\r\n", "toJSON": {}} )",
      v1::SDP_TYPE_OFFER);
  ASSERT_TRUE(description.ok()) << description.status();
  EXPECT_EQ(description->type(), v1::SDP_TYPE_PRANSWER);
  EXPECT_EQ(description->sdp(), "v=0\r\n");
  EXPECT_FALSE(description->has_offer_id());
}

TEST(ParseDescriptionTest, TheJsonOfThisProgramIsUnderstood) {
  const auto description = ParseDescription(
      R"({"peer": {"name": "peers/a.1"}, "description":
          {"type": "SDP_TYPE_OFFER", "sdp": "v=0\r\n", "offerId": "4.2"}})",
      v1::SDP_TYPE_ANSWER);
  ASSERT_TRUE(description.ok()) << description.status();
  EXPECT_EQ(description->type(), v1::SDP_TYPE_OFFER);
  EXPECT_EQ(description->offer_id(), "4.2");
}

TEST(ParseDescriptionTest, OtherThingsAreRefused) {
  for (const char* text :
       {"", "  \n", "hello", "{", "{}", R"({"type": "offering", "sdp": ""})",
        R"({"type": 7})", "[1]"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        ParseDescription(text, v1::SDP_TYPE_OFFER).status()))
        << text;
  }
}

TEST(ParseCandidatesTest, TheJsonOfABrowserIsUnderstood) {
  const auto candidates = ParseCandidates(
      R"({"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"abcd"}

{"candidate":"","sdpMid":"0","sdpMLineIndex":null,"relayProtocol":null}
)",
      "");
  ASSERT_TRUE(candidates.ok()) << candidates.status();
  ASSERT_THAT(*candidates, SizeIs(2));
  EXPECT_EQ((*candidates)[0].sdp_mid(), "0");
  EXPECT_EQ((*candidates)[0].sdp_m_line_index(), 0u);
  EXPECT_EQ((*candidates)[0].username_fragment(), "abcd");
  EXPECT_FALSE((*candidates)[1].has_sdp_m_line_index());
}

TEST(ParseCandidatesTest, CandidateLinesNeedAMid) {
  const std::string lines =
      "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
      "candidate:2 1 udp 1 192.0.2.1 10 typ host\r\n";
  EXPECT_FALSE(ParseCandidates(lines, "").ok());
  const auto candidates = ParseCandidates(lines, "audio");
  ASSERT_TRUE(candidates.ok());
  ASSERT_THAT(*candidates, SizeIs(2));
  EXPECT_EQ((*candidates)[0].candidate(),
            "candidate:1 1 udp 1 192.0.2.1 9 typ host");
  EXPECT_EQ((*candidates)[1].sdp_mid(), "audio");
}

TEST(ParseCandidatesTest, OtherThingsAreRefused) {
  for (const char* text : {"", "\n\n", "hello", "{\"candidate\": 7}", "{"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseCandidates(text, "0").status()))
        << text;
  }
}

}  // namespace
}  // namespace parley::command
