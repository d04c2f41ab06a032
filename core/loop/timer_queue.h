// Tasks by deadline. Adding is O(log n), cancelling O(1): a cancelled entry
// stays in the heap until it surfaces or until such entries outnumber the rest.
// Not synchronised: it belongs to the executor that runs it.
#ifndef PARLEY_CORE_LOOP_TIMER_QUEUE_H_
#define PARLEY_CORE_LOOP_TIMER_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "core/loop/executor.h"

namespace parley {

class TimerQueue {
 public:
  using Task = Executor::Task;
  using TimerId = Executor::TimerId;

  TimerId Add(absl::Duration deadline, Task task);

  // Destroys the task. False when the timer is not (or no longer) here.
  bool Cancel(TimerId timer);

  // The earliest deadline.
  std::optional<absl::Duration> Next();

  // Takes out the first task whose deadline is `now` or earlier, in the order
  // of deadlines and then of Add. nullopt when none is.
  std::optional<Task> TakeDue(absl::Duration now);

  size_t size() const { return tasks_.size(); }
  void Clear();

 private:
  struct Entry {
    absl::Duration deadline;
    uint64_t id;
    // Orders a max-heap so that the earliest deadline is on top.
    friend bool operator<(const Entry& a, const Entry& b) {
      if (a.deadline != b.deadline) return a.deadline > b.deadline;
      return a.id > b.id;
    }
  };

  void DropCancelled();
  void Compact();

  std::vector<Entry> heap_;
  absl::flat_hash_map<uint64_t, Task> tasks_;
  uint64_t last_id_ = 0;
};

}  // namespace parley

#endif  // PARLEY_CORE_LOOP_TIMER_QUEUE_H_
