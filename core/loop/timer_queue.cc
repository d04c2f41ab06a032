#include "core/loop/timer_queue.h"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

// Below this many cancelled entries, sweeping them out is not worth it.
constexpr size_t kSlack = 64;

}  // namespace

TimerQueue::TimerId TimerQueue::Add(absl::Duration deadline, Task task) {
  const uint64_t id = ++last_id_;
  tasks_.emplace(id, std::move(task));
  heap_.push_back({deadline, id});
  std::push_heap(heap_.begin(), heap_.end());
  return TimerId{id};
}

bool TimerQueue::Cancel(TimerId timer) {
  auto it = tasks_.find(static_cast<uint64_t>(timer));
  if (it == tasks_.end()) return false;
  // The task's destructor may come back here.
  Task task = std::move(it->second);
  tasks_.erase(it);
  if (heap_.size() > 2 * tasks_.size() + kSlack) Compact();
  return true;
}

std::optional<absl::Duration> TimerQueue::Next() {
  DropCancelled();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().deadline;
}

std::optional<TimerQueue::Task> TimerQueue::TakeDue(absl::Duration now) {
  DropCancelled();
  if (heap_.empty() || heap_.front().deadline > now) return std::nullopt;
  auto it = tasks_.find(heap_.front().id);
  std::optional<Task> task = std::move(it->second);
  tasks_.erase(it);
  std::pop_heap(heap_.begin(), heap_.end());
  heap_.pop_back();
  return task;
}

void TimerQueue::Clear() {
  heap_.clear();
  auto tasks = std::exchange(tasks_, {});
}

void TimerQueue::DropCancelled() {
  while (!heap_.empty() && !tasks_.contains(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
}

void TimerQueue::Compact() {
  std::erase_if(heap_,
                [this](const Entry& e) { return !tasks_.contains(e.id); });
  std::make_heap(heap_.begin(), heap_.end());
}

}  // namespace parley
