#include "service/status.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "core/base/errors.h"
#include "core/base/strings.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"
#include "parley/v1/error.pb.h"
#include "service/utf8.h"

namespace parley::service {
namespace {

constexpr size_t kMaxMessageBytes = 512;
constexpr size_t kMaxKeyBytes = 64;
constexpr size_t kMaxValueBytes = 256;
constexpr size_t kMaxMetadataBytes = 2048;
constexpr char kDomExceptionKey[] = "dom_exception";

// What the status says, brought within bounds. An error that core/ did not make
// is a fault of ours.
struct Told {
  Error error;
  std::string exception;
  std::string message;
};

Told Tell(const absl::Status& status) {
  Told told;
  if (std::optional<Error> error = GetError(status)) {
    told.error = *std::move(error);
  }
  told.exception = DomExceptionName(told.error.exception);
  told.message = ToBoundedUtf8(ToStd(status.message()), kMaxMessageBytes);
  size_t bytes = 0;
  ErrorMetadata bounded;
  for (const auto& [key, value] : told.error.metadata) {
    if (key == kDomExceptionKey) {
      told.exception = value;
      continue;
    }
    bounded.emplace_back(ToBoundedUtf8(key, kMaxKeyBytes),
                         ToBoundedUtf8(value, kMaxValueBytes));
    bytes += bounded.back().first.size() + bounded.back().second.size();
    if (bytes > kMaxMetadataBytes) {
      bounded.pop_back();
      break;
    }
  }
  told.error.metadata = std::move(bounded);
  return told;
}

std::string_view Find(const ErrorMetadata& metadata, std::string_view key) {
  const auto found =
      std::find_if(metadata.begin(), metadata.end(),
                   [key](const auto& entry) { return entry.first == key; });
  return found == metadata.end() ? std::string_view() : found->second;
}

void AddErrorInfo(const Told& told, google::rpc::Status& out) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(told.error.reason)));
  info.set_domain(std::string(kErrorDomain));
  for (const auto& [key, value] : told.error.metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  if (!told.exception.empty()) {
    (*info.mutable_metadata())[kDomExceptionKey] = told.exception;
  }
  out.add_details()->PackFrom(info);
}

void AddRetryInfo(absl::Duration delay, google::rpc::Status& out) {
  google::rpc::RetryInfo retry;
  absl::Duration rest;
  retry.mutable_retry_delay()->set_seconds(
      absl::IDivDuration(delay, absl::Seconds(1), &rest));
  retry.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  out.add_details()->PackFrom(retry);
}

void AddBadRequest(const Told& told, std::string_view field,
                   google::rpc::Status& out) {
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(told.message);
  out.add_details()->PackFrom(bad);
}

void AddPreconditionFailure(const Told& told, google::rpc::Status& out) {
  google::rpc::PreconditionFailure failure;
  auto* violation = failure.add_violations();
  violation->set_type(std::string(ReasonName(told.error.reason)));
  violation->set_subject(std::string(Find(told.error.metadata, "peer")));
  violation->set_description(told.message);
  out.add_details()->PackFrom(failure);
}

void AddQuotaFailure(const Told& told, google::rpc::Status& out) {
  google::rpc::QuotaFailure failure;
  auto* violation = failure.add_violations();
  violation->set_subject(std::string(ReasonName(told.error.reason)));
  violation->set_description(told.message);
  out.add_details()->PackFrom(failure);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const Told told = Tell(status);
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(told.message);
  AddErrorInfo(told, details);
  if (told.error.retry_delay) AddRetryInfo(*told.error.retry_delay, details);
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    const std::string_view field = Find(told.error.metadata, "field");
    if (!field.empty()) AddBadRequest(told, field, details);
  } else if (status.code() == absl::StatusCode::kFailedPrecondition) {
    AddPreconditionFailure(told, details);
  } else if (status.code() == absl::StatusCode::kResourceExhausted) {
    AddQuotaFailure(told, details);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      told.message, details.SerializeAsString());
}

void ToProto(const absl::Status& status, v1::Error* error) {
  Told told = Tell(status);
  error->set_code(static_cast<int>(status.code()));
  error->set_reason(std::string(ReasonName(told.error.reason)));
  error->set_dom_exception(std::move(told.exception));
  error->set_message(std::move(told.message));
  for (auto& [key, value] : told.error.metadata) {
    (*error->mutable_metadata())[key] = std::move(value);
  }
}

}  // namespace parley::service
