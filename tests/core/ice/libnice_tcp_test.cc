// ICE over TCP between ends that mean well. libnice_tcp_hostile_test.cc has the
// others.
#include <algorithm>
#include <set>
#include <string>

#include "core/base/errors.h"
#include "core/ice/libnice_factory.h"
#include "core/ice/tcp_bridge.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/ice/tcp_fixture.h"

namespace parley::ice::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::ResultOf;
using ::testing::SizeIs;

using sdp::TcpType;

class LibniceTcpTest : public TcpFixture {
 protected:
  // A remote one, to be connected to.
  static sdp::Candidate Listening(uint16_t port) {
    return {.foundation = "1",
            .transport = sdp::CandidateTransport::kTcp,
            .priority = 1,
            .address = "127.0.0.1",
            .port = port,
            .tcp_type = TcpType::kPassive};
  }
};

TEST_F(LibniceTcpTest, GathersAPassiveAndAnActiveOneForEachAddress) {
  Endpoint a(loop(), factory(), Both(), WithTcp());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
  const auto seen = a.seen();
  ASSERT_THAT(seen.candidates, SizeIs(6));
  EXPECT_EQ(seen.gathering.size(), 2u);
  std::set<std::pair<std::string, TcpType>> kinds;
  uint32_t least_udp = ~0u;
  uint32_t greatest_tcp = 0;
  for (const auto& [ufrag, one] : seen.candidates) {
    EXPECT_EQ(one.type, sdp::CandidateType::kHost);
    EXPECT_EQ(one.ufrag, a.local().ufrag);
    if (!IsTcp(one)) {
      least_udp = std::min(least_udp, one.priority);
      continue;
    }
    greatest_tcp = std::max(greatest_tcp, one.priority);
    ASSERT_TRUE(one.tcp_type.has_value());
    kinds.emplace(one.address, *one.tcp_type);
    EXPECT_EQ(one.port == 9, *one.tcp_type == TcpType::kActive);
  }
  EXPECT_THAT(kinds, SizeIs(4));
  EXPECT_LT(greatest_tcp, least_udp);
}

TEST_F(LibniceTcpTest, NobodyIsListenedToUnasked) {
  Endpoint plain(loop(), factory(), Loopback());
  ASSERT_TRUE(plain.Start(Role::kControlling).ok());
  Endpoint relayed(loop(), factory(), Loopback(),
                   {.policy = TransportPolicy::kRelay, .tcp = true});
  ASSERT_TRUE(relayed.Start(Role::kControlling).ok());
  ASSERT_TRUE(plain.AwaitGathered());
  ASSERT_TRUE(relayed.AwaitGathered());
  EXPECT_THAT(plain.seen().candidates, SizeIs(1));
  EXPECT_THAT(relayed.seen().candidates, IsEmpty());
  relayed.Do([](IceTransport& ice) {
    EXPECT_TRUE(ice.SetRemote(Remote()).ok());
    sdp::Candidate one = Listening(5000);
    EXPECT_EQ(*ice.AddRemoteCandidate(one), CandidateUse::kIgnoredTransport);
    one.tcp_type = TcpType::kActive;
    EXPECT_EQ(*ice.AddRemoteCandidate(one), CandidateUse::kIgnoredTransport);
  });
}

TEST_F(LibniceTcpTest, TwoEndsConnectOverTcpAlone) {
  Endpoint a(loop(), factory(), Loopback(), WithTcp());
  Endpoint b(loop(1), factory(1), Loopback(), WithTcp());
  ASSERT_TRUE(ConnectTcp(a, b));
  EXPECT_TRUE(a.Send("from a"));
  EXPECT_TRUE(b.AwaitPacket("from a"));
  EXPECT_TRUE(b.Send("from b"));
  EXPECT_TRUE(a.AwaitPacket("from b"));
  for (Endpoint* end : {&a, &b}) {
    end->Do([](IceTransport& ice) {
      const auto pair = ice.SelectedPair();
      ASSERT_TRUE(pair.has_value());
      EXPECT_TRUE(IsTcp(pair->local) && IsTcp(pair->remote));
      ASSERT_TRUE(pair->local.tcp_type && pair->remote.tcp_type);
      EXPECT_NE(pair->local.tcp_type, pair->remote.tcp_type);
      // What stands in for the other end shows nowhere.
      const Measurement all = ice.Measure();
      EXPECT_THAT(all.remote, Each(ResultOf(IsTcp, true)));
      EXPECT_EQ(std::count_if(all.local.begin(), all.local.end(), IsTcp), 2);
      EXPECT_THAT(all.local, SizeIs(3));
    });
  }
}

