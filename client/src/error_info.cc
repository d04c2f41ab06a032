#include "parley/error_info.h"

#include "absl/strings/cord.h"
#include "client/src/durations.h"
#include "google/rpc/error_details.pb.h"
#include "parley/v1/error.pb.h"

namespace parley::client {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kDomain[] = "parley";
constexpr char kDomException[] = "dom_exception";

// The detail of this type, if the status has a well-formed one.
template <typename Detail>
std::optional<Detail> GetDetail(const absl::Status& status, const char* url) {
  auto payload = status.GetPayload(url);
  Detail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  return detail;
}

}  // namespace

std::optional<ErrorInfo> GetErrorInfo(const absl::Status& status) {
  const auto detail = GetDetail<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  if (!detail.has_value() || detail->domain() != kDomain) return std::nullopt;
  ErrorInfo info;
  info.reason = detail->reason();
  for (const auto& [key, value] : detail->metadata()) {
    (key == kDomException ? info.dom_exception : info.metadata[key]) = value;
  }
  if (const auto retry =
          GetDetail<google::rpc::RetryInfo>(status, kRetryInfoUrl)) {
    info.retry_delay = internal::FromProto(retry->retry_delay());
  }
  return info;
}

bool HasReason(const absl::Status& status, std::string_view reason) {
  const auto info = GetErrorInfo(status);
  return info.has_value() && info->reason == reason;
}

absl::Status ToStatus(const v1::Error& error) {
  // Code 0 would be a success: a server's fault, not a reason to lose the
  // error.
  absl::Status status(error.code() == 0
                          ? absl::StatusCode::kUnknown
                          : static_cast<absl::StatusCode>(error.code()),
                      error.message());
  google::rpc::ErrorInfo detail;
  detail.set_reason(error.reason());
  detail.set_domain(kDomain);
  *detail.mutable_metadata() = error.metadata();
  if (!error.dom_exception().empty()) {
    (*detail.mutable_metadata())[kDomException] = error.dom_exception();
  }
  status.SetPayload(kErrorInfoUrl, absl::Cord(detail.SerializeAsString()));
  return status;
}

}  // namespace parley::client
