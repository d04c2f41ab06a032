#include "core/peer/connection_state.h"

#include <vector>

#include "gtest/gtest.h"

namespace parley::peer {
namespace {

using Dtls = dtls::State;
using Gathering = ice::GatheringState;
using Ice = ice::ConnectionState;

struct Case {
  std::vector<TransportStates> transports;
  Ice ice;
  ConnectionState connection;
};

TransportStates Of(Ice ice, Dtls dtls) {
  return {Gathering::kComplete, ice, dtls};
}

TEST(ConnectionStateTest, FollowsW3csOrderedDefinitions) {
  const Case cases[] = {
      {{}, Ice::kNew, ConnectionState::kNew},
      {{Of(Ice::kNew, Dtls::kNew)}, Ice::kNew, ConnectionState::kNew},
      {{Of(Ice::kClosed, Dtls::kClosed)}, Ice::kNew, ConnectionState::kNew},
      {{Of(Ice::kChecking, Dtls::kNew)},
       Ice::kChecking,
       ConnectionState::kConnecting},
      {{Of(Ice::kConnected, Dtls::kNew)},
       Ice::kConnected,
       ConnectionState::kConnecting},
      {{Of(Ice::kConnected, Dtls::kConnecting)},
       Ice::kConnected,
       ConnectionState::kConnecting},
      {{Of(Ice::kConnected, Dtls::kConnected)},
       Ice::kConnected,
       ConnectionState::kConnected},
      {{Of(Ice::kCompleted, Dtls::kConnected)},
       Ice::kCompleted,
       ConnectionState::kConnected},
      {{Of(Ice::kCompleted, Dtls::kConnected),
        Of(Ice::kConnected, Dtls::kConnected)},
       Ice::kConnected,
       ConnectionState::kConnected},
      {{Of(Ice::kCompleted, Dtls::kConnected), Of(Ice::kNew, Dtls::kNew)},
       Ice::kChecking,
       ConnectionState::kConnecting},
      {{Of(Ice::kConnected, Dtls::kConnected),
        Of(Ice::kDisconnected, Dtls::kConnected)},
       Ice::kDisconnected,
       ConnectionState::kDisconnected},
      {{Of(Ice::kDisconnected, Dtls::kConnected),
        Of(Ice::kFailed, Dtls::kConnected)},
       Ice::kFailed,
       ConnectionState::kFailed},
      {{Of(Ice::kConnected, Dtls::kFailed)},
       Ice::kConnected,
       ConnectionState::kFailed},
      {{Of(Ice::kConnected, Dtls::kClosed)},
       Ice::kConnected,
       ConnectionState::kConnected},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(DeriveIceState(cases[i].transports), cases[i].ice) << i;
    EXPECT_EQ(DeriveConnectionState(cases[i].transports), cases[i].connection)
        << i << " " << ConnectionStateName(cases[i].connection);
  }
}

TEST(ConnectionStateTest, GatheringIsCompleteWhenAllAre) {
  const auto of = [](Gathering state) {
    return TransportStates{state, Ice::kNew, Dtls::kNew};
  };
  using Transports = std::vector<TransportStates>;
  EXPECT_EQ(DeriveGatheringState({}), Gathering::kNew);
  EXPECT_EQ(DeriveGatheringState(Transports{of(Gathering::kComplete)}),
            Gathering::kComplete);
  EXPECT_EQ(DeriveGatheringState(
                Transports{of(Gathering::kComplete), of(Gathering::kNew)}),
            Gathering::kNew);
  EXPECT_EQ(DeriveGatheringState(Transports{of(Gathering::kComplete),
                                            of(Gathering::kGathering)}),
            Gathering::kGathering);
}

}  // namespace
}  // namespace parley::peer
