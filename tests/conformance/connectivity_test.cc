// Rules of section H about time: how long ICE is patient, and how long it sends
// without being told that it may.
#include <set>
#include <vector>

#include "core/ice/connection_tracker.h"
#include "core/ice/consent.h"
#include "tests/core/ice/libnice_fixture.h"
#include "tests/core/ice/wire.h"
#include "tests/testing/fake_random.h"

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

// The next request that is due, which is sent then.
absl::Duration NextRequest(Consent& consent, TransactionId id) {
  for (;;) {
    const absl::Duration now = consent.deadline();
    if (now == absl::InfiniteDuration()) return now;
    if (!consent.Tick(now)) continue;
    consent.Sent(id);
    return now;
  }
}

TEST(ConformanceConsent, Rule_78_AskedForEveryFourToSixSeconds) {
  parley::testing::FakeRandom random;
  Consent consent(ConsentTiming(), random);
  absl::Duration last = absl::Hours(1);
  consent.Begin(last);
  std::set<absl::Duration> gaps;
  for (uint8_t i = 0; i < 200; ++i) {
    const absl::Duration now = NextRequest(consent, {i});
    EXPECT_GE(now - last, absl::Seconds(5) * 0.8);
    EXPECT_LE(now - last, absl::Seconds(5) * 1.2);
    gaps.insert(now - last);
    consent.OnAnswer({i}, now);
    last = now;
  }
  EXPECT_GT(gaps.size(), 100u) << "at random";
  // Also where nothing is answered: what comes between renews nothing.
  absl::Duration check = last;
  for (uint8_t i = 200;; ++i) {
    const absl::Duration now = NextRequest(consent, {i});
    if (now == absl::InfiniteDuration()) break;
    if (now - check < absl::Seconds(2)) {
      consent.OnAnswer({i}, now);
    } else {
      EXPECT_GE(now - check, absl::Seconds(4));
      EXPECT_LE(now - check, absl::Seconds(6));
      check = now;
    }
  }
  EXPECT_EQ(consent.state(), Consent::State::kExpired);
}

TEST(ConformanceConsent, Rule_78_EndsAfterThirtySecondsWithoutAnswer) {
  parley::testing::FakeRandom random;
  Consent consent(ConsentTiming(), random);
  consent.Begin(absl::ZeroDuration());
  const absl::Duration answered = NextRequest(consent, {1});
  consent.OnAnswer({1}, answered);
  const absl::Duration end = answered + absl::Seconds(30);
  while (consent.deadline() < end) {
    if (consent.Tick(consent.deadline())) consent.Sent({2});
    EXPECT_NE(consent.state(), Consent::State::kExpired);
  }
  EXPECT_EQ(consent.deadline(), end);
  EXPECT_FALSE(consent.Tick(end));
  EXPECT_EQ(consent.state(), Consent::State::kExpired);
  consent.OnAnswer({2}, end);
  EXPECT_EQ(consent.state(), Consent::State::kExpired);
}

TEST_F(ConformanceIce, Rule_78_OnlyARestartRevives) {
  TransportOptions options = Loopback();
  options.consent = {.interval = absl::Milliseconds(100),
                     .expiry = absl::Milliseconds(600),
                     .retry = absl::Milliseconds(10),
                     .silence = absl::Milliseconds(50)};
  Endpoint a(loop(), factory(), options);
  Endpoint b(loop(), factory(), options);
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  wire.Cut();
  ASSERT_TRUE(a.AwaitState(ConnectionState::kFailed));
  ASSERT_TRUE(b.AwaitState(ConnectionState::kFailed));
  // What was sent before is on the wire's side of the socket by now.
  On(loop(1), [] {});
  const size_t packets = wire.packets();
  wire.Heal();
  EXPECT_FALSE(a.Send("nothing may be sent"));
  a.Do([](IceTransport& ice) {
    EXPECT_EQ(ice.state(), ConnectionState::kFailed);
    EXPECT_EQ(ice.SelectedPair(), std::nullopt);
  });
  On(loop(1), [] {});
  EXPECT_EQ(wire.packets(), packets);
  ASSERT_TRUE(wire.Join(a, b));
  EXPECT_TRUE(a.Send("and again"));
  EXPECT_TRUE(b.AwaitPacket("and again"));
}

}  // namespace
}  // namespace parley::ice::testing
