#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/base/errors.h"
#include "core/ice/libnice_factory.h"
#include "core/ice/redirection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/ice/endpoint.h"
#include "tests/core/ice/libnice_fixture.h"
#include "tests/core/ice/stun_server.h"
#include "tests/core/ice/turn_server.h"

namespace parley::ice::testing {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Protocol = Server::Protocol;
using State = ConnectionState;
using Type = sdp::CandidateType;

class LibniceServersTest : public LibniceFixture {
 protected:
  static std::vector<sdp::Candidate> OfType(Endpoint& end, Type type) {
    std::vector<sdp::Candidate> found;
    for (const auto& [ufrag, candidate] : end.seen().candidates) {
      if (candidate.type == type) found.push_back(candidate);
    }
    return found;
  }
  static std::string Url(const absl::Status& error) {
    const std::optional<Error> parts = GetError(error);
    for (const auto& [key, value] : parts->metadata) {
      if (key == "url") return value;
    }
    return "";
  }
};

TEST_F(LibniceServersTest, AStunServerGivesAReflexiveCandidate) {
  StunServer stun;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    Endpoint a(loop(), factory(), Loopback(), {.servers = {stun.At(host)}});
    ASSERT_TRUE(a.Start(Role::kControlling).ok());
    ASSERT_TRUE(a.AwaitGathered());
    const auto hosts = OfType(a, Type::kHost);
    const auto reflexive = OfType(a, Type::kServerReflexive);
    ASSERT_THAT(hosts, SizeIs(1)) << host;
    ASSERT_THAT(reflexive, SizeIs(1)) << host;
    EXPECT_EQ(reflexive[0].address, "192.0.2.55");
    EXPECT_EQ(reflexive[0].port, hosts[0].port);
    EXPECT_EQ(reflexive[0].related_address, "127.0.0.1");
    EXPECT_EQ(reflexive[0].related_port, hosts[0].port);
    EXPECT_LT(reflexive[0].priority, hosts[0].priority);
    EXPECT_NE(reflexive[0].foundation, hosts[0].foundation);
    EXPECT_THAT(a.seen().errors, IsEmpty());
  }
  EXPECT_GT(stun.requests(), 0);
}

// Who runs a server could else have packets sent to wherever he likes.
TEST_F(LibniceServersTest, NobodyIsFollowedToAnotherServer) {
  for (const Server::Kind kind : {Server::Kind::kStun, Server::Kind::kTurn}) {
    StunServer target;
    StunServer pointing(
        {.error = 300, .alternate_port = target.At("127.0.0.1").port});
    Server server = pointing.At("127.0.0.1");
    server.kind = kind;
    server.username = "user";
    server.credential = "secret";
    Endpoint a(loop(), factory(), Loopback(), {.servers = {server}});
    ASSERT_TRUE(a.Start(Role::kControlling).ok());
    ASSERT_TRUE(a.AwaitGathered());
    EXPECT_GT(pointing.requests(), 0);
    EXPECT_EQ(target.requests(), 0);
  }
  EXPECT_GT(RedirectionsRefused(), 0);
}

TEST_F(LibniceServersTest, ASilentStunServerHoldsUpOnlyTheEnd) {
  StunServer stun({.answers = false});
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {stun.At("127.0.0.1")}});
  Endpoint b(loop(), factory(), Loopback());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  ASSERT_TRUE(a.Await(
      [](const Endpoint::Seen& seen) { return seen.candidates.size() == 1; }));
  ASSERT_TRUE(b.AwaitGathered());
  // The ends connect meanwhile.
  a.Do([&](IceTransport& ice) {
    EXPECT_EQ(ice.gathering_state(), GatheringState::kGathering);
    ASSERT_TRUE(ice.SetRemote({b.local().ufrag, b.local().pwd}).ok());
  });
  b.Do([&](IceTransport& ice) {
    ASSERT_TRUE(ice.SetRemote({a.local().ufrag, a.local().pwd}).ok());
    ASSERT_TRUE(ice.AddRemoteCandidate(a.seen().candidates[0].second).ok());
  });
  EXPECT_TRUE(a.AwaitState(State::kConnected));
  a.Do([](IceTransport& ice) {
    EXPECT_EQ(ice.gathering_state(), GatheringState::kGathering);
  });
  EXPECT_TRUE(a.AwaitGathered());
  const auto errors = a.seen().errors;
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(Url(errors[0]), ToUrl(stun.At("127.0.0.1")));
}

