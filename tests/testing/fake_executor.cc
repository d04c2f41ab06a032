#include "tests/testing/fake_executor.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "gtest/gtest.h"

namespace parley::testing {

bool FakeExecutor::Post(Task task) {
  absl::ReleasableMutexLock lock(&mutex_);
  if (stopped_) {
    lock.Release();
    return false;
  }
  posted_.push_back(std::move(task));
  return true;
}

Executor::TimerId FakeExecutor::RunAfter(absl::Duration delay, Task task) {
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return TimerId::kNone;
  }
  return timers_.Add(clock_.Monotonic() + std::max(delay, absl::ZeroDuration()),
                     std::move(task));
}

bool FakeExecutor::OnExecutor() const {
  return std::this_thread::get_id() == thread_;
}

size_t FakeExecutor::RunReady() {
  constexpr size_t kMost = 100'000;
  size_t ran = 0;
  while (ran < kMost) {
    std::vector<Task> tasks;
    {
      absl::MutexLock lock(&mutex_);
      tasks.swap(posted_);
    }
    if (std::optional<Task> due = timers_.TakeDue(clock_.Monotonic())) {
      tasks.push_back(*std::move(due));
    }
    if (tasks.empty()) return ran;
    for (Task& task : tasks) {
      task();
      task = nullptr;
      ++ran;
    }
  }
  ADD_FAILURE() << "the executor's tasks never end";
  return ran;
}

void FakeExecutor::Advance(absl::Duration by) {
  const absl::Duration end = clock_.Monotonic() + by;
  RunReady();
  for (;;) {
    const std::optional<absl::Duration> next = timers_.Next();
    if (!next || *next > end) break;
    clock_.Advance(*next - clock_.Monotonic());
    RunReady();
  }
  clock_.Advance(end - clock_.Monotonic());
}

void FakeExecutor::Stop() {
  std::vector<Task> tasks;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    tasks.swap(posted_);
  }
  tasks.clear();
  timers_.Clear();
}

}  // namespace parley::testing
