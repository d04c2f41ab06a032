#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/errors.h"
#include "core/ice/libnice_factory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/ice/endpoint.h"
#include "tests/core/ice/libnice_fixture.h"

namespace parley::ice::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using State = ConnectionState;

class LibniceTransportTest : public LibniceFixture {};

TEST_F(LibniceTransportTest, GathersHostCandidatesAndSaysWhenItIsDone) {
  Endpoint a(loop(), factory(), Both());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  const auto seen = a.seen();
  const std::string& ufrag = a.local().ufrag;
  EXPECT_THAT(seen.gathering,
              ElementsAre(std::pair(ufrag, GatheringState::kGathering),
                          std::pair(ufrag, GatheringState::kComplete)));
  ASSERT_THAT(seen.candidates, SizeIs(2));
  EXPECT_EQ(seen.candidates[0].second.address, "127.0.0.1");
  EXPECT_EQ(seen.candidates[1].second.address, "::1");
  for (const auto& [of, candidate] : seen.candidates) {
    EXPECT_EQ(of, ufrag);
    EXPECT_EQ(candidate.ufrag, ufrag);
    EXPECT_EQ(candidate.component, 1u);
    EXPECT_EQ(candidate.type, sdp::CandidateType::kHost);
    EXPECT_EQ(candidate.transport, sdp::CandidateTransport::kUdp);
    EXPECT_NE(candidate.port, 0);
    EXPECT_NE(candidate.priority, 0u);
    EXPECT_EQ(candidate.related_address, "");
  }
  EXPECT_THAT(seen.states, IsEmpty());
}

TEST_F(LibniceTransportTest, TwoEndsConnectAndCarryDataBothWays) {
  Endpoint a(loop(), factory(), Both());
  Endpoint b(loop(1), factory(1), Both());
  EXPECT_FALSE(a.Send("too early"));
  ASSERT_TRUE(Connect(a, b));
  EXPECT_TRUE(a.Send("from a"));
  EXPECT_TRUE(b.AwaitPacket("from a"));
  EXPECT_TRUE(b.Send("from b"));
  EXPECT_TRUE(a.AwaitPacket("from b"));
  for (Endpoint* end : {&a, &b}) {
    EXPECT_THAT(
        end->seen().states,
        ElementsAre(State::kChecking, State::kConnected, State::kCompleted));
    ASSERT_THAT(end->seen().pairs, SizeIs(1));
  }
  EXPECT_EQ(a.seen().pairs[0].local.port, b.seen().pairs[0].remote.port);
  EXPECT_EQ(a.seen().pairs[0].remote.port, b.seen().pairs[0].local.port);
  a.Do([&](IceTransport& ice) {
    EXPECT_EQ(ice.state(), State::kCompleted);
    EXPECT_EQ(ice.role(), Role::kControlling);
    EXPECT_EQ(ice.SelectedPair(), a.seen().pairs[0]);
    const TransportCounters counters = ice.counters();
    EXPECT_EQ(counters.packets_sent, 1u);
    EXPECT_EQ(counters.bytes_sent, 6u);
    EXPECT_EQ(counters.packets_received, 1u);
    EXPECT_EQ(counters.bytes_received, 6u);
    EXPECT_EQ(counters.packets_discarded, 1u);
    EXPECT_EQ(counters.candidates_applied, 2u);
    EXPECT_EQ(counters.restarts, 0u);
  });
}

TEST_F(LibniceTransportTest, Ipv6AloneConnects) {
  Endpoint a(loop(), factory(), With({"::1"}));
  Endpoint b(loop(), factory(), With({"::1"}));
  ASSERT_TRUE(Connect(a, b));
  EXPECT_EQ(a.seen().pairs[0].remote.address, "::1");
}

