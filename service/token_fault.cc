#include "service/token_fault.h"

#include <array>
#include <utility>

#include "core/base/errors.h"

namespace parley::service {
namespace {

struct Row {
  std::string_view name;
  std::string_view message;
};

constexpr std::array<Row, kTokenFaults> kFaults = {{
    {"missing", "the call has no token"},
    {"malformed", "what the header authorization has is no token"},
    {"unknown", "the token is not known here"},
    {"signature", "the token is not signed by a key that is known here"},
    {"expired", "the token has expired"},
    {"not_yet_valid", "the token is not valid yet"},
    {"issuer", "the token is of another issuer"},
    {"audience", "the token is for another audience"},
    {"tenant", "the token names no tenant"},
    {"certificate", "the subject of the TLS certificate names no tenant"},
}};

constexpr std::string_view kCause = "cause";

}  // namespace

std::string_view TokenFaultName(TokenFault fault) {
  return kFaults[static_cast<size_t>(fault)].name;
}

absl::Status TokenError(TokenFault fault, std::string_view detail) {
  std::string message(kFaults[static_cast<size_t>(fault)].message);
  if (!detail.empty()) message.append(": ").append(detail);
  message +=
      fault == TokenFault::kCertificate
          ? "; show one whose O is the tenant"
          : "; send the header \"authorization: Bearer TOKEN\" with a valid "
            "one";
  return MakeError(Reason::kToken, std::move(message),
                   {{std::string(kCause), std::string(TokenFaultName(fault))}});
}

std::optional<TokenFault> FindTokenFault(const absl::Status& status) {
  const std::optional<Error> error = GetError(status);
  if (!error || error->reason != Reason::kToken) return std::nullopt;
  for (const auto& [key, value] : error->metadata) {
    if (key != kCause) continue;
    for (size_t i = 0; i < kFaults.size(); ++i) {
      if (kFaults[i].name == value) return static_cast<TokenFault>(i);
    }
  }
  return std::nullopt;
}

}  // namespace parley::service
