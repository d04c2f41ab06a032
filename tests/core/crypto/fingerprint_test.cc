#include "core/crypto/fingerprint.h"

#include <string>
#include <vector>

#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::crypto {
namespace {

// "abc", whose hashes FIPS 180-4's examples give.
const std::vector<uint8_t> kAbc = {'a', 'b', 'c'};
constexpr char kSha1[] =
    "A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D";
constexpr char kSha256[] =
    "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:"
    "B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";

TEST(FingerprintTest, HashesAreTheStandards) {
  EXPECT_EQ(MakeFingerprint("sha-1", kAbc)->value, kSha1);
  EXPECT_EQ(MakeFingerprint("sha-256", kAbc)->value, kSha256);
  EXPECT_EQ(MakeFingerprint("SHA-256", kAbc)->algorithm, "sha-256");
  EXPECT_EQ(MakeFingerprint("sha-224", kAbc)->value.size(), 28 * 3 - 1);
  EXPECT_EQ(MakeFingerprint("sha-384", kAbc)->value.size(), 48 * 3 - 1);
  EXPECT_EQ(MakeFingerprint("sha-512", kAbc)->value.size(), 64 * 3 - 1);
}

TEST(FingerprintTest, ForbiddenAndUnknownAlgorithmsAreRefused) {
  for (const char* name : {"md5", "md2", "sha-3", "", "sha256"}) {
    EXPECT_TRUE(
        HasReason(MakeFingerprint(name, kAbc).status(), Reason::kNotSupported))
        << name;
  }
}

TEST(FingerprintTest, TextIsReadInAnyCaseAndGivenInOne) {
  std::string lower = std::string("SHA-1 ") + kSha1;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  const auto parsed = ParseFingerprint(lower);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->algorithm, "sha-1");
  EXPECT_EQ(parsed->value, kSha1);
}

TEST(FingerprintTest, MalformedTextIsRefused) {
  const std::string good = kSha256;
  for (const std::string& text :
       {std::string(), std::string("sha-256"), std::string("sha-256 "),
        "sha-256 " + good.substr(3), "sha-256 " + good + ":00",
        "sha-256  " + good, "sha-256 G" + good.substr(1),
        "sha-256 " + good.substr(0, 2) + "-" + good.substr(3)}) {
    EXPECT_TRUE(HasReason(ParseFingerprint(text).status(), Reason::kArgument))
        << text;
  }
  EXPECT_TRUE(
      HasReason(ParseFingerprint("md5 00").status(), Reason::kNotSupported));
}

TEST(FingerprintTest, AnyMatchSufficesAndUnknownOnesNeverMatch) {
  const Fingerprint right{"sha-256", kSha256};
  Fingerprint wrong = right;
  wrong.value[0] = 'C';
  const Fingerprint unknown{"md5", "90:01"};
  const auto matches = [](std::vector<Fingerprint> fingerprints) {
    return MatchesAny(fingerprints, kAbc);
  };
  EXPECT_TRUE(matches({wrong, unknown, right}));
  EXPECT_TRUE(matches({{"SHA-1",
                        "a9:99:3e:36:47:06:81:6a:ba:3e:25:71:78:50:c2:6c:"
                        "9c:d0:d8:9d"}}));
  EXPECT_FALSE(matches({wrong}));
  EXPECT_FALSE(matches({unknown}));
  EXPECT_FALSE(matches({}));
}

TEST(FingerprintTest, SameIgnoresLetterCaseOnly) {
  EXPECT_TRUE(SameFingerprint({"sha-1", "AB:CD"}, {"SHA-1", "ab:cd"}));
  EXPECT_FALSE(SameFingerprint({"sha-1", "AB:CD"}, {"sha-256", "AB:CD"}));
  EXPECT_FALSE(SameFingerprint({"sha-1", "AB:CD"}, {"sha-1", "AB:CE"}));
}

}  // namespace
}  // namespace parley::crypto
