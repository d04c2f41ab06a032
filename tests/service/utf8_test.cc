#include "service/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace parley::service {
namespace {

TEST(Utf8Test, WellFormedTextStaysAsItIs) {
  for (const std::string text :
       {"", "plain", "8 bytes!", "gr\xC3\xBC\xC3\x9F", "\xE2\x82\xAC",
        "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text));
    EXPECT_EQ(ToUtf8(text), text);
  }
  const std::string nul("a\0b", 3);
  EXPECT_TRUE(IsUtf8(nul));
  EXPECT_EQ(ToUtf8(nul), nul);
}

// The expectations are those of the Unicode Standard, table 3-8 and its like.
TEST(Utf8Test, EachMaximalIllFormedPartBecomesOneReplacement) {
  const std::string r = "\xEF\xBF\xBD";
  const struct {
    std::string in;
    std::string out;
  } cases[] = {
      {"\x80", r},
      {"a\xFF z", "a" + r + " z"},
      {"\xC0\xAF", r + r},                          // overlong
      {"\xE0\x80\xBF", r + r + r},                  // overlong
      {"\xED\xA0\x80", r + r + r},                  // a surrogate
      {"\xF4\x91\x92\x93\xFF", r + r + r + r + r},  // beyond U+10FFFF
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", r + r + r + r + "A"},
      {"0123456789abcdef\xE2\x82", "0123456789abcdef" + r},
  };
  for (const auto& c : cases) {
    EXPECT_FALSE(IsUtf8(c.in));
    EXPECT_EQ(ToUtf8(c.in), c.out);
    EXPECT_TRUE(IsUtf8(ToUtf8(c.in)));
  }
}

TEST(Utf8Test, BoundedTextIsCutBetweenCodePoints) {
  EXPECT_EQ(ToBoundedUtf8("short", 5), "short");
  EXPECT_EQ(ToBoundedUtf8("longer", 5), "lo...");
  EXPECT_EQ(ToBoundedUtf8("longer", 2), "lo");
  EXPECT_EQ(ToBoundedUtf8("\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC", 8),
            "\xE2\x82\xAC...");
  for (size_t max = 0; max < 12; ++max) {
    const std::string cut = ToBoundedUtf8("\xFF\xFF\xFF\xE2\x82\xAC ab", max);
    EXPECT_LE(cut.size(), max);
    EXPECT_TRUE(IsUtf8(cut)) << max;
  }
}

}  // namespace
}  // namespace parley::service