TEST_F(LibniceTransportTest, CandidatesMayTrickleInAnyOrder) {
  Endpoint a(loop(), factory(), Both());
  Endpoint b(loop(), factory(), Both());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  ASSERT_TRUE(a.AwaitGathered());
  ASSERT_TRUE(b.AwaitGathered());
  // Only one end ever learns a candidate: the other finds it by the checks.
  b.Do([&](IceTransport& ice) {
    ASSERT_TRUE(ice.SetRemote({a.local().ufrag, a.local().pwd}).ok());
    for (const auto& [ufrag, candidate] : a.seen().candidates) {
      ASSERT_TRUE(ice.AddRemoteCandidate(candidate).ok());
    }
  });
  a.Do([&](IceTransport& ice) {
    ASSERT_TRUE(ice.SetRemote({b.local().ufrag, b.local().pwd}).ok());
  });
  EXPECT_TRUE(a.AwaitState(State::kConnected));
  EXPECT_TRUE(b.AwaitState(State::kConnected));
  // More could still come, as far as it knows.
  EXPECT_THAT(a.seen().states,
              ElementsAre(State::kChecking, State::kConnected));
  a.Do([&](IceTransport& ice) { ice.EndOfRemoteCandidates(); });
  EXPECT_TRUE(a.AwaitState(State::kCompleted));
}

TEST_F(LibniceTransportTest, ARoleConflictIsSolved) {
  for (Role role : {Role::kControlling, Role::kControlled}) {
    Endpoint a(loop(), factory(), Loopback());
    Endpoint b(loop(), factory(), Loopback());
    ASSERT_TRUE(a.Start(role).ok());
    ASSERT_TRUE(b.Start(role).ok());
    Exchange(a, b);
    EXPECT_TRUE(a.AwaitState(State::kCompleted)) << Name(role);
    EXPECT_TRUE(b.AwaitState(State::kCompleted)) << Name(role);
  }
}

TEST_F(LibniceTransportTest, WrongPasswordsDoNotConnect) {
  Endpoint a(loop(), factory(), Loopback());
  Endpoint b(loop(), factory(), Loopback());
  TransportOptions impatient = Loopback();
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  ASSERT_TRUE(b.AwaitGathered());
  b.Do([&](IceTransport& ice) {
    ASSERT_TRUE(ice.SetRemote({a.local().ufrag, a.local().pwd}).ok());
  });
  a.Do([&](IceTransport& ice) {
    ASSERT_TRUE(ice.SetRemote({b.local().ufrag, std::string(32, 'x')}).ok());
    ASSERT_TRUE(ice.AddRemoteCandidate(b.seen().candidates[0].second).ok());
  });
  EXPECT_TRUE(a.AwaitState(State::kChecking));
  EXPECT_FALSE(a.Send("x"));
  EXPECT_THAT(b.seen().states, IsEmpty());
}

TEST_F(LibniceTransportTest, EmptyAndOversizePacketsAreDiscarded) {
  Endpoint a(loop(), factory(), Loopback());
  Endpoint b(loop(), factory(), Loopback());
  ASSERT_TRUE(Connect(a, b));
  EXPECT_FALSE(a.Send(""));
  EXPECT_FALSE(a.Send(std::string(65508, 'x')));
  const std::string largest(65507, 'y');
  EXPECT_TRUE(a.Send(largest));
  EXPECT_TRUE(b.AwaitPacket(largest));
}

TEST_F(LibniceTransportTest, ExternalAddressesAreToldAndLocalOnesUsed) {
  for (const bool keep_local : {false, true}) {
    TransportOptions options = Loopback();
    options.external = {
        .rules = {*ExternalAddress::Parse("127.0.0.1=203.0.113.7")},
        .keep_local = keep_local};
    Endpoint a(loop(), factory(), options);
    Endpoint b(loop(1), factory(1), Loopback());
    ASSERT_TRUE(a.Start(Role::kControlling).ok());
    ASSERT_TRUE(b.Start(Role::kControlled).ok());
    ASSERT_TRUE(a.AwaitGathered());
    const auto told = a.seen().candidates;
    ASSERT_EQ(told.size(), keep_local ? 2u : 1u);
    EXPECT_EQ(told.back().second.address, "203.0.113.7");
    EXPECT_EQ(told.front().second.port, told.back().second.port);
    // What the NAT would do.
    sdp::Candidate behind = told.front().second;
    behind.address = "127.0.0.1";
    a.Do([&](IceTransport& ice) {
      ASSERT_TRUE(ice.SetRemote({b.local().ufrag, b.local().pwd}).ok());
    });
    b.Do([&](IceTransport& ice) {
      ASSERT_TRUE(ice.SetRemote({a.local().ufrag, a.local().pwd}).ok());
      ASSERT_TRUE(ice.AddRemoteCandidate(behind).ok());
    });
    EXPECT_TRUE(a.AwaitState(ConnectionState::kConnected));
    EXPECT_TRUE(b.AwaitState(ConnectionState::kConnected));
  }
}

