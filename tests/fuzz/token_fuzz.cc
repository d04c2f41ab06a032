#include "tests/fuzz/token_fuzz.h"

#include <memory>
#include <string>

#include "service/jwt.h"
#include "service/token_file.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(24 * 365 * 50);

// Its private part was thrown away.
constexpr char kPublicKey[] =
    R"({"keys":[{"kty":"EC","crv":"P-256",)"
    R"("x":"yxHjql6k5XGNyAfk5gyZQ5LM1gtLex_7cEJuRv_Aayw",)"
    R"("y":"G2eskU7AqsCMeT_LMGuHVtNd7tbSTc5oBlLmvbevF8I"}]})";

service::JwtOptions Asking() {
  service::JwtOptions options;
  options.issuer = "https://issuer.example";
  options.audience = "parley";
  return options;
}

const service::JwtKeys& Keys() {
  static const auto keys = *service::JwtKeys::Parse({kPublicKey});
  return *keys;
}

bool IsTenant(const std::string& name) {
  return pool::CheckTenantName(name).ok();
}

}  // namespace

void StrangeToken(std::string_view input) {
  (void)service::JwtKeys::LooksLikeOne(input);
  Require(!Keys().Verify(input, {}, kNow).ok(), "a token needs its signature");
}

void TokenClaims(std::string_view input) {
  for (const auto& options : {service::JwtOptions(), Asking()}) {
    const auto verified = service::ReadClaims(input, options, kNow);
    if (!verified.ok()) continue;
    Require(IsTenant(verified->credential.tenant), "a token has a tenant");
    Require(verified->expires > kNow, "what has expired does not count");
  }
}

void TokenFile(std::string_view input) {
  const auto table = service::ParseTokenFile(input);
  if (!table.ok()) return;
  for (const auto& [digest, credential] : *table) {
    Require(IsTenant(credential.tenant), "each token has a tenant");
  }
}

void KeyFile(std::string_view input) {
  const auto keys = service::JwtKeys::Parse({std::string(input)});
  if (!keys.ok()) return;
  for (const char* token :
       {"eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
        "eyJhbGciOiJub25lIn0.e30."}) {
    Require(!(*keys)->Verify(token, {}, kNow).ok(), "keys take no other's");
  }
}

}  // namespace parley::fuzz
