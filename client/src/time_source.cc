#include "client/src/time_source.h"

#include <utility>

#include "absl/time/clock.h"
#include "client/src/call_registry.h"
#include "grpcpp/alarm.h"

namespace parley::client::internal {
namespace {

class AlarmTimer : public Timer {
 public:
  AlarmTimer(absl::Duration delay, std::function<void()> callback) {
    alarm_.Set(absl::ToChronoTime(absl::Now() + delay),
               [callback = std::move(callback)](bool expired) mutable {
                 CallRegistry::CallbackScope scope;
                 const auto once = std::exchange(callback, nullptr);
                 if (expired) once();
               });
  }

 private:
  grpc::Alarm alarm_;
};

class SystemTimeSource : public TimeSource {
 public:
  absl::Time Now() override { return absl::Now(); }

  std::unique_ptr<Timer> RunAfter(absl::Duration delay,
                                  std::function<void()> callback) override {
    return std::make_unique<AlarmTimer>(delay, std::move(callback));
  }
};

}  // namespace

TimeSource& SystemTime() {
  static auto* time = new SystemTimeSource;
  return *time;
}

}  // namespace parley::client::internal