TEST_F(LibniceServersTest, EachServerThatSeesAnotherAddressGivesACandidate) {
  StunServer first;
  StunServer same;
  StunServer other({.sees = {192, 0, 2, 77}});
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {first.At("127.0.0.1"), same.At("127.0.0.1"),
                          other.At("localhost")}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_GT(first.requests(), 0);
  EXPECT_GT(same.requests(), 0);
  auto reflexive = OfType(a, Type::kServerReflexive);
  ASSERT_THAT(reflexive, SizeIs(2));
  std::sort(reflexive.begin(), reflexive.end(),
            [](const auto& x, const auto& y) { return x.address < y.address; });
  EXPECT_EQ(reflexive[0].address, "192.0.2.55");
  EXPECT_EQ(reflexive[1].address, "192.0.2.77");
  const sdp::Candidate host = OfType(a, Type::kHost)[0];
  for (const sdp::Candidate& one : reflexive) {
    EXPECT_EQ(one.port, host.port);
    EXPECT_EQ(one.related_address, host.address);
    EXPECT_EQ(one.related_port, host.port);
    EXPECT_LT(one.priority, host.priority);
  }
  EXPECT_NE(reflexive[0].priority, reflexive[1].priority);
  EXPECT_NE(reflexive[0].foundation, reflexive[1].foundation);
  EXPECT_THAT(a.seen().errors, IsEmpty());
  a.Do([&](IceTransport& ice) { EXPECT_THAT(ice.Measure().local, SizeIs(3)); });
}

TEST_F(LibniceServersTest, AServerThatIsDeadOrRefusesCostsNoCandidate) {
  StunServer dead({.answers = false});
  StunServer refuses({.error = 500});
  StunServer good;
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {dead.At("127.0.0.1"), refuses.At("127.0.0.1"),
                          good.At("127.0.0.1")}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  // It does not wait for those that fail.
  ASSERT_TRUE(a.Await(
      [](const Endpoint::Seen& seen) { return seen.candidates.size() == 2; }));
  EXPECT_THAT(OfType(a, Type::kServerReflexive), SizeIs(1));
  ASSERT_TRUE(a.AwaitGathered());
  const auto errors = a.seen().errors;
  ASSERT_THAT(errors, SizeIs(2));
  EXPECT_EQ(Url(errors[0]), ToUrl(refuses.At("127.0.0.1")));
  EXPECT_THAT(
      GetError(errors[0])->metadata,
      Contains(std::pair<std::string, std::string>("error_code", "500")));
  EXPECT_EQ(Url(errors[1]), ToUrl(dead.At("127.0.0.1")));
}

TEST_F(LibniceServersTest, WithoutANatThereIsNoReflexiveCandidate) {
  StunServer stun({.sees = {127, 0, 0, 1}});
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {stun.At("127.0.0.1")}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  // What the server sees is the host candidate itself.
  EXPECT_THAT(OfType(a, Type::kServerReflexive), IsEmpty());
  EXPECT_THAT(OfType(a, Type::kHost), SizeIs(1));
  EXPECT_THAT(a.seen().errors, IsEmpty());
}

TEST_F(LibniceServersTest, ServersThatCannotBeUsedAreReportedAndLeftOut) {
  TransportOptions options = Loopback();
  options.policy.denied = {*IpNetwork::Parse("192.0.2.0/24")};
  StunServer stun;
  Endpoint a(loop(), factory(), options,
             {.servers = {*ParseServer("turns:turn.example.org", "u", "c"),
                          *ParseServer("turn:192.0.2.9", "u", "c"),
                          *ParseServerUrl("stun:169.254.169.254"),
                          *ParseServerUrl("stun:[2001:db8::1]"),
                          stun.At("127.0.0.1")}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(OfType(a, Type::kServerReflexive), SizeIs(1));
  const auto errors = a.seen().errors;
  ASSERT_THAT(errors, SizeIs(4));
  EXPECT_TRUE(HasReason(errors[0], Reason::kNotSupported));
  EXPECT_EQ(Url(errors[0]), "turns:turn.example.org:5349?transport=tcp");
  EXPECT_EQ(Url(errors[1]), "turn:192.0.2.9:3478?transport=udp");
  EXPECT_EQ(Url(errors[2]), "stun:169.254.169.254:3478");
  EXPECT_EQ(Url(errors[3]), "stun:[2001:db8::1]:3478");
  for (int i : {1, 2, 3}) {
    EXPECT_TRUE(HasReason(errors[i], Reason::kIceServerUrl)) << errors[i];
  }
}

TEST_F(LibniceServersTest, ARelayPolicyWithoutARelayShowsNothing) {
  StunServer stun;
  Endpoint a(
      loop(), factory(), Loopback(),
      {.servers = {stun.At("127.0.0.1")}, .policy = TransportPolicy::kRelay});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(a.seen().candidates, IsEmpty());
  EXPECT_EQ(stun.requests(), 0);
}

TEST_F(LibniceServersTest, ServersThatChangeCountFromTheNextGeneration) {
  StunServer stun;
  Endpoint a(loop(), factory(), Loopback());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  a.Do([&](IceTransport& ice) {
    ice.Configure({.servers = {stun.At("127.0.0.1")}});
  });
  EXPECT_THAT(OfType(a, Type::kServerReflexive), IsEmpty());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(OfType(a, Type::kServerReflexive), SizeIs(1));
}

TEST_F(LibniceServersTest, ClosingWhileANameIsResolvedLeavesNothing) {
  StunServer stun;
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {stun.At("localhost")}});
  a.Do([&](IceTransport& ice) {
    ASSERT_TRUE(
        ice.Start(MakeCredentials(SystemRandom()), Role::kControlled).ok());
    ice.Close([] {});
  });
  a.CloseAndWait();
}

