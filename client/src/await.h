// From a callback to a blocking form.
// Safe for concurrent use.
#ifndef PARLEY_CLIENT_SRC_AWAIT_H_
#define PARLEY_CLIENT_SRC_AWAIT_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace parley::client::internal {

// Waits for what `start` is given a callback for. `abandon` takes that callback
// back and says whether it was still there; if not, it is about to run.
template <typename T>
absl::StatusOr<T> Await(
    absl::Duration timeout,
    const std::function<void(std::function<void(absl::StatusOr<T>)>)>& start,
    const std::function<bool()>& abandon) {
  struct Shared {
    absl::StatusOr<T> value;
    absl::Notification ready;
  };
  // Shared, as the callback may still be in Notify when the wait returns.
  auto shared = std::make_shared<Shared>();
  start([shared](absl::StatusOr<T> value) {
    shared->value = std::move(value);
    shared->ready.Notify();
  });
  if (!shared->ready.WaitForNotificationWithTimeout(timeout)) {
    if (abandon()) {
      return absl::DeadlineExceededError("nothing came in time");
    }
    shared->ready.WaitForNotification();
  }
  return std::move(shared->value);
}

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_AWAIT_H_
