// JSON Web Tokens (RFC 7519, signed as RFC 7515 with RS256 or ES256): the keys
// they are verified by, and what they say of who shows them. JOSE itself is
// libcjose's.
//
// Safe for concurrent use.
#ifndef PARLEY_SERVICE_JWT_H_
#define PARLEY_SERVICE_JWT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/access_options.h"
#include "service/caller.h"
#include "service/token_fault.h"

namespace parley::service {

// Who a token stands for, and until when.
struct Verified {
  Credential credential;
  absl::Time expires = absl::InfiniteFuture();
};

class JwtKeys {
 public:
  // How far the clock of an issuer may be off.
  static constexpr absl::Duration kLeeway = absl::Seconds(30);
  // All of them are tried for a token that names none.
  static constexpr size_t kMaxKeys = 32;

  // Of files in PEM form (public keys, or certificates of them) or JWK sets
  // (RFC 7517): RSA of at least 2048 bits, or P-256. The error says what is
  // wrong with which key.
  static absl::StatusOr<std::shared_ptr<const JwtKeys>> Parse(
      const std::vector<std::string>& files);
  ~JwtKeys();

  // Whether it has the form of one.
  static bool LooksLikeOne(std::string_view token);

  // TOKEN if it is none that counts now. The algorithm is the key's, whatever
  // the token says.
  absl::StatusOr<Verified> Verify(std::string_view token,
                                  const JwtOptions& options,
                                  absl::Time now) const;

 private:
  struct Key;

  JwtKeys();
  absl::Status AddFile(const std::string& text);
  absl::Status AddPem(const std::string& text);
  absl::Status AddSet(const std::string& text);
  absl::Status Add(Key key);

  std::vector<Key> keys_;
};

// What the claims say (the JSON text between the signatures' dots), apart from
// the signature. Pure.
absl::StatusOr<Verified> ReadClaims(std::string_view json,
                                    const JwtOptions& options, absl::Time now);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_JWT_H_
