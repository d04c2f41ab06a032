// What is gathered before Start, and what becomes of it.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "core/ice/libnice_factory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/ice/endpoint.h"
#include "tests/core/ice/libnice_fixture.h"
#include "tests/core/ice/stun_server.h"
#include "tests/core/ice/turn_server.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

using Protocol = Server::Protocol;
using State = ConnectionState;
using Type = sdp::CandidateType;

class LibnicePrepareTest : public LibniceFixture {
 protected:
  static void Prepare(Endpoint& end) {
    end.Do([](IceTransport& ice) {
      const absl::Status prepared = ice.Prepare();
      EXPECT_TRUE(prepared.ok()) << prepared;
    });
  }
  // Nothing is left on the loop that was posted before.
  static void Settle(Endpoint& end) {
    end.Do([](IceTransport&) {});
  }
  static std::vector<Type> Types(Endpoint& end) {
    std::vector<Type> types;
    for (const auto& [ufrag, candidate] : end.seen().candidates) {
      types.push_back(candidate.type);
    }
    return types;
  }
  // The first STUN request that comes for this end.
  static std::string FirstCheck(parley::testing::LoopbackSocket& at) {
    while (auto got = at.Receive()) {
      if (got->bytes.size() >= 20 && got->bytes[0] == 0 && got->bytes[1] == 1) {
        return got->bytes;
      }
    }
    return "";
  }
};

TEST_F(LibnicePrepareTest, NothingIsToldBeforeStartAndAllOfItThen) {
  StunServer stun;
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {stun.At("127.0.0.1")}});
  Prepare(a);
  EXPECT_GT(fds().in_use(), 0) << "it counts as any that gathers";
  ASSERT_TRUE(stun.AwaitRequests(1));
  a.Do([&](IceTransport& ice) {
    EXPECT_TRUE(ice.Prepare().ok()) << "a second one is none";
    EXPECT_EQ(ice.state(), State::kNew);
    EXPECT_EQ(ice.gathering_state(), GatheringState::kNew);
    EXPECT_EQ(ice.role(), std::nullopt);
    EXPECT_THAT(ice.Measure().local, IsEmpty());
  });
  EXPECT_THAT(a.seen().gathering, IsEmpty());
  EXPECT_THAT(a.seen().candidates, IsEmpty());

  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  a.Do([](IceTransport& ice) {
    EXPECT_EQ(ice.role(), Role::kControlling);
    EXPECT_NE(ice.gathering_state(), GatheringState::kNew);
  });
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(Types(a),
              ::testing::ElementsAre(Type::kHost, Type::kServerReflexive));
  ASSERT_THAT(a.seen().gathering, SizeIs(2));
  EXPECT_EQ(a.seen().gathering[0],
            std::pair(a.local().ufrag, GatheringState::kGathering));
  for (const auto& [ufrag, candidate] : a.seen().candidates) {
    EXPECT_EQ(ufrag, a.local().ufrag);
    EXPECT_EQ(candidate.ufrag, a.local().ufrag);
  }
  a.Do([&](IceTransport& ice) {
    ASSERT_THAT(ice.Measure().local, SizeIs(2));
    for (const auto& one : ice.Measure().local) {
      EXPECT_EQ(one.ufrag, a.local().ufrag);
    }
    EXPECT_EQ(ice.counters().restarts, 0u);
    EXPECT_EQ(stun.requests(), 1);
  });
}

TEST_F(LibnicePrepareTest, WhatWasGatheredIsToldWithoutAnyServer) {
  auto stun = std::make_unique<StunServer>();
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {stun->At("127.0.0.1")}});
  Prepare(a);
  ASSERT_TRUE(stun->AwaitRequests(1));
  // The answer is on its way; it is there before another one's.
  Endpoint other(loop(), factory(), Loopback(),
                 {.servers = {stun->At("127.0.0.1")}});
  ASSERT_TRUE(other.Start(Role::kControlled).ok());
  ASSERT_TRUE(other.AwaitGathered());
  stun.reset();
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  Settle(a);
  Settle(a);
  // With the state that Start itself has posted.
  EXPECT_EQ(a.seen().gathering.back().second, GatheringState::kComplete);
  EXPECT_THAT(Types(a), SizeIs(2));
}

// One of them has to begin anew, as it is not the one that controls.
TEST_F(LibnicePrepareTest, PreparedEndsConnectAndRestart) {
  Endpoint a(loop(), factory(), Loopback());
  Endpoint b(loop(1), factory(1), Loopback());
  Prepare(a);
  Prepare(b);
  ASSERT_TRUE(Connect(a, b));
  ASSERT_TRUE(a.Send("one"));
  EXPECT_TRUE(b.AwaitPacket("one"));
  ASSERT_TRUE(b.Send("two"));
  EXPECT_TRUE(a.AwaitPacket("two"));
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  Exchange(a, b);
  for (Endpoint* end : {&a, &b}) {
    EXPECT_TRUE(end->Await(
        [](const Endpoint::Seen& seen) { return seen.pairs.size() == 2; }));
    EXPECT_EQ(end->seen().candidates.size(), 2u);
  }
}

