#include "tests/fuzz/dtls_fuzz.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/core/dtls/dtls_ends.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

// More are of no use: each handshake reads a few flights.
constexpr size_t kMostDatagrams = 32;
// A flight of the handshake is at most so many datagrams, with one certificate.
constexpr size_t kMostPerFlight = 4;

void ForEachDatagram(
    std::string_view input,
    const std::function<void(std::span<const uint8_t>)>& take) {
  for (size_t i = 0; i < kMostDatagrams && input.size() >= 2; ++i) {
    const size_t wanted = static_cast<size_t>(static_cast<uint8_t>(input[0]))
                              << 8 |
                          static_cast<uint8_t>(input[1]);
    input.remove_prefix(2);
    const size_t size = std::min(wanted, input.size());
    // On the heap to the byte, so that a read beyond it is seen.
    const std::vector<uint8_t> datagram(input.begin(), input.begin() + size);
    take(datagram);
    input.remove_prefix(size);
  }
}

// Made once: it is not what is looked at.
crypto::CertificateList Certificate() {
  static const crypto::CertificatePtr certificate = dtls::TestCertificate();
  return {certificate};
}

}  // namespace

void DtlsStranger(std::string_view input) {
  dtls::Ends ends({}, Certificate(), Certificate());
  ends.StartServer();
  ends.StartClient();
  for (dtls::End* end : {&ends.client, &ends.server}) {
    end->sent.clear();
    ForEachDatagram(input, [&](std::span<const uint8_t> datagram) {
      end->transport->HandlePacket(datagram);
      Require(end->sent.size() <= kMostPerFlight,
              "a datagram is answered by a flight at most");
      end->sent.clear();
    });
    Require(end->state() != dtls::State::kConnected, "nobody is no other end");
    Require(end->largest <= dtls::Transport::kMtu, "datagrams keep to the MTU");
    Require(end->data.empty(), "there is no data before the handshake");
  }
}

void DtlsNoise(std::string_view input) {
  dtls::Ends ends({}, Certificate(), Certificate());
  ends.StartServer();
  ends.StartClient();
  ends.DeliverAll();
  Require(ends.BothConnected(), "two ends connect");
  for (dtls::End* end : {&ends.client, &ends.server}) {
    ForEachDatagram(input, [&](std::span<const uint8_t> datagram) {
      end->transport->HandlePacket(datagram);
    });
    Require(end->state() == dtls::State::kConnected, "noise ends nothing");
    Require(end->data.empty(), "noise is no data");
  }
  Require(ends.client.Send("question") && ends.server.Send("answer"),
          "a connection sends");
  ends.DeliverAll();
  Require(ends.server.data == std::vector<std::string>{"question"} &&
              ends.client.data == std::vector<std::string>{"answer"},
          "what is sent comes");
}

}  // namespace parley::fuzz
