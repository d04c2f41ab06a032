#include "core/peer/event_log.h"

#include <string>
#include <utility>

#include "core/base/errors.h"

namespace parley::peer {

const std::shared_ptr<const Event>& EventLog::Append(absl::Time time,
                                                     EventBody body) {
  auto event =
      std::make_shared<const Event>(Event{++last_, time, std::move(body)});
  bytes_ += EventBytes(*event);
  ring_.push_back(std::move(event));
  while (bytes_ > max_bytes_ && ring_.size() > 1) {
    bytes_ -= EventBytes(*ring_.front());
    ring_.pop_front();
  }
  return ring_.back();
}

absl::StatusOr<std::shared_ptr<const Event>> EventLog::Next(
    uint64_t after) const {
  if (after == last_) return nullptr;
  if (after > last_) {
    return MakeError(Reason::kArgument,
                     "there is no event " + std::to_string(after) +
                         " yet; the last one is " + std::to_string(last_),
                     {{"field", "after_sequence"}});
  }
  if (after + 1 < first_held()) {
    return MakeError(
        Reason::kEventsCompacted,
        "events after " + std::to_string(after) +
            " are not held; ask for a snapshot and go on from its sequence",
        {{"after_sequence", std::to_string(after)},
         {"first_sequence", std::to_string(first_held())},
         {"last_sequence", std::to_string(last_)}});
  }
  return ring_[after + 1 - first_held()];
}

}  // namespace parley::peer
