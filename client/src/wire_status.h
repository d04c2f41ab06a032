// From gRPC's status to absl's. Stateless.
#ifndef PARLEY_CLIENT_SRC_WIRE_STATUS_H_
#define PARLEY_CLIENT_SRC_WIRE_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace parley::client::internal {

// The code, the message, and each detail of grpc-status-details-bin as a
// payload under its type URL.
absl::Status FromWire(const grpc::Status& status);

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_WIRE_STATUS_H_
