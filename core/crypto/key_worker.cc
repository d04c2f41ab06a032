#include "core/crypto/key_worker.h"

#include <utility>

#include "absl/time/time.h"
#include "core/base/errors.h"
#include "core/crypto/key_thread.h"

namespace parley::crypto {
namespace {

constexpr int kWorkerNiceness = 10;
constexpr absl::Duration kWorkerRetryDelay = absl::Seconds(1);

absl::Status TooManyWait(size_t limit) {
  return MakeRetryableError(
      Reason::kRate,
      "as many keys as may are waiting to be made; call again after the delay",
      kWorkerRetryDelay, {{"limit", std::to_string(limit)}});
}

absl::Status WorkerStopped() {
  return MakeRetryableError(Reason::kDraining,
                            "the server is stopping: no key is made",
                            kWorkerRetryDelay);
}

}  // namespace

void KeyWorker::Run(Task task) {
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      refused = WorkerStopped();
    } else if (waiting_.size() >= capacity_) {
      refused = TooManyWait(capacity_);
    } else {
      waiting_.push_back(std::move(task));
      if (!thread_.joinable()) thread_ = std::thread([this] { Work(); });
      return;
    }
  }
  task(std::move(refused));
}

void KeyWorker::Stop() {
  std::deque<Task> abandoned;
  std::thread thread;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    abandoned.swap(waiting_);
    thread = std::move(thread_);
  }
  for (Task& task : abandoned) task(WorkerStopped());
  if (thread.joinable()) thread.join();
}

void KeyWorker::Work() {
  PrepareKeyThread("keys", kWorkerNiceness);
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &KeyWorker::HasWork));
      if (stopping_) return;
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    task(absl::OkStatus());
  }
}

}  // namespace parley::crypto
