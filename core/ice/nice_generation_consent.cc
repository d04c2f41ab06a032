// How a generation keeps its consent to send, learns of silence, and is kept
// from the checks of another generation.

#include <memory>
#include <optional>
#include <utility>

#include "core/ice/binding_check.h"
#include "core/ice/connectivity_check.h"
#include "core/ice/consent.h"
#include "core/ice/nice_generation.h"

namespace parley::ice {
void NiceGeneration::BeginConsent() {
  consent_.Begin(environment_->loop.clock().Monotonic());
  FollowConsent();
}

void NiceGeneration::CheckConsent() {
  if (lost_ || events_ == nullptr) return;
  BindingRequest request;
  TransactionId id;
  if (consent_.Tick(environment_->loop.clock().Monotonic())) {
    const size_t size = WriteBindingRequest(check_username_, check_password_,
                                            check_role_, request, id);
    if (size != 0 && Send({request.data(), size})) consent_.Sent(id);
  }
  FollowConsent();
}

// Packets are looked at before libnice reads them. What comes between the look
// and the reading escapes, or right behind a packet that libnice keeps to
// itself: about one in fifteen on a loop that does nothing but read.
bool NiceGeneration::OnPeek(const sockaddr_storage& from,
                            std::span<const uint8_t> bytes) {
  if (TakeReply(from, bytes)) return false;
  if (!remote_known_) return true;
  if (IsCheckOfAnother(bytes, plan_.local.ufrag, remote_ufrag_)) return false;
  if (consent_.awaits_any()) FindAnswers(from, bytes);
  return true;
}

// A STUN server's reply is for nobody else. One that escapes comes again when
// the request does.
bool NiceGeneration::TakeReply(const sockaddr_storage& from,
                               std::span<const uint8_t> bytes) {
  if (!search_.has_value() || !search_->searching() || events_ == nullptr) {
    return false;
  }
  const std::optional<TransportAddress> sender = FromSockaddr(from);
  if (!sender) return false;
  const ReflexiveSearch::Taken taken =
      search_->OnPacket(*sender, bytes, environment_->loop.clock().Monotonic());
  if (taken.mapping) TakeMapping(*taken.mapping);
  if (taken.ours) FollowSearch();
  return taken.ours;
}

// libnice throws away what answers none of its own requests, without a word.
// Over a relay an answer is inside whatever the relay has put around it. One
// that escapes costs no consent, since seven are awaited in its time.
void NiceGeneration::FindAnswers(const sockaddr_storage& from,
                                 std::span<const uint8_t> bytes) {
  if (!relayed_) {
    NiceAddress address;
    nice_address_init(&address);
    nice_address_set_from_sockaddr(&address,
                                   reinterpret_cast<const sockaddr*>(&from));
    if (nice_address_equal(&address, &remote_address_)) HandleAnswer(bytes);
    return;
  }
  while (!bytes.empty()) {
    const std::span<const uint8_t> answer = FindAnswer(bytes);
    if (answer.empty()) return;
    HandleAnswer(answer);
    bytes = bytes.subspan(answer.data() - bytes.data() + 1);
  }
}

void NiceGeneration::HandleAnswer(std::span<const uint8_t> packet) {
  const std::optional<TransactionId> id = TransactionOf(packet);
  if (!id || !consent_.Awaits(*id)) return;
  switch (ReadBindingAnswer(packet, *id, check_password_)) {
    case BindingAnswer::kNone:
      return;
    case BindingAnswer::kSuccess:
      consent_.OnAnswer(*id, environment_->loop.clock().Monotonic());
      break;
    case BindingAnswer::kRoleConflict:
      check_role_ = check_role_ == Role::kControlling ? Role::kControlled
                                                      : Role::kControlling;
      consent_.OnError(*id);
      break;
    case BindingAnswer::kForbidden:
      consent_.Revoke();
      break;
    case BindingAnswer::kError:
      consent_.OnError(*id);
      break;
  }
  FollowConsent();
}

// Tells what consent has come to, and when to look at it again.
void NiceGeneration::FollowConsent() {
  EventLoop& loop = environment_->loop;
  loop.Cancel(consent_timer_);
  consent_timer_ = EventLoop::TimerId::kNone;
  if (lost_ || events_ == nullptr) return;
  if (consent_.state() == Consent::State::kExpired) {
    lost_ = true;
    Receive(false);
    events_->OnProgress(*this, Progress::kLost);
    return;
  }
  consent_timer_ = loop.RunAfter(consent_.deadline() - loop.clock().Monotonic(),
                                 [weak = weak_from_this()] {
                                   auto me = weak.lock();
                                   if (me != nullptr) me->CheckConsent();
                                 });
  const bool silent = consent_.state() == Consent::State::kSilent;
  if (std::exchange(silent_, silent) != silent) {
    events_->OnSilence(*this, silent);
  }
}

void NiceGeneration::Listen(bool on) {
  if (std::exchange(listening_, on) == on) return;
  if (on) seat_.context().Add(*this);
  if (!on) seat_.context().Remove(*this);
}

}  // namespace parley::ice
