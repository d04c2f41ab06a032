#include "core/dtls/dtls_transport.h"

#include <string>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/dtls/dtls_ends.h"

namespace parley::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DtlsTransportTest, TwoEndsConnectAndExchangeData) {
  Ends ends;
  EXPECT_EQ(ends.client.state(), State::kNew);
  ends.Connect();
  EXPECT_THAT(ends.client.states,
              ElementsAre(State::kConnecting, State::kConnected));
  EXPECT_THAT(ends.server.states,
              ElementsAre(State::kConnecting, State::kConnected));
  EXPECT_EQ(ends.client.transport->counters().flights_retransmitted, 0);

  EXPECT_TRUE(ends.client.Send("ping"));
  EXPECT_TRUE(ends.server.Send("pong"));
  EXPECT_TRUE(ends.server.Send("again"));
  ends.DeliverAll();
  EXPECT_THAT(ends.server.data, ElementsAre("ping"));
  EXPECT_THAT(ends.client.data, ElementsAre("pong", "again"));
}

TEST(DtlsTransportTest, SessionIsModern) {
  Ends ends;
  ends.Connect();
  for (const End* end : {&ends.client, &ends.server}) {
    const auto& session = end->transport->session();
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ(session->tls_version, "FEFD");
    EXPECT_EQ(session->cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    EXPECT_EQ(session->group, "X25519");
    EXPECT_EQ(session->srtp_profile, SrtpProfile::kAeadAes128Gcm);
  }
}

TEST(DtlsTransportTest, BothEndsExportTheSameKeys) {
  Ends ends;
  const auto early =
      ends.client.transport->ExportKeyingMaterial("EXTRACTOR-dtls_srtp", 56);
  EXPECT_TRUE(HasReason(early.status(), Reason::kInternal));
  ends.Connect();
  const auto client =
      ends.client.transport->ExportKeyingMaterial("EXTRACTOR-dtls_srtp", 56);
  const auto server =
      ends.server.transport->ExportKeyingMaterial("EXTRACTOR-dtls_srtp", 56);
  ASSERT_TRUE(client.ok() && server.ok());
  EXPECT_EQ(*client, *server);
  EXPECT_EQ(client->size(), 56);
}

TEST(DtlsTransportTest, RemoteCertificatesCanBeRead) {
  Ends ends;
  EXPECT_THAT(ends.client.transport->remote_certificates(), IsEmpty());
  ends.Connect();
  const auto& chain = ends.client.transport->remote_certificates();
  ASSERT_EQ(chain.size(), 1);
  const auto der = ends.server.transport->certificates().front()->der();
  EXPECT_EQ(chain[0], Packet(der.begin(), der.end()));
  EXPECT_TRUE(ends.client.transport->MatchesRemote(ends.server.fingerprints()));
  EXPECT_FALSE(
      ends.client.transport->MatchesRemote(ends.client.fingerprints()));
  ends.client.transport->Close();
  EXPECT_EQ(ends.client.transport->remote_certificates().size(), 1);
}

TEST(DtlsTransportTest, RsaCertificatesWorkOnEitherSideWithinTheMtu) {
  const auto rsa = TestCertificate(crypto::KeyType::kRsa2048);
  for (const bool client_has_it : {true, false}) {
    Ends ends({}, {client_has_it ? rsa : TestCertificate()},
              {client_has_it ? TestCertificate() : rsa});
    ends.Connect();
    EXPECT_LE(ends.client.largest, Transport::kMtu);
    EXPECT_LE(ends.server.largest, Transport::kMtu);
  }
}

TEST(DtlsTransportTest, OfSeveralCertificatesTheFirstThatFitsIsShown) {
  const auto rsa = TestCertificate(crypto::KeyType::kRsa2048);
  const auto ecdsa = TestCertificate();
  const auto last = TestCertificate();
  Ends ends({}, {rsa, ecdsa, last}, {rsa, ecdsa, last});
  ends.Connect();
  const auto shown_to = [](const End& end) {
    return end.transport->remote_certificates().at(0);
  };
  const auto packet_of = [](const crypto::CertificatePtr& certificate) {
    return Packet(certificate->der().begin(), certificate->der().end());
  };
  EXPECT_EQ(shown_to(ends.server), packet_of(rsa)) << "the client's first";
  // Its kind is that of the cipher suite.
  EXPECT_EQ(shown_to(ends.client), packet_of(ecdsa));
}

TEST(DtlsTransportTest, AnyMatchingFingerprintSuffices) {
  Ends ends;
  crypto::Fingerprint wrong = ends.client.fingerprints()[0];
  wrong.value.replace(0, 2, wrong.value.substr(0, 2) == "00" ? "01" : "00");
  const auto sha512 =
      *ends.client.transport->certificates().front()->FingerprintOf("sha-512");
  ends.server.transport->Start(Role::kServer,
                               {wrong, {"md5", "00:11"}, sha512});
  ends.StartClient();
  ends.DeliverAll();
  EXPECT_TRUE(ends.BothConnected());
}

struct WrongFingerprint {
  bool server_is_wrong;
  bool none_at_all;
};
class DtlsWrongFingerprintTest
    : public ::testing::TestWithParam<WrongFingerprint> {};

TEST_P(DtlsWrongFingerprintTest, FailsBothEndsAndDeliversNothing) {
  Ends ends;
  const auto wrong = GetParam().none_at_all
                         ? std::vector<crypto::Fingerprint>()
                         : std::vector{TestCertificate()->fingerprint()};
  End& judge = GetParam().server_is_wrong ? ends.client : ends.server;
  End& judged = GetParam().server_is_wrong ? ends.server : ends.client;
  judged.transport->Start(
      GetParam().server_is_wrong ? Role::kServer : Role::kClient,
      judge.fingerprints());
  judge.transport->Start(
      GetParam().server_is_wrong ? Role::kClient : Role::kServer, wrong);
  judged.on_event = [&] { (void)judged.Send("should never arrive"); };
  ends.DeliverAll();
  EXPECT_THAT(judge.states, ElementsAre(State::kConnecting, State::kFailed));
  EXPECT_TRUE(HasReason(judge.why, Reason::kSdpInvalid)) << judge.why;
  EXPECT_EQ(judged.state(), State::kFailed);
  EXPECT_THAT(judge.data, IsEmpty());
  EXPECT_THAT(judge.transport->remote_certificates(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, DtlsWrongFingerprintTest,
                         ::testing::Values(WrongFingerprint{true, false},
                                           WrongFingerprint{false, false},
                                           WrongFingerprint{true, true},
                                           WrongFingerprint{false, true}));

TEST(DtlsTransportTest, ClientHelloBeforeTheDescriptionIsKept) {
  Ends ends;
  ends.StartClient();
  ends.DeliverAll();
  EXPECT_EQ(ends.server.state(), State::kNew);
  EXPECT_THAT(ends.server.sent, IsEmpty());
  ends.StartServer();
  ends.DeliverAll();
  EXPECT_TRUE(ends.BothConnected());
  EXPECT_EQ(ends.client.transport->counters().flights_retransmitted, 0);
}

TEST(DtlsTransportTest, WhatIsKeptBeforeTheDescriptionIsBounded) {
  Ends ends;
  ends.StartClient();
  const Packet hello = ends.client.sent.front();
  Packet garbage = hello;
  std::fill(garbage.begin() + 25, garbage.end(), 0xaa);
  for (int i = 0; i < 1000; ++i) ends.server.transport->HandlePacket(garbage);
  EXPECT_GE(ends.server.transport->counters().packets_dropped, 990);
  ends.server.transport->HandlePacket(hello);
  ends.client.sent.clear();
  ends.StartServer();
  ends.DeliverAll();
  EXPECT_TRUE(ends.BothConnected()) << ends.server.why;
}

TEST(DtlsTransportTest, SendIsRefusedUnlessConnectedAndOfGoodSize) {
  Ends ends;
  EXPECT_FALSE(ends.client.Send("early"));
  ends.Connect();
  EXPECT_FALSE(ends.client.Send(""));
  EXPECT_FALSE(ends.client.Send(std::string(16385, 'x')));
  EXPECT_TRUE(ends.client.Send(std::string(16384, 'x')));
  ends.DeliverAll();
  EXPECT_THAT(ends.server.data, ElementsAre(std::string(16384, 'x')));
  ends.client.transport->Close();
  EXPECT_FALSE(ends.client.Send("late"));
}

TEST(DtlsTransportTest, RecordOverheadIsAsSaid) {
  Ends ends;
  ends.Connect();
  ASSERT_TRUE(ends.client.Send(std::string(1000, 'x')));
  EXPECT_LE(ends.client.sent.back().size(), 1000 + Transport::kRecordOverhead);
}

TEST(DtlsTransportTest, CloseIsSaidAndHeard) {
  Ends ends;
  ends.Connect();
  ends.server.transport->Close();
  EXPECT_EQ(ends.server.state(), State::kClosed);
  EXPECT_EQ(ends.client.state(), State::kConnected);
  ends.DeliverAll();
  EXPECT_EQ(ends.client.state(), State::kClosed);
  EXPECT_TRUE(ends.client.why.ok());
  EXPECT_EQ(ends.executor.pending_timers(), 0);
  ends.client.transport->Close();
  EXPECT_THAT(
      ends.client.states,
      ElementsAre(State::kConnecting, State::kConnected, State::kClosed));
}

TEST(DtlsTransportTest, DataSentBeforeTheCloseIsDelivered) {
  Ends ends;
  ends.Connect();
  ends.client.Send("last words");
  ends.client.transport->Close();
  ends.DeliverAll();
  EXPECT_THAT(ends.server.data, ElementsAre("last words"));
  EXPECT_EQ(ends.server.state(), State::kClosed);
}

TEST(DtlsTransportTest, StartCountsOnce) {
  Ends ends;
  ends.Connect();
  ends.client.transport->Start(Role::kServer, {});
  EXPECT_EQ(ends.client.transport->role(), Role::kClient);
  EXPECT_TRUE(ends.client.Send("still here"));
}

// Closing and destroying at every event of a connection's life.

int EventsOfALife() {
  Ends ends;
  int events = 0;
  ends.client.on_event = [&] { ++events; };
  ends.server.on_event = [&] { ++events; };
  ends.Connect();
  ends.client.Send("data");
  ends.DeliverAll();
  ends.server.transport->Close();
  ends.DeliverAll();
  return events;
}

void LiveUntil(int last_event, const std::function<void(End&)>& end_it) {
  Ends ends;
  int events = 0;
  for (End* end : {&ends.client, &ends.server}) {
    end->on_event = [&, end] {
      if (++events == last_event) end_it(*end);
    };
  }
  ends.StartServer();
  if (ends.client.transport) ends.StartClient();
  ends.DeliverAll();
  if (ends.client.transport) ends.client.Send("data");
  ends.DeliverAll();
  if (ends.server.transport) ends.server.transport->Close();
  ends.DeliverAll();
  ends.executor.Advance(absl::Milliseconds(1));
}

TEST(DtlsTransportTest, ItMayBeDestroyedFromAnyCallback) {
  const int events = EventsOfALife();
  ASSERT_GT(events, 10);
  for (int last = 1; last <= events; ++last) {
    LiveUntil(last, [](End& end) { end.transport.reset(); });
  }
}

TEST(DtlsTransportTest, ItMayBeClosedFromAnyCallback) {
  const int events = EventsOfALife();
  for (int last = 1; last <= events; ++last) {
    LiveUntil(last, [&](End& end) {
      end.transport->Close();
      EXPECT_TRUE(end.state() == State::kClosed ||
                  end.state() == State::kFailed);
    });
  }
}

// An observer that hands each packet to the other end inside its own callback.
class DirectEnd : public Transport::Observer {
 public:
  explicit DirectEnd(Executor& executor)
      : transport(TestContext(), crypto::CertificateList{TestCertificate()}, {},
                  executor, *this) {}
  void OnDtlsPacket(std::span<const uint8_t> packet) override {
    other->transport.HandlePacket(packet);
  }
  void OnDtlsData(std::span<const uint8_t> bytes) override {
    data.emplace_back(bytes.begin(), bytes.end());
    if (data.size() < 50) transport.Send(bytes);
  }
  void OnDtlsState(State, const absl::Status&) override {}

  Transport transport;
  DirectEnd* other = nullptr;
  std::vector<std::string> data;
};

TEST(DtlsTransportTest, PacketsMayComeBackInsideTheCallback) {
  testing::FakeExecutor executor;
  DirectEnd client(executor);
  DirectEnd server(executor);
  client.other = &server;
  server.other = &client;
  server.transport.Start(
      Role::kServer, {client.transport.certificates().front()->fingerprint()});
  client.transport.Start(
      Role::kClient, {server.transport.certificates().front()->fingerprint()});
  ASSERT_EQ(client.transport.state(), State::kConnected);
  ASSERT_EQ(server.transport.state(), State::kConnected);
  const uint8_t ball[] = {'b'};
  client.transport.Send(ball);
  EXPECT_GE(client.data.size() + server.data.size(), 99);
}

}  // namespace
}  // namespace parley::dtls