TEST_F(LibniceTcpTest, LargePacketsArriveInOrderAndIntact) {
  Endpoint a(loop(), factory(), Loopback(), WithTcp());
  Endpoint b(loop(1), factory(1), Loopback(), WithTcp());
  ASSERT_TRUE(ConnectTcp(a, b));
  for (size_t size : {size_t{1}, size_t{1200}, size_t{16384}, size_t{65000}}) {
    std::string packet(size, 'x');
    for (size_t i = 0; i < size; ++i)
      packet[i] = static_cast<char>(64 + i % 57);
    EXPECT_TRUE(a.Send(packet));
    EXPECT_TRUE(b.AwaitPacket(packet)) << size;
  }
}

TEST_F(LibniceTcpTest, UdpIsPreferredWhereItWorks) {
  Endpoint a(loop(), factory(), Loopback(), WithTcp());
  Endpoint b(loop(1), factory(1), Loopback(), WithTcp());
  ASSERT_TRUE(Connect(a, b));
  a.Do([](IceTransport& ice) {
    EXPECT_FALSE(IsTcp(ice.SelectedPair()->local));
  });
}

TEST_F(LibniceTcpTest, OverIpv6) {
  Endpoint a(loop(), factory(), With({"::1"}), WithTcp());
  Endpoint b(loop(1), factory(1), With({"::1"}), WithTcp());
  ASSERT_TRUE(ConnectTcp(a, b));
  EXPECT_TRUE(a.Send("six"));
  EXPECT_TRUE(b.AwaitPacket("six"));
}

TEST_F(LibniceTcpTest, ARestartKeepsTheOldStreamUntilItHasItsOwn) {
  Endpoint a(loop(), factory(), Loopback(), WithTcp());
  Endpoint b(loop(1), factory(1), Loopback(), WithTcp());
  ASSERT_TRUE(ConnectTcp(a, b));
  for (int i = 0; i < 3; ++i) {
    const size_t pairs = a.seen().pairs.size();
    ASSERT_TRUE(a.Start(Role::kControlling).ok());
    ASSERT_TRUE(b.Start(Role::kControlled).ok());
    EXPECT_TRUE(a.Send("meanwhile " + std::to_string(i)));
    EXPECT_TRUE(b.AwaitPacket("meanwhile " + std::to_string(i)));
    ExchangeTcp(a, b);
    EXPECT_TRUE(a.Await([&](const auto& s) { return s.pairs.size() > pairs; }));
    EXPECT_TRUE(a.Send("after " + std::to_string(i)));
    EXPECT_TRUE(b.AwaitPacket("after " + std::to_string(i)));
  }
}

TEST_F(LibniceTcpTest, WhatWasPreparedConnectsWithTheCredentialsOfStart) {
  Endpoint a(loop(), factory(), Loopback(), WithTcp());
  Endpoint b(loop(1), factory(1), Loopback(), WithTcp());
  a.Do([](IceTransport& ice) { EXPECT_TRUE(ice.Prepare().ok()); });
  ASSERT_TRUE(ConnectTcp(a, b));
  for (const auto& [ufrag, one] : a.seen().candidates) {
    EXPECT_EQ(one.ufrag, a.local().ufrag);
  }
}

