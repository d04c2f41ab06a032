// Single-port peers through the API.

#include "core/ice/single_port_hub.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class SinglePortServerTest : public ServerTest {
 protected:
  void Start(bool by_default) {
    Options options = TestOptions();
    options.engine.single_port.emplace();
    options.single_port_by_default = by_default;
    StartServer(std::move(options));
  }

  v1::StatsReport Stats(const std::string& name) {
    v1::GetStatsRequest request;
    request.set_name(name);
    v1::GetStatsResponse response;
    EXPECT_OK(Call(&Peers::GetStats, request, &response));
    return response.report();
  }
  // Neither a new peer nor one that there is may have it; tells how the latter
  // was refused.
  grpc::Status ExpectRefused(const v1::Configuration& configuration,
                             const std::string& field) {
    Start(/*by_default=*/true);
    const std::string refused =
        "INVALID_ARGUMENT NOT_SUPPORTED NotSupportedError";
    v1::CreatePeerRequest create;
    *create.mutable_configuration() = configuration;
    grpc::Status status = Call(&Peers::CreatePeer, create);
    EXPECT_EQ(ErrorText(status), refused);
    EXPECT_EQ(Metadata(status, "field"), field);
    v1::UpdatePeerRequest update;
    update.set_name(CreatePeer().name());
    *update.mutable_configuration() = configuration;
    status = Call(&Peers::UpdatePeer, update);
    EXPECT_EQ(ErrorText(status), refused);
    return status;
  }
};

v1::TransportStats TransportOf(const v1::StatsReport& report) {
  for (const v1::Stats& one : report.stats()) {
    if (one.has_transport()) return one.transport();
  }
  ADD_FAILURE() << "there is no transport";
  return {};
}

TEST_F(SinglePortServerTest, ConnectsToAFullPeer) {
  Start(/*by_default=*/false);
  v1::CreatePeerRequest request;
  request.set_ice_mode(v1::ICE_MODE_SINGLE_PORT);
  request.add_data_channels()->set_label("chat");
  const v1::Peer single = CreatePeer(request);
  EXPECT_EQ(single.ice_mode(), v1::ICE_MODE_SINGLE_PORT);
  const v1::Peer full = CreatePeer();
  EXPECT_EQ(full.ice_mode(), v1::ICE_MODE_FULL);

  SetLocal(single.name());
  AwaitGathered(single.name());
  const v1::SessionDescription offer =
      GetPeer(single.name(), v1::PEER_VIEW_FULL).pending_local_description();
  EXPECT_THAT(offer.sdp(), HasSubstr("a=ice-lite"));
  const std::string port =
      std::to_string(server_->engine().single_port()->port());
  EXPECT_THAT(offer.sdp(), HasSubstr(" 127.0.0.1 " + port + " typ host"));
  SetRemote(full.name(), offer);
  SetLocal(full.name());
  AwaitGathered(full.name());
  SetRemote(
      single.name(),
      GetPeer(full.name(), v1::PEER_VIEW_FULL).current_local_description());
  AwaitConnected(single.name());
  AwaitConnected(full.name());

  const v1::StatsReport report = Stats(single.name());
  EXPECT_EQ(TransportOf(report).ice_role(), v1::ICE_ROLE_CONTROLLED);
  EXPECT_EQ(TransportOf(Stats(full.name())).ice_role(),
            v1::ICE_ROLE_CONTROLLING);
  const std::string selected = TransportOf(report).selected_candidate_pair_id();
  ASSERT_FALSE(selected.empty());
  for (const v1::Stats& one : report.stats()) {
    if (one.has_local_candidate()) {
      EXPECT_EQ(std::to_string(one.local_candidate().port()), port);
      EXPECT_EQ(one.local_candidate().candidate_type(), "host");
    }
    if (one.id() == selected) {
      EXPECT_EQ(one.candidate_pair().state(),
                v1::ICE_CANDIDATE_PAIR_STATE_SUCCEEDED);
    }
  }
}

TEST_F(SinglePortServerTest, TwoOfThemAreRefused) {
  Start(/*by_default=*/true);
  v1::CreatePeerRequest with_channel;
  with_channel.add_data_channels()->set_label("chat");
  const v1::Peer a = CreatePeer(with_channel);
  const v1::Peer b = CreatePeer();
  SetLocal(a.name());
  AwaitGathered(a.name());
  v1::SetRemoteDescriptionRequest request;
  request.set_name(b.name());
  *request.mutable_description() =
      GetPeer(a.name(), v1::PEER_VIEW_FULL).pending_local_description();
  EXPECT_EQ(ErrorText(Call(&Peers::SetRemoteDescription, request)),
            "INVALID_ARGUMENT ICE_LITE_BOTH InvalidAccessError");
  EXPECT_EQ(GetPeer(b.name()).state().signaling_state(),
            v1::SIGNALING_STATE_STABLE);
}

TEST_F(SinglePortServerTest, MayBeTheDefault) {
  Start(/*by_default=*/true);
  EXPECT_EQ(CreatePeer().ice_mode(), v1::ICE_MODE_SINGLE_PORT);
  v1::CreatePeerRequest full;
  full.set_ice_mode(v1::ICE_MODE_FULL);
  EXPECT_EQ(CreatePeer(full).ice_mode(), v1::ICE_MODE_FULL);
}

TEST_F(SinglePortServerTest, HasNoRelay) {
  v1::Configuration configuration;
  configuration.set_ice_transport_policy(v1::ICE_TRANSPORT_POLICY_RELAY);
  ExpectRefused(configuration, "ice_transport_policy");
}

TEST_F(SinglePortServerTest, HasNoTcp) {
  v1::Configuration configuration;
  configuration.set_ice_tcp(true);
  const grpc::Status updated =
      ExpectRefused(configuration, "configuration.ice_tcp");
  EXPECT_EQ(Metadata(updated, "field"), "configuration.ice_tcp");
}

TEST_F(SinglePortServerTest, TheFeatureTellsOfIt) {
  Start(/*by_default=*/false);
  v1::GetPoolResponse response;
  ASSERT_OK(
      Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest(), &response));
  EXPECT_THAT(response.pool().features(), Contains("single-port"));
}

}  // namespace
}  // namespace parley::service
