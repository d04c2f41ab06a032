// Life and consent on the selected path of a lite end, as a pure state machine:
// time goes in, states come out. A value of one thread.
//
// A lite end sends no checks and so cannot ask for consent to send; it has it
// from the other end's authentic checks, which a full agent repeats every few
// seconds for its own consent (RFC 7675 section 5.1), and loses it when they
// stay away for as long as consent lasts. Well before that, when nothing at all
// comes, the path is called silent, W3C's "disconnected".
#ifndef PARLEY_CORE_ICE_PATH_WATCH_H_
#define PARLEY_CORE_ICE_PATH_WATCH_H_

#include "absl/time/time.h"
#include "core/ice/ice_types.h"

namespace parley::ice {

class PathWatch {
 public:
  enum class State {
    kNone,     // no path is selected yet
    kFresh,    // data may be sent, the other end is there
    kSilent,   // data may be sent, though nothing comes
    kExpired,  // nothing may be sent any more, for ever
  };

  explicit PathWatch(const LiteTiming& timing) : timing_(timing) {}

  // All times are of Clock::Monotonic. True when the state has changed.

  // A path was selected, by an authentic check that came over it.
  bool Begin(absl::Duration now);
  // Another one came over it.
  bool OnCheck(absl::Duration now);
  // Anything else came over it.
  bool OnPacket(absl::Duration now);
  bool Tick(absl::Duration now);

  // When Tick is due next; infinite when never.
  absl::Duration deadline() const;
  State state() const { return state_; }

 private:
  bool Become(State state);

  LiteTiming timing_;
  State state_ = State::kNone;
  absl::Duration heard_;    // anything
  absl::Duration checked_;  // an authentic check
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_PATH_WATCH_H_
