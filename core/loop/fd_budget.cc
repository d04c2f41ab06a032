#include "core/loop/fd_budget.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <system_error>
#include <vector>

#include "core/base/errors.h"

namespace parley {
namespace {

// What may be opened for a moment besides, as for reading the interfaces.
constexpr int kInPassing = 2;

class RealFds final : public FdSystem {
 public:
  absl::StatusOr<int64_t> Limit() override {
    rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
      return MakeError(
          Reason::kResourceInspection,
          "The limit of file descriptors cannot be read: " +
              std::error_code(errno, std::system_category()).message(),
          {{"operation", "getrlimit"}});
    }
    constexpr auto kMost = std::numeric_limits<int64_t>::max();
    if (limit.rlim_cur > static_cast<rlim_t>(kMost)) return kMost;
    return static_cast<int64_t>(limit.rlim_cur);
  }

  bool CanOpen(int count) override {
    count += kInPassing;
    std::vector<int> fds;
    fds.reserve(count);
    bool open = true;
    for (int i = 0; i < count && open; ++i) {
      const int fd = eventfd(0, EFD_CLOEXEC);
      if (fd < 0) {
        open = false;
      } else {
        fds.push_back(fd);
      }
    }
    for (int fd : fds) close(fd);
    return open;
  }
};

absl::Status Exhausted(std::string message, int64_t limit) {
  return MakeRetryableError(Reason::kFileDescriptors, std::move(message),
                            absl::Seconds(1),
                            {{"limit", std::to_string(limit)}});
}

}  // namespace

FdSystem& SystemFds() {
  static RealFds* const fds = new RealFds;
  return *fds;
}

absl::StatusOr<int64_t> FdBudget::Capacity() const {
  absl::StatusOr<int64_t> limit = system_.Limit();
  if (!limit.ok()) return limit.status();
  return std::max<int64_t>(0, *limit - reserve_);
}

absl::StatusOr<FdBudget::Lease> FdBudget::Reserve(int count) {
  absl::StatusOr<int64_t> capacity = Capacity();
  if (!capacity.ok()) return capacity.status();
  int64_t used = in_use_.load(std::memory_order_relaxed);
  do {
    if (used + count > *capacity) {
      return Exhausted(
          "The file descriptors are used up: close peers, or raise the "
          "process's limit.",
          *capacity);
    }
  } while (!in_use_.compare_exchange_weak(used, used + count));
  Lease lease(*this, count);
  if (!system_.CanOpen(count)) {
    return Exhausted(
        "The system has no file descriptors left, though the budget has.",
        *capacity);
  }
  return lease;
}

}  // namespace parley
