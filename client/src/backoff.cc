#include "client/src/backoff.h"

#include <algorithm>

#include "parley/error_info.h"

namespace parley::client::internal {

absl::Duration Backoff(int failures, absl::Duration initial, absl::Duration max,
                       double random) {
  absl::Duration delay = initial;
  for (int i = 1; i < failures && delay < max; ++i) delay *= 2;
  return std::min(delay, max) * (1 - 0.2 * random);
}

bool StreamBroke(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:  // cut short by something in between
    case absl::StatusCode::kUnavailable:
      return true;
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kDeadlineExceeded:
      return !GetErrorInfo(status).has_value();
    default:
      return false;
  }
}

}  // namespace parley::client::internal
