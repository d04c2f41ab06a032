// PeerService.GetStats: over real transports.

#include <map>
#include <set>
#include <string>

#include "tests/service/harness.h"

namespace parley::service {
namespace {

class StatsTest : public ServerTest {
 protected:
  StatsTest() { StartServer(TestOptions()); }

  v1::StatsReport Stats(const std::string& name) {
    v1::GetStatsRequest request;
    request.set_name(name);
    v1::GetStatsResponse response;
    EXPECT_OK(Call(&Peers::GetStats, request, &response));
    return response.report();
  }
  std::string StatsError(const std::string& name) {
    v1::GetStatsRequest request;
    request.set_name(name);
    return ErrorText(Call(&Peers::GetStats, request));
  }
};

std::map<std::string, v1::Stats> ById(const v1::StatsReport& report) {
  std::map<std::string, v1::Stats> result;
  for (const v1::Stats& one : report.stats()) {
    EXPECT_TRUE(result.emplace(one.id(), one).second) << one.id();
    EXPECT_TRUE(one.has_timestamp());
  }
  return result;
}

const v1::Stats* Only(const v1::StatsReport& report, v1::Stats::StatsCase is) {
  const v1::Stats* found = nullptr;
  for (const v1::Stats& one : report.stats()) {
    if (one.stats_case() != is) continue;
    EXPECT_EQ(found, nullptr) << one.id();
    found = &one;
  }
  EXPECT_NE(found, nullptr) << is;
  return found;
}

TEST_F(StatsTest, AConnectedPeerShowsAllItsParts) {
  const Pair pair = Connect();
  v1::SendMessageRequest message;
  message.set_name(pair.channel_a);
  message.set_text("hello");
  ASSERT_OK(Call(&Channels::SendMessage, message));
  const v1::StatsReport report = Stats(pair.a);
  auto all = ById(report);

  EXPECT_EQ(all.at("peer-connection").peer_connection().data_channels_opened(),
            1u);
  const v1::Stats* found = Only(report, v1::Stats::kTransport);
  ASSERT_NE(found, nullptr);
  const v1::TransportStats& transport = found->transport();
  EXPECT_EQ(transport.dtls_state(), v1::DTLS_TRANSPORT_STATE_CONNECTED);
  EXPECT_EQ(transport.ice_role(), v1::ICE_ROLE_CONTROLLING);
  EXPECT_EQ(transport.dtls_role(), v1::DTLS_ROLE_SERVER);
  EXPECT_EQ(transport.tls_version(), "FEFD");
  EXPECT_THAT(transport.dtls_cipher(), ::testing::StartsWith("TLS_ECDHE_"));
  EXPECT_GT(transport.packets_sent(), 0u);
  EXPECT_GT(transport.bytes_received(), 0u);
  EXPECT_GE(transport.selected_candidate_pair_changes(), 1u);
  EXPECT_FALSE(transport.ice_local_username_fragment().empty());

  const v1::IceCandidatePairStats& selected =
      all.at(transport.selected_candidate_pair_id()).candidate_pair();
  EXPECT_EQ(selected.transport_id(), found->id());
  EXPECT_TRUE(selected.nominated());
  EXPECT_EQ(selected.state(), v1::ICE_CANDIDATE_PAIR_STATE_SUCCEEDED);
  EXPECT_LE(selected.packets_sent(), transport.packets_sent());
  EXPECT_EQ(all.at(selected.local_candidate_id()).local_candidate().address(),
            "127.0.0.1");
  const v1::IceCandidateStats& remote =
      all.at(selected.remote_candidate_id()).remote_candidate();
  EXPECT_EQ(remote.address(), "127.0.0.1");
  EXPECT_EQ(remote.protocol(), "udp");
  EXPECT_GT(remote.port(), 0u);

  const v1::StatsReport other = Stats(pair.b);
  const v1::TransportStats& theirs =
      Only(other, v1::Stats::kTransport)->transport();
  EXPECT_NE(transport.local_certificate_id(), theirs.local_certificate_id());
  EXPECT_EQ(transport.local_certificate_id(), theirs.remote_certificate_id());
  const v1::CertificateStats& certificate =
      all.at(transport.remote_certificate_id()).certificate();
  EXPECT_EQ("certificate/" + certificate.fingerprint(),
            theirs.local_certificate_id());
  EXPECT_EQ(certificate.fingerprint_algorithm(), "sha-256");
  EXPECT_FALSE(certificate.base64_certificate().empty());

  const v1::DataChannelStats& channel =
      Only(report, v1::Stats::kDataChannel)->data_channel();
  EXPECT_EQ(channel.label(), "chat");
  EXPECT_EQ(channel.state(), v1::DATA_CHANNEL_STATE_OPEN);
  EXPECT_EQ(channel.messages_sent(), 1u);
  EXPECT_EQ(channel.bytes_sent(), 5u);
  EXPECT_TRUE(channel.has_data_channel_identifier());
}

TEST_F(StatsTest, IdsStay) {
  const Pair pair = Connect();
  const auto before = ById(Stats(pair.a));
  const auto after = ById(Stats(pair.a));
  for (const auto& [id, one] : before) EXPECT_TRUE(after.contains(id)) << id;
}

TEST_F(StatsTest, APartShowsOnlyWhatBelongsToIt) {
  const Pair pair = Connect();
  const v1::StatsReport channel = Stats(pair.channel_a);
  Only(channel, v1::Stats::kDataChannel);
  Only(channel, v1::Stats::kTransport);
  for (const v1::Stats& one : channel.stats()) {
    EXPECT_NE(one.stats_case(), v1::Stats::kPeerConnection);
  }

  v1::CreatePeerRequest request;
  request.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
  const v1::Peer peer = CreatePeer(request);
  const std::string transceiver = peer.name() + "/transceivers/1";
  EXPECT_EQ(Stats(transceiver).stats_size(), 0);  // no transport yet
  SetLocal(peer.name());
  const v1::StatsReport part = Stats(transceiver);
  Only(part, v1::Stats::kTransport);
  EXPECT_EQ(StatsError(peer.name() + "/transceivers/9"),
            "NOT_FOUND TRANSCEIVER_UNKNOWN");
  EXPECT_EQ(StatsError(peer.name() + "/dataChannels/9"),
            "NOT_FOUND CHANNEL_UNKNOWN");
}

TEST_F(StatsTest, ANewPeerAndATombstoneHaveNoTransports) {
  const std::string name = CreateChannelPeer().name();
  for (const bool closed : {false, true}) {
    if (closed) ClosePeer(name);
    const v1::StatsReport report = Stats(name);
    const v1::DataChannelStats& channel =
        Only(report, v1::Stats::kDataChannel)->data_channel();
    EXPECT_FALSE(channel.has_data_channel_identifier());
    EXPECT_EQ(report.stats_size(), 2);
  }
  EXPECT_EQ(StatsError(""), "INVALID_ARGUMENT ARGUMENT TypeError");
  EXPECT_EQ(StatsError("peers/local.gone"),
            "INVALID_ARGUMENT ARGUMENT TypeError");
}

}  // namespace
}  // namespace parley::service
