// The heartbeat of a stream: tells when nothing was written to it for a while.
// Lives on the stream's strand, which it is rung back onto.
#ifndef PARLEY_SERVICE_HEARTBEAT_H_
#define PARLEY_SERVICE_HEARTBEAT_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "service/convert_basic.h"
#include "service/timer.h"

namespace parley::service {

class Heartbeat {
 public:
  explicit Heartbeat(const Clock& clock) : clock_(clock) {}

  // The interval that the request asks for. Errors: ARGUMENT, LIMIT_EXCEEDED.
  template <typename Request>
  absl::Status Read(const Request& request) {
    if (!request.has_heartbeat_interval()) return absl::OkStatus();
    const auto interval =
        FromProto(request.heartbeat_interval(), "heartbeat_interval",
                  absl::Seconds(1), absl::Hours(1));
    if (interval.ok()) interval_ = *interval;
    return interval.status();
  }

  // Begins. `ring` is called on a thread of gRPC's, also too early or after
  // End; it is to post to the strand, where IsDue decides.
  void Begin(std::function<void()> ring) {
    ring_ = std::move(ring);
    NoteWrite();
    Arm(interval_);
  }
  void NoteWrite() { written_at_ = clock_.Monotonic(); }
  void End() { timer_.Cancel(); }

  // For each ring: whether a beat is to be written now. While something is
  // being written, that is a sign of life.
  bool IsDue(bool writing) {
    const absl::Duration quiet = clock_.Monotonic() - written_at_;
    const bool due = !writing && quiet >= interval_;
    Arm(due || writing ? interval_ : interval_ - quiet);
    return due;
  }

 private:
  // One alarm for many writes: when it comes too early it is set anew.
  void Arm(absl::Duration delay) { timer_.Set(delay, ring_); }

  const Clock& clock_;
  absl::Duration interval_ = absl::Seconds(30);
  absl::Duration written_at_;
  std::function<void()> ring_;
  Timer timer_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_HEARTBEAT_H_
