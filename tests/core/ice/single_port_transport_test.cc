// What a single-port transport makes of checks, of silence, and of restarts.

#include "tests/core/ice/single_port_fixture.h"

namespace parley::ice::testing {
namespace {

using enum ConnectionState;

TEST_F(SinglePortTransportTest, GathersWhereItIsAnnouncedAndTellsLater) {
  Start(local_);
  EXPECT_EQ(transport_->gathering_state(), GatheringState::kGathering);
  EXPECT_TRUE(seen_.gathering.empty());
  executor_.RunReady();
  EXPECT_EQ(seen_.gathering,
            (std::vector<std::string>{"first gathering", "first complete"}));
  ASSERT_EQ(seen_.candidates.size(), 2u);
  std::string line;
  sdp::PrintCandidate(seen_.candidates[0].second, line);
  EXPECT_EQ(line, "candidate:1 1 udp 2130706431 198.51.100.1 3478 typ host");
  line.clear();
  sdp::PrintCandidate(seen_.candidates[1].second, line);
  EXPECT_EQ(line, "candidate:3 1 udp 2130705919 2001:db8::1 3478 typ host");
  EXPECT_EQ(transport_->gathering_state(), GatheringState::kComplete);
  EXPECT_EQ(transport_->role(), Role::kControlled);
}

TEST_F(SinglePortTransportTest, ANominationConnectsAndDataFlows) {
  Start(local_);
  SetRemote();
  EXPECT_FALSE(Send("too early"));
  EXPECT_FALSE(Deliver(From(1000), "\x16 a stranger's"));
  const auto plain = Check(From(1000), local_, {.use_candidate = false});
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->mapped, From(1000).remote);
  EXPECT_EQ(seen_.states, std::vector{kChecking});
  EXPECT_FALSE(Send("nothing is nominated"));

  ASSERT_TRUE(Nominate(From(1000), local_));
  EXPECT_EQ(seen_.states, (std::vector{kChecking, kConnected}));
  ASSERT_EQ(seen_.pairs.size(), 1u);
  EXPECT_EQ(seen_.pairs[0].local.address, "198.51.100.1");
  EXPECT_EQ(seen_.pairs[0].remote.type, sdp::CandidateType::kPeerReflexive);
  EXPECT_EQ(seen_.pairs[0].remote.priority, 0x6e001effu);
  EXPECT_TRUE(Send("\x16 hello"));
  EXPECT_EQ(port_.sent.back().first, From(1000));
  EXPECT_TRUE(Deliver(From(1000), "\x16 hi"));
  EXPECT_EQ(seen_.packets, std::vector<std::string>{"\x16 hi"});
  const TransportCounters counters = transport_->counters();
  EXPECT_EQ(counters.packets_sent, 1u);
  EXPECT_EQ(counters.bytes_received, 4u);
  EXPECT_EQ(counters.packets_discarded, 2u);

  transport_->EndOfRemoteCandidates();
  executor_.RunReady();
  EXPECT_EQ(transport_->state(), kCompleted);
}

TEST_F(SinglePortTransportTest, ASignaledCandidateIsTheOneOfThePair) {
  Start(local_);
  SetRemote();
  sdp::Candidate remote = Remote("192.0.2.7", 1000);
  remote.type = sdp::CandidateType::kServerReflexive;
  EXPECT_EQ(*transport_->AddRemoteCandidate(remote), CandidateUse::kApplied);
  EXPECT_EQ(*transport_->AddRemoteCandidate(remote), CandidateUse::kDuplicate);
  EXPECT_EQ(transport_->state(), kChecking);
  ASSERT_TRUE(Nominate(From(1000), local_));
  ASSERT_TRUE(Check(From(2000), local_, {.use_candidate = false}));
  const Measurement measured = transport_->Measure();
  EXPECT_EQ(measured.ufrag, "first");
  EXPECT_EQ(measured.selected->remote, remote);
  ASSERT_EQ(measured.remote.size(), 2u);
  EXPECT_EQ(measured.remote[1].port, 2000);
  EXPECT_EQ(measured.selected_changes, 1u);
}

TEST_F(SinglePortTransportTest, TheLastNominationWins) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  ASSERT_TRUE(Nominate(From(2000, 1), local_));
  EXPECT_TRUE(Send("two"));
  EXPECT_EQ(port_.sent.back().first, From(2000, 1));
  ASSERT_TRUE(Nominate(From(1000), local_));
  EXPECT_TRUE(Send("one"));
  EXPECT_EQ(port_.sent.back().first, From(1000));
  EXPECT_EQ(seen_.pairs.size(), 3u);
  EXPECT_EQ(seen_.states, std::vector{kConnected});
}

