#include "service/jwt.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/strings.h"
#include "core/crypto/openssl_ptr.h"

namespace parley::service {

// Not in the namespace without a name, because JwtKeys::Key has one.
struct ReleaseJwk {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};

namespace {

constexpr size_t kMinRsaBits = 2048;
constexpr size_t kMaxRsaBits = 8192;  // what a verification may cost
constexpr size_t kP256Bytes = 32;
constexpr size_t kP256Bits = 256;
constexpr absl::string_view kAdmin = "admin";

struct ReleaseJws {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
struct ReleaseJson {
  void operator()(json_t* json) const { json_decref(json); }
};
struct ReleaseText {
  void operator()(char* text) const { cjose_get_dealloc()(text); }
};
using JwkPtr = std::unique_ptr<cjose_jwk_t, ReleaseJwk>;
using JwsPtr = std::unique_ptr<cjose_jws_t, ReleaseJws>;
using JsonPtr = std::unique_ptr<json_t, ReleaseJson>;
using NumberPtr = std::unique_ptr<BIGNUM, crypto::OpenSslDeleter<BN_free>>;

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(ToAbsl(what));
}

// As RFC 7515, section 2, has it, without padding: at some that comes early
// libcjose's decoder ends the process.
bool IsBase64Url(absl::string_view text) {
  return text.size() % 4 != 1 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

JsonPtr ParseObject(std::string_view text) {
  JsonPtr json(
      json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
  return json && json_is_object(json.get()) ? std::move(json) : nullptr;
}

// Empty: it is not there, or no text.
std::string_view TextOf(const json_t* object, const char* key) {
  const json_t* value = json_object_get(object, key);
  if (!json_is_string(value)) return {};
  return {json_string_value(value), json_string_length(value)};
}

// The words of a text, or the texts of a list.
std::vector<absl::string_view> WordsOf(const json_t* value) {
  if (json_is_string(value)) {
    return absl::StrSplit(
        absl::string_view(json_string_value(value), json_string_length(value)),
        ' ', absl::SkipEmpty());
  }
  std::vector<absl::string_view> words;
  for (size_t i = 0; i < json_array_size(value); ++i) {
    const json_t* one = json_array_get(value, i);
    if (json_is_string(one)) words.emplace_back(json_string_value(one));
  }
  return words;
}

bool Contains(const std::vector<absl::string_view>& words,
              absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A NumericDate; nullopt: it is not there, or none.
std::optional<absl::Time> TimeOf(const json_t* claims, const char* key) {
  const json_t* value = json_object_get(claims, key);
  if (!json_is_number(value)) return std::nullopt;
  const double seconds = json_number_value(value);
  if (!std::isfinite(seconds)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

bool HasAudience(const json_t* claims, const std::string& audience) {
  const json_t* value = json_object_get(claims, "aud");
  // Unlike a role, a text is one audience, blanks and all.
  if (json_is_string(value)) return TextOf(claims, "aud") == audience;
  return Contains(WordsOf(value), audience);
}

std::vector<uint8_t> BytesOf(const EVP_PKEY* key, const char* parameter,
                             size_t least) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &raw) != 1) return {};
  const NumberPtr number(raw);
  const size_t size =
      std::max(static_cast<size_t>(BN_num_bytes(number.get())), least);
  std::vector<uint8_t> bytes(size);
  BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(size));
  return bytes;
}

JwkPtr FromRsa(const EVP_PKEY* key) {
  std::vector<uint8_t> n = BytesOf(key, OSSL_PKEY_PARAM_RSA_N, 1);
  std::vector<uint8_t> e = BytesOf(key, OSSL_PKEY_PARAM_RSA_E, 1);
  cjose_jwk_rsa_keyspec spec = {};
  spec.n = n.data();
  spec.nlen = n.size();
  spec.e = e.data();
  spec.elen = e.size();
  return JwkPtr(cjose_jwk_create_RSA_spec(&spec, nullptr));
}

JwkPtr FromEc(const EVP_PKEY* key) {
  std::vector<uint8_t> x = BytesOf(key, OSSL_PKEY_PARAM_EC_PUB_X, kP256Bytes);
  std::vector<uint8_t> y = BytesOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, kP256Bytes);
  cjose_jwk_ec_keyspec spec = {};
  spec.crv = CJOSE_JWK_EC_P_256;
  spec.x = x.data();
  spec.xlen = x.size();
  spec.y = y.data();
  spec.ylen = y.size();
  return JwkPtr(cjose_jwk_create_EC_spec(&spec, nullptr));
}

bool IsP256(const EVP_PKEY* key) {
  char name[32] = {};
  size_t size = 0;
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name,
                                        sizeof(name), &size) == 1 &&
         std::string_view(name, size) == "prime256v1";
}

// Null: a key of another kind.
JwkPtr FromKey(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return FromRsa(key);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && IsP256(key)) {
    return FromEc(key);
  }
  return nullptr;
}

