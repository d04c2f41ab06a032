// How much memory peers may take together, known before one is made. What a
// peer takes is not measured but set aside: a process whose allocator keeps
// what was freed would else refuse peers for ever after a busy hour. Safe for
// concurrent use.
#ifndef PARLEY_CORE_POOL_MEMORY_BUDGET_H_
#define PARLEY_CORE_POOL_MEMORY_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "core/peer/peer_types.h"

namespace parley::pool {

class MemoryBudget {
 public:
  // Bytes set aside, given back when it is destroyed. The budget must outlive
  // it.
  class Lease {
   public:
    Lease() = default;
    Lease(MemoryBudget& budget, int64_t bytes)
        : budget_(&budget), bytes_(bytes) {}
    Lease(Lease&& other) noexcept
        : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Lease() {
      if (bytes_ != 0) budget_->in_use_ -= bytes_;
    }

   private:
    MemoryBudget* budget_ = nullptr;
    int64_t bytes_ = 0;
  };

  // `limit` of the process, 0: none; `own` of that is not for peers.
  MemoryBudget(int64_t limit, int64_t own) : limit_(limit), in_use_(own) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Error: MEMORY, with a retry delay.
  absl::StatusOr<Lease> Reserve(int64_t bytes);

  int64_t limit() const { return limit_; }
  // What is not for peers included.
  int64_t in_use() const { return in_use_.load(std::memory_order_relaxed); }

 private:
  const int64_t limit_;
  std::atomic<int64_t> in_use_;
};

// What a server takes without peers, besides the history of their events.
inline constexpr int64_t kServerBytes = 30 << 20;

// What a peer takes once it is connected, with the overhead of the allocator,
// but without what it has yet to send, and what is yet to be read of it: these
// have limits of their own.
int64_t BytesOf(const peer::PeerInit& init);

// The least of the limits that the process's control groups set; nullopt
// without one. The two are /proc/self/cgroup and /sys/fs/cgroup.
std::optional<int64_t> CgroupMemoryLimit(const std::string& membership,
                                         const std::string& mount);

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_MEMORY_BUDGET_H_
