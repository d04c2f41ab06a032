// What a single-port transport refuses: strangers, replays, paths of others,
// and calls that it cannot serve.

#include "core/base/errors.h"
#include "tests/core/ice/single_port_fixture.h"

namespace parley::ice::testing {
namespace {

using enum ConnectionState;

TEST_F(SinglePortTransportTest, WhoCannotProveItChangesNothing) {
  Start(local_);
  SetRemote();
  const auto wrong = Check(
      From(1000), {.ufrag = local_.ufrag, .pwd = "another-password-of-length"});
  ASSERT_TRUE(wrong.has_value());
  EXPECT_EQ(wrong->error, 401);
  EXPECT_FALSE(Check(From(1000), local_, {.fingerprint = false}).has_value());
  EXPECT_FALSE(Check(From(1000), Local("nobody")).has_value());
  const auto conflict = Check(From(1000), local_, {.controlling = false});
  ASSERT_TRUE(conflict.has_value());
  EXPECT_EQ(conflict->error, 487);
  using enum SharedPort::Refusal;
  EXPECT_EQ(port_.refusals,
            (std::vector{kUnauthenticated, kUnauthenticated, kRefused}));
  EXPECT_EQ(port_.table.paths(), 0u);
  EXPECT_FALSE(Deliver(From(1000), "\x16 data"));
  EXPECT_TRUE(seen_.states.empty());
}

// An end that restarts ICE sends from its new ports to the candidates of
// before; such a pair is of two generations.
TEST_F(SinglePortTransportTest, AnotherGenerationsCheckGetsNoAnswer) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  const size_t before = port_.sent.size();
  EXPECT_FALSE(Check(From(2000), local_, {.remote_ufrag = "newufrag"}));
  // Nor over a path that is known.
  EXPECT_FALSE(Check(From(1000), local_, {.remote_ufrag = "newufrag"}));
  EXPECT_EQ(port_.sent.size(), before);
  EXPECT_EQ(port_.refusals,
            std::vector(2, SharedPort::Refusal::kUnauthenticated));
  EXPECT_FALSE(Deliver(From(2000), "\x16 data"));
  EXPECT_TRUE(Send("to the first"));
  EXPECT_EQ(port_.sent.back().first, From(1000));
}

TEST_F(SinglePortTransportTest, EarlyChecksAreAnsweredWhoeverSendsThem) {
  Start(local_);
  for (const char* sender : {"newufrag", "remoteufrag"}) {
    EXPECT_TRUE(Check(From(1000), local_, {.remote_ufrag = sender})) << sender;
  }
  SetRemote();
  EXPECT_FALSE(Check(From(1000), local_, {.remote_ufrag = "newufrag"}));
  EXPECT_TRUE(Nominate(From(1000), local_));
}

// Who listens on the way can repeat what the other end has sent, but not make
// anything new.
TEST_F(SinglePortTransportTest, AReplayedCheckMovesNothing) {
  Start(local_);
  SetRemote();
  const Bytes check = client_.Make(local_);
  ASSERT_TRUE(Deliver(From(1000), check));
  ASSERT_EQ(port_.sent.size(), 1u);
  ASSERT_TRUE(Deliver(From(2000), check));
  EXPECT_EQ(port_.sent.size(), 1u);
  EXPECT_EQ(port_.refusals, std::vector{SharedPort::Refusal::kReplayed});
  EXPECT_FALSE(Deliver(From(2000), "\x16 data"));
  EXPECT_TRUE(Send("to the first"));
  EXPECT_EQ(port_.sent.back().first, From(1000));
  // A retransmission is answered again, and is no new consent.
  executor_.Advance(absl::Seconds(29));
  const size_t before = port_.sent.size();
  ASSERT_TRUE(Deliver(From(1000), check));
  EXPECT_EQ(port_.sent.size(), before + 1);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(transport_->state(), kFailed);
}

TEST_F(SinglePortTransportTest, AddressesThatThePolicyDeniesGetNoAnswer) {
  Start(local_);
  SetRemote();
  const Path metadata = {0, At("169.254.169.254", 80)};
  EXPECT_FALSE(Check(metadata, local_).has_value());
  const Path loopback = {0, At("127.0.0.1", 80)};
  EXPECT_FALSE(Check(loopback, local_).has_value());
  EXPECT_TRUE(port_.sent.empty());
  EXPECT_EQ(port_.refusals, std::vector(2, SharedPort::Refusal::kDenied));
  EXPECT_EQ(port_.table.paths(), 0u);
  EXPECT_EQ(*transport_->AddRemoteCandidate(Remote("127.0.0.1", 80)),
            CandidateUse::kIgnoredAddress);
}

TEST_F(SinglePortTransportTest, ManyPathsPushTheOldestOut) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  for (uint16_t port = 2000; port < 2100; ++port) {
    ASSERT_TRUE(Check(From(port), local_, {.use_candidate = false}));
  }
  EXPECT_EQ(port_.table.paths(), LiteGeneration::kMaxPaths);
  EXPECT_TRUE(Deliver(From(1000), "\x16 the nominated one stays"));
  EXPECT_FALSE(Deliver(From(2001), "\x16 an old one"));
  EXPECT_TRUE(Deliver(From(2099), "\x16 a new one"));
  EXPECT_TRUE(Send("to the nominated one"));
  EXPECT_EQ(port_.sent.back().first, From(1000));
}

