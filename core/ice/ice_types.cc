#include "core/ice/ice_types.h"

namespace parley::ice {

std::string_view Name(GatheringState state) {
  switch (state) {
    case GatheringState::kNew:
      return "new";
    case GatheringState::kGathering:
      return "gathering";
    case GatheringState::kComplete:
      return "complete";
  }
  return "";
}

std::string_view Name(ConnectionState state) {
  switch (state) {
    case ConnectionState::kNew:
      return "new";
    case ConnectionState::kChecking:
      return "checking";
    case ConnectionState::kConnected:
      return "connected";
    case ConnectionState::kCompleted:
      return "completed";
    case ConnectionState::kDisconnected:
      return "disconnected";
    case ConnectionState::kFailed:
      return "failed";
    case ConnectionState::kClosed:
      return "closed";
  }
  return "";
}

std::string_view Name(Role role) {
  return role == Role::kControlling ? "controlling" : "controlled";
}

Credentials MakeCredentials(Random& random) {
  return {.ufrag = random.Token(8), .pwd = random.Token(32)};
}

}  // namespace parley::ice
