// One timer of a stream. Used by one thread at a time (a strand); the callback
// runs on a thread of gRPC's.
#ifndef PARLEY_SERVICE_TIMER_H_
#define PARLEY_SERVICE_TIMER_H_

#include <functional>
#include <memory>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/alarm.h"

namespace parley::service {

class Timer {
 public:
  // Calls `task` after the delay, unless the timer is set anew or cancelled
  // before: then it may be called no more, or once more if it was about to be.
  // A task must keep its owner only weakly.
  void Set(absl::Duration delay, std::function<void()> task) {
    // A fresh alarm each time: to set one again from its own callback would
    // destroy the callback that runs.
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(absl::ToChronoTime(absl::Now() + delay),
                [task = std::move(task)](bool due) {
                  if (due) task();
                });
  }

  void Cancel() { alarm_.reset(); }

 private:
  std::unique_ptr<grpc::Alarm> alarm_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_TIMER_H_
