#include <algorithm>
#include <string>
#include <utility>

#include "core/base/errors.h"
#include "core/ice/libnice_factory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/ice/endpoint.h"
#include "tests/core/ice/libnice_fixture.h"

namespace parley::ice::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using State = ConnectionState;

// Two ends that pass numbers back and forth: each answers n with n + 1, at
// once, so that one lost packet would end it.
class Rally {
 public:
  Rally(Endpoint& a, Endpoint& b) : a_(a), b_(b) {
    for (Endpoint* end : {&a, &b}) {
      end->on_packet = [end](std::string_view packet) {
        const std::string next =
            std::to_string(std::stoi(std::string(packet)) + 1);
        EXPECT_TRUE(end->transport().Send(
            {reinterpret_cast<const uint8_t*>(next.data()), next.size()}));
      };
    }
  }
  void Serve() { EXPECT_TRUE(a_.Send("0")); }
  // Waits until the rally has gone on for that many strokes from now.
  bool GoesOn(size_t strokes) {
    const size_t now = b_.seen().packets.size();
    return b_.Await([=](const Endpoint::Seen& seen) {
      return seen.packets.size() >= now + strokes;
    });
  }

 private:
  Endpoint& a_;
  Endpoint& b_;
};

class LibniceRestartTest : public LibniceFixture {
 protected:
  static TransportOptions Quick() {
    TransportOptions options = Loopback();
    options.restart_overlap = absl::Milliseconds(50);
    return options;
  }
  static bool AwaitPairs(Endpoint& end, size_t count) {
    return end.Await(
        [=](const Endpoint::Seen& seen) { return seen.pairs.size() >= count; });
  }
  static bool AwaitAgents(int count, Rally& rally) {
    for (int i = 0; i < 1000; ++i) {
      if (LibniceFactory::LiveAgents() == count) return true;
      if (!rally.GoesOn(100)) return false;
    }
    return false;
  }
};

TEST_F(LibniceRestartTest, DataFlowsThroughARestartWithoutLosingAPacket) {
  Endpoint a(loop(), factory(), Quick());
  Endpoint b(loop(1), factory(1), Quick());
  Rally rally(a, b);
  ASSERT_TRUE(Connect(a, b));
  rally.Serve();
  ASSERT_TRUE(rally.GoesOn(100));

  const Credentials before = a.local();
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  EXPECT_NE(a.local(), before);
  ASSERT_TRUE(rally.GoesOn(100));
  Exchange(a, b);
  ASSERT_TRUE(AwaitPairs(a, 2));
  ASSERT_TRUE(AwaitPairs(b, 2));
  ASSERT_TRUE(rally.GoesOn(100));

  const auto pairs = a.seen().pairs;
  EXPECT_NE(pairs[0].local.port, pairs[1].local.port);
  EXPECT_NE(pairs[0].remote.port, pairs[1].remote.port);
  a.Do([&](IceTransport& ice) {
    EXPECT_EQ(ice.SelectedPair(), pairs[1]);
    EXPECT_EQ(ice.counters().restarts, 1u);
    EXPECT_EQ(ice.counters().packets_discarded, 0u);
  });
  // By W3C: completed, connected while it restarts, completed.
  EXPECT_TRUE(a.Await([](const Endpoint::Seen& seen) {
    return std::count(seen.states.begin(), seen.states.end(),
                      State::kCompleted) == 2;
  }));
  EXPECT_THAT(a.seen().states, ElementsAre(State::kChecking, State::kConnected,
                                           State::kCompleted, State::kConnected,
                                           State::kCompleted));
  EXPECT_TRUE(AwaitAgents(2, rally)) << "the old pair was not given back";
}

TEST_F(LibniceRestartTest, ARolledBackRestartLeavesTheOldPairAsItWas) {
  Endpoint a(loop(), factory(), Quick());
  Endpoint b(loop(), factory(), Quick());
  Rally rally(a, b);
  ASSERT_TRUE(Connect(a, b));
  rally.Serve();
  const Credentials first = a.local();
  const CandidatePair pair = a.seen().pairs[0];

  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  const Credentials second = a.local();
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_EQ(LibniceFactory::LiveAgents(), 3);
  a.Do([&](IceTransport& ice) {
    EXPECT_EQ(ice.state(), State::kConnected);
    ice.Rollback();
    EXPECT_EQ(ice.state(), State::kCompleted);
    EXPECT_EQ(ice.gathering_state(), GatheringState::kComplete);
    EXPECT_EQ(ice.SelectedPair(), pair);
  });
  EXPECT_TRUE(AwaitAgents(2, rally));
  EXPECT_TRUE(rally.GoesOn(100));
  EXPECT_THAT(a.seen().pairs, SizeIs(1));

  // And it can be begun again.
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  Exchange(a, b);
  EXPECT_TRUE(AwaitPairs(a, 2));
  EXPECT_TRUE(AwaitPairs(b, 2));
  EXPECT_TRUE(rally.GoesOn(100));
}

