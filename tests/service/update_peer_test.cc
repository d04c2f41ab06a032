// PeerService: what UpdatePeer changes.

#include <string>

#include "google/protobuf/util/message_differencer.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::StartsWith;

constexpr char kTypeError[] = "INVALID_ARGUMENT ARGUMENT TypeError";
constexpr char kRangeError[] = "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError";
constexpr char kImmutable[] =
    "INVALID_ARGUMENT CONFIGURATION_IMMUTABLE InvalidModificationError";

class UpdatePeerTest : public ServerTest {
 protected:
  UpdatePeerTest() { StartServer(TestOptions()); }

  static v1::UpdatePeerRequest For(const std::string& peer) {
    v1::UpdatePeerRequest request;
    request.set_name(peer);
    return request;
  }
  // A peer of which nothing is at its default.
  v1::Peer CreateSpecialPeer() {
    v1::CreatePeerRequest request;
    request.mutable_configuration()->set_bundle_policy(
        v1::BUNDLE_POLICY_MAX_BUNDLE);
    request.mutable_configuration()->add_ice_servers()->add_urls(
        "stun:192.0.2.1:3478");
    request.add_data_channels()->set_label("chat");
    (*request.mutable_labels())["room"] = "7";
    request.mutable_lease_ttl()->set_seconds(60);
    request.set_polite(false);
    return CreatePeer(request);
  }
  v1::Peer Update(const v1::UpdatePeerRequest& request) {
    v1::UpdatePeerResponse response;
    EXPECT_OK(Call(&Peers::UpdatePeer, request, &response));
    return response.peer();
  }
  // Without the lease, which a refused call may have renewed.
  v1::Peer WithoutLease(const std::string& peer) {
    v1::Peer shown = GetPeer(peer);
    shown.mutable_lease()->clear_expire_time();
    return shown;
  }
};

TEST_F(UpdatePeerTest, ChangesWhatIsPresent) {
  const std::string name = CreateSpecialPeer().name();
  auto request = For(name);
  auto* configuration = request.mutable_configuration();
  configuration->set_bundle_policy(v1::BUNDLE_POLICY_MAX_BUNDLE);
  configuration->set_ice_transport_policy(v1::ICE_TRANSPORT_POLICY_RELAY);
  configuration->set_ice_candidate_pool_size(2);
  auto* server = configuration->add_ice_servers();
  server->add_urls("turn:192.0.2.2:3478?transport=udp");
  server->set_username("user");
  server->set_credential("secret");
  (*request.mutable_labels())["floor"] = "2";
  request.mutable_lease_ttl()->set_seconds(120);
  request.set_polite(true);
  const v1::Peer updated = Update(request);

  ASSERT_EQ(updated.configuration().ice_servers_size(), 1);
  EXPECT_EQ(updated.configuration().ice_servers(0).urls(0),
            "turn:192.0.2.2:3478?transport=udp");
  EXPECT_EQ(updated.configuration().ice_servers(0).credential(), "");
  EXPECT_EQ(updated.configuration().ice_transport_policy(),
            v1::ICE_TRANSPORT_POLICY_RELAY);
  EXPECT_EQ(updated.configuration().ice_candidate_pool_size(), 2u);
  EXPECT_EQ(updated.labels_size(), 1);
  EXPECT_EQ(updated.labels().at("floor"), "2");
  EXPECT_EQ(updated.lease().ttl().seconds(), 120);
  EXPECT_GT(updated.lease().expire_time().seconds(),
            updated.create_time().seconds() + 100);
  EXPECT_TRUE(updated.polite());
  EXPECT_EQ(updated.state().data_channels_size(), 1);
  EXPECT_TRUE(MessageDifferencer::Equals(GetPeer(name), updated));
}

TEST_F(UpdatePeerTest, LeavesWhatIsAbsentAsItIs) {
  const v1::Peer before = CreateSpecialPeer();
  v1::Peer after = Update(For(before.name()));
  after.mutable_lease()->clear_expire_time();
  EXPECT_TRUE(MessageDifferencer::Equals(after, WithoutLease(before.name())));
  EXPECT_TRUE(MessageDifferencer::Equals(after.configuration(),
                                         before.configuration()));
  EXPECT_EQ(after.labels().at("room"), "7");
  EXPECT_EQ(after.lease().ttl().seconds(), 60);
  EXPECT_FALSE(after.polite());
}

