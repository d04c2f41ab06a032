#include "core/jsep/signaling.h"

#include <cstddef>
#include <string>

#include "core/base/errors.h"

namespace parley::jsep {
namespace {

// What a cell of the table says: the next state, or none.
enum class Cell : unsigned char {
  kStable,
  kHaveLocalOffer,
  kHaveRemoteOffer,
  kHaveLocalPranswer,
  kHaveRemotePranswer,
  kRollbackThenHaveRemoteOffer,
  kIllegal,
};

constexpr Cell kNo = Cell::kIllegal;
constexpr Cell kSt = Cell::kStable;
constexpr Cell kLo = Cell::kHaveLocalOffer;
constexpr Cell kRo = Cell::kHaveRemoteOffer;
constexpr Cell kLp = Cell::kHaveLocalPranswer;
constexpr Cell kRp = Cell::kHaveRemotePranswer;
constexpr Cell kRb = Cell::kRollbackThenHaveRemoteOffer;

// W3C "set a session description", steps that check the signaling state.
// Columns: local offer, pranswer, answer, rollback; then the same, remote.
constexpr Cell kTable[kSignalingStateCount][2 * kSdpTypeCount] = {
    /* stable               */ {kLo, kNo, kNo, kNo, kRo, kNo, kNo, kNo},
    /* have-local-offer     */ {kLo, kNo, kNo, kSt, kRb, kRp, kSt, kSt},
    /* have-remote-offer    */ {kNo, kLp, kSt, kSt, kRo, kNo, kNo, kSt},
    /* have-local-pranswer  */ {kNo, kLp, kSt, kNo, kNo, kNo, kNo, kNo},
    /* have-remote-pranswer */ {kNo, kNo, kNo, kNo, kNo, kRp, kSt, kNo},
    /* closed               */ {kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo},
};

constexpr Cell CellAt(SignalingState state, Side side, SdpType type) {
  const size_t row = static_cast<size_t>(state);
  const size_t column =
      static_cast<size_t>(side) * kSdpTypeCount + static_cast<size_t>(type);
  return kTable[row][column];
}

constexpr std::string_view kStateNames[kSignalingStateCount] = {
    "stable",
    "have-local-offer",
    "have-remote-offer",
    "have-local-pranswer",
    "have-remote-pranswer",
    "closed",
};

constexpr std::string_view kTypeNames[kSdpTypeCount] = {"offer", "pranswer",
                                                        "answer", "rollback"};

absl::Status IllegalCell(SignalingState state, Side side, SdpType type) {
  const std::string operation =
      side == Side::kLocal ? "setLocalDescription" : "setRemoteDescription";
  const std::string what =
      operation + "(" + std::string(SdpTypeName(type)) + ")";
  const std::string in(SignalingStateName(state));
  ErrorMetadata metadata = {{"state", in},
                            {"operation", operation},
                            {"sdp_type", std::string(SdpTypeName(type))}};
  if (state == SignalingState::kClosed) {
    return MakeError(Reason::kPeerClosed,
                     what + ": the peer connection is closed",
                     std::move(metadata));
  }
  if (state == SignalingState::kStable && type == SdpType::kRollback) {
    return MakeError(Reason::kNothingToRollBack,
                     what + ": no offer is pending in the stable state",
                     std::move(metadata));
  }
  return MakeError(Reason::kSignalingState,
                   what + " is not allowed in signaling state " + in,
                   std::move(metadata));
}

}  // namespace

std::string_view SignalingStateName(SignalingState state) {
  return kStateNames[static_cast<size_t>(state)];
}

std::string_view SdpTypeName(SdpType type) {
  return kTypeNames[static_cast<size_t>(type)];
}

std::string_view SideName(Side side) {
  return side == Side::kLocal ? "local" : "remote";
}

absl::StatusOr<SignalingState> NextState(SignalingState state, Side side,
                                         SdpType type) {
  const Cell cell = CellAt(state, side, type);
  if (cell == Cell::kIllegal) return IllegalCell(state, side, type);
  if (cell == Cell::kRollbackThenHaveRemoteOffer) {
    return SignalingState::kHaveRemoteOffer;
  }
  return static_cast<SignalingState>(cell);
}

bool RollsBackFirst(SignalingState state, Side side, SdpType type) {
  return CellAt(state, side, type) == Cell::kRollbackThenHaveRemoteOffer;
}

}  // namespace parley::jsep
