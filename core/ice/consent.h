// Consent to send (RFC 7675) and life on the selected pair, as a pure state
// machine: time goes in, requests to be sent come out. A value of one thread.
//
// Every 4 to 6 s a check is due, a Binding request sent once, with a
// transaction of its own; an authentic answer to it or to an older one renews
// consent for 30 s. Without one consent expires, and only another generation
// of ICE obtains it again.
//
// Well before that the path is called silent, which is W3C's "disconnected":
// when neither an answer nor anything else has come for 2.5 s since a check.
// One lost packet shall not look like that, so a check that nothing has
// answered yet is followed by two probes in the rhythm of STUN's
// retransmissions. What answers a probe tells of life only: it renews no
// consent, so that consent keeps RFC 7675's pace. From the cut of a path to
// "silent" it takes 2.5 to 8.5 s. Other packets count as life only while half
// of the consent's time is left: they come also where nothing gets through in
// the other direction.
#ifndef PARLEY_CORE_ICE_CONSENT_H_
#define PARLEY_CORE_ICE_CONSENT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "core/base/random.h"
#include "core/ice/binding_check.h"
#include "core/ice/ice_types.h"

namespace parley::ice {

class Consent {
 public:
  enum class State {
    kNone,     // no pair is selected yet
    kFresh,    // data may be sent, the other end is there
    kSilent,   // data may be sent, though nothing comes
    kExpired,  // nothing may be sent any more
  };

  // All times are of Clock::Monotonic.
  Consent(const ConsentTiming& timing, Random& random)
      : timing_(timing), random_(random) {}

  // A pair was selected, so a connectivity check over it has just succeeded.
  void Begin(absl::Duration now);

  // When Tick is due next; infinite when never.
  absl::Duration deadline() const;

  // Does what is due. True: a request is to be sent now, and told to Sent.
  bool Tick(absl::Duration now);
  void Sent(const TransactionId& id);

  // Whether any answer would be of use, and one to that transaction.
  bool awaits_any() const;
  bool Awaits(const TransactionId& id) const { return Find(id) != kNothing; }

  // A verified success answer to it came.
  void OnAnswer(const TransactionId& id, absl::Duration now);
  // A verified error answer to it came: life, but no consent.
  void OnError(const TransactionId& id);
  // A verified 403 came (RFC 7675 section 5.2).
  void Revoke() { state_ = State::kExpired; }

  // Something speaks against the path: the next check is due at once, unless
  // there has just been one.
  void Doubt(absl::Duration now);

  // Anything else came over the pair. True when that has changed the state.
  bool OnPacket() {
    heard_ = true;
    if (state_ != State::kSilent || !packets_are_life_) return false;
    ShowLife();
    return true;
  }

  State state() const { return state_; }

 private:
  struct Request {
    TransactionId id;
    bool is_probe = false;
    bool valid = false;
  };
  static constexpr int kRequestsPerCheck = 3;  // it and its probes
  // What 30 s take, checks being 4 s apart.
  static constexpr size_t kMaxRequests = 8 * kRequestsPerCheck;
  static constexpr size_t kNothing = kMaxRequests;

  size_t Find(const TransactionId& id) const;
  void Schedule(absl::Duration now);
  absl::Duration NextOfCheck() const;
  void ShowLife();

  const ConsentTiming timing_;
  Random& random_;

  State state_ = State::kNone;
  absl::Duration expires_;
  absl::Duration next_check_;

  // The last check.
  absl::Duration checked_;
  bool waiting_ = false;  // whether it is still to be seen what comes of it
  int requests_ = 0;
  bool heard_ = false;
  bool packets_are_life_ = true;

  std::array<Request, kMaxRequests> sent_;  // a ring
  size_t oldest_ = 0;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_CONSENT_H_