TEST_F(UpdatePeerTest, TheMaskChoosesAndGivesDefaultsBack) {
  const std::string name = CreateSpecialPeer().name();
  auto request = For(name);
  (*request.mutable_labels())["room"] = "8";
  request.set_polite(true);
  request.mutable_update_mask()->add_paths("labels");
  v1::Peer peer = Update(request);
  EXPECT_EQ(peer.labels().at("room"), "8");
  EXPECT_FALSE(peer.polite()) << "present but not named";
  EXPECT_EQ(peer.lease().ttl().seconds(), 60);

  request = For(name);
  for (const char* path : {"labels", "lease_ttl", "polite"}) {
    request.mutable_update_mask()->add_paths(path);
  }
  peer = Update(request);
  EXPECT_EQ(peer.labels_size(), 0);
  EXPECT_EQ(peer.lease().ttl().seconds(), 300);
  EXPECT_TRUE(peer.polite());
  EXPECT_EQ(peer.configuration().ice_servers_size(), 1);

  request = For(name);
  request.mutable_update_mask();
  (*request.mutable_labels())["room"] = "9";
  EXPECT_EQ(Update(request).labels_size(), 0) << "an empty mask names nothing";
}

// W3C setConfiguration: what is left out means its default.
TEST_F(UpdatePeerTest, AConfigurationIsReplacedAsAWhole) {
  v1::CreatePeerRequest create;
  create.mutable_configuration()->add_ice_servers()->add_urls("stun:192.0.2.1");
  create.mutable_configuration()->set_ice_transport_policy(
      v1::ICE_TRANSPORT_POLICY_RELAY);
  const std::string name = CreatePeer(create).name();
  auto request = For(name);
  request.mutable_update_mask()->add_paths("configuration");
  const v1::Peer peer = Update(request);
  EXPECT_EQ(peer.configuration().ice_servers_size(), 0);
  EXPECT_EQ(peer.configuration().ice_transport_policy(),
            v1::ICE_TRANSPORT_POLICY_ALL);

  const std::string special = CreateSpecialPeer().name();
  request.set_name(special);
  const grpc::Status status = Call(&Peers::UpdatePeer, request);
  EXPECT_EQ(ErrorText(status), kImmutable);
  EXPECT_EQ(Metadata(status, "field"), "configuration.bundle_policy");
}

