#include "core/base/strand.h"

#include <utility>

namespace parley {

void Strand::Post(Task task) {
  {
    absl::MutexLock lock(&mutex_);
    if (running_) {
      queue_.push_back(std::move(task));
      return;
    }
    running_ = true;
  }
  task();
  // `task` may hold the last reference to the strand's owner: it lives until
  // the queue was found empty.
  Drain();
}

void Strand::Drain() {
  std::vector<Task> batch;
  for (;;) {
    batch.clear();
    {
      absl::MutexLock lock(&mutex_);
      if (queue_.empty()) {
        running_ = false;
        return;
      }
      batch.swap(queue_);
    }
    for (Task& task : batch) task();
  }
}

}  // namespace parley
