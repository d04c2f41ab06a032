// The file of static tokens: a line for each, with its tenant, its role and
// itself, or its SHA-256 in place of itself. Pure functions.
//
//   # comment
//   acme   user   8fQ2...
//   acme   admin  sha256:9f86d081884c7d65...
#ifndef PARLEY_SERVICE_TOKEN_FILE_H_
#define PARLEY_SERVICE_TOKEN_FILE_H_

#include <cstddef>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "service/caller.h"
#include "service/token_digest.h"

namespace parley::service {

// A shorter token can be guessed; a longer one is none.
inline constexpr size_t kMinTokenBytes = 16;
inline constexpr size_t kMaxTokenBytes = 8192;
inline constexpr size_t kMaxTokensOfFile = 100'000;

using TokenTable = absl::flat_hash_map<TokenDigest, Credential>;

// Tokens are of the characters of RFC 6750: letters, digits and -._~+/=. Errors
// name the line and what is wrong with it, and never quote it.
absl::StatusOr<TokenTable> ParseTokenFile(std::string_view text);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_TOKEN_FILE_H_