TEST_F(UpdatePeerTest, SaysWhichFieldIsWrongAndChangesNothing) {
  const std::string name = CreateSpecialPeer().name();
  SetLocal(name);
  AwaitGathered(name);
  const v1::Peer before = WithoutLease(name);
  const struct {
    void (*spoil)(v1::UpdatePeerRequest&);
    std::string error;
    std::string field;
  } cases[] = {
      {[](auto& r) {
         r.mutable_configuration()->set_bundle_policy(
             v1::BUNDLE_POLICY_BALANCED);
       },
       kImmutable, "configuration.bundle_policy"},
      {[](auto& r) {
         r.mutable_configuration()->set_ice_candidate_pool_size(1);
       },
       kImmutable, "configuration.ice_candidate_pool_size"},
      {[](auto& r) {
         r.mutable_configuration()->add_certificates("certificates/c");
       },
       kImmutable, "configuration.certificates"},
      {[](auto& r) {
         r.mutable_configuration()->set_ice_candidate_pool_size(256);
       },
       kRangeError, "configuration.ice_candidate_pool_size"},
      {[](auto& r) {
         r.mutable_configuration()->add_ice_servers()->add_urls("stun:");
       },
       "INVALID_ARGUMENT ICE_SERVER_URL SyntaxError",
       "configuration.ice_servers[0].urls[0]"},
      {[](auto& r) {
         r.mutable_configuration()->add_ice_servers()->add_urls("turn:x");
       },
       "INVALID_ARGUMENT ICE_CREDENTIALS_MISSING InvalidAccessError",
       "configuration.ice_servers[0].urls[0]"},
      {[](auto& r) {
         r.mutable_configuration()->add_ice_servers()->add_urls("stuns:x");
       },
       "INVALID_ARGUMENT NOT_SUPPORTED NotSupportedError",
       "configuration.ice_servers[0].urls[0]"},
      {[](auto& r) {
         r.mutable_configuration()->set_rtcp_mux_policy(
             static_cast<v1::RtcpMuxPolicy>(9));
       },
       kTypeError, "configuration.rtcp_mux_policy"},
      {[](auto& r) { (*r.mutable_labels())[""] = "x"; }, kTypeError, "labels"},
      {[](auto& r) {
         for (int i = 0; i < 17; ++i) {
           (*r.mutable_labels())[std::to_string(i)] = "";
         }
       },
       kRangeError, "labels"},
      {[](auto& r) { r.mutable_lease_ttl()->set_seconds(0); }, kRangeError,
       "lease_ttl"},
      {[](auto& r) { r.mutable_lease_ttl()->set_seconds(24 * 3600 + 1); },
       kRangeError, "lease_ttl"},
      {[](auto& r) { r.mutable_update_mask()->add_paths("ice_mode"); },
       kTypeError, "update_mask"},
      {[](auto& r) {
         r.mutable_update_mask()->add_paths("configuration.ice_servers");
       },
       kTypeError, "update_mask"},
      {[](auto& r) { r.set_request_id(std::string(129, 'r')); }, kRangeError,
       "request_id"},
      {[](auto& r) { r.clear_name(); }, kTypeError, "name"},
  };
  for (const auto& c : cases) {
    // All the rest is good, and must not be done.
    auto request = For(name);
    request.mutable_configuration()->set_bundle_policy(
        v1::BUNDLE_POLICY_MAX_BUNDLE);
    (*request.mutable_labels())["room"] = "8";
    request.mutable_lease_ttl()->set_seconds(30);
    request.set_polite(true);
    c.spoil(request);
    const grpc::Status status = Call(&Peers::UpdatePeer, request);
    EXPECT_EQ(ErrorText(status), c.error) << status.error_message();
    EXPECT_EQ(Metadata(status, "field"), c.field) << status.error_message();
    const auto bad = FindDetail<google::rpc::BadRequest>(status);
    ASSERT_TRUE(bad) << c.field;
    EXPECT_EQ(bad->field_violations(0).field(), c.field);
  }
  EXPECT_TRUE(MessageDifferencer::Equals(WithoutLease(name), before));
}

TEST_F(UpdatePeerTest, ListsFindThePeerByItsNewLabels) {
  const std::string name = CreateSpecialPeer().name();
  auto request = For(name);
  (*request.mutable_labels())["room"] = "8";
  Update(request);
  const auto count = [this](const std::string& room) {
    v1::ListPeersRequest list;
    (*list.mutable_labels())["room"] = room;
    v1::ListPeersResponse listed;
    EXPECT_OK(Call(&Peers::ListPeers, list, &listed));
    return listed.peers_size();
  };
  EXPECT_EQ(count("8"), 1);
  EXPECT_EQ(count("7"), 0);
}

TEST_F(UpdatePeerTest, ARepeatedRequestGetsItsFirstReply) {
  const std::string name = CreateSpecialPeer().name();
  auto request = For(name);
  (*request.mutable_labels())["room"] = "8";
  request.set_request_id("update");
  const v1::Peer first = Update(request);
  auto other = For(name);
  (*other.mutable_labels())["room"] = "9";
  Update(other);
  EXPECT_TRUE(MessageDifferencer::Equals(Update(request), first));
  EXPECT_EQ(GetPeer(name).labels().at("room"), "9");
  (*request.mutable_labels())["room"] = "10";
  EXPECT_EQ(ErrorText(Call(&Peers::UpdatePeer, request)),
            "ALREADY_EXISTS REQUEST_ID_CONFLICT");
}

TEST_F(UpdatePeerTest, PeersThatAreNotThereSayWhy) {
  const std::string name = CreatePeer().name();
  auto request = For(name);
  request.set_polite(false);
  ClosePeer(name);
  EXPECT_EQ(ErrorText(Call(&Peers::UpdatePeer, request)),
            "FAILED_PRECONDITION PEER_CLOSED InvalidStateError");
  request.mutable_name()->back() = name.back() == 'a' ? 'b' : 'a';
  EXPECT_THAT(ErrorText(Call(&Peers::UpdatePeer, request)),
              StartsWith("NOT_FOUND PEER_UNKNOWN"));
}

}  // namespace
}  // namespace parley::service