TEST_F(LibniceTransportTest,
       RemoteCandidatesThatAreNotUsedAreCountedNotRefused) {
  TransportOptions options = Loopback();
  options.policy.denied = {*IpNetwork::Parse("127.0.0.9")};
  Endpoint a(loop(), factory(), options);
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  const sdp::Candidate good = {
      .foundation = "1", .priority = 1000, .address = "127.0.0.1", .port = 9};
  a.Do([&](IceTransport& ice) {
    EXPECT_TRUE(HasReason(ice.AddRemoteCandidate(good).status(),
                          Reason::kCandidateGeneration));
    ASSERT_TRUE(ice.SetRemote({"abcd", std::string(22, 'p')}).ok());
    auto use = [&](auto change) {
      sdp::Candidate candidate = good;
      change(candidate);
      return ice.AddRemoteCandidate(candidate).value();
    };
    using C = sdp::Candidate;
    EXPECT_EQ(use([](C& c) { c.address = "a-b-c.local"; }),
              CandidateUse::kIgnoredName);
    EXPECT_EQ(use([](C& c) { c.address = "example.org"; }),
              CandidateUse::kIgnoredName);
    EXPECT_EQ(use([](C& c) { c.transport = sdp::CandidateTransport::kTcp; }),
              CandidateUse::kIgnoredTransport);
    EXPECT_EQ(use([](C& c) { c.type = sdp::CandidateType::kOther; }),
              CandidateUse::kIgnoredTransport);
    EXPECT_EQ(use([](C& c) { c.component = 2; }),
              CandidateUse::kIgnoredComponent);
    EXPECT_EQ(use([](C& c) { c.port = 0; }), CandidateUse::kIgnoredAddress);
    for (const char* address :
         {"169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1"}) {
      EXPECT_EQ(use([=](C& c) { c.address = address; }),
                CandidateUse::kIgnoredAddress);
    }
    EXPECT_EQ(use([](C&) {}), CandidateUse::kApplied);
    EXPECT_EQ(use([](C& c) { c.ufrag = "abcd"; }), CandidateUse::kDuplicate);
    EXPECT_EQ(ice.counters().candidates_ignored, 11u);
    EXPECT_EQ(ice.counters().candidates_applied, 1u);
    C stranger = good;
    stranger.ufrag = "efgh";
    EXPECT_TRUE(HasReason(ice.AddRemoteCandidate(stranger).status(),
                          Reason::kCandidateGeneration));
    for (uint16_t port = 10; port < 109; ++port) {
      EXPECT_EQ(use([=](C& c) { c.port = port; }), CandidateUse::kApplied);
    }
    EXPECT_EQ(use([](C& c) { c.port = 200; }), CandidateUse::kIgnoredCount);
  });
}