TEST_F(SinglePortTransportTest, ChecksMayComeBeforeTheDescription) {
  Start(local_);
  ASSERT_TRUE(Nominate(From(1000), local_));
  EXPECT_EQ(transport_->state(), kChecking);
  EXPECT_FALSE(Send("whose are you?"));
  EXPECT_TRUE(Deliver(From(1000), "\x16 early"));
  EXPECT_EQ(seen_.packets.size(), 1u);
  SetRemote();
  executor_.RunReady();
  EXPECT_EQ(transport_->state(), kConnected);
  EXPECT_TRUE(Send("now I know"));
}

TEST_F(SinglePortTransportTest, SilenceDisconnectsAndAnyPacketHeals) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  executor_.Advance(absl::Seconds(6.9));
  EXPECT_EQ(transport_->state(), kConnected);
  executor_.Advance(absl::Seconds(0.2));
  EXPECT_EQ(transport_->state(), kDisconnected);
  EXPECT_TRUE(Send("are you there?"));
  ASSERT_TRUE(Deliver(From(1000), CheckClient::Indication()));
  EXPECT_EQ(transport_->state(), kConnected);
  // And again, as soon as before.
  executor_.Advance(absl::Seconds(7.1));
  EXPECT_EQ(transport_->state(), kDisconnected);
  ASSERT_TRUE(Deliver(From(1000), "\x16 data"));
  EXPECT_EQ(transport_->state(), kConnected);
}

TEST_F(SinglePortTransportTest, WithoutChecksConsentExpiresForEver) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  // Checks of another path, and data, are no consent for this one.
  for (int i = 0; i < 29; ++i) {
    executor_.Advance(absl::Seconds(1));
    ASSERT_TRUE(Deliver(From(1000), "\x16 data"));
    ASSERT_TRUE(Check(From(2000), local_, {.use_candidate = false}));
  }
  EXPECT_EQ(transport_->state(), kConnected);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(transport_->state(), kFailed);
  EXPECT_FALSE(Send("may I?"));
  EXPECT_EQ(port_.table.ufrags(), 0u);
  EXPECT_EQ(port_.table.paths(), 0u);
  EXPECT_FALSE(Check(From(1000), local_).has_value());

  const Credentials second = Local("second");
  Start(second);
  EXPECT_EQ(transport_->state(), kChecking);
  SetRemote({.ufrag = "remoteagain", .pwd = kRemote.pwd});
  ASSERT_TRUE(Nominate(From(1000), second, "remoteagain"));
  EXPECT_EQ(transport_->state(), kConnected);
  EXPECT_TRUE(Send("thank you"));
}

TEST_F(SinglePortTransportTest, ChecksKeepConsentFresh) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  for (int i = 0; i < 60; ++i) {
    executor_.Advance(absl::Seconds(6));
    ASSERT_TRUE(Check(From(1000), local_, {.use_candidate = i % 2 == 0}));
  }
  EXPECT_EQ(seen_.states, std::vector{kConnected});
  EXPECT_EQ(seen_.pairs.size(), 1u);
}

