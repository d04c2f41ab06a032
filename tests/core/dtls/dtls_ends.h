// Two DTLS transports and the wire between them, in memory. The wire holds
// packets until a test delivers them, so it can lose, copy and reorder them.
// For one thread.
#ifndef PARLEY_TESTS_CORE_DTLS_DTLS_ENDS_H_
#define PARLEY_TESTS_CORE_DTLS_DTLS_ENDS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/dtls/dtls_transport.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_executor.h"
#include "tests/testing/library_time.h"

namespace parley::dtls {

using Packet = std::vector<uint8_t>;

inline std::shared_ptr<Context> TestContext() {
  static const auto context = *Context::Create();
  return context;
}

inline crypto::CertificatePtr TestCertificate(
    crypto::KeyType key_type = crypto::KeyType::kEcdsaP256) {
  return *crypto::GenerateCertificate({.key_type = key_type}, SystemClock(),
                                      SystemRandom());
}

// One end: what it sent and is still to be delivered, and what it was told.
class End : public Transport::Observer {
 public:
  End(crypto::CertificateList own, TransportOptions options, Executor& executor)
      : certificates(std::move(own)),
        transport(std::in_place, TestContext(), certificates, options, executor,
                  *this) {}

  void OnDtlsPacket(std::span<const uint8_t> packet) override {
    largest = std::max(largest, packet.size());
    sent.emplace_back(packet.begin(), packet.end());
    if (on_event) on_event();
  }
  void OnDtlsData(std::span<const uint8_t> bytes) override {
    data.emplace_back(bytes.begin(), bytes.end());
    if (on_event) on_event();
  }
  void OnDtlsState(State state, const absl::Status& status) override {
    states.push_back(state);
    why = status;
    if (on_event) on_event();
  }

  bool Send(const std::string& text) {
    return transport->Send(
        {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  State state() const { return transport->state(); }
  std::vector<crypto::Fingerprint> fingerprints() const {
    std::vector<crypto::Fingerprint> all;
    for (const auto& one : certificates) all.push_back(one->fingerprint());
    return all;
  }

  const crypto::CertificateList certificates;
  std::optional<Transport> transport;
  std::deque<Packet> sent;
  size_t largest = 0;
  std::vector<std::string> data;
  std::vector<State> states;
  absl::Status why;
  std::function<void()> on_event;  // after each of the above
};

// A client and a server.
class Ends {
 public:
  explicit Ends(
      TransportOptions options = {},
      crypto::CertificateList client_certificates = {TestCertificate()},
      crypto::CertificateList server_certificates = {TestCertificate()})
      : client(std::move(client_certificates), options, executor),
        server(std::move(server_certificates), options, executor) {}

  void StartServer() {
    server.transport->Start(Role::kServer, client.fingerprints());
  }
  void StartClient() {
    client.transport->Start(Role::kClient, server.fingerprints());
  }

  // Delivers the oldest packet that `from` sent, if there is one.
  static bool DeliverOne(End& from, End& to) {
    if (from.sent.empty()) return false;
    const Packet packet = std::move(from.sent.front());
    from.sent.pop_front();
    if (to.transport) to.transport->HandlePacket(packet);
    return true;
  }

  // Delivers until nothing is under way.
  void DeliverAll() {
    while (DeliverOne(client, server) || DeliverOne(server, client)) {
    }
  }

  // Delivers and lets virtual time pass, two minutes at most, until it holds.
  bool RunUntil(const std::function<bool()>& holds) {
    for (int i = 0; i < 24000; ++i) {
      DeliverAll();
      if (holds()) return true;
      executor.Advance(absl::Milliseconds(5));
    }
    return false;
  }

  bool BothConnected() const {
    return client.state() == State::kConnected &&
           server.state() == State::kConnected;
  }

  void Connect() {
    StartServer();
    StartClient();
    DeliverAll();
    ASSERT_TRUE(BothConnected()) << client.why << server.why;
  }

  testing::FakeExecutor executor;
  testing::LibraryTime library_time{executor.clock()};
  End client;
  End server;
};

}  // namespace parley::dtls

#endif  // PARLEY_TESTS_CORE_DTLS_DTLS_ENDS_H_
