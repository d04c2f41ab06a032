#include "service/drainer.h"

#include <algorithm>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace parley::service {
namespace {

constexpr char kDetail[] = "the server drains";
// How long the network may hold up the close of a peer; then it is left behind.
constexpr absl::Duration kClosing = absl::Seconds(5);

}  // namespace

void Drainer::Begin(absl::Time deadline) {
  {
    absl::MutexLock lock(&mutex_);
    if (finishing_) return;
    deadline_ = deadline;
    timer_.Set(std::max(deadline - absl::Now(), absl::ZeroDuration()),
               [weak = std::weak_ptr(self_)] {
                 if (const auto self = weak.lock()) (*self)->ClosePeers();
               });
  }
  set_serving_(false);
  pool_.Drain(deadline);
}

void Drainer::Cancel() {
  {
    absl::MutexLock lock(&mutex_);
    if (finishing_ || !deadline_) return;
    deadline_.reset();
    timer_.Cancel();
  }
  pool_.EndDrain();
  set_serving_(true);
}

void Drainer::Finish(absl::Time notice, absl::Time deadline) {
  {
    absl::MutexLock lock(&mutex_);
    finishing_ = true;
    deadline_ = deadline;
    timer_.Cancel();
  }
  set_serving_(false);
  pool_.Drain(deadline);
  // Shared, because they may come after this call has given up waiting.
  auto empty = std::make_shared<absl::Notification>();
  pool_.NotifyWhenEmpty([empty] { empty->Notify(); });
  empty->WaitForNotificationWithDeadline(deadline);
  absl::SleepFor(std::min(notice, deadline) - absl::Now());
  auto gone = std::make_shared<absl::Notification>();
  pool_.Shutdown(peer::CloseReason::kDrained, kDetail,
                 [gone] { gone->Notify(); });
  gone->WaitForNotificationWithTimeout(kClosing);
}

std::optional<absl::Time> Drainer::deadline() const {
  absl::MutexLock lock(&mutex_);
  return deadline_;
}

void Drainer::ClosePeers() {
  {
    absl::MutexLock lock(&mutex_);
    // It was cancelled or moved just now.
    if (!deadline_ || *deadline_ > absl::Now()) return;
  }
  pool_.CloseAll(peer::CloseReason::kDrained, kDetail);
}

}  // namespace parley::service