TEST_F(LibniceTransportTest, ArgumentsThatAreNoneAreRefusedAndChangeNothing) {
  Endpoint a(loop(), factory(), Loopback());
  a.Do([&](IceTransport& ice) {
    const std::string pwd(22, 'p');
    auto refused = [](const absl::Status& status) {
      return HasReason(status, Reason::kArgument);
    };
    EXPECT_TRUE(refused(ice.SetRemote({"abcd", pwd})));
    EXPECT_TRUE(refused(ice.Start({"abc", pwd}, Role::kControlled)));
    EXPECT_TRUE(refused(ice.Start({"abc-", pwd}, Role::kControlled)));
    EXPECT_TRUE(refused(ice.Start({"abcd", "short"}, Role::kControlled)));
    EXPECT_TRUE(
        refused(ice.Start({std::string(257, 'a'), pwd}, Role::kControlled)));
    EXPECT_EQ(ice.gathering_state(), GatheringState::kNew);
    EXPECT_EQ(ice.role(), std::nullopt);

    const Credentials longest = {std::string(256, 'a'), std::string(256, 'p')};
    ASSERT_TRUE(ice.Start(longest, Role::kControlled).ok());
    EXPECT_TRUE(refused(ice.Start(longest, Role::kControlled)));
    EXPECT_TRUE(refused(ice.SetRemote({"ab", pwd})));
    EXPECT_TRUE(
        refused(ice.SetRemote({.ufrag = "abcd", .pwd = pwd, .lite = true})));
    EXPECT_TRUE(ice.SetRemote({"abcd", pwd}).ok());
    EXPECT_TRUE(ice.SetRemote({"abcd", pwd}).ok());
    EXPECT_TRUE(refused(ice.SetRemote({"efgh", pwd})));
  });
}

TEST_F(LibniceTransportTest, FailedIsDeclaredWhenPatienceIsOverAndNotBefore) {
  TransportOptions options = Loopback();
  options.pac_timeout = absl::Milliseconds(100);
  Endpoint a(loop(), factory(), options);
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  absl::Duration started;
  absl::Duration failed;
  a.on_state = [&](State state) {
    EXPECT_EQ(state, State::kFailed);
    failed = loop().clock().Monotonic();
  };
  a.Do([&](IceTransport& ice) {
    started = loop().clock().Monotonic();
    ASSERT_TRUE(ice.SetRemote({"abcd", std::string(22, 'p')}).ok());
    ice.EndOfRemoteCandidates();
    EXPECT_EQ(ice.state(), State::kNew);
  });
  EXPECT_TRUE(a.AwaitState(State::kFailed));
  EXPECT_GE(failed - started, options.pac_timeout);
}

TEST_F(LibniceTransportTest, AnEndThatNeverAnswersIsFailed) {
  TransportOptions options = Loopback();
  options.pac_timeout = absl::Milliseconds(1);
  Endpoint a(loop(), factory(), options);
  Endpoint silent(loop(), factory(), Loopback());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(silent.Start(Role::kControlled).ok());
  ASSERT_TRUE(silent.AwaitGathered());
  const sdp::Candidate candidate = silent.seen().candidates[0].second;
  silent.CloseAndWait();
  a.Do([&](IceTransport& ice) {
    ASSERT_TRUE(ice.SetRemote({"abcd", std::string(22, 'p')}).ok());
    sdp::Candidate there = candidate;
    there.ufrag = "";
    ASSERT_EQ(*ice.AddRemoteCandidate(there), CandidateUse::kApplied);
  });
  EXPECT_TRUE(a.AwaitState(State::kFailed));
  EXPECT_THAT(a.seen().states, ElementsAre(State::kChecking, State::kFailed));
}

TEST_F(LibniceTransportTest, TwoHundredAgentsConnectOnFixedThreads) {
  const size_t threads = CountThreads();
  std::vector<std::unique_ptr<Endpoint>> ends;
  for (int i = 0; i < 200; ++i) {
    ends.push_back(
        std::make_unique<Endpoint>(loop(i % 2), factory(i % 2), Loopback()));
    ASSERT_TRUE(ends.back()
                    ->Start(i % 2 == 0 ? Role::kControlling : Role::kControlled)
                    .ok());
  }
  for (int i = 0; i < 200; i += 2) Exchange(*ends[i], *ends[i + 1]);
  for (auto& end : ends) ASSERT_TRUE(end->AwaitState(State::kCompleted));
  EXPECT_EQ(CountThreads(), threads);
  EXPECT_EQ(LibniceFactory::LiveAgents(), 200);
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(ends[i]->Send("to " + std::to_string(i ^ 1)));
  }
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(ends[i]->AwaitPacket("to " + std::to_string(i)));
  }
  for (auto& end : ends) end->Close();
  ends.clear();
  EXPECT_EQ(LibniceFactory::LiveAgents(), 0);
}

}  // namespace
}  // namespace parley::ice::testing
