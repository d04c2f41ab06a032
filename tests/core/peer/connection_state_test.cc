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

// Every cell for one transport, by the definitions of RTCIceConnectionState and
// RTCPeerConnectionState.
TEST(ConnectionStateTest, OneTransportInEveryState) {
  using Peer = ConnectionState;
  constexpr Dtls kDtls[] = {Dtls::kNew, Dtls::kConnecting, Dtls::kConnected,
                            Dtls::kClosed, Dtls::kFailed};
  struct Row {
    Ice ice;
    Ice of_peer;
    Peer by_dtls[std::size(kDtls)];
  };
  constexpr Peer kNew = Peer::kNew, kGoing = Peer::kConnecting,
                 kUp = Peer::kConnected, kOut = Peer::kDisconnected,
                 kBad = Peer::kFailed;
  constexpr Row kRows[] = {
      // DTLS:                         new, connecting, connected, closed,
      // failed
      {Ice::kNew, Ice::kNew, {kNew, kGoing, kGoing, kNew, kBad}},
      {Ice::kChecking, Ice::kChecking, {kGoing, kGoing, kGoing, kGoing, kBad}},
      {Ice::kConnected, Ice::kConnected, {kGoing, kGoing, kUp, kUp, kBad}},
      {Ice::kCompleted, Ice::kCompleted, {kGoing, kGoing, kUp, kUp, kBad}},
      {Ice::kDisconnected, Ice::kDisconnected, {kOut, kOut, kOut, kOut, kBad}},
      {Ice::kFailed, Ice::kFailed, {kBad, kBad, kBad, kBad, kBad}},
      {Ice::kClosed, Ice::kNew, {kNew, kGoing, kUp, kNew, kBad}},
  };
  for (const Row& row : kRows) {
    for (size_t i = 0; i < std::size(kDtls); ++i) {
      const TransportStates one[] = {Of(row.ice, kDtls[i])};
      EXPECT_EQ(Name(DeriveIceState(one)), Name(row.of_peer));
      EXPECT_EQ(ConnectionStateName(DeriveConnectionState(one)),
                ConnectionStateName(row.by_dtls[i]))
          << Name(row.ice) << " over DTLS " << i;
    }
  }
}

// What any one transport decides, any number of others does not change.
TEST(ConnectionStateTest, TwoTransportsInEveryState) {
  std::vector<TransportStates> all;
  for (const Ice ice :
       {Ice::kNew, Ice::kChecking, Ice::kConnected, Ice::kCompleted,
        Ice::kDisconnected, Ice::kFailed, Ice::kClosed}) {
    for (const Dtls dtls : {Dtls::kNew, Dtls::kConnecting, Dtls::kConnected,
                            Dtls::kClosed, Dtls::kFailed}) {
      all.push_back(Of(ice, dtls));
    }
  }
  const auto is_up = [](const TransportStates& t) {
    return (t.ice == Ice::kConnected || t.ice == Ice::kCompleted ||
            t.ice == Ice::kClosed) &&
           (t.dtls == Dtls::kConnected || t.dtls == Dtls::kClosed);
  };
  for (const TransportStates& a : all) {
    for (const TransportStates& b : all) {
      const TransportStates both[] = {a, b};
      const ConnectionState of_a = DeriveConnectionState({&a, 1});
      const ConnectionState of_b = DeriveConnectionState({&b, 1});
      ConnectionState expected = ConnectionState::kConnecting;
      const auto either = [&](ConnectionState s) {
        return of_a == s || of_b == s;
      };
      if (either(ConnectionState::kFailed)) {
        expected = ConnectionState::kFailed;
      } else if (either(ConnectionState::kDisconnected)) {
        expected = ConnectionState::kDisconnected;
      } else if (of_a == ConnectionState::kNew &&
                 of_b == ConnectionState::kNew) {
        expected = ConnectionState::kNew;
      } else if (is_up(a) && is_up(b)) {
        expected = ConnectionState::kConnected;
      }
      EXPECT_EQ(ConnectionStateName(DeriveConnectionState(both)),
                ConnectionStateName(expected));
      EXPECT_EQ(DeriveIceState(both), DeriveIceState({{b, a}}));
    }
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
