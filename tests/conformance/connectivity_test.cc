// Rules of section H about time: how long ICE is patient.
#include <vector>

#include "core/ice/connection_tracker.h"
#include "tests/core/ice/libnice_fixture.h"

namespace parley::ice::testing {
namespace {

constexpr ConnectionState kStates[] = {
    ConnectionState::kNew, ConnectionState::kChecking,
    ConnectionState::kConnected, ConnectionState::kCompleted};

// All that can be said of a generation of which no pair ever worked.
std::vector<GenerationStatus> NeverConnected(bool patience_over) {
  std::vector<GenerationStatus> all;
  for (const Progress progress :
       {Progress::kIdle, Progress::kChecking, Progress::kFailed}) {
    for (int bits = 0; bits < 8; ++bits) {
      all.push_back({.progress = progress,
                     .gathered = (bits & 1) != 0,
                     .remote_candidates = (bits & 2) != 0,
                     .remote_ended = (bits & 4) != 0,
                     .patience_over = patience_over});
    }
  }
  return all;
}

TEST(ConformancePatience, Rule_77_NotFailedBeforeTheTimer) {
  EXPECT_EQ(TransportOptions().pac_timeout, absl::Milliseconds(39500));
  for (const GenerationStatus& status : NeverConnected(false)) {
    for (const ConnectionState before : kStates) {
      EXPECT_NE(DeriveState({{status}}, before), ConnectionState::kFailed);
    }
  }
}

TEST(ConformancePatience, Rule_77_NotFailedWhileCandidatesMayCome) {
  for (const GenerationStatus& status : NeverConnected(true)) {
    const bool nothing_left = status.progress == Progress::kFailed ||
                              (status.progress == Progress::kIdle &&
                               status.gathered && status.remote_ended);
    EXPECT_EQ(DeriveState({{status}}, ConnectionState::kChecking) ==
                  ConnectionState::kFailed,
              nothing_left);
  }
}

class ConformanceIce : public LibniceFixture {};

TEST_F(ConformanceIce, Rule_77_TheTimerRunsFromTheStartOfChecks) {
  TransportOptions options = Loopback();
  options.pac_timeout = absl::Milliseconds(100);
  Endpoint a(loop(), factory(), options);
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  absl::Duration started;
  absl::Duration failed;
  a.on_state = [&](ConnectionState) { failed = loop().clock().Monotonic(); };
  a.Do([&](IceTransport& ice) {
    started = loop().clock().Monotonic();
    ASSERT_TRUE(ice.SetRemote({"abcd", std::string(22, 'p')}).ok());
    ice.EndOfRemoteCandidates();
  });
  EXPECT_TRUE(a.AwaitState(ConnectionState::kFailed));
  EXPECT_GE(failed - started, options.pac_timeout);
}

}  // namespace
}  // namespace parley::ice::testing