class LibniceRelayTest : public LibniceServersTest {
 protected:
  void SetUp() override {
    LibniceServersTest::SetUp();
    ASSERT_TRUE(turn_.ok()) << "coturn is not installed";
  }

  TurnServer turn_;
};

TEST_F(LibniceRelayTest, UnderARelayPolicyAllGoesOverTheRelayAndShowsNoMore) {
  for (Protocol protocol : {Protocol::kUdp, Protocol::kTcp}) {
    const GatheringConfiguration relay = {.servers = {turn_.At(protocol)},
                                          .policy = TransportPolicy::kRelay};
    Endpoint a(loop(), factory(), Loopback(), relay);
    Endpoint b(loop(1), factory(1), Loopback(), relay);
    ASSERT_TRUE(Connect(a, b));
    for (Endpoint* end : {&a, &b}) {
      ASSERT_THAT(end->seen().candidates, SizeIs(1));
      const sdp::Candidate candidate = end->seen().candidates[0].second;
      EXPECT_EQ(candidate.type, Type::kRelay);
      EXPECT_EQ(candidate.related_address, "0.0.0.0");
      EXPECT_EQ(candidate.related_port, 0);
      EXPECT_EQ(end->seen().pairs.back().local.type, Type::kRelay);
    }
    for (int i = 0; i < 100; ++i) {
      const std::string text = "packet " + std::to_string(i);
      ASSERT_TRUE(a.Send(text));
      ASSERT_TRUE(b.AwaitPacket(text)) << text;
      ASSERT_TRUE(b.Send("re " + text));
      ASSERT_TRUE(a.AwaitPacket("re " + text)) << text;
    }
  }
}

// The relay wraps the answers up, in datagrams or in a stream.
TEST_F(LibniceRelayTest, ConsentLastsOverARelayToo) {
  for (Protocol protocol : {Protocol::kUdp, Protocol::kTcp}) {
    const GatheringConfiguration relay = {.servers = {turn_.At(protocol)},
                                          .policy = TransportPolicy::kRelay};
    TransportOptions options = Loopback();
    options.consent = {.interval = absl::Milliseconds(100),
                       .expiry = absl::Seconds(1),
                       .retry = absl::Milliseconds(10),
                       .silence = absl::Milliseconds(80)};
    Endpoint a(loop(), factory(), options, relay);
    Endpoint b(loop(1), factory(1), options, relay);
    ASSERT_TRUE(Connect(a, b));
    absl::Notification later;
    a.Do([&](IceTransport&) {
      loop().RunAfter(absl::Seconds(3), [&] { later.Notify(); });
    });
    later.WaitForNotification();
    EXPECT_THAT(a.seen().states, Not(Contains(ConnectionState::kFailed)));
    EXPECT_THAT(b.seen().states, Not(Contains(ConnectionState::kFailed)));
    EXPECT_TRUE(a.Send("x"));
    EXPECT_TRUE(b.AwaitPacket("x"));
  }
}

