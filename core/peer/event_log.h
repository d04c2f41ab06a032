// The recent events of one peer: a ring bounded in bytes, numbered without
// gaps, from which any number of watchers read at their own pace. A watcher
// keeps only a number; one that falls behind the ring is told so. Lives on the
// peer's strand.
#ifndef PARLEY_CORE_PEER_EVENT_LOG_H_
#define PARLEY_CORE_PEER_EVENT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/peer/events.h"

namespace parley::peer {

class EventLog {
 public:
  // `max_bytes` is what the ring may hold; the newest event always stays.
  explicit EventLog(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Valid until the next Append.
  const std::shared_ptr<const Event>& Append(absl::Time time, EventBody body);

  // The number of the newest event, 0 before the first. The first is 1.
  uint64_t last() const { return last_; }

  // The first event after this number; null when there is none yet.
  // EVENTS_COMPACTED when it is no longer held, ARGUMENT when `after` is the
  // number of no event yet.
  absl::StatusOr<std::shared_ptr<const Event>> Next(uint64_t after) const;

 private:
  uint64_t first_held() const { return last_ - ring_.size() + 1; }

  const size_t max_bytes_;
  std::deque<std::shared_ptr<const Event>> ring_;
  size_t bytes_ = 0;
  uint64_t last_ = 0;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_EVENT_LOG_H_
