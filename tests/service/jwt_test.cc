// JSON Web Tokens: keys, algorithms, claims.

#include "service/jwt.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "openssl/hmac.h"
#include "tests/service/jwt_maker.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kNow = 2'000'000'000;
const absl::Time kTime = absl::FromUnixSeconds(kNow);

// Claims that count for a minute, with more of them.
std::string Claims(const std::string& more = "") {
  return absl::StrCat(R"({"tenant":"acme","exp":)", kNow + 60, more, "}");
}

// "acme user", or the cause of the refusal.
std::string Said(const absl::StatusOr<Verified>& verified) {
  if (!verified.ok()) {
    const auto fault = FindTokenFault(verified.status());
    return fault ? std::string(TokenFaultName(*fault)) : "no fault";
  }
  return verified->credential.tenant + " " +
         std::string(RoleName(verified->credential.role));
}

std::string Verify(const std::vector<std::string>& files,
                   const std::string& token, const JwtOptions& options = {}) {
  const auto keys = JwtKeys::Parse(files);
  EXPECT_TRUE(keys.ok()) << keys.status();
  return Said((*keys)->Verify(token, options, kTime));
}

std::string Refusal(const std::string& file) {
  const auto keys = JwtKeys::Parse({file});
  return keys.ok() ? "" : std::string(keys.status().message());
}

std::string Set(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

class JwtTest : public ::testing::Test {
 protected:
  // Made once: RSA keys take their time.
  static const JwtMaker& Rsa() {
    static const auto* maker = new JwtMaker(JwtMaker::Rsa());
    return *maker;
  }
  static const JwtMaker& Ec() {
    static const auto* maker = new JwtMaker(JwtMaker::Ec());
    return *maker;
  }
};

TEST_F(JwtTest, TokensAreVerifiedByKeysInEitherForm) {
  for (const JwtMaker* maker : {&Rsa(), &Ec()}) {
    const std::string token = maker->Sign(Claims());
    EXPECT_TRUE(JwtKeys::LooksLikeOne(token));
    EXPECT_EQ(Verify({maker->PublicPem()}, token), "acme user");
    EXPECT_EQ(Verify({Set(maker->Jwk("a"))}, token), "acme user");
    EXPECT_EQ(Verify({Rsa().PublicPem() + Ec().PublicPem()}, token),
              "acme user");
    EXPECT_EQ(Verify({Rsa().PublicPem(), Set(Ec().Jwk("b"))}, token),
              "acme user");
  }
}

TEST_F(JwtTest, AForeignKeyOrAChangedTokenIsRefused) {
  for (const JwtMaker& other : {JwtMaker::Rsa(), JwtMaker::Ec()}) {
    EXPECT_EQ(
        Verify({Rsa().PublicPem(), Ec().PublicPem()}, other.Sign(Claims())),
        "signature");
  }
  const std::string token = Ec().Sign(Claims());
  const std::string signature = token.substr(token.rfind('.'));
  const std::string other = Ec().Sign(Claims(R"(,"role":"admin")"));
  const std::string mixed = other.substr(0, other.rfind('.')) + signature;
  EXPECT_EQ(Verify({Ec().PublicPem()}, mixed), "signature");
  std::string flipped = token;
  char& letter = flipped[token.rfind('.') + 5];
  letter = letter == 'A' ? 'B' : 'A';
  EXPECT_EQ(Verify({Ec().PublicPem()}, flipped), "signature");
}

TEST_F(JwtTest, TheKeyAndNotTheTokenChoosesTheAlgorithm) {
  const std::string claims = JwtMaker::Encode(Claims());
  EXPECT_EQ(Verify({Rsa().PublicPem()},
                   JwtMaker::Encode(R"({"alg":"none"})") + "." + claims + "."),
            "unknown");
  // The public key as a secret that everybody knows.
  const std::string signed_part =
      JwtMaker::Encode(R"({"alg":"HS256"})") + "." + claims;
  const std::string secret = Rsa().PublicPem();
  std::string mac(32, '\0');
  unsigned size = 32;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signed_part.data()),
       signed_part.size(), reinterpret_cast<unsigned char*>(mac.data()), &size);
  EXPECT_EQ(Verify({secret}, signed_part + "." + JwtMaker::Encode(mac)),
            "unknown");
  for (const char* header :
       {R"({"alg":"RS512"})", R"({"alg":"PS256"})", R"({"alg":"ES256"})",
        R"({"alg":"rs256"})", R"({"alg":""})", R"({"alg":256})", "{}"}) {
    EXPECT_THAT(Verify({secret}, Rsa().Sign(header, Claims())),
                ::testing::AnyOf("unknown", "malformed"))
        << header;
  }
}

