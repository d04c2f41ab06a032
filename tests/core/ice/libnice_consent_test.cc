// Consent over real sockets, with a wire between the ends that can be cut. The
// times are short here; consent_test.cc has the true ones.
#include <algorithm>
#include <string>

#include "core/ice/binding_check.h"
#include "core/ice/libnice_factory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/ice/libnice_fixture.h"
#include "tests/core/ice/wire.h"

namespace parley::ice::testing {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

using State = ConnectionState;

class LibniceConsentTest : public LibniceFixture {
 protected:
  // Silence is seen soon, consent does not end while a test runs.
  static TransportOptions Watchful() {
    TransportOptions options = Loopback();
    options.consent = {.interval = absl::Milliseconds(100),
                       .expiry = absl::Minutes(10),
                       .retry = absl::Milliseconds(10),
                       .silence = absl::Milliseconds(80)};
    return options;
  }
  static TransportOptions ShortLived() {
    TransportOptions options = Watchful();
    options.consent.expiry = absl::Seconds(1);
    return options;
  }
  static bool AwaitNow(Endpoint& end, State state) {
    return end.Await([=](const Endpoint::Seen& seen) {
      return !seen.states.empty() && seen.states.back() == state;
    });
  }
  // It sends back what it gets.
  static void Bounce(Endpoint& end) {
    end.on_packet = [&end](std::string_view packet) {
      end.transport().Send(
          {reinterpret_cast<const uint8_t*>(packet.data()), packet.size()});
    };
  }
  // Everything that answers a request of `a`, and nothing else.
  static bool IsAnswerToA(Wire::From from, const std::string& packet) {
    return from == Wire::From::kB && packet.size() > 1 && packet[0] == 1 &&
           (packet[1] & 0x0f) == 1;
  }
};

TEST_F(LibniceConsentTest, DisconnectedComesAndGoesWithTheNetwork) {
  Endpoint a(loop(), factory(), Watchful());
  Endpoint b(loop(), factory(), Watchful());
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  for (int i = 0; i < 3; ++i) {
    wire.Cut();
    EXPECT_TRUE(AwaitNow(a, State::kDisconnected));
    EXPECT_TRUE(AwaitNow(b, State::kDisconnected));
    // Not for long perhaps: what is sent meanwhile is sent.
    EXPECT_TRUE(a.Send("lost"));
    wire.Heal();
    EXPECT_TRUE(AwaitNow(a, State::kCompleted));
    EXPECT_TRUE(AwaitNow(b, State::kCompleted));
  }
  const std::string text = "still here";
  EXPECT_TRUE(a.Send(text));
  EXPECT_TRUE(b.AwaitPacket(text));
}

TEST_F(LibniceConsentTest, WithoutAnswersNothingIsSentAndARestartRevives) {
  Endpoint a(loop(), factory(), ShortLived());
  Endpoint b(loop(), factory(), ShortLived());
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  wire.Cut();
  ASSERT_TRUE(AwaitNow(a, State::kFailed));
  ASSERT_TRUE(AwaitNow(b, State::kFailed));
  EXPECT_FALSE(a.Send("not sent"));
  a.Do([](IceTransport& ice) {
    EXPECT_EQ(ice.SelectedPair(), std::nullopt);
    EXPECT_EQ(ice.counters().packets_discarded, 1u);
  });
  // Healing alone is too late.
  wire.Heal();
  const size_t packets = wire.packets();
  ASSERT_TRUE(wire.Join(a, b));
  EXPECT_GT(wire.packets(), packets);
  EXPECT_TRUE(a.Send("again"));
  EXPECT_TRUE(b.AwaitPacket("again"));
  const auto states = a.seen().states;
  const auto failed = std::find(states.begin(), states.end(), State::kFailed);
  ASSERT_NE(failed, states.end());
  EXPECT_EQ(*(failed - 1), State::kDisconnected);
  EXPECT_EQ(*(failed + 1), State::kChecking);
}

TEST_F(LibniceConsentTest, ConsentLastsWhereItIsAnswered) {
  Endpoint a(loop(), factory(), ShortLived());
  Endpoint b(loop(), factory(), ShortLived());
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  // At least 80 ms apart: twice as long as consent lasts.
  ASSERT_TRUE(wire.AwaitRequests(25));
  EXPECT_TRUE(a.Send("x"));
  EXPECT_THAT(a.seen().states, Not(Contains(State::kFailed)));
}

// Answers stand anywhere between other packets here.
TEST_F(LibniceConsentTest, ConsentLastsUnderAFlood) {
  TransportOptions options = ShortLived();
  options.consent.retry = absl::Seconds(1);  // checks, and no probes
  Endpoint a(loop(), factory(), options);
  Endpoint b(loop(), factory(), options);
  Bounce(a);
  Bounce(b);
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(a.Send("ball"));
  ASSERT_TRUE(wire.AwaitRequests(25));
  EXPECT_TRUE(a.Send("x"));
  // Many times what the checks and their answers alone would be.
  EXPECT_GT(wire.packets(), 200u);
  EXPECT_THAT(a.seen().states, Not(Contains(State::kFailed)));
}

TEST_F(LibniceConsentTest, DamagedAnswersAreNone) {
  Endpoint a(loop(), factory(), ShortLived());
  Endpoint b(loop(), factory(), ShortLived());
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  wire.SetFilter([](Wire::From from, std::string& packet) {
    // In the integrity, before the fingerprint's eight bytes.
    if (IsAnswerToA(from, packet)) packet[packet.size() - 9] ^= 1;
    return true;
  });
  EXPECT_TRUE(AwaitNow(a, State::kFailed));
}

TEST_F(LibniceConsentTest, PacketsAloneAreNoConsent) {
  Endpoint a(loop(), factory(), ShortLived());
  Endpoint b(loop(), factory(), ShortLived());
  // Data goes both ways.
  Bounce(a);
  Bounce(b);
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  EXPECT_TRUE(a.Send("rally"));
  wire.SetFilter([](Wire::From from, std::string& packet) {
    return !IsAnswerToA(from, packet);
  });
  EXPECT_TRUE(AwaitNow(a, State::kFailed));
  EXPECT_FALSE(a.Send("x"));
}

TEST_F(LibniceConsentTest, NoStunReachesTheObserver) {
  Endpoint a(loop(), factory(), Watchful());
  Endpoint b(loop(), factory(), Watchful());
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  ASSERT_TRUE(wire.AwaitRequests(10));
  EXPECT_THAT(a.seen().packets, IsEmpty());
  EXPECT_THAT(b.seen().packets, IsEmpty());
}

TEST_F(LibniceConsentTest, DuringARestartTheOldPairKeepsItsConsent) {
  Endpoint a(loop(), factory(), ShortLived());
  Endpoint b(loop(), factory(), ShortLived());
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  // A restart that the other end has not answered yet.
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(AwaitNow(a, State::kConnected));
  ASSERT_TRUE(wire.AwaitRequests(25));
  EXPECT_TRUE(a.Send("over the old pair"));
  EXPECT_TRUE(b.AwaitPacket("over the old pair"));
  // And loses it as ever.
  wire.Cut();
  ASSERT_TRUE(AwaitNow(a, State::kChecking));
  ASSERT_TRUE(AwaitNow(b, State::kFailed));
  wire.Heal();
  ASSERT_TRUE(wire.Join(a, b));
  EXPECT_TRUE(a.Send("over the new one"));
  EXPECT_TRUE(b.AwaitPacket("over the new one"));
}

TEST_F(LibniceConsentTest, ClosingWhileSilentIsQuiet) {
  Endpoint a(loop(), factory(), Watchful());
  Endpoint b(loop(), factory(), Watchful());
  Wire wire(loop(1));
  ASSERT_TRUE(wire.Join(a, b));
  wire.Cut();
  ASSERT_TRUE(AwaitNow(a, State::kDisconnected));
  const size_t states = a.seen().states.size();
  a.CloseAndWait();
  EXPECT_EQ(a.seen().states.size(), states);
}

}  // namespace
}  // namespace parley::ice::testing
