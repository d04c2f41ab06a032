// What is kept of a secret token to know it again. Safe for concurrent use.
#ifndef PARLEY_SERVICE_TOKEN_DIGEST_H_
#define PARLEY_SERVICE_TOKEN_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace parley::service {

// SHA-256. To compare two tells nothing of the tokens, however long it takes.
struct TokenDigest {
  std::array<uint8_t, 32> bytes = {};

  bool operator==(const TokenDigest&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const TokenDigest& digest) {
    // As good as any, being as good as random.
    uint64_t first = 0;
    memcpy(&first, digest.bytes.data(), sizeof(first));
    return H::combine(std::move(state), first);
  }
};

TokenDigest DigestToken(std::string_view token);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_TOKEN_DIGEST_H_
