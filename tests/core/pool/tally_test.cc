#include "core/pool/tally.h"

#include <thread>
#include <vector>

#include "core/pool/lag_probe.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_executor.h"

namespace parley::pool {
namespace {

using Connection = peer::ConnectionState;
using Ice = ice::ConnectionState;

class TallyTest : public ::testing::Test {
 protected:
  void Tell(peer::EventBody body) {
    time_ += absl::Seconds(1);
    tally_.Count({.time = time_, .body = std::move(body)}, progress_);
  }
  void Tell(Connection state) { Tell(peer::ConnectionStateChange{state}); }
  void Tell(Ice state) { Tell(peer::IceConnectionStateChange{state}); }

  static uint64_t Sum(const DurationHistogram& histogram) {
    uint64_t sum = 0;
    for (const uint64_t count : histogram.Read().counts) sum += count;
    return sum;
  }

  Tally tally_;
  Tally::Progress progress_;
  absl::Time time_ = absl::UnixEpoch();
};

TEST_F(TallyTest, TimesTheFirstConnectionOnly) {
  Tell(Connection::kConnecting);
  Tell(Ice::kChecking);
  Tell(Connection::kConnected);
  EXPECT_EQ(tally_.connect_times().Read().sum, absl::Seconds(2));
  for (const Connection state :
       {Connection::kDisconnected, Connection::kConnecting,
        Connection::kConnected}) {
    Tell(state);
  }
  EXPECT_EQ(Sum(tally_.connect_times()), 1u);
  EXPECT_EQ(tally_.connection_states()[Connection::kConnected], 2u);
  EXPECT_EQ(tally_.connection_states()[Connection::kDisconnected], 1u);
  EXPECT_EQ(tally_.ice_states()[Ice::kChecking], 1u);
}

TEST_F(TallyTest, TellsFailuresOfDtlsFromThoseOfIce) {
  Tell(Ice::kFailed);
  Tell(Connection::kFailed);
  EXPECT_EQ(tally_.dtls_failures(), 0u);
  Tell(Ice::kConnected);
  Tell(Connection::kFailed);
  EXPECT_EQ(tally_.dtls_failures(), 1u);
  EXPECT_EQ(tally_.connection_states()[Connection::kFailed], 2u);
}

TEST_F(TallyTest, CountsWhatElseHappens) {
  tally_.CountCreated();
  Tell(peer::GatheringError{});
  Tell(peer::ReceiveBufferFull{});
  Tell(peer::ChannelStateChange{{.state = sctp::ChannelState::kOpen}, {}});
  Tell(peer::ChannelStateChange{{.state = sctp::ChannelState::kClosed}, {}});
  Tell(peer::Closed{peer::CloseReason::kLeaseExpired, ""});
  EXPECT_EQ(tally_.peers_created(), 1u);
  EXPECT_EQ(tally_.gathering_errors(), 1u);
  EXPECT_EQ(tally_.receive_buffers_full(), 1u);
  EXPECT_EQ(tally_.channels_opened(), 1u);
  EXPECT_EQ(tally_.peers_closed()[peer::CloseReason::kLeaseExpired], 1u);
  EXPECT_EQ(tally_.peers_closed()[peer::CloseReason::kRequested], 0u);
}

TEST_F(TallyTest, AddsUpTheTrafficOfAllThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 1000; ++n) tally_.CountSent(3);
      tally_.CountReceived(5);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Tally::Traffic traffic = tally_.traffic();
  EXPECT_EQ(traffic.messages_sent, 20000u);
  EXPECT_EQ(traffic.bytes_sent, 60000u);
  EXPECT_EQ(traffic.messages_received, 20u);
  EXPECT_EQ(traffic.bytes_received, 100u);
}

TEST_F(TallyTest, ALagProbeLooksOnceAnInterval) {
  DurationHistogram lag{LagProbe::kBounds};
  parley::testing::FakeExecutor executor;
  LagProbe probe(executor, lag);
  executor.RunReady();
  EXPECT_EQ(Sum(lag), 0u);
  executor.Advance(3 * LagProbe::kInterval);
  EXPECT_EQ(Sum(lag), 3u);
  EXPECT_EQ(lag.Read().sum, absl::ZeroDuration());
}

}  // namespace
}  // namespace parley::pool
