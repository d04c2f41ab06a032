// Time that a test turns by hand. Safe for concurrent use.
#ifndef PARLEY_TESTS_CLIENT_FAKE_TIME_H_
#define PARLEY_TESTS_CLIENT_FAKE_TIME_H_

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/src/time_source.h"

namespace parley::client::internal {

class FakeTime : public TimeSource {
 public:
  absl::Time Now() override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }

  std::unique_ptr<Timer> RunAfter(absl::Duration delay,
                                  std::function<void()> callback) override {
    absl::MutexLock lock(&mutex_);
    const auto key = std::make_pair(now_ + delay, ++next_);
    timers_.emplace(key, std::move(callback));
    return std::make_unique<FakeTimer>(*this, key);
  }

  // Runs what falls due, in order, at its own time each.
  void Advance(absl::Duration by) {
    const absl::Time end = Now() + by;
    while (RunNext(end)) continue;
    absl::MutexLock lock(&mutex_);
    now_ = end;
  }

  size_t timers() {
    absl::MutexLock lock(&mutex_);
    return timers_.size();
  }

 private:
  using Key = std::pair<absl::Time, int>;

  class FakeTimer : public Timer {
   public:
    FakeTimer(FakeTime& time, Key key) : time_(time), key_(key) {}
    ~FakeTimer() override {
      std::function<void()> callback;  // goes when the lock is released
      absl::MutexLock lock(&time_.mutex_);
      const auto it = time_.timers_.find(key_);
      if (it == time_.timers_.end()) return;
      callback = std::move(it->second);
      time_.timers_.erase(it);
    }

   private:
    FakeTime& time_;
    const Key key_;
  };

  bool RunNext(absl::Time end) {
    std::function<void()> callback;
    {
      absl::MutexLock lock(&mutex_);
      if (timers_.empty() || timers_.begin()->first.first > end) return false;
      now_ = std::max(now_, timers_.begin()->first.first);
      callback = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
    }
    callback();
    return true;
  }

  absl::Mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  int next_ = 0;
  std::map<Key, std::function<void()>> timers_;
};

}  // namespace parley::client::internal

#endif  // PARLEY_TESTS_CLIENT_FAKE_TIME_H_
