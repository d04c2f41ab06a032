#include "core/crypto/certificate_stock.h"

#include <utility>

#include "core/base/errors.h"
#include "core/crypto/key_thread.h"

namespace parley::crypto {
namespace {

constexpr absl::Duration kRest = absl::Seconds(1);

absl::Status Stopped() {
  return MakeRetryableError(Reason::kCertificateGeneration,
                            "the server is stopping: no certificate is made",
                            kRest);
}

}  // namespace

CertificateStock::CertificateStock(Options options, Generator generator,
                                   const Clock& clock)
    : options_(options),
      generator_(std::move(generator)),
      clock_(clock),
      thread_([this] { Run(); }) {}

CertificateStock::~CertificateStock() {
  std::deque<Callback> abandoned;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    abandoned.swap(waiting_);
  }
  thread_.join();
  for (Callback& callback : abandoned) callback(Stopped());
}

void CertificateStock::Take(Callback callback) {
  CertificatePtr taken;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time limit = clock_.Now() + options_.min_remaining;
    while (!ready_.empty() && taken == nullptr) {
      if (!ready_.front()->ExpiredAt(limit)) taken = std::move(ready_.front());
      ready_.pop_front();
    }
    if (taken == nullptr) {
      waiting_.push_back(std::move(callback));
      return;
    }
    ++counters_.taken;
  }
  callback(std::move(taken));
}

CertificateStock::Counters CertificateStock::counters() const {
  absl::MutexLock lock(&mutex_);
  Counters counters = counters_;
  counters.ready = ready_.size();
  counters.waiting = waiting_.size();
  return counters;
}

bool CertificateStock::HasWork() const {
  return stopping_ || !waiting_.empty() ||
         (!resting_ && ready_.size() < options_.capacity);
}

void CertificateStock::Run() {
  PrepareKeyThread("certificates", options_.niceness);
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const absl::Duration patience =
          resting_ ? kRest : absl::InfiniteDuration();
      mutex_.AwaitWithTimeout(absl::Condition(this, &CertificateStock::HasWork),
                              patience);
      if (stopping_) return;
      resting_ = false;
      if (!HasWork()) continue;
    }
    Settle(generator_());
  }
}

void CertificateStock::Settle(absl::StatusOr<CertificatePtr> made) {
  std::deque<Callback> served;
  {
    absl::MutexLock lock(&mutex_);
    if (!made.ok()) {
      ++counters_.failed;
      resting_ = true;
      served.swap(waiting_);
    } else {
      ++counters_.generated;
      if (waiting_.empty()) {
        ready_.push_back(*std::move(made));
        return;
      }
      ++counters_.taken;
      served.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  for (Callback& callback : served) callback(made);
}

}  // namespace parley::crypto
