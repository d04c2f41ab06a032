#include "core/sdp/fmtp.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace parley::sdp {
namespace {

constexpr std::string_view kH264 =
    "level-asymmetry-allowed=1; packetization-mode=1;profile-level-id=42e01f";

TEST(FmtpTest, FindsParametersWhateverTheirCaseAndSpaces) {
  EXPECT_EQ(FindParameter(kH264, "Packetization-Mode"), "1");
  EXPECT_EQ(FindParameter(kH264, "profile-level-id"), "42e01f");
  EXPECT_EQ(FindParameter(kH264, "profile"), std::nullopt);
  EXPECT_EQ(FindNumber(kH264, "packetization-mode"), 1u);
  EXPECT_EQ(FindNumber(kH264, "profile-level-id"), std::nullopt);
}

TEST(FmtpTest, ValuesMayHoldEqualsSigns) {
  EXPECT_EQ(FindParameter("sprop-parameter-sets=Z0IAH5Y=,aM4=",
                          "sprop-parameter-sets"),
            "Z0IAH5Y=,aM4=");
}

TEST(FmtpTest, AParameterWithoutEqualsSignHasAnEmptyValue) {
  std::string_view rest = "0-15;;usedtx ; ";
  auto first = NextParameter(rest);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->key, "0-15");
  EXPECT_EQ(first->value, "");
  EXPECT_EQ(NextParameter(rest)->key, "usedtx");
  EXPECT_FALSE(NextParameter(rest));
}

TEST(FmtpTest, AptNamesTheAssociatedPayloadType) {
  EXPECT_EQ(AssociatedPayloadType({.fmtp = "apt=96;rtx-time=3000"}), 96);
  EXPECT_EQ(AssociatedPayloadType({.fmtp = "apt=300"}), std::nullopt);
  EXPECT_EQ(AssociatedPayloadType({.fmtp = "apt="}), std::nullopt);
  EXPECT_EQ(AssociatedPayloadType({}), std::nullopt);
}

TEST(FmtpTest, SetReplacesOrAppends) {
  struct Case {
    std::string before, key, value, after;
  };
  for (const Case& c : {
           Case{"", "apt", "96", "apt=96"},
           Case{"apt=1", "apt", "96", "apt=96"},
           Case{"apt=1;", "apt", "96", "apt=96;"},
           Case{"a=1;apt=1;b=2", "apt", "96", "a=1;apt=96;b=2"},
           Case{"a=1; APT = 1", "apt", "96", "a=1; APT=96"},
           Case{"a=1", "apt", "96", "a=1;apt=96"},
           Case{"a=1;", "apt", "96", "a=1;apt=96"},
           Case{"usedtx;b", "usedtx", "1", "usedtx=1;b"},
       }) {
    std::string parameters = c.before;
    SetParameter(parameters, c.key, c.value);
    EXPECT_EQ(parameters, c.after) << c.before;
  }
}

TEST(FmtpTest, OrderMakesNoDifference) {
  EXPECT_TRUE(SameParameters("a=1;b=2", "B=2; a=1;"));
  EXPECT_FALSE(SameParameters("a=1;b=2", "a=1"));
  EXPECT_FALSE(SameParameters("a=1;a=1", "a=1"));
  EXPECT_FALSE(SameParameters("a=x", "a=X"));
}

}  // namespace
}  // namespace parley::sdp
