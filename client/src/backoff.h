// How long to wait before trying again. Stateless.
#ifndef PARLEY_CLIENT_SRC_BACKOFF_H_
#define PARLEY_CLIENT_SRC_BACKOFF_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace parley::client::internal {

// After `failures` failures in a row (1 or more): initial * 2^(failures-1), at
// most max, less up to a fifth: `random` is in [0, 1).
absl::Duration Backoff(int failures, absl::Duration initial, absl::Duration max,
                       double random);

// Whether the status says that a stream broke on its way, not that the server
// refused it: what a proxy or gRPC itself makes of a lost connection.
bool StreamBroke(const absl::Status& status);

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_BACKOFF_H_
