// The file of static tokens.

#include "service/token_file.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "secret-token-0123";

std::string Refusal(const std::string& text) {
  const auto table = ParseTokenFile(text);
  return table.ok() ? "" : std::string(table.status().message());
}

TEST(TokenFileTest, HasALineForEachToken) {
  const auto table =
      ParseTokenFile("# who\n\n  acme user " + std::string(kToken) +
                     "\r\nacme\tadmin  AZaz09-._~+/=1234 \n");
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->size(), 2u);
  EXPECT_EQ(table->at(DigestToken(kToken)).tenant, "acme");
  EXPECT_EQ(table->at(DigestToken(kToken)).role, Role::kUser);
  EXPECT_EQ(table->at(DigestToken("AZaz09-._~+/=1234")).role, Role::kAdmin);
}

TEST(TokenFileTest, TakesTheDigestOfAToken) {
  // As `printf %s abc | sha256sum` has it.
  const auto table = ParseTokenFile(
      "acme user sha256:"
      "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61f20015ad");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE(table->contains(DigestToken("abc")));
}

TEST(TokenFileTest, NamesTheLineAndNeverTheToken) {
  const std::string good = std::string("acme user ") + kToken + "\n";
  const struct {
    std::string line;
    const char* wrong;
  } kCases[] = {
      {"acme user", "not a tenant, a role and a token"},
      {"acme user secret-token-0124 more", "not a tenant, a role and a token"},
      {"acme root secret-token-0124", "neither user nor admin"},
      {"acme user secret-token", "has 12 characters"},
      {"acme user secret-token-\"124", "characters other than"},
      {"acme user secret-token-\x01\x02\x03", "characters other than"},
      {"acme user sha256:secret-token-0123", "64 hexadecimal digits"},
      {std::string("b user ") + kToken, "stands in a line before"},
      {"\xC3\xA4 user secret-token-0124", "printable ASCII"},
      {std::string(129, 'a') + " user secret-token-0124", "1 to 128"},
  };
  for (const auto& [line, wrong] : kCases) {
    const std::string refusal = Refusal(good + "# comment\n" + line + "\n");
    EXPECT_THAT(refusal, HasSubstr("line 3: "));
    EXPECT_THAT(refusal, HasSubstr(wrong));
    EXPECT_THAT(refusal, Not(HasSubstr("secret")));
  }
}

TEST(TokenFileTest, LengthsAreMetExactly) {
  const auto line = [](size_t size) {
    return "acme user " + std::string(size, 'x');
  };
  EXPECT_NE(Refusal(line(kMinTokenBytes - 1)), "");
  EXPECT_EQ(Refusal(line(kMinTokenBytes)), "");
  EXPECT_EQ(Refusal(line(kMaxTokenBytes)), "");
  EXPECT_NE(Refusal(line(kMaxTokenBytes + 1)), "");
}

TEST(TokenFileTest, AnEmptyFileLocksEverybodyOutAndIsRefused) {
  EXPECT_EQ(Refusal(""), "it has no token");
  EXPECT_EQ(Refusal("# nobody\n\n"), "it has no token");
}

}  // namespace
}  // namespace parley::service