TEST_F(JwtTest, TheKeyOfATokensKidIsUsed) {
  const JwtMaker other = JwtMaker::Ec();
  const std::string set = Set(Ec().Jwk("a") + "," + other.Jwk("b"));
  const auto header = [](const char* id) {
    return absl::StrCat(R"({"alg":"ES256","kid":")", id, "\"}");
  };
  EXPECT_EQ(Verify({set}, Ec().Sign(header("a"), Claims())), "acme user");
  EXPECT_EQ(Verify({set}, other.Sign(header("b"), Claims())), "acme user");
  EXPECT_EQ(Verify({set}, other.Sign(header("a"), Claims())), "signature");
  EXPECT_EQ(Verify({set}, Ec().Sign(header("c"), Claims())), "unknown");
  EXPECT_EQ(Verify({set}, other.Sign(Claims())), "acme user") << "no kid";
  EXPECT_EQ(Verify({set, Rsa().PublicPem(), Ec().PublicPem()},
                   Ec().Sign(header("c"), Claims())),
            "acme user")
      << "a key without kid may be the one";
}

TEST_F(JwtTest, EveryKeyIsTriedForATokenThatNamesNone) {
  std::string keys;
  for (size_t i = 1; i < JwtKeys::kMaxKeys; ++i) {
    keys += JwtMaker::Ec().Jwk(absl::StrCat("k", i)) + ",";
  }
  EXPECT_EQ(Verify({Set(keys + Ec().Jwk("last"))}, Ec().Sign(Claims())),
            "acme user");
}

TEST_F(JwtTest, CriticalExtensionsAreNotUnderstood) {
  EXPECT_EQ(Verify({Ec().PublicPem()},
                   Ec().Sign(R"({"alg":"ES256","crit":["b64"],"b64":true})",
                             Claims())),
            "malformed");
}

TEST_F(JwtTest, WhatIsNoTokenIsRefused) {
  const std::string good = Ec().Sign(Claims());
  for (const std::string& bad :
       {std::string(), std::string("a.b.c"), std::string(".."),
        std::string("ey.ey.ey"), good + ".", "." + good,
        good.substr(0, good.rfind('.')), good.substr(0, good.size() / 2),
        Ec().Sign("no JSON", Claims()), Ec().Sign("[]", Claims())}) {
    EXPECT_THAT(Verify({Ec().PublicPem()}, bad),
                ::testing::AnyOf("malformed", "unknown", "signature"))
        << bad;
  }
}

// libcjose's decoder would end the process at some of these.
TEST_F(JwtTest, PaddingIsNoPartOfAToken) {
  for (const char* bad :
       {"eyJhb=..", "eyJhb==..", "eyJhb=A.e30.", "eyJhbGciOiJFUzI1NiJ9.A=.",
        "eyJhbGciOiJFUzI1NiJ9.e30.A=", "eyJhbGciOiJFUzI1NiJ9.e30.AA==",
        "eyJhbGciOiJFUzI1NiJ9.e30.A", "eyJhbGciOiJFUzI1NiJ9.e3+/.AA"}) {
    EXPECT_EQ(Verify({Ec().PublicPem()}, bad), "malformed") << bad;
    EXPECT_FALSE(JwtKeys::LooksLikeOne(bad)) << bad;
  }
  EXPECT_THAT(
      Refusal(Set(R"({"kty":"EC","crv":"P-256","x":"AAAAA=","y":"AAAA"})")),
      HasSubstr("the \"x\" of its key 1 is no base64url"));
}