TEST_F(LibniceTcpTest, RemoteCandidatesAreUsedAsFarAsTheyCanBe) {
  Endpoint plain(loop(), factory(), Loopback());
  StartAlone(plain);
  Endpoint a(loop(), factory(), Loopback(), WithTcp());
  StartAlone(a);
  sdp::Candidate candidate = Listening(5000);
  plain.Do([&](IceTransport& ice) {
    EXPECT_EQ(*ice.AddRemoteCandidate(candidate),
              CandidateUse::kIgnoredTransport);
  });
  a.Do([&](IceTransport& ice) {
    for (size_t i = 0; i < TcpBridge::kMaxTargets; ++i) {
      candidate.port = static_cast<uint16_t>(5000 + i);
      EXPECT_EQ(*ice.AddRemoteCandidate(candidate), CandidateUse::kApplied);
      EXPECT_EQ(*ice.AddRemoteCandidate(candidate), CandidateUse::kDuplicate);
    }
    candidate.port = 443;
    EXPECT_EQ(*ice.AddRemoteCandidate(candidate), CandidateUse::kIgnoredCount);
    // Somebody else's service.
    candidate.port = 25;
    EXPECT_EQ(*ice.AddRemoteCandidate(candidate),
              CandidateUse::kIgnoredAddress);
    candidate.port = 9;
    candidate.tcp_type = TcpType::kActive;
    EXPECT_EQ(*ice.AddRemoteCandidate(candidate), CandidateUse::kApplied);
    candidate.tcp_type = TcpType::kSimultaneousOpen;
    EXPECT_EQ(*ice.AddRemoteCandidate(candidate),
              CandidateUse::kIgnoredTransport);
    candidate.tcp_type.reset();
    EXPECT_EQ(*ice.AddRemoteCandidate(candidate),
              CandidateUse::kIgnoredTransport);
    EXPECT_THAT(ice.Measure().remote, SizeIs(TcpBridge::kMaxTargets + 1));
  });
}

TEST_F(LibniceTcpTest, WhereNoAddressIsOfTheFamilyACandidateIsOfNoUse) {
  Endpoint a(loop(), factory(), Loopback(), WithTcp());
  StartAlone(a);
  a.Do([](IceTransport& ice) {
    sdp::Candidate candidate = Listening(5000);
    candidate.address = "2001:db8::1";
    EXPECT_EQ(*ice.AddRemoteCandidate(candidate), CandidateUse::kApplied);
  });
}

TEST_F(LibniceTcpTest, BothUseThePortOfTheRange) {
  TransportOptions options = Loopback();
  do {
    options.min_port = options.max_port = FreeUdpPort();
  } while (!CanBindTcp(IpAddress::V4({127, 0, 0, 1}), options.min_port));
  Endpoint a(loop(), factory(), options, WithTcp());
  const absl::Status started = a.Start(Role::kControlling);
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_EQ(Passive(a).port, options.min_port);
  for (const auto& [ufrag, one] : a.seen().candidates) {
    EXPECT_EQ(one.port,
              one.tcp_type == TcpType::kActive ? 9 : options.min_port);
  }
  // One that somebody else listens at is no port for both.
  TcpServer other;
  options.min_port = options.max_port = other.address().port;
  Endpoint b(loop(), factory(), options, WithTcp());
  EXPECT_TRUE(HasReason(b.Start(Role::kControlling), Reason::kPorts));
}

