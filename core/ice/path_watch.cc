#include "core/ice/path_watch.h"

#include <algorithm>
#include <utility>

namespace parley::ice {

bool PathWatch::Become(State state) {
  return std::exchange(state_, state) != state;
}

bool PathWatch::Begin(absl::Duration now) {
  if (state_ == State::kExpired) return false;
  heard_ = checked_ = now;
  return Become(State::kFresh);
}

bool PathWatch::OnCheck(absl::Duration now) {
  return state_ != State::kNone && Begin(now);
}

bool PathWatch::OnPacket(absl::Duration now) {
  if (state_ != State::kFresh && state_ != State::kSilent) return false;
  heard_ = now;
  return Become(State::kFresh);
}

bool PathWatch::Tick(absl::Duration now) {
  if (state_ != State::kFresh && state_ != State::kSilent) return false;
  if (now >= checked_ + timing_.expiry) return Become(State::kExpired);
  if (now >= heard_ + timing_.silence) return Become(State::kSilent);
  return false;
}

absl::Duration PathWatch::deadline() const {
  const absl::Duration expires = checked_ + timing_.expiry;
  switch (state_) {
    case State::kFresh:
      return std::min(expires, heard_ + timing_.silence);
    case State::kSilent:
      return expires;
    case State::kNone:
    case State::kExpired:
      break;
  }
  return absl::InfiniteDuration();
}

}  // namespace parley::ice
