#include "core/peer/connection_state.h"

#include <algorithm>

namespace parley::peer {
namespace {

using Ice = ice::ConnectionState;

template <typename Predicate>
bool Any(std::span<const TransportStates> transports, Predicate predicate) {
  return std::any_of(transports.begin(), transports.end(), predicate);
}

template <typename Predicate>
bool All(std::span<const TransportStates> transports, Predicate predicate) {
  return std::all_of(transports.begin(), transports.end(), predicate);
}

bool IceIsUp(Ice state) {
  return state == Ice::kConnected || state == Ice::kCompleted ||
         state == Ice::kClosed;
}

}  // namespace

std::string_view ConnectionStateName(ConnectionState state) {
  switch (state) {
    case ConnectionState::kNew:
      return "new";
    case ConnectionState::kConnecting:
      return "connecting";
    case ConnectionState::kConnected:
      return "connected";
    case ConnectionState::kDisconnected:
      return "disconnected";
    case ConnectionState::kFailed:
      return "failed";
    case ConnectionState::kClosed:
      return "closed";
  }
  return "";
}

ice::GatheringState DeriveGatheringState(
    std::span<const TransportStates> transports) {
  if (Any(transports, [](const TransportStates& t) {
        return t.gathering == ice::GatheringState::kGathering;
      })) {
    return ice::GatheringState::kGathering;
  }
  const bool complete =
      !transports.empty() && All(transports, [](const TransportStates& t) {
        return t.gathering == ice::GatheringState::kComplete;
      });
  return complete ? ice::GatheringState::kComplete : ice::GatheringState::kNew;
}

ice::ConnectionState DeriveIceState(
    std::span<const TransportStates> transports) {
  const auto any = [&](Ice state) {
    return Any(transports,
               [state](const TransportStates& t) { return t.ice == state; });
  };
  if (any(Ice::kFailed)) return Ice::kFailed;
  if (any(Ice::kDisconnected)) return Ice::kDisconnected;
  if (All(transports, [](const TransportStates& t) {
        return t.ice == Ice::kNew || t.ice == Ice::kClosed;
      })) {
    return Ice::kNew;
  }
  if (any(Ice::kNew) || any(Ice::kChecking)) return Ice::kChecking;
  return any(Ice::kConnected) ? Ice::kConnected : Ice::kCompleted;
}

ConnectionState DeriveConnectionState(
    std::span<const TransportStates> transports) {
  if (Any(transports, [](const TransportStates& t) {
        return t.ice == Ice::kFailed || t.dtls == dtls::State::kFailed;
      })) {
    return ConnectionState::kFailed;
  }
  if (Any(transports, [](const TransportStates& t) {
        return t.ice == Ice::kDisconnected;
      })) {
    return ConnectionState::kDisconnected;
  }
  if (All(transports, [](const TransportStates& t) {
        return (t.ice == Ice::kNew || t.ice == Ice::kClosed) &&
               (t.dtls == dtls::State::kNew || t.dtls == dtls::State::kClosed);
      })) {
    return ConnectionState::kNew;
  }
  const bool connected = All(transports, [](const TransportStates& t) {
    return IceIsUp(t.ice) && (t.dtls == dtls::State::kConnected ||
                              t.dtls == dtls::State::kClosed);
  });
  return connected ? ConnectionState::kConnected : ConnectionState::kConnecting;
}

}  // namespace parley::peer
