// A single-port transport on virtual time, without a network. Test threads
// only.
#ifndef PARLEY_TESTS_CORE_ICE_SINGLE_PORT_FIXTURE_H_
#define PARLEY_TESTS_CORE_ICE_SINGLE_PORT_FIXTURE_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ice/single_port_transport.h"
#include "gtest/gtest.h"
#include "tests/core/ice/check_client.h"
#include "tests/core/ice/fake_port.h"
#include "tests/testing/fake_executor.h"

namespace parley::ice::testing {

using Path = SharedPort::Path;

inline const RemoteParameters kRemote = {.ufrag = "remoteufrag",
                                         .pwd = "remote+password+of/length"};

inline TransportAddress At(const char* address, uint16_t port) {
  return {*IpAddress::Parse(address), port};
}
inline Path From(uint16_t port, uint32_t socket = 0) {
  return {socket, At("192.0.2.7", port)};
}
inline Credentials Local(std::string ufrag) {
  return {.ufrag = std::move(ufrag), .pwd = "local+password/of/length"};
}
inline sdp::Candidate Remote(const char* address, uint16_t port) {
  sdp::Candidate candidate;
  candidate.foundation = "1";
  candidate.address = address;
  candidate.port = port;
  return candidate;
}

struct Seen : IceTransport::Observer {
  void OnLocalCandidate(std::string_view ufrag,
                        const sdp::Candidate& candidate) override {
    candidates.emplace_back(ufrag, candidate);
  }
  void OnGatheringState(std::string_view ufrag, GatheringState state) override {
    gathering.emplace_back(std::string(ufrag) + " " + std::string(Name(state)));
  }
  void OnGatheringError(std::string_view, const absl::Status& e) override {
    ADD_FAILURE() << e;
  }
  void OnConnectionState(ConnectionState state) override {
    states.push_back(state);
  }
  void OnPacket(std::span<const uint8_t> packet) override {
    packets.emplace_back(packet.begin(), packet.end());
  }
  void OnSelectedPair(const CandidatePair& pair) override {
    pairs.push_back(pair);
  }

  std::vector<std::pair<std::string, sdp::Candidate>> candidates;
  std::vector<std::string> gathering;
  std::vector<ConnectionState> states;
  std::vector<std::string> packets;
  std::vector<CandidatePair> pairs;
};

class SinglePortTransportTest : public ::testing::Test {
 protected:
  SinglePortTransportTest()
      : port_({At("192.0.2.1", 3478), At("192.0.2.2", 3478),
               At("2001:db8::1", 3478)}),
        shared_(std::make_shared<SinglePortShared>(executor_, port_, 0)) {
    options_.external.rules = {*ExternalAddress::Parse("198.51.100.1")};
    transport_ = Make(seen_);
  }
  ~SinglePortTransportTest() override {
    bool closed = false;
    transport_->Close([&] { closed = true; });
    EXPECT_FALSE(closed);
    executor_.RunReady();
    EXPECT_TRUE(closed);
    EXPECT_EQ(executor_.pending_timers(), 0u);
    EXPECT_EQ(port_.table.ufrags(), 0u);
    EXPECT_EQ(port_.table.paths(), 0u);
  }

  std::unique_ptr<SinglePortTransport> Make(
      Seen& seen, GatheringConfiguration configuration = {}) {
    return std::make_unique<SinglePortTransport>(
        shared_, std::make_shared<TransportOptions>(options_),
        std::move(configuration), seen);
  }

  void Start(const Credentials& local) {
    const absl::Status started = transport_->Start(local, Role::kControlled);
    ASSERT_TRUE(started.ok()) << started;
  }
  void SetRemote(const RemoteParameters& remote = kRemote) {
    const absl::Status set = transport_->SetRemote(remote);
    ASSERT_TRUE(set.ok()) << set;
  }

  // As the hub would. False: it is nobody's.
  bool Deliver(const Path& path, std::span<const uint8_t> datagram) {
    const DatagramHeader header = ReadHeader(datagram);
    const auto route = port_.table.Find(header, path);
    if (!route) return false;
    shared_->transports.at(route->transport)
        ->OnDatagram(path, header, datagram);
    executor_.RunReady();
    return true;
  }
  bool Deliver(const Path& path, std::string_view text) {
    return Deliver(path, Bytes(text.begin(), text.end()));
  }
  // Delivers a check and reads its answer; nullopt when there was none.
  std::optional<CheckClient::Answer> Check(
      const Path& path, const Credentials& to,
      const CheckClient::Check& check = {}) {
    const size_t before = port_.sent.size();
    if (!Deliver(path, client_.Make(to, check))) return std::nullopt;
    if (port_.sent.size() == before) return std::nullopt;
    EXPECT_EQ(port_.sent.back().first, path);
    return client_.Read(port_.sent.back().second);
  }
  bool Nominate(const Path& path, const Credentials& to,
                const std::string& sender = kRemote.ufrag) {
    const auto answer = Check(path, to, {.remote_ufrag = sender});
    return answer && answer->error == 0 && answer->mapped == path.remote;
  }
  void Connect() {
    Start(local_);
    SetRemote();
    ASSERT_TRUE(Nominate(From(1000), local_));
  }
  bool Send(std::string_view text) {
    return transport_->Send(
        std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  }

  TransportOptions options_;
  const Credentials local_ = Local("first");
  parley::testing::FakeExecutor executor_;
  FakePort port_;
  std::shared_ptr<SinglePortShared> shared_;
  CheckClient client_;
  Seen seen_;
  std::unique_ptr<SinglePortTransport> transport_;
};

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_SINGLE_PORT_FIXTURE_H_
