// Rules of sections I and J that descriptions do not decide: certificates,
// data channels, the state of the whole, close.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/errors.h"
#include "core/crypto/certificate.h"
#include "core/peer/connection_state.h"
#include "tests/core/peer/peer_fixture.h"
#include "tests/core/sctp/channel_ends.h"

namespace parley {
namespace {

using peer::ConnectionState;
using peer::ConnectionStateName;
using peer::TransportStates;
using sctp::ChannelEnd;
using sctp::ChannelInit;
using sctp::DataChannels;

class ConformanceStates : public peer::PeerFixture {};

TEST_F(ConformanceStates, Rule_82_CertificatesOfChoice) {
  const absl::Time now = executor_.clock().Now();
  const auto generate = [&](crypto::CertificateOptions options) {
    return *crypto::GenerateCertificate(options, executor_.clock(), random_);
  };
  const auto usual = generate({});
  EXPECT_EQ(usual->key_type(), crypto::KeyType::kEcdsaP256);
  EXPECT_EQ(usual->fingerprint().algorithm, "sha-256");
  EXPECT_EQ(usual->expires(), now + absl::Hours(24 * 30));
  EXPECT_EQ(generate({.lifetime = absl::Hours(24 * 1000)})->expires(),
            now + absl::Hours(24 * 365));
}

TEST_F(ConformanceStates, Rule_82_AnExpiredCertificateIsRefused) {
  certificate_ = MakeError(Reason::kCertificateExpired, "expired yesterday");
  auto a = MakePeer(WithChannel());
  const auto error = GetError(CreateOffer(*a).status());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, Reason::kCertificateExpired);
  EXPECT_EQ(error->exception, DomException::kInvalidAccessError);
}

TEST(ConformanceChannels, Rule_84_IdsFollowTheDtlsRole) {
  ChannelEnd client;
  ChannelEnd server;
  const auto early = client.Create();
  EXPECT_FALSE(client.At(early).id);
  client.Connect(DataChannels::IdParity::kEven);
  server.Connect(DataChannels::IdParity::kOdd);
  Exchange(client, server);
  EXPECT_EQ(client.At(early).id, 0);
  EXPECT_EQ(client.At(client.Create()).id, 2);
  EXPECT_EQ(server.At(server.Create()).id, 1);
  EXPECT_EQ(server.At(server.Create()).id, 3);
}

TEST(ConformanceChannels, Rule_84_ArgumentsAreChecked) {
  ChannelEnd end;
  end.Connect(DataChannels::IdParity::kEven, {.incoming = 16, .outgoing = 16});
  const auto exception = [&](ChannelInit init) {
    const auto made = end.channels.Create(std::move(init));
    return made.ok() ? DomException::kNone : GetError(made.status())->exception;
  };
  const std::string longest(65535, 'x');
  EXPECT_EQ(exception({.label = longest, .protocol = longest}),
            DomException::kNone);
  EXPECT_EQ(exception({.label = longest + "x"}), DomException::kTypeError);
  EXPECT_EQ(exception({.protocol = longest + "x"}), DomException::kTypeError);
  EXPECT_EQ(exception({.max_packet_life_time = 1, .max_retransmits = 1}),
            DomException::kTypeError);
  EXPECT_EQ(exception({.negotiated = true}), DomException::kTypeError);
  EXPECT_EQ(exception({.negotiated = true, .id = 65535}),
            DomException::kTypeError);
  EXPECT_EQ(exception({.negotiated = true, .id = 16}),
            DomException::kOperationError);
  EXPECT_EQ(exception({.negotiated = true, .id = 15}), DomException::kNone);
}

// W3C's definition again, as ordered as it is there: the first that fits.
ConnectionState Expected(const std::vector<TransportStates>& transports) {
  using Ice = ice::ConnectionState;
  using Dtls = dtls::State;
  const auto any = [&](auto is) {
    return std::any_of(transports.begin(), transports.end(), is);
  };
  const auto all = [&](auto is) {
    return std::all_of(transports.begin(), transports.end(), is);
  };
  if (any([](auto& t) {
        return t.ice == Ice::kFailed || t.dtls == Dtls::kFailed;
      })) {
    return ConnectionState::kFailed;
  }
  if (any([](auto& t) { return t.ice == Ice::kDisconnected; })) {
    return ConnectionState::kDisconnected;
  }
  if (all([](auto& t) {
        return (t.ice == Ice::kNew || t.ice == Ice::kClosed) &&
               (t.dtls == Dtls::kNew || t.dtls == Dtls::kClosed);
      })) {
    return ConnectionState::kNew;
  }
  if (all([](auto& t) {
        return (t.ice == Ice::kConnected || t.ice == Ice::kCompleted ||
                t.ice == Ice::kClosed) &&
               (t.dtls == Dtls::kConnected || t.dtls == Dtls::kClosed);
      })) {
    return ConnectionState::kConnected;
  }
  return ConnectionState::kConnecting;
}

TEST(ConformanceConnectionState, Rule_86_TheOrderedDefinition) {
  using Ice = ice::ConnectionState;
  using Dtls = dtls::State;
  EXPECT_EQ(peer::DeriveConnectionState({}), ConnectionState::kNew);
  std::vector<TransportStates> each;
  for (const Ice ice :
       {Ice::kNew, Ice::kChecking, Ice::kConnected, Ice::kCompleted,
        Ice::kDisconnected, Ice::kFailed, Ice::kClosed}) {
    for (const Dtls dtls : {Dtls::kNew, Dtls::kConnecting, Dtls::kConnected,
                            Dtls::kClosed, Dtls::kFailed}) {
      each.push_back({ice::GatheringState::kComplete, ice, dtls});
    }
  }
  for (const TransportStates& one : each) {
    const std::vector<TransportStates> alone = {one};
    EXPECT_EQ(ConnectionStateName(peer::DeriveConnectionState(alone)),
              ConnectionStateName(Expected(alone)))
        << static_cast<int>(one.ice) << " " << static_cast<int>(one.dtls);
    for (const TransportStates& other : each) {
      const std::vector<TransportStates> both = {one, other};
      EXPECT_EQ(ConnectionStateName(peer::DeriveConnectionState(both)),
                ConnectionStateName(Expected(both)))
          << static_cast<int>(one.ice) << " " << static_cast<int>(one.dtls)
          << ", " << static_cast<int>(other.ice) << " "
          << static_cast<int>(other.dtls);
    }
  }
}

TEST_F(ConformanceStates, Rule_87_CloseIsSilentAndLeavesNothing) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  ASSERT_EQ(StateOf(*a).connection_state, ConnectionState::kConnected);
  const uint64_t before = StateOf(*a).last_event_sequence;
  int closed = 0;
  for (int i = 0; i < 2; ++i) {
    a->Close(peer::CloseReason::kRequested, "",
             [&](const peer::View&) { ++closed; });
  }
  executor_.RunReady();
  EXPECT_EQ(closed, 2);
  EXPECT_EQ(network_.open(), 1u) << "the other peer's";
  const peer::Snapshot state = StateOf(*a);
  EXPECT_EQ(state.signaling_state, jsep::SignalingState::kClosed);
  EXPECT_EQ(state.ice_connection_state, ice::ConnectionState::kClosed);
  EXPECT_EQ(state.connection_state, ConnectionState::kClosed);
  for (const auto& event : Events(*a)) {
    if (event->sequence > before) {
      EXPECT_TRUE(std::holds_alternative<peer::Closed>(event->body));
    }
  }
}

}  // namespace
}  // namespace parley