TEST_F(LibniceRestartTest, NothingOfAGenerationIsToldAfterItsRollback) {
  Endpoint a(loop(), factory(), Quick());
  a.Do([&](IceTransport& ice) {
    ASSERT_TRUE(
        ice.Start(MakeCredentials(SystemRandom()), Role::kControlled).ok());
    EXPECT_EQ(ice.gathering_state(), GatheringState::kComplete);
    ice.Rollback();
    EXPECT_EQ(ice.state(), State::kNew);
    EXPECT_EQ(ice.gathering_state(), GatheringState::kNew);
    EXPECT_EQ(ice.role(), std::nullopt);
    ice.Rollback();
  });
  On(loop(), [] {});
  On(loop(), [] {});
  EXPECT_THAT(a.seen().gathering, IsEmpty());
  EXPECT_THAT(a.seen().candidates, IsEmpty());
}

TEST_F(LibniceRestartTest, AGenerationWithoutRemoteEndIsReplacedByTheNext) {
  Endpoint a(loop(), factory(), Quick());
  Endpoint b(loop(), factory(), Quick());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  Exchange(a, b);
  EXPECT_TRUE(a.AwaitState(State::kCompleted));
  EXPECT_EQ(LibniceFactory::LiveAgents(), 2);
  a.Do([](IceTransport& ice) { EXPECT_EQ(ice.counters().restarts, 1u); });
}

TEST_F(LibniceRestartTest, CandidatesGoToTheGenerationTheyName) {
  Endpoint a(loop(), factory(), Quick());
  Endpoint b(loop(), factory(), Quick());
  ASSERT_TRUE(Connect(a, b));
  sdp::Candidate old_one = b.seen().candidates[0].second;
  old_one.port += 1;
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  a.Do([&](IceTransport& ice) {
    // Until the restart is answered, the old one is the newest.
    EXPECT_EQ(*ice.AddRemoteCandidate(old_one), CandidateUse::kApplied);
    ASSERT_TRUE(ice.SetRemote({b.local().ufrag, b.local().pwd}).ok());
    EXPECT_EQ(*ice.AddRemoteCandidate(old_one),
              CandidateUse::kIgnoredGeneration);
    sdp::Candidate unnamed = old_one;
    unnamed.ufrag = "";
    EXPECT_EQ(*ice.AddRemoteCandidate(unnamed), CandidateUse::kApplied);
  });
}

TEST_F(LibniceRestartTest, AStartThatFailsLeavesEverythingAsItWas) {
  TransportOptions options = Quick();
  options.min_port = options.max_port = FreeUdpPort();
  Endpoint a(loop(), factory(), options);
  Endpoint b(loop(), factory(), Quick());
  Rally rally(a, b);
  ASSERT_TRUE(Connect(a, b));
  EXPECT_EQ(a.seen().pairs[0].local.port, options.min_port);
  rally.Serve();
  ASSERT_TRUE(rally.GoesOn(10));
  const auto before = a.seen();
  // The one port of the range is taken by the pair in use.
  const absl::Status status = a.Start(Role::kControlling);
  EXPECT_TRUE(HasReason(status, Reason::kPorts)) << status;
  a.Do([](IceTransport& ice) {
    EXPECT_EQ(ice.state(), State::kCompleted);
    EXPECT_EQ(ice.gathering_state(), GatheringState::kComplete);
    EXPECT_EQ(ice.counters().restarts, 0u);
  });
  ASSERT_TRUE(rally.GoesOn(100));
  EXPECT_EQ(a.seen().gathering, before.gathering);
  EXPECT_EQ(a.seen().states, before.states);
  EXPECT_EQ(LibniceFactory::LiveAgents(), 2);
}

TEST_F(LibniceRestartTest, ARestartRevivesAFailedTransport) {
  TransportOptions options = Quick();
  options.pac_timeout = absl::Milliseconds(1);
  Endpoint a(loop(), factory(), options);
  Endpoint b(loop(), factory(), Quick());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  a.Do([](IceTransport& ice) {
    ASSERT_TRUE(ice.SetRemote({"abcd", std::string(22, 'p')}).ok());
    ice.EndOfRemoteCandidates();
  });
  ASSERT_TRUE(a.AwaitState(State::kFailed));
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  Exchange(a, b);
  ASSERT_TRUE(a.AwaitState(State::kCompleted));
  EXPECT_THAT(a.seen().states,
              ElementsAre(State::kFailed, State::kChecking, State::kConnected,
                          State::kCompleted));
}

}  // namespace
}  // namespace parley::ice::testing
