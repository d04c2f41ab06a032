// What can be wrong with who a caller says to be. Pure.
#ifndef PARLEY_SERVICE_TOKEN_FAULT_H_
#define PARLEY_SERVICE_TOKEN_FAULT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parley::service {

enum class TokenFault {
  kMissing,      // no token, nor another proof
  kMalformed,    // not "Bearer TOKEN", or no token at all
  kUnknown,      // no static token, and no key of its issuer is known
  kSignature,    // not signed by the key
  kExpired,      // no more, or it never says until when
  kNotYetValid,  // not yet
  kIssuer,       // of another issuer
  kAudience,     // for somebody else
  kTenant,       // names no tenant, or none that can be
  kCertificate,  // the subject of the TLS certificate names no tenant
};
inline constexpr size_t kTokenFaults = 10;

// "missing", "not_yet_valid": metadata `cause` of the error, and label of the
// metric.
std::string_view TokenFaultName(TokenFault fault);

// UNAUTHENTICATED/TOKEN, with what to do about it. `detail` says more, and
// nothing of the token that its sender may not read everywhere.
absl::Status TokenError(TokenFault fault, std::string_view detail = {});
// What TokenError put in; nullopt: another error.
std::optional<TokenFault> FindTokenFault(const absl::Status& status);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_TOKEN_FAULT_H_