TEST_F(LibniceRelayTest, EachTurnServerGivesItsRelayBesideStunServers) {
  // libnice takes one relay of each address.
  TurnServer by_name({.relay_address = "127.0.0.2"});
  TurnServer by_tcp({.relay_address = "127.0.0.3"});
  StunServer stun;
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {turn_.At(Protocol::kUdp), stun.At("127.0.0.1"),
                          by_name.At(Protocol::kUdp, "localhost"),
                          by_tcp.At(Protocol::kTcp)}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(a.seen().errors, IsEmpty());
  EXPECT_THAT(OfType(a, Type::kHost), SizeIs(1));
  EXPECT_THAT(OfType(a, Type::kServerReflexive), SizeIs(1));
  const auto relays = OfType(a, Type::kRelay);
  ASSERT_THAT(relays, SizeIs(3));
  std::set<uint32_t> priorities;
  for (const sdp::Candidate& relay : relays) priorities.insert(relay.priority);
  EXPECT_THAT(priorities, SizeIs(3));
}

TEST_F(LibniceRelayTest, ByNameToo) {
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {turn_.At(Protocol::kUdp, "localhost")}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(OfType(a, Type::kHost), SizeIs(1));
  EXPECT_THAT(OfType(a, Type::kRelay), SizeIs(1));
}

TEST_F(LibniceRelayTest, CloseReleasesTheAllocation) {
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {turn_.At(Protocol::kUdp)}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  ASSERT_THAT(OfType(a, Type::kRelay), SizeIs(1));
  a.CloseAndWait();
  EXPECT_EQ(LibniceFactory::LiveAgents(), 0);
  EXPECT_TRUE(turn_.AwaitLog("lifetime=0"));
}

TEST_F(LibniceRelayTest, CloseEndsThoughTheRelayIsGone) {
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {turn_.At(Protocol::kUdp)}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  ASSERT_THAT(OfType(a, Type::kRelay), SizeIs(1));
  turn_.Kill();
  a.CloseAndWait();
  EXPECT_EQ(LibniceFactory::LiveAgents(), 0);
}

// The relay in use does not mind; a restart gathers with the new ones.
TEST_F(LibniceRelayTest, CredentialsThatExpireAreReplacedOnALivePeer) {
  TurnServer turn({.credentials_expire = true});
  const absl::Time expiry = absl::Now() + absl::Seconds(5);
  const auto until = [&turn](absl::Time time) {
    return GatheringConfiguration{.servers = {turn.Until(time, Protocol::kUdp)},
                                  .policy = TransportPolicy::kRelay};
  };
  TransportOptions options = Loopback();
  options.restart_overlap = absl::Milliseconds(50);
  Endpoint a(loop(), factory(), options, until(expiry));
  Endpoint b(loop(1), factory(1), options, until(expiry));
  ASSERT_TRUE(Connect(a, b));
  absl::Notification expired;
  a.Do([&](IceTransport&) {
    // coturn counts in seconds.
    loop().RunAfter(expiry + absl::Seconds(2) - absl::Now(),
                    [&] { expired.Notify(); });
  });
  expired.WaitForNotification();
  ASSERT_TRUE(a.Send("old"));
  EXPECT_TRUE(b.AwaitPacket("old"));

  // Nothing but the credentials is wrong with a restart now.
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(OfType(a, Type::kRelay), SizeIs(1));
  ASSERT_TRUE(a.Send("still"));
  EXPECT_TRUE(b.AwaitPacket("still"));

  for (Endpoint* end : {&a, &b}) {
    end->Do([&](IceTransport& ice) {
      ice.Configure(until(absl::Now() + absl::Hours(1)));
    });
  }
  ASSERT_TRUE(a.Send("on"));
  EXPECT_TRUE(b.AwaitPacket("on"));
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  Exchange(a, b);
  for (Endpoint* end : {&a, &b}) {
    ASSERT_TRUE(end->Await(
        [](const Endpoint::Seen& seen) { return seen.pairs.size() == 2; }));
    EXPECT_EQ(end->seen().pairs[1].local.type, Type::kRelay);
    EXPECT_NE(end->seen().pairs[1].local.port, end->seen().pairs[0].local.port);
  }
  ASSERT_TRUE(a.Send("new"));
  EXPECT_TRUE(b.AwaitPacket("new"));
}

TEST_F(LibniceRelayTest, WrongCredentialsGiveNoRelay) {
  Server server = turn_.At(Protocol::kUdp);
  server.credential = "wrong";
  Endpoint a(loop(), factory(), Loopback(), {.servers = {server}});
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(OfType(a, Type::kRelay), IsEmpty());
  EXPECT_THAT(OfType(a, Type::kHost), SizeIs(1));
}

}  // namespace
}  // namespace parley::ice::testing
