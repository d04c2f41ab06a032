// Transports that gather for TCP too, and the other end of their streams where
// a test is that itself.
#ifndef PARLEY_TESTS_CORE_ICE_TCP_FIXTURE_H_
#define PARLEY_TESTS_CORE_ICE_TCP_FIXTURE_H_

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/ice/binding_check.h"
#include "tests/core/ice/check_client.h"
#include "tests/core/ice/libnice_fixture.h"
#include "tests/core/ice/tcp_client.h"

namespace parley::ice::testing {

inline constexpr char kRemotePassword[] = "thePasswordOfTheTestItself";

inline bool IsTcp(const sdp::Candidate& candidate) {
  return candidate.transport == sdp::CandidateTransport::kTcp;
}

inline GatheringConfiguration WithTcp() { return {.tcp = true}; }

class TcpFixture : public LibniceFixture {
 protected:
  // Who is asked for consent often: whoever serves the stream has its turn.
  static TransportOptions Lively() {
    TransportOptions options = Loopback();
    options.consent.interval = absl::Milliseconds(100);
    options.consent.retry = absl::Seconds(10);
    return options;
  }

  // What the remote end is where the test is it.
  static RemoteParameters Remote() {
    return {.ufrag = CheckClient::Check().remote_ufrag, .pwd = kRemotePassword};
  }

  // Of a started end; `ip` chooses among several addresses.
  static TransportAddress Passive(Endpoint& end,
                                  std::string_view ip = "127.0.0.1") {
    EXPECT_TRUE(end.AwaitGathered());
    for (const auto& [ufrag, one] : end.seen().candidates) {
      if (one.tcp_type == sdp::TcpType::kPassive && one.address == ip) {
        return {*IpAddress::Parse(one.address), one.port};
      }
    }
    ADD_FAILURE() << "no passive candidate";
    return {};
  }

  // As Exchange, but each end learns only of the other's TCP candidates.
  static void ExchangeTcp(Endpoint& a, Endpoint& b) {
    for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      to->Do([&, from = from](IceTransport& ice) {
        EXPECT_TRUE(ice.SetRemote({.ufrag = from->local().ufrag,
                                   .pwd = from->local().pwd})
                        .ok());
      });
    }
    for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      EXPECT_TRUE(from->AwaitGathered());
      for (const auto& [ufrag, one] : from->seen().candidates) {
        if (!IsTcp(one) || ufrag != from->local().ufrag) continue;
        to->Do([&](IceTransport& ice) {
          EXPECT_EQ(*ice.AddRemoteCandidate(one), CandidateUse::kApplied);
        });
      }
      to->Do([](IceTransport& ice) { ice.EndOfRemoteCandidates(); });
    }
  }

  static bool ConnectTcp(Endpoint& a, Endpoint& b) {
    if (!a.Start(Role::kControlling).ok() || !b.Start(Role::kControlled).ok()) {
      return false;
    }
    ExchangeTcp(a, b);
    return a.AwaitState(ConnectionState::kCompleted) &&
           b.AwaitState(ConnectionState::kCompleted);
  }

  // A controlled end that a test connects to: the remote parameters are known.
  static void StartAlone(Endpoint& end, Role role = Role::kControlled) {
    ASSERT_TRUE(end.Start(role).ok());
    end.Do(
        [](IceTransport& ice) { EXPECT_TRUE(ice.SetRemote(Remote()).ok()); });
  }

  // Serves one packet of the other end: a check is answered. What is no STUN is
  // returned.
  static std::optional<std::string> Serve(TcpClient& client,
                                          std::string_view packet) {
    if (!IsStun(AsBytes(packet))) return std::string(packet);
    if (packet.starts_with(std::string_view("\0\1", 2))) {
      TransactionId id;
      std::copy_n(packet.begin() + 8, id.size(), id.begin());
      BindingSuccess answer;
      const size_t size =
          WriteBindingSuccess(id, client.local(), kRemotePassword, answer);
      client.Send(std::span(answer).first(size));
    }
    return std::nullopt;
  }

  // Nominates the stream, and awaits that the end is connected.
  bool Nominate(TcpClient& client, Endpoint& end) {
    if (!client.Send(checks_.Make(end.local()))) return false;
    for (bool answered = false, asked = false; !answered || !asked;) {
      const std::optional<std::string> packet = client.Receive();
      if (!packet) return false;
      if (const auto answer = checks_.Read(AsBytes(*packet))) {
        EXPECT_TRUE(answer->authentic);
        EXPECT_EQ(answer->mapped, client.local());
        answered = true;
      } else {
        Serve(client, *packet);
        asked = true;
      }
    }
    return end.Await([](const Endpoint::Seen& seen) {
      return !seen.states.empty() &&
             (seen.states.back() == ConnectionState::kConnected ||
              seen.states.back() == ConnectionState::kCompleted);
    });
  }

  // The next packet that is no STUN; checks on the way are answered.
  static std::optional<std::string> ReceiveData(TcpClient& client) {
    while (const std::optional<std::string> packet = client.Receive()) {
      if (auto data = Serve(client, *packet)) return data;
    }
    return std::nullopt;
  }

  CheckClient checks_;
};

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_TCP_FIXTURE_H_
