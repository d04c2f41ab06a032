// The signaling state machine of RTCPeerConnection, as one table.
// Values only: safe to call from any thread.
#ifndef PARLEY_CORE_JSEP_SIGNALING_H_
#define PARLEY_CORE_JSEP_SIGNALING_H_

#include <string_view>

#include "absl/status/statusor.h"

namespace parley::jsep {

// RTCSignalingState.
enum class SignalingState {
  kStable,
  kHaveLocalOffer,
  kHaveRemoteOffer,
  kHaveLocalPranswer,
  kHaveRemotePranswer,
  kClosed,
};
inline constexpr int kSignalingStateCount = 6;

// RTCSdpType.
enum class SdpType { kOffer, kPranswer, kAnswer, kRollback };
inline constexpr int kSdpTypeCount = 4;

// Which of setLocalDescription and setRemoteDescription is meant.
enum class Side { kLocal, kRemote };

// W3C spellings: "have-local-offer", "pranswer", "local".
std::string_view SignalingStateName(SignalingState state);
std::string_view SdpTypeName(SdpType type);
std::string_view SideName(Side side);

// The state after a description of this type is applied on this side.
// A remote offer in have-local-offer is legal: it first rolls back (see
// RollsBackFirst). Rollback in a pranswer state is refused, as W3C has it; RFC
// 9429 section 5.7 would allow it.
// Errors: PEER_CLOSED; NOTHING_TO_ROLL_BACK (rollback in stable);
// SIGNALING_STATE (every other illegal cell), with `state` and `operation` in
// the metadata.
absl::StatusOr<SignalingState> NextState(SignalingState state, Side side,
                                         SdpType type);

// Whether applying the description implies a rollback of the local offer first
// (W3C setRemoteDescription): exactly a remote offer in have-local-offer.
bool RollsBackFirst(SignalingState state, Side side, SdpType type);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_SIGNALING_H_
