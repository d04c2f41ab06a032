// The states of a whole peer connection, derived from its transports' as W3C
// defines RTCIceConnectionState, RTCIceGatheringState and
// RTCPeerConnectionState. Pure functions.
#ifndef PARLEY_CORE_PEER_CONNECTION_STATE_H_
#define PARLEY_CORE_PEER_CONNECTION_STATE_H_

#include <span>
#include <string_view>

#include "core/dtls/dtls_transport.h"
#include "core/ice/ice_types.h"

namespace parley::peer {

// RTCPeerConnectionState.
enum class ConnectionState {
  kNew,
  kConnecting,
  kConnected,
  kDisconnected,
  kFailed,
  kClosed,
};
std::string_view ConnectionStateName(ConnectionState state);  // "new", ...

// One ICE/DTLS transport in use.
struct TransportStates {
  ice::GatheringState gathering = ice::GatheringState::kNew;
  ice::ConnectionState ice = ice::ConnectionState::kNew;
  dtls::State dtls = dtls::State::kNew;
};

// Of a peer that is not closed.
ice::GatheringState DeriveGatheringState(
    std::span<const TransportStates> transports);
ice::ConnectionState DeriveIceState(
    std::span<const TransportStates> transports);
ConnectionState DeriveConnectionState(
    std::span<const TransportStates> transports);

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_CONNECTION_STATE_H_