// One block of a PEM file.
struct Block {
  std::string name;
  std::vector<uint8_t> data;
};

std::vector<Block> ReadBlocks(const std::string& text) {
  const crypto::BioPtr in(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Block> blocks;
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  while (PEM_read_bio(in.get(), &name, &header, &data, &size) == 1) {
    blocks.push_back({name, {data, data + size}});
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  ERR_clear_error();
  return blocks;
}

crypto::KeyPtr ReadKey(const Block& block) {
  const unsigned char* at = block.data.data();
  const long size = static_cast<long>(block.data.size());
  if (block.name == "PUBLIC KEY") {
    return crypto::KeyPtr(d2i_PUBKEY(nullptr, &at, size));
  }
  if (block.name != "CERTIFICATE") return nullptr;
  const crypto::X509Ptr certificate(d2i_X509(nullptr, &at, size));
  return crypto::KeyPtr(certificate ? X509_get_pubkey(certificate.get())
                                    : nullptr);
}

}  // namespace

struct JwtKeys::Key {
  JwkPtr jwk;
  std::string id;  // empty: it has none

  bool rsa() const {
    return cjose_jwk_get_kty(jwk.get(), nullptr) == CJOSE_JWK_KTY_RSA;
  }
  std::string_view algorithm() const { return rsa() ? "RS256" : "ES256"; }
};

JwtKeys::JwtKeys() = default;
JwtKeys::~JwtKeys() = default;

absl::StatusOr<std::shared_ptr<const JwtKeys>> JwtKeys::Parse(
    const std::vector<std::string>& files) {
  const auto keys = std::shared_ptr<JwtKeys>(new JwtKeys());
  for (const std::string& file : files) {
    if (absl::Status bad = keys->AddFile(file); !bad.ok()) return bad;
  }
  if (keys->keys_.empty()) return Wrong("there is no key");
  return keys;
}

absl::Status JwtKeys::AddFile(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && text[first] == '{';
  return json ? AddSet(text) : AddPem(text);
}

absl::Status JwtKeys::AddPem(const std::string& text) {
  const std::vector<Block> blocks = ReadBlocks(text);
  if (blocks.empty()) {
    return Wrong("it has neither a key in PEM form nor a JWK set");
  }
  for (const Block& block : blocks) {
    if (block.name.ends_with("PRIVATE KEY")) {
      return Wrong("it has a private key, which belongs to the issuer alone");
    }
    const crypto::KeyPtr key = ReadKey(block);
    ERR_clear_error();
    if (!key) {
      return Wrong(absl::StrCat("its block \"", block.name.substr(0, 40),
                                "\" is no public key or certificate"));
    }
    if (absl::Status bad = Add({FromKey(key.get()), ""}); !bad.ok()) return bad;
  }
  return absl::OkStatus();
}

absl::Status JwtKeys::AddSet(const std::string& text) {
  const JsonPtr set = ParseObject(text);
  if (!set) return Wrong("it is no valid JSON");
  json_t* keys = json_object_get(set.get(), "keys");
  if (!json_is_array(keys)) return Wrong("it has no list \"keys\"");
  for (size_t i = 0; i < json_array_size(keys); ++i) {
    json_t* one = json_array_get(keys, i);
    if (json_object_get(one, "d") != nullptr ||
        json_object_get(one, "k") != nullptr) {
      return Wrong(absl::StrCat("its key ", i + 1,
                                " is secret, and belongs to the issuer alone"));
    }
    // RFC 7517, section 5: what is not understood, or for something else, is
    // passed over.
    const std::string_view type = TextOf(one, "kty");
    const std::string_view algorithm = TextOf(one, "alg");
    const std::string_view use = TextOf(one, "use");
    const std::string_view curve = TextOf(one, "crv");
    const bool rsa = type == "RSA";
    if (!rsa && !(type == "EC" && curve == "P-256")) continue;
    if (!use.empty() && use != "sig") continue;
    if (!algorithm.empty() && algorithm != (rsa ? "RS256" : "ES256")) continue;
    for (const char* number : {"n", "e", "x", "y"}) {
      if (IsBase64Url(ToAbsl(TextOf(one, number)))) continue;
      return Wrong(absl::StrCat("the \"", number, "\" of its key ", i + 1,
                                " is no base64url without padding"));
    }
    Key key{JwkPtr(cjose_jwk_import_json(reinterpret_cast<cjose_header_t*>(one),
                                         nullptr)),
            std::string(TextOf(one, "kid"))};
    if (absl::Status bad = Add(std::move(key)); !bad.ok()) {
      return Wrong(absl::StrCat("its key ", i + 1, ": ", bad.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status JwtKeys::Add(Key key) {
  ERR_clear_error();
  const size_t bits =
      key.jwk ? cjose_jwk_get_keysize(key.jwk.get(), nullptr) : 0;
  const bool right =
      bits != 0 && (key.rsa() ? bits >= kMinRsaBits && bits <= kMaxRsaBits
                              : bits == kP256Bits);
  if (!right) {
    return Wrong(absl::StrCat("a key is neither RSA of ", kMinRsaBits, " to ",
                              kMaxRsaBits, " bits nor of the curve P-256"));
  }
  if (keys_.size() >= kMaxKeys) {
    return Wrong(absl::StrCat("there are more than ", kMaxKeys, " keys"));
  }
  keys_.push_back(std::move(key));
  return absl::OkStatus();
}

bool JwtKeys::LooksLikeOne(std::string_view token) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(ToAbsl(token), '.');
  return token.starts_with("ey") && parts.size() == 3 &&
         std::all_of(parts.begin(), parts.end(), IsBase64Url);
}

absl::StatusOr<Verified> JwtKeys::Verify(std::string_view token,
                                         const JwtOptions& options,
                                         absl::Time now) const {
  if (!LooksLikeOne(token)) return TokenError(TokenFault::kMalformed);
  const JwsPtr jws(cjose_jws_import(token.data(), token.size(), nullptr));
  ERR_clear_error();
  uint8_t* text = nullptr;
  size_t size = 0;
  if (!jws || !cjose_jws_get_plaintext(jws.get(), &text, &size, nullptr)) {
    return TokenError(TokenFault::kMalformed);
  }
  cjose_header_t* header = cjose_jws_get_protected(jws.get());
  const auto of = [header](const char* name) -> std::string_view {
    const char* value = cjose_header_get(header, name, nullptr);
    return value ? value : "";
  };
  const std::unique_ptr<char, ReleaseText> critical(
      cjose_header_get_raw(header, "crit", nullptr));
  if (critical) {
    return TokenError(TokenFault::kMalformed, "it has critical extensions");
  }
  const std::string_view algorithm = of(CJOSE_HDR_ALG);
  const std::string_view id = of(CJOSE_HDR_KID);
  std::vector<const Key*> candidates;
  for (const Key& key : keys_) {
    const bool same = id.empty() || key.id.empty() || key.id == id;
    if (same && key.algorithm() == algorithm) candidates.push_back(&key);
  }
  if (candidates.empty()) {
    return TokenError(TokenFault::kUnknown, "no key has its kid and alg");
  }
  // The cheap questions first: signatures are what costs.
  auto verified =
      ReadClaims({reinterpret_cast<const char*>(text), size}, options, now);
  if (!verified.ok()) return verified;
  // Those of its very id before those without one.
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [id](const Key* a, const Key* b) { return a->id == id && b->id != id; });
  for (const Key* key : candidates) {
    const bool right = cjose_jws_verify(jws.get(), key->jwk.get(), nullptr);
    ERR_clear_error();
    if (right) return verified;
  }
  return TokenError(TokenFault::kSignature);
}

absl::StatusOr<Verified> ReadClaims(std::string_view json,
                                    const JwtOptions& options, absl::Time now) {
  const JsonPtr claims = ParseObject(json);
  if (!claims) return TokenError(TokenFault::kMalformed);
  const auto expires = TimeOf(claims.get(), "exp");
  if (!expires) {
    return TokenError(TokenFault::kExpired, "it does not say when (exp)");
  }
  if (now >= *expires + JwtKeys::kLeeway) {
    return TokenError(TokenFault::kExpired);
  }
  if (json_object_get(claims.get(), "nbf") != nullptr) {
    const auto begins = TimeOf(claims.get(), "nbf");
    if (!begins || now < *begins - JwtKeys::kLeeway) {
      return TokenError(TokenFault::kNotYetValid);
    }
  }
  if (!options.issuer.empty() &&
      TextOf(claims.get(), "iss") != options.issuer) {
    return TokenError(TokenFault::kIssuer);
  }
  if (!options.audience.empty() &&
      !HasAudience(claims.get(), options.audience)) {
    return TokenError(TokenFault::kAudience);
  }
  Verified verified;
  verified.expires = *expires + JwtKeys::kLeeway;
  verified.credential.tenant =
      TextOf(claims.get(), options.tenant_claim.c_str());
  if (!pool::CheckTenantName(verified.credential.tenant).ok()) {
    return TokenError(
        TokenFault::kTenant,
        absl::StrCat("its claim \"", options.tenant_claim, "\" is no name"));
  }
  const json_t* role =
      json_object_get(claims.get(), options.role_claim.c_str());
  if (Contains(WordsOf(role), kAdmin)) verified.credential.role = Role::kAdmin;
  return verified;
}

}  // namespace parley::service
