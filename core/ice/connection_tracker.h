// W3C's RTCIceTransportState from what the generations of a transport are
// about. A pure function.
#ifndef PARLEY_CORE_ICE_CONNECTION_TRACKER_H_
#define PARLEY_CORE_ICE_CONNECTION_TRACKER_H_

#include <span>

#include "core/ice/ice_types.h"

namespace parley::ice {

// How far the checks of one generation are.
enum class Progress {
  kIdle,       // no pair to check yet
  kChecking,   // pairs, none that works
  kConnected,  // a pair works, checks go on
  kReady,      // a pair works, no checks are left
  kFailed,     // no pair works, no checks are left
  kLost,       // a pair did work: consent has expired, or its socket is gone
};

struct GenerationStatus {
  Progress progress = Progress::kIdle;
  bool gathered = false;           // no more local candidates
  bool remote_candidates = false;  // at least one
  bool remote_ended = false;       // no more remote candidates
  // Its pair works no more, as far as can be seen; consent to send over it has
  // not expired yet.
  bool silent = false;
  // RFC 8863: before this a generation may not be called failed.
  bool patience_over = false;
  // The transport was called failed while this was its newest generation.
  bool called_failed = false;
};

// Whether packets may be sent over its pair.
inline bool IsUsable(const GenerationStatus& status) {
  return status.progress == Progress::kConnected ||
         status.progress == Progress::kReady;
}

// Whether they also arrive.
inline bool Works(const GenerationStatus& status) {
  return IsUsable(status) && !status.silent;
}

// The state of a transport that is not closed; `generations` from the oldest
// to the newest, `before` the state until now. Only a new generation leads out
// of failed, or a late pair that works after all. Disconnected comes and goes;
// while a restart is under way it is checking.
ConnectionState DeriveState(std::span<const GenerationStatus> generations,
                            ConnectionState before);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_CONNECTION_TRACKER_H_
