// How an error of core/ reaches a caller: as the status of a call, or as the
// parley.v1.Error of one part of a call. Pure functions.
//
// A status carries google.rpc.Status in its details: always one ErrorInfo
// {reason, domain "parley", metadata with dom_exception}, then RetryInfo,
// BadRequest, PreconditionFailure or QuotaFailure where they fit. Message and
// details together keep well below the 8 KiB that gRPC clients take in
// trailers, and are UTF-8 whatever went in.
#ifndef PARLEY_SERVICE_STATUS_H_
#define PARLEY_SERVICE_STATUS_H_

#include <string_view>

#include "absl/status/status.h"

namespace grpc {
class Status;
}

namespace parley::v1 {
class Error;
}

namespace parley::service {

// The domain of every ErrorInfo.
inline constexpr std::string_view kErrorDomain = "parley";

grpc::Status ToGrpcStatus(const absl::Status& status);

// Fills the error of one part of a call. The status must not be OK.
void ToProto(const absl::Status& status, v1::Error* error);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_STATUS_H_
