// How many file descriptors may still be opened, known before the attempt: some
// libraries abort the process when they cannot have one. Safe for concurrent
// use.
#ifndef PARLEY_CORE_LOOP_FD_BUDGET_H_
#define PARLEY_CORE_LOOP_FD_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parley {

// What the system says of descriptors; replaced in tests. Implementations are
// safe for concurrent use.
class FdSystem {
 public:
  virtual ~FdSystem() = default;
  // How many descriptors the process may have.
  virtual absl::StatusOr<int64_t> Limit() = 0;
  // Whether that many more could be opened at this moment, whatever has used
  // up the others.
  virtual bool CanOpen(int count) = 0;
};

// getrlimit, and a trial. Lives for ever.
FdSystem& SystemFds();

class FdBudget {
 public:
  // Descriptors set aside, given back when it is destroyed. The budget must
  // outlive it.
  class Lease {
   public:
    Lease() = default;
    Lease(FdBudget& budget, int count) : budget_(&budget), count_(count) {}
    Lease(Lease&& other) noexcept
        : budget_(other.budget_), count_(std::exchange(other.count_, 0)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(count_, other.count_);
      return *this;
    }
    ~Lease() {
      if (count_ != 0) budget_->in_use_ -= count_;
    }
    int count() const { return count_; }

   private:
    FdBudget* budget_ = nullptr;
    int count_ = 0;
  };

  // `reserve` of the process's descriptors are left for everything that does
  // not ask here: connections, files, libraries.
  explicit FdBudget(int64_t reserve, FdSystem& system = SystemFds())
      : reserve_(reserve), system_(system) {}
  FdBudget(const FdBudget&) = delete;
  FdBudget& operator=(const FdBudget&) = delete;

  // Sets `count` descriptors aside. Errors: FILE_DESCRIPTORS (with a retry
  // delay) when the budget has not as many left or the system would not open
  // them; RESOURCE_INSPECTION when the limit cannot be read.
  absl::StatusOr<Lease> Reserve(int count);

  int64_t in_use() const { return in_use_.load(std::memory_order_relaxed); }
  // What can be reserved in all. Error: RESOURCE_INSPECTION.
  absl::StatusOr<int64_t> Capacity() const;

 private:
  const int64_t reserve_;
  FdSystem& system_;
  std::atomic<int64_t> in_use_ = 0;
};

}  // namespace parley

#endif  // PARLEY_CORE_LOOP_FD_BUDGET_H_
