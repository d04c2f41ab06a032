#include "core/crypto/fingerprint.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/crypto/openssl_error.h"

namespace parley::crypto {
namespace {

struct Hash {
  std::string_view name;
  const EVP_MD* (*function)();
  size_t size;
};

constexpr Hash kHashes[] = {
    {"sha-1", EVP_sha1, 20},     {"sha-224", EVP_sha224, 28},
    {"sha-256", EVP_sha256, 32}, {"sha-384", EVP_sha384, 48},
    {"sha-512", EVP_sha512, 64},
};

bool SameText(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(ToAbsl(a), ToAbsl(b));
}

const Hash* FindHash(std::string_view name) {
  for (const Hash& hash : kHashes) {
    if (SameText(hash.name, name)) return &hash;
  }
  return nullptr;
}

absl::Status UnknownHash(std::string_view name) {
  return MakeError(Reason::kNotSupported,
                   "the fingerprint algorithm is none of sha-1, sha-224, "
                   "sha-256, sha-384, sha-512",
                   {{"algorithm", std::string(name.substr(0, 32))}});
}

absl::Status NotAFingerprint() {
  return MakeError(Reason::kArgument,
                   "a fingerprint is an algorithm, a space and the hash's "
                   "octets in hexadecimal with colons between them");
}

std::string ToHex(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() * 3);
  for (const uint8_t byte : bytes) {
    if (!out.empty()) out += ':';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

bool IsHex(std::string_view text, size_t octets) {
  if (text.size() != octets * 3 - 1) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool colon = i % 3 == 2;
    if (colon ? text[i] != ':' : !absl::ascii_isxdigit(text[i])) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Fingerprint> MakeFingerprint(
    std::string_view algorithm, std::span<const uint8_t> certificate_der) {
  const Hash* hash = FindHash(algorithm);
  if (hash == nullptr) return UnknownHash(algorithm);
  uint8_t digest[EVP_MAX_MD_SIZE];
  if (EVP_Digest(certificate_der.data(), certificate_der.size(), digest,
                 nullptr, hash->function(), nullptr) != 1) {
    return MakeError(Reason::kInternal,
                     "hashing failed in OpenSSL: " + TakeOpenSslError());
  }
  return Fingerprint{.algorithm = std::string(hash->name),
                     .value = ToHex({digest, hash->size})};
}

absl::StatusOr<Fingerprint> ParseFingerprint(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return NotAFingerprint();
  const std::string_view algorithm = text.substr(0, space);
  const std::string_view value = text.substr(space + 1);
  const Hash* hash = FindHash(algorithm);
  if (hash == nullptr) return UnknownHash(algorithm);
  if (!IsHex(value, hash->size)) return NotAFingerprint();
  return Fingerprint{.algorithm = std::string(hash->name),
                     .value = absl::AsciiStrToUpper(ToAbsl(value))};
}

bool SameFingerprint(const Fingerprint& a, const Fingerprint& b) {
  return SameText(a.algorithm, b.algorithm) && SameText(a.value, b.value);
}

bool MatchesAny(std::span<const Fingerprint> fingerprints,
                std::span<const uint8_t> certificate_der) {
  return std::any_of(
      fingerprints.begin(), fingerprints.end(), [&](const Fingerprint& given) {
        const auto made = MakeFingerprint(given.algorithm, certificate_der);
        return made.ok() && SameFingerprint(*made, given);
      });
}

}  // namespace parley::crypto
