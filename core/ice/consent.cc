#include "core/ice/consent.h"

#include <algorithm>

namespace parley::ice {

void Consent::Begin(absl::Duration now) {
  if (state_ == State::kExpired) return;
  state_ = State::kFresh;
  expires_ = now + timing_.expiry;
  waiting_ = false;
  packets_are_life_ = true;
  sent_ = {};
  Schedule(now);
}

// The next check in 0.8 to 1.2 of the interval, so that transports that began
// together do not check together.
void Consent::Schedule(absl::Duration now) {
  const double part = static_cast<double>(random_.Uint64() >> 11) * 0x1p-53;
  next_check_ = now + timing_.interval * (0.8 + 0.4 * part);
}

absl::Duration Consent::deadline() const {
  if (state_ == State::kNone || state_ == State::kExpired) {
    return absl::InfiniteDuration();
  }
  const absl::Duration next = std::min(expires_, next_check_);
  return waiting_ ? std::min(next, NextOfCheck()) : next;
}

// The next probe, or the end of waiting.
absl::Duration Consent::NextOfCheck() const {
  return checked_ + (requests_ < kRequestsPerCheck
                         ? timing_.retry * ((1 << requests_) - 1)
                         : timing_.silence);
}

bool Consent::Tick(absl::Duration now) {
  if (state_ == State::kNone || state_ == State::kExpired) return false;
  if (now >= expires_) {
    state_ = State::kExpired;
    return false;
  }
  packets_are_life_ = now < expires_ - timing_.expiry / 2;
  if (waiting_ && heard_ && packets_are_life_) ShowLife();
  if (waiting_ && now >= checked_ + timing_.silence) {
    waiting_ = false;
    state_ = State::kSilent;
  }
  if (now >= next_check_) {
    checked_ = now;
    waiting_ = true;
    heard_ = false;
    requests_ = 1;
    Schedule(now);
    return true;
  }
  if (waiting_ && requests_ < kRequestsPerCheck && now >= NextOfCheck()) {
    ++requests_;
    return true;
  }
  return false;
}

void Consent::Sent(const TransactionId& id) {
  sent_[oldest_] = {.id = id, .is_probe = requests_ > 1, .valid = true};
  oldest_ = (oldest_ + 1) % kMaxRequests;
}

bool Consent::awaits_any() const {
  return state_ != State::kExpired &&
         std::any_of(sent_.begin(), sent_.end(),
                     [](const Request& request) { return request.valid; });
}

size_t Consent::Find(const TransactionId& id) const {
  for (size_t i = 0; i < kMaxRequests; ++i) {
    if (sent_[i].valid && sent_[i].id == id) return i;
  }
  return kNothing;
}

void Consent::OnAnswer(const TransactionId& id, absl::Duration now) {
  const size_t found = Find(id);
  if (found == kNothing || state_ == State::kExpired) return;
  if (!sent_[found].is_probe) {
    expires_ = now + timing_.expiry;
    packets_are_life_ = true;
  }
  ShowLife();
  // Those before it are settled too.
  for (size_t i = oldest_;; i = (i + 1) % kMaxRequests) {
    sent_[i].valid = false;
    if (i == found) break;
  }
}

void Consent::OnError(const TransactionId& id) {
  const size_t found = Find(id);
  if (found == kNothing || state_ == State::kExpired) return;
  sent_[found].valid = false;
  ShowLife();
}

void Consent::Doubt(absl::Duration now) {
  const absl::Duration soon = std::max(now, checked_ + timing_.silence);
  next_check_ = std::min(next_check_, soon);
}

void Consent::ShowLife() {
  waiting_ = false;
  state_ = State::kFresh;
}

}  // namespace parley::ice