TEST_F(LibniceTcpTest, TheOtherEndSeesItsOwnAddressAndMayComeBack) {
  Endpoint a(loop(), factory(), Lively(), WithTcp());
  StartAlone(a);
  TcpClient first = TcpClient::To(Passive(a));
  ASSERT_TRUE(Nominate(first, a));
  EXPECT_TRUE(first.Send("over the first"));
  EXPECT_TRUE(a.AwaitPacket("over the first"));
  EXPECT_TRUE(a.Send("back"));
  EXPECT_EQ(ReceiveData(first), "back");
  const auto port_of = [](const Endpoint::Seen& seen) {
    return seen.pairs.empty() ? 0 : seen.pairs.back().remote.port;
  };
  EXPECT_EQ(port_of(a.seen()), first.local().port);

  // The agent takes it for the same remote end.
  first.Close();
  TcpClient second = TcpClient::To(Passive(a));
  EXPECT_TRUE(second.Send(checks_.Make(a.local())));
  EXPECT_TRUE(a.Await([&](const Endpoint::Seen& seen) {
    return port_of(seen) == second.local().port;
  }));
  EXPECT_TRUE(second.Send("over the second"));
  EXPECT_TRUE(a.AwaitPacket("over the second"));
  EXPECT_TRUE(a.Send("back again"));
  EXPECT_EQ(ReceiveData(second), "back again");
}

TEST_F(LibniceTcpTest, AStreamThatHasEndedIsConnectedAnew) {
  TcpServer server;
  Endpoint a(loop(), factory(), Lively(), WithTcp());
  StartAlone(a, Role::kControlling);
  a.Do([&](IceTransport& ice) {
    EXPECT_EQ(*ice.AddRemoteCandidate(Listening(server.address().port)),
              CandidateUse::kApplied);
  });
  TcpClient first = server.Accept();
  while (a.seen().pairs.empty()) {
    const auto packet = first.Receive();
    ASSERT_TRUE(packet.has_value());
    Serve(first, *packet);
  }
  EXPECT_TRUE(a.Send("one"));
  EXPECT_EQ(ReceiveData(first), "one");
  EXPECT_EQ(a.seen().pairs.back().local.tcp_type, TcpType::kActive);
  EXPECT_EQ(a.seen().pairs.back().remote.port, server.address().port);

  first.Reset();
  // Consent is asked for, and that needs a stream.
  TcpClient second = server.Accept();
  EXPECT_TRUE(second.Send("two"));
  EXPECT_TRUE(a.AwaitPacket("two"));
}

TEST_F(LibniceTcpTest, TheEndOfTheSelectedStreamIsASignOfSilence) {
  TransportOptions options = Loopback();
  // No check would tell of it otherwise.
  options.consent = {.interval = absl::Hours(1),
                     .expiry = absl::Hours(2),
                     .retry = absl::Milliseconds(10),
                     .silence = absl::Milliseconds(80)};
  Endpoint a(loop(), factory(), options, WithTcp());
  StartAlone(a);
  TcpClient client = TcpClient::To(Passive(a));
  ASSERT_TRUE(Nominate(client, a));
  client.Close();
  EXPECT_TRUE(a.AwaitState(ConnectionState::kDisconnected));
}

TEST_F(LibniceTcpTest, WhatWasSentBeforeTheEndArrives) {
  Endpoint a(loop(), factory(), Lively(), WithTcp());
  StartAlone(a);
  TcpClient client = TcpClient::To(Passive(a));
  ASSERT_TRUE(Nominate(client, a));
  // Something unread must not cost the farewell.
  EXPECT_TRUE(client.Send("unread"));
  a.Do([](IceTransport& ice) {
    EXPECT_TRUE(ice.Send(AsBytes("farewell")));
    ice.Close([] {});
  });
  EXPECT_EQ(ReceiveData(client), "farewell");
  EXPECT_TRUE(client.AwaitEnd());
}

TEST_F(LibniceTcpTest, WithoutDescriptorsItDoesNotStart) {
  Endpoint a(loop(), factory(), Both(), WithTcp());
  // A context, two sockets of libnice with its wake-up, and one listener of
  // two.
  const int64_t most_of_all = *fds().Capacity() - fds().in_use() - 5;
  const auto most = fds().Reserve(static_cast<int>(most_of_all));
  ASSERT_TRUE(most.ok()) << most.status();
  EXPECT_TRUE(HasReason(a.Start(Role::kControlling), Reason::kFileDescriptors));
  EXPECT_THAT(a.seen().candidates, IsEmpty());
}

}  // namespace
}  // namespace parley::ice::testing
