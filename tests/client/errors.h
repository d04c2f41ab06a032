// Errors as the server makes them. Stateless.
#ifndef PARLEY_TESTS_CLIENT_ERRORS_H_
#define PARLEY_TESTS_CLIENT_ERRORS_H_

#include <map>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "parley/error_info.h"
#include "parley/v1/error.pb.h"

namespace parley::client {

inline v1::Error MakeError(absl::StatusCode code, const std::string& reason,
                           std::map<std::string, std::string> metadata = {}) {
  v1::Error error;
  error.set_code(static_cast<int>(code));
  error.set_reason(reason);
  error.set_message("for the test");
  for (auto& [key, value] : metadata) {
    (*error.mutable_metadata())[key] = std::move(value);
  }
  return error;
}

inline absl::Status MakeStatus(
    absl::StatusCode code, const std::string& reason,
    std::map<std::string, std::string> metadata = {}) {
  return ToStatus(MakeError(code, reason, std::move(metadata)));
}

inline absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(delay));
  info.mutable_retry_delay()->set_nanos(
      static_cast<int>((delay % absl::Seconds(1)) / absl::Nanoseconds(1)));
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                    absl::Cord(info.SerializeAsString()));
  return status;
}

}  // namespace parley::client

#endif  // PARLEY_TESTS_CLIENT_ERRORS_H_