TEST_F(JwtTest, KeyFilesAreCheckedBeforeTheyAreUsed) {
  EXPECT_THAT(Refusal(""), HasSubstr("neither a key in PEM form"));
  EXPECT_THAT(Refusal("{"), HasSubstr("no valid JSON"));
  EXPECT_THAT(Refusal("{}"), HasSubstr("no list \"keys\""));
  EXPECT_THAT(Refusal(Set("")), HasSubstr("there is no key"));
  EXPECT_THAT(Refusal(Ec().PrivatePem()), HasSubstr("a private key"));
  EXPECT_THAT(Refusal(Set(Ec().Jwk("a", R"(,"d":"AAAA")"))),
              HasSubstr("its key 1 is secret"));
  EXPECT_THAT(Refusal(Set(R"({"kty":"oct","k":"AAAA"})")),
              HasSubstr("its key 1 is secret"));
  EXPECT_THAT(Refusal(Set(R"({"kty":"RSA","n":"AAAA","e":"AQAB"})")),
              HasSubstr("its key 1: a key is neither RSA of 2048"));
  EXPECT_THAT(Refusal(JwtMaker::Rsa(1024).PublicPem()),
              HasSubstr("neither RSA of 2048"));
  EXPECT_THAT(Refusal(JwtMaker::Ec("P-384").PublicPem()),
              HasSubstr("neither RSA of 2048"));
  // For something else: passed over.
  EXPECT_THAT(Refusal(Set(Ec().Jwk("a", R"(,"use":"enc")") + "," +
                          Ec().Jwk("b", R"(,"alg":"ES384")") +
                          R"(,{"kty":"OKP","crv":"Ed25519","x":"AA"})")),
              HasSubstr("there is no key"));
  std::string many;
  for (size_t i = 0; i < JwtKeys::kMaxKeys; ++i) many += Ec().PublicPem();
  EXPECT_EQ(Refusal(many), "");
  EXPECT_THAT(Refusal(many + Ec().PublicPem()),
              HasSubstr("there are more than 32 keys"));
}

std::string Read(const std::string& claims, const JwtOptions& options = {}) {
  return Said(ReadClaims(claims, options, kTime));
}

TEST(JwtClaimsTest, TimesHaveALittleLeeway) {
  const auto with = [](const std::string& claims) {
    return Read(R"({"tenant":"acme",)" + claims + "}");
  };
  const auto at = [](const char* claim, int64_t seconds) {
    return absl::StrCat("\"", claim, "\":", kNow + seconds);
  };
  EXPECT_EQ(with(at("exp", -29)), "acme user");
  EXPECT_EQ(with(at("exp", -30)), "expired");
  EXPECT_EQ(with(at("exp", 60) + "," + at("nbf", 30)), "acme user");
  EXPECT_EQ(with(at("exp", 60) + "," + at("nbf", 31)), "not_yet_valid");
  EXPECT_EQ(with(at("exp", 60) + R"(,"nbf":"never")"), "not_yet_valid");
  EXPECT_EQ(with(R"("iat":1)"), "expired") << "it has no exp";
  EXPECT_EQ(with(R"("exp":"2033-05-18")"), "expired");
  EXPECT_EQ(with(R"("exp":2000000000.5)"), "acme user");
  EXPECT_EQ(with(R"("exp":1e300)"), "acme user");
  EXPECT_EQ(with(R"("exp":-1e300)"), "expired");
  EXPECT_EQ(with(R"("exp":1e400)"), "malformed");
  const auto verified = ReadClaims(Claims(), {}, kTime);
  EXPECT_EQ(verified->expires, kTime + absl::Seconds(90));
}