TEST_F(SinglePortTransportTest, WhoIsNeverCheckedFailsWhenPatienceEnds) {
  Start(local_);
  SetRemote();
  ASSERT_TRUE(transport_->AddRemoteCandidate(Remote("192.0.2.7", 1000)).ok());
  executor_.Advance(options_.pac_timeout - absl::Seconds(1));
  EXPECT_EQ(transport_->state(), kChecking);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(transport_->state(), kFailed);
  // Late, but after all.
  ASSERT_TRUE(Nominate(From(1000), local_));
  EXPECT_EQ(transport_->state(), kConnected);
}

TEST_F(SinglePortTransportTest, ARestartKeepsTheOldPathUntilTheNewOneWorks) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  const Credentials second = Local("second");
  Start(second);
  EXPECT_EQ(transport_->state(), kConnected);
  EXPECT_TRUE(Send("over the old one"));
  EXPECT_EQ(port_.sent.back().first, From(1000));
  ASSERT_TRUE(Nominate(From(1000), local_));
  SetRemote({.ufrag = "remoteagain", .pwd = kRemote.pwd});
  // The other end keeps one of its ports, and has a new one.
  ASSERT_TRUE(Check(From(1000), second,
                    {.use_candidate = false, .remote_ufrag = "remoteagain"}));
  ASSERT_TRUE(Nominate(From(2000), second, "remoteagain"));
  EXPECT_TRUE(Send("over the new one"));
  EXPECT_EQ(port_.sent.back().first, From(2000));
  EXPECT_TRUE(Deliver(From(1000), "\x16 late"));
  EXPECT_EQ(seen_.packets.size(), 1u);
  EXPECT_TRUE(Check(From(1000), local_).has_value());

  executor_.Advance(options_.restart_overlap);
  EXPECT_FALSE(Check(From(1000), local_).has_value());
  // Still one of the second generation's.
  EXPECT_TRUE(Deliver(From(1000), "\x16 later"));
  EXPECT_EQ(seen_.states, std::vector{kConnected});
  EXPECT_EQ(transport_->counters().restarts, 1u);
  EXPECT_EQ(transport_->Measure().ufrag, "second");
}

TEST_F(SinglePortTransportTest, ARolledBackRestartLeavesTheFirst) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  const Credentials second = Local("second");
  Start(second);
  transport_->Rollback();
  executor_.RunReady();
  EXPECT_EQ(seen_.gathering.size(), 2u);
  EXPECT_FALSE(Check(From(2000), second).has_value());
  EXPECT_TRUE(Nominate(From(1000), local_));
  EXPECT_TRUE(Send("as if nothing had been"));
  transport_->Rollback();
  EXPECT_EQ(transport_->state(), kNew);
  EXPECT_EQ(port_.table.ufrags(), 0u);
}

TEST_F(SinglePortTransportTest, ManyRestartsLeaveTwoGenerations) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  for (int i = 0; i < 10; ++i) {
    const Credentials next = Local("restart" + std::to_string(i));
    Start(next);
    const std::string remote = "remote" + std::to_string(i);
    SetRemote({.ufrag = remote, .pwd = kRemote.pwd});
    ASSERT_TRUE(Nominate(From(1000 + i), next, remote));
    EXPECT_LE(port_.table.ufrags(), 3u);
  }
  executor_.Advance(options_.restart_overlap);
  EXPECT_EQ(port_.table.ufrags(), 1u);
  EXPECT_EQ(port_.table.paths(), 1u);
}

TEST_F(SinglePortTransportTest, RelayPolicyLeavesNothing) {
  Seen seen;
  auto relayed = Make(seen, {.policy = TransportPolicy::kRelay});
  const Credentials local = Local("relayed");
  ASSERT_TRUE(relayed->Start(local, Role::kControlled).ok());
  executor_.RunReady();
  EXPECT_EQ(seen.gathering.back(), "relayed complete");
  EXPECT_TRUE(seen.candidates.empty());
  EXPECT_FALSE(Check(From(1000), local).has_value());
  relayed->Close([] {});
  executor_.RunReady();
}

}  // namespace
}  // namespace parley::ice::testing