// ICE-CONTROLLED is 0x8029, ICE-CONTROLLING 0x802a (RFC 8445 section 16.1).
TEST_F(LibnicePrepareTest, ChecksAreThoseOfTheRoleAndCredentialsOfStart) {
  for (const Role role : {Role::kControlled, Role::kControlling}) {
    Endpoint a(loop(), factory(), Loopback());
    Prepare(a);
    ASSERT_TRUE(a.Start(role).ok());
    ASSERT_TRUE(a.AwaitGathered());
    parley::testing::LoopbackSocket socket;
    a.Do([&](IceTransport& ice) {
      ASSERT_TRUE(ice.SetRemote({"remote", std::string(22, 'p')}).ok());
      sdp::Candidate candidate;
      candidate.foundation = "1";
      candidate.priority = 2130706431;
      candidate.address = "127.0.0.1";
      candidate.port = socket.port();
      EXPECT_TRUE(ice.AddRemoteCandidate(candidate).ok());
    });
    const std::string check = FirstCheck(socket);
    EXPECT_NE(check.find("remote:" + a.local().ufrag), std::string::npos);
    const bool controls = role == Role::kControlling;
    EXPECT_EQ(
        check.find(std::string("\x80\x2a\x00\x08", 4)) != std::string::npos,
        controls);
    EXPECT_EQ(
        check.find(std::string("\x80\x29\x00\x08", 4)) != std::string::npos,
        !controls);
  }
}

TEST_F(LibnicePrepareTest, OtherServersArePreparedAnew) {
  StunServer first;
  StunServer second({.sees = {192, 0, 2, 77}});
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {first.At("127.0.0.1")}});
  Prepare(a);
  ASSERT_TRUE(first.AwaitRequests(1));
  a.Do([&](IceTransport& ice) {
    ice.Configure({.servers = {second.At("127.0.0.1")}});
  });
  ASSERT_TRUE(second.AwaitRequests(1));
  const int asked = first.requests();
  a.Do([&](IceTransport& ice) {
    ice.Configure({.servers = {second.At("127.0.0.1")}});
  });
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  ASSERT_THAT(a.seen().candidates, SizeIs(2));
  EXPECT_EQ(a.seen().candidates[1].second.address, "192.0.2.77");
  EXPECT_EQ(second.requests(), 1) << "the same servers are no others";
  EXPECT_EQ(first.requests(), asked);
}

TEST_F(LibnicePrepareTest, ErrorsOfServersAreToldWithStart) {
  StunServer refuses({.error = 500});
  Endpoint a(loop(), factory(), Loopback(),
             {.servers = {refuses.At("127.0.0.1")}});
  Prepare(a);
  ASSERT_TRUE(refuses.AwaitRequests(1));
  Settle(a);
  EXPECT_THAT(a.seen().errors, IsEmpty());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  EXPECT_THAT(a.seen().errors, SizeIs(1));
}

TEST_F(LibnicePrepareTest, WhatHindersItHindersNoStartLater) {
  Endpoint a(loop(), factory(), Loopback());
  {
    const auto room = fds().Capacity();
    ASSERT_TRUE(room.ok()) << room.status();
    auto all = fds().Reserve(static_cast<int>(*room - fds().in_use()));
    ASSERT_TRUE(all.ok()) << all.status();
    a.Do([](IceTransport& ice) {
      EXPECT_TRUE(HasReason(ice.Prepare(), Reason::kFileDescriptors));
    });
  }
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  EXPECT_TRUE(a.AwaitGathered());
}

TEST_F(LibnicePrepareTest, CloseGivesBackWhatWasOnlyPrepared) {
  StunServer silent({.answers = false});
  TransportOptions options = Loopback();
  const uint16_t port = FreeUdpPort();
  options.min_port = options.max_port = port;
  {
    Endpoint a(loop(), factory(), options,
               {.servers = {silent.At("localhost")}});
    Prepare(a);
    EXPECT_FALSE(ports().CheckRoom(port, port).ok());
    a.CloseAndWait();
    EXPECT_TRUE(ports().CheckRoom(port, port).ok());
    a.Do([](IceTransport& ice) {
      EXPECT_TRUE(HasReason(ice.Prepare(), Reason::kPeerClosed));
    });
  }
  EXPECT_EQ(LibniceFactory::LiveAgents(), 0);
}

TEST_F(LibnicePrepareTest, ARelayIsAllocatedOnceAndReleased) {
  TurnServer turn;
  ASSERT_TRUE(turn.ok()) << "coturn is not installed";
  const GatheringConfiguration relay = {.servers = {turn.At(Protocol::kUdp)},
                                        .policy = TransportPolicy::kRelay};
  {
    Endpoint unused(loop(), factory(), Loopback(), relay);
    Prepare(unused);
    ASSERT_TRUE(turn.AwaitLog("ALLOCATE processed, success"));
    // The answer has come before that of a later question.
    Endpoint later(loop(), factory(), Loopback(), relay);
    ASSERT_TRUE(later.Start(Role::kControlling).ok());
    ASSERT_TRUE(later.AwaitGathered());
    unused.CloseAndWait();
    EXPECT_TRUE(turn.AwaitLog("lifetime=0"));
  }

  Endpoint a(loop(), factory(), Loopback(), relay);
  Endpoint b(loop(1), factory(1), Loopback(), relay);
  Prepare(a);
  Prepare(b);
  ASSERT_TRUE(Connect(a, b));
  EXPECT_THAT(Types(a), ::testing::ElementsAre(Type::kRelay));
  ASSERT_TRUE(a.Send("over the relay"));
  EXPECT_TRUE(b.AwaitPacket("over the relay"));
}

}  // namespace
}  // namespace parley::ice::testing