TEST_F(SinglePortTransportTest, APathThatAnotherClientTookOverIsItsOwn) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  Seen other_seen;
  auto other = Make(other_seen);
  const Credentials others = Local("others");
  ASSERT_TRUE(other->Start(others, Role::kControlled).ok());
  ASSERT_TRUE(other->SetRemote(kRemote).ok());
  // The NAT gave its port to somebody else.
  ASSERT_TRUE(Nominate(From(1000), others));
  ASSERT_TRUE(Deliver(From(1000), "\x16 for the other"));
  EXPECT_TRUE(seen_.packets.empty());
  EXPECT_EQ(other_seen.packets.size(), 1u);
  // And back again. Closing the other does not take it away.
  ASSERT_TRUE(Nominate(From(1000), local_));
  other->Close([] {});
  ASSERT_TRUE(Deliver(From(1000), "\x16 for the first"));
  EXPECT_EQ(seen_.packets.size(), 1u);
  EXPECT_FALSE(Check(From(1000), others).has_value());
  executor_.RunReady();
}

TEST_F(SinglePortTransportTest, RefusesWhatItCannotBe) {
  EXPECT_TRUE(HasReason(transport_->Start(local_, Role::kControlling),
                        Reason::kArgument));
  EXPECT_TRUE(HasReason(transport_->SetRemote(kRemote), Reason::kArgument));
  EXPECT_TRUE(
      HasReason(transport_->AddRemoteCandidate(Remote("192.0.2.7", 1)).status(),
                Reason::kCandidateGeneration));
  Start(local_);
  EXPECT_TRUE(HasReason(transport_->Start(local_, Role::kControlled),
                        Reason::kArgument));
  EXPECT_TRUE(
      HasReason(transport_->SetRemote(
                    {.ufrag = kRemote.ufrag, .pwd = kRemote.pwd, .lite = true}),
                Reason::kArgument));
  SetRemote();
  SetRemote();
  EXPECT_TRUE(HasReason(
      transport_->SetRemote({.ufrag = "different", .pwd = kRemote.pwd}),
      Reason::kArgument));
  // Another transport's ufrag.
  Seen seen;
  auto other = Make(seen);
  EXPECT_TRUE(
      HasReason(other->Start(local_, Role::kControlled), Reason::kArgument));
  transport_->Close([] {});
  EXPECT_EQ(transport_->state(), kClosed);
  EXPECT_TRUE(HasReason(transport_->Start(local_, Role::kControlled),
                        Reason::kPeerClosed));
  EXPECT_TRUE(HasReason(transport_->SetRemote(kRemote), Reason::kPeerClosed));
}

TEST_F(SinglePortTransportTest, AFullSocketDiscards) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  port_.full = true;
  EXPECT_FALSE(Send("no room"));
  EXPECT_EQ(transport_->counters().packets_discarded, 1u);
  port_.full = false;
  EXPECT_FALSE(Send(""));
  EXPECT_FALSE(Send(std::string(65508, 'x')));
  EXPECT_TRUE(Send(std::string(65507, 'x')));
}

}  // namespace
}  // namespace parley::ice::testing
