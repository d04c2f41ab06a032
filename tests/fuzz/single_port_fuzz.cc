#include "tests/fuzz/single_port_fuzz.h"

#include <cstdint>
#include <memory>
#include <span>

#include "core/ice/single_port_transport.h"
#include "tests/core/ice/fake_port.h"
#include "tests/fuzz/require.h"
#include "tests/testing/fake_executor.h"

namespace parley::fuzz {
namespace {

constexpr size_t kMostLonger = 40;

ice::TransportAddress At(const char* address, uint16_t port) {
  return {*ice::IpAddress::Parse(address), port};
}

struct Nobody : ice::IceTransport::Observer {
  void OnLocalCandidate(std::string_view, const sdp::Candidate&) override {}
  void OnGatheringState(std::string_view, ice::GatheringState) override {}
  void OnGatheringError(std::string_view, const absl::Status&) override {}
  void OnConnectionState(ice::ConnectionState) override {}
  void OnPacket(std::span<const uint8_t> packet) override {
    Require(!packet.empty() && packet[0] > 3, "what is STUN's is no data");
  }
  void OnSelectedPair(const ice::CandidatePair&) override {}
};

// One that gets it twice, as if sent from two addresses.
class Target {
 public:
  Target()
      : shared_(std::make_shared<ice::SinglePortShared>(executor_, port_, 0)),
        transport_(shared_, std::make_shared<ice::TransportOptions>(),
                   ice::GatheringConfiguration(), nobody_) {
    const bool started =
        transport_.Start(SinglePortCredentials(), ice::Role::kControlled).ok();
    Require(started, "the transport starts");
    transport_.SetRemote({.ufrag = "remoteufrag", .pwd = std::string(24, 'p')})
        .IgnoreError();
  }

  void Deliver(std::span<const uint8_t> datagram,
               const ice::SharedPort::Path& path) {
    const ice::DatagramHeader header = ice::ReadHeader(datagram);
    const auto route = port_.table.Find(header, path);
    port_.sent.clear();
    if (route) transport_.OnDatagram(path, header, datagram);
    executor_.RunReady();
    Require(port_.sent.size() <= 1, "a datagram has one answer at most");
    for (const auto& [to, answer] : port_.sent) {
      Require(to == path, "an answer goes where the datagram came from");
      Require(answer.size() <= datagram.size() + kMostLonger,
              "an answer is hardly longer than what it answers");
    }
    Require(port_.table.ufrags() == 1, "strangers leave no ufrag");
    Require(port_.table.paths() <= 2, "a path is one that a check came over");
  }

  void Close() {
    transport_.Close([] {});
    executor_.RunReady();
    Require(port_.table.ufrags() == 0 && port_.table.paths() == 0,
            "a closed transport leaves nothing");
    Require(executor_.pending_timers() == 0, "nor a timer");
  }

 private:
  testing::FakeExecutor executor_;
  ice::testing::FakePort port_{{At("192.0.2.1", 3478)}};
  const std::shared_ptr<ice::SinglePortShared> shared_;
  Nobody nobody_;
  ice::SinglePortTransport transport_;
};

}  // namespace

ice::Credentials SinglePortCredentials() {
  return {.ufrag = "localufrag", .pwd = "local+password/of/length"};
}

void SinglePortDatagram(std::string_view input) {
  const std::span datagram(reinterpret_cast<const uint8_t*>(input.data()),
                           input.size());
  const ice::DatagramHeader header = ice::ReadHeader(datagram);
  for (std::string_view ufrag : {header.ufrag, header.remote_ufrag}) {
    Require(ufrag.empty() ||
                (ufrag.data() >= input.data() &&
                 ufrag.data() + ufrag.size() <= input.data() + input.size()),
            "the ufrags are of the datagram");
  }
  (void)ice::IsCheckOfAnother(datagram, "localufrag", "newufrag");
  Target target;
  target.Deliver(datagram, {0, At("192.0.2.7", 1000)});
  target.Deliver(datagram, {0, At("2001:db8::7", 1000)});
  target.Close();
}

}  // namespace parley::fuzz