TEST(JwtClaimsTest, IssuerAndAudienceAreThoseConfigured) {
  const JwtOptions options{.issuer = "https://id", .audience = "parley"};
  const std::string issuer = R"(,"iss":"https://id")";
  EXPECT_EQ(Read(Claims(issuer + R"(,"aud":"parley")"), options), "acme user");
  EXPECT_EQ(Read(Claims(issuer + R"(,"aud":["a","parley"])"), options),
            "acme user");
  EXPECT_EQ(Read(Claims(R"(,"aud":"parley")"), options), "issuer");
  EXPECT_EQ(Read(Claims(R"(,"iss":"https://id/","aud":"parley")"), options),
            "issuer");
  EXPECT_EQ(Read(Claims(issuer), options), "audience");
  for (const char* wrong :
       {R"("Parley")", R"(["a"])", R"([])", R"("a parley")", "1", "null",
        R"({"parley":1})", R"([["parley"]])"}) {
    EXPECT_EQ(Read(Claims(absl::StrCat(issuer, R"(,"aud":)", wrong)), options),
              "audience")
        << wrong;
  }
}

TEST(JwtClaimsTest, TenantAndRoleStandInClaims) {
  const auto role = [](const std::string& value) {
    return Read(Claims(",\"role\":" + value));
  };
  EXPECT_EQ(role(R"("admin")"), "acme admin");
  EXPECT_EQ(role(R"(["user","admin"])"), "acme admin");
  EXPECT_EQ(role(R"("read admin")"), "acme admin");
  for (const char* user :
       {R"("user")", R"("administrator")", R"([])", "true", "null", "{}",
        R"(["Admin"])", R"([["admin"]])", R"({"admin":true})"}) {
    EXPECT_EQ(role(user), "acme user") << user;
  }
  const JwtOptions options{.tenant_claim = "https://x/org",
                           .role_claim = "groups"};
  EXPECT_EQ(
      Read(Claims(R"(,"https://x/org":"o-1","groups":["admin"])"), options),
      "o-1 admin");
  EXPECT_EQ(Read(Claims(), options), "tenant");
  const std::string exp = absl::StrCat("\"exp\":", kNow, "}");
  for (const char* bad :
       {R"({)", R"({"tenant":"",)", R"({"tenant":1,)", R"({"tenant":["acme"],)",
        R"({"tenant":"\n",)", R"({"tenant":"\u00e4",)"}) {
    EXPECT_EQ(Read(bad + exp), "tenant") << bad;
  }
}

TEST(JwtClaimsTest, BadJsonIsNoToken) {
  EXPECT_EQ(Read(""), "malformed");
  EXPECT_EQ(Read("[]"), "malformed");
  EXPECT_EQ(Read(Claims() + "}"), "malformed");
  EXPECT_EQ(Read(Claims(R"(,"tenant":"other")")), "malformed")
      << "one claim twice";
  EXPECT_EQ(Read(Claims(R"(,"x":"\u0000")")), "malformed");
  EXPECT_EQ(Read(std::string(8000, '[')), "malformed");
  EXPECT_EQ(
      Read(Claims(",\"x\":" + std::string(4000, '[') + std::string(4000, ']'))),
      "malformed");
}

TEST(TokenErrorTest, HelpsAndQuotesNothing) {
  for (size_t i = 0; i < kTokenFaults; ++i) {
    const auto fault = static_cast<TokenFault>(i);
    const absl::Status error = TokenError(fault);
    EXPECT_EQ(error.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(FindTokenFault(error), fault);
    EXPECT_NE(TokenFaultName(fault), "");
  }
  EXPECT_FALSE(FindTokenFault(absl::OkStatus()));
}

}  // namespace
}  // namespace parley::service
