// PeerService: the life of a peer, its transceivers, and what every call
// shares.

#include <set>
#include <string>

#include "google/protobuf/util/message_differencer.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::StartsWith;

class PeerTest : public ServerTest {
 protected:
  PeerTest() { StartServer(TestOptions()); }

  template <typename Request>
  static Request For(const std::string& name) {
    Request request;
    request.set_name(name);
    return request;
  }
};

TEST_F(PeerTest, ANewPeerShowsWhatItWasMadeOf) {
  v1::CreatePeerRequest request;
  auto* server = request.mutable_configuration()->add_ice_servers();
  server->add_urls("turn:192.0.2.1:3478");
  server->add_urls("turn:192.0.2.1:3478?transport=tcp");
  server->set_username("user");
  server->set_credential("secret");
  request.mutable_configuration()->set_bundle_policy(
      v1::BUNDLE_POLICY_MAX_BUNDLE);
  request.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
  request.mutable_transceivers(0)->set_direction(
      v1::TRANSCEIVER_DIRECTION_RECVONLY);
  request.add_data_channels()->set_label("chat");
  (*request.mutable_labels())["room"] = "7";
  request.mutable_lease_ttl()->set_seconds(60);
  request.set_polite(false);
  const v1::Peer peer = CreatePeer(request);

  EXPECT_THAT(peer.name(), StartsWith("peers/local."));
  EXPECT_EQ(peer.configuration().ice_servers(0).urls_size(), 2);
  EXPECT_EQ(peer.configuration().ice_servers(0).urls(1),
            "turn:192.0.2.1:3478?transport=tcp");
  EXPECT_EQ(peer.configuration().ice_servers(0).credential(), "");
  EXPECT_EQ(peer.configuration().bundle_policy(), v1::BUNDLE_POLICY_MAX_BUNDLE);
  EXPECT_EQ(peer.ice_mode(), v1::ICE_MODE_FULL);
  EXPECT_FALSE(peer.polite());
  EXPECT_EQ(peer.labels().at("room"), "7");
  EXPECT_EQ(peer.lease().ttl().seconds(), 60);
  EXPECT_TRUE(peer.lease().has_expire_time());
  EXPECT_EQ(peer.state().signaling_state(), v1::SIGNALING_STATE_STABLE);
  EXPECT_TRUE(peer.state().negotiation_needed());
  ASSERT_EQ(peer.state().transceivers_size(), 1);
  EXPECT_EQ(peer.state().transceivers(0).name(),
            peer.name() + "/transceivers/1");
  EXPECT_EQ(peer.state().transceivers(0).direction(),
            v1::TRANSCEIVER_DIRECTION_RECVONLY);
  ASSERT_EQ(peer.state().data_channels_size(), 1);
  EXPECT_EQ(peer.state().data_channels(0).name(),
            peer.name() + "/dataChannels/1");
  EXPECT_EQ(GetPeer(peer.name()).SerializeAsString(), peer.SerializeAsString());
}

TEST_F(PeerTest, CreatePeerSaysWhichFieldIsWrong) {
  const struct {
    void (*spoil)(v1::CreatePeerRequest&);
    std::string error;
    std::string field;
  } cases[] = {
      {[](auto& r) {
         r.mutable_configuration()->add_ice_servers()->add_urls("http://x");
       },
       "INVALID_ARGUMENT", "configuration.ice_servers[0].urls[0]"},
      {[](auto& r) {
         r.mutable_configuration()->add_ice_servers()->add_urls("turn:x");
       },
       "INVALID_ARGUMENT ICE_CREDENTIALS_MISSING InvalidAccessError",
       "configuration.ice_servers[0].urls[0]"},
      {[](auto& r) { r.mutable_configuration()->add_ice_servers(); },
       "INVALID_ARGUMENT ARGUMENT TypeError",
       "configuration.ice_servers[0].urls"},
      {[](auto& r) {
         r.mutable_configuration()->set_bundle_policy(
             static_cast<v1::BundlePolicy>(99));
       },
       "INVALID_ARGUMENT ARGUMENT TypeError", "configuration.bundle_policy"},
      {[](auto& r) {
         r.mutable_configuration()->set_ice_candidate_pool_size(256);
       },
       "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError",
       "configuration.ice_candidate_pool_size"},
      {[](auto& r) {
         r.mutable_configuration()->add_certificates("certificates/c");
       },
       "INVALID_ARGUMENT ARGUMENT TypeError", "configuration.certificates[0]"},
      {[](auto& r) { r.set_ice_mode(v1::ICE_MODE_SINGLE_PORT); },
       "INVALID_ARGUMENT NOT_SUPPORTED NotSupportedError", "ice_mode"},
      {[](auto& r) { r.add_transceivers(); },
       "INVALID_ARGUMENT ARGUMENT TypeError", "transceivers[0].kind"},
      {[](auto& r) {
         r.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
         r.mutable_transceivers(0)->set_direction(
             v1::TRANSCEIVER_DIRECTION_STOPPED);
       },
       "INVALID_ARGUMENT ARGUMENT TypeError", "transceivers[0].direction"},
      {[](auto& r) { r.add_data_channels()->set_max_retransmits(65536); },
       "INVALID_ARGUMENT ARGUMENT TypeError",
       "data_channels[0].max_retransmits"},
      {[](auto& r) { (*r.mutable_labels())[""] = "x"; },
       "INVALID_ARGUMENT ARGUMENT TypeError", "labels"},
      {[](auto& r) { (*r.mutable_labels())["x"] = std::string(256, 'v'); },
       "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError", "labels"},
      {[](auto& r) { r.mutable_lease_ttl()->set_seconds(100000); },
       "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError", "lease_ttl"},
      {[](auto& r) { r.mutable_lease_ttl()->set_nanos(-5); },
       "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError", "lease_ttl"},
      {[](auto& r) { r.set_max_data_channels(100000); },
       "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError", "max_data_channels"},
      {[](auto& r) { r.set_request_id(std::string(129, 'r')); },
       "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError", "request_id"},
      {[](auto& r) { r.set_request_id("line\nbreak"); },
       "INVALID_ARGUMENT ARGUMENT TypeError", "request_id"},
  };
  for (const auto& c : cases) {
    v1::CreatePeerRequest request;
    c.spoil(request);
    const grpc::Status status = Call(&Peers::CreatePeer, request);
    EXPECT_THAT(ErrorText(status), StartsWith(c.error)) << c.field;
    EXPECT_EQ(Metadata(status, "field"), c.field) << status.error_message();
    if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT) {
      const auto bad = FindDetail<google::rpc::BadRequest>(status);
      ASSERT_TRUE(bad) << c.field;
      EXPECT_EQ(bad->field_violations(0).field(), c.field);
    }
  }
  v1::ListPeersResponse list;
  EXPECT_OK(Call(&Peers::ListPeers, v1::ListPeersRequest(), &list));
  EXPECT_EQ(list.peers_size(), 0);
}

TEST_F(PeerTest, NamesThatLeadNowhereSayWhy) {
  const std::string name = CreatePeer().name();
  const auto error = [this](const std::string& name) {
    return ErrorText(
        Call(&Peers::CreateOffer, For<v1::CreateOfferRequest>(name)));
  };
  EXPECT_EQ(error(""), "INVALID_ARGUMENT ARGUMENT TypeError");
  EXPECT_EQ(error("nonsense"), "INVALID_ARGUMENT ARGUMENT TypeError");
  EXPECT_EQ(error(std::string(100000, 'x')),
            "INVALID_ARGUMENT ARGUMENT TypeError");
  std::string other = name;
  other.back() = other.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(error(other), "NOT_FOUND PEER_UNKNOWN");
  std::string earlier = name;
  char& epoch = earlier[std::string("peers/local.").size()];
  epoch = epoch == 'a' ? 'b' : 'a';
  EXPECT_EQ(error(earlier), "NOT_FOUND PEER_LOST");
  std::string elsewhere = name;
  elsewhere.replace(6, 5, "other");
  EXPECT_EQ(error(elsewhere), "FAILED_PRECONDITION WRONG_NODE");
}

TEST_F(PeerTest, ListsEveryPeerOncePageByPage) {
  std::set<std::string> names;
  for (int i = 0; i < 25; ++i) {
    v1::CreatePeerRequest request;
    (*request.mutable_labels())["parity"] = i % 2 ? "odd" : "even";
    names.insert(CreatePeer(request).name());
  }
  ClosePeer(*names.begin());
  const auto list = [this](v1::ListPeersRequest request) {
    std::multiset<std::string> listed;
    while (true) {
      v1::ListPeersResponse page;
      EXPECT_OK(Call(&Peers::ListPeers, request, &page));
      EXPECT_LE(page.peers_size(), request.page_size());
      for (const auto& peer : page.peers()) listed.insert(peer.name());
      if (page.next_page_token().empty()) return listed;
      request.set_page_token(page.next_page_token());
    }
  };
  v1::ListPeersRequest request;
  request.set_page_size(7);
  EXPECT_EQ(list(request).size(), 24u);
  request.set_show_closed(true);
  EXPECT_EQ(list(request),
            std::multiset<std::string>(names.begin(), names.end()));
  (*request.mutable_labels())["parity"] = "odd";
  EXPECT_EQ(list(request).size(), 12u);

  request.set_page_token("nonsense");
  EXPECT_EQ(ErrorText(Call(&Peers::ListPeers, request)),
            "INVALID_ARGUMENT PAGE_TOKEN");
  request.clear_page_token();
  request.set_page_size(1001);
  EXPECT_EQ(ErrorText(Call(&Peers::ListPeers, request)),
            "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
  request.set_page_size(-1);
  EXPECT_EQ(ErrorText(Call(&Peers::ListPeers, request)),
            "INVALID_ARGUMENT ARGUMENT TypeError");
}

TEST_F(PeerTest, CloseLeavesATombstoneThatSaysWhy) {
  const std::string name = CreateChannelPeer().name();
  auto request = For<v1::ClosePeerRequest>(name);
  request.set_detail("the call is over");
  v1::ClosePeerResponse response;
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK(Call(&Peers::ClosePeer, request, &response));
    EXPECT_EQ(response.peer().closure().reason(), v1::CLOSE_REASON_REQUESTED);
    EXPECT_EQ(response.peer().closure().detail(), "the call is over");
    EXPECT_EQ(response.peer().state().signaling_state(),
              v1::SIGNALING_STATE_CLOSED);
    request.set_detail("again");
  }
  EXPECT_TRUE(GetPeer(name).has_closure());

  const grpc::Status status =
      Call(&Peers::CreateOffer, For<v1::CreateOfferRequest>(name));
  EXPECT_EQ(ErrorText(status),
            "FAILED_PRECONDITION PEER_CLOSED InvalidStateError");
  EXPECT_EQ(Metadata(status, "close_reason"), "REQUESTED");
  request.set_detail(std::string(257, 'x'));
  EXPECT_EQ(ErrorText(Call(&Peers::ClosePeer, request)),
            "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
}

TEST_F(PeerTest, EveryOperationRefusesAClosedPeer) {
  const v1::Peer peer = CreateChannelPeer();
  const std::string& name = peer.name();
  ClosePeer(name);
  const std::string closed =
      "FAILED_PRECONDITION PEER_CLOSED InvalidStateError";
  EXPECT_EQ(
      ErrorText(Call(&Peers::CreateOffer, For<v1::CreateOfferRequest>(name))),
      closed);
  EXPECT_EQ(
      ErrorText(Call(&Peers::CreateAnswer, For<v1::CreateAnswerRequest>(name))),
      closed);
  EXPECT_EQ(ErrorText(Call(&Peers::SetLocalDescription,
                           For<v1::SetLocalDescriptionRequest>(name))),
            closed);
  auto remote = For<v1::SetRemoteDescriptionRequest>(name);
  remote.mutable_description()->set_type(v1::SDP_TYPE_OFFER);
  EXPECT_EQ(ErrorText(Call(&Peers::SetRemoteDescription, remote)), closed);
  EXPECT_EQ(ErrorText(Call(&Peers::AddIceCandidates,
                           For<v1::AddIceCandidatesRequest>(name))),
            closed);
  EXPECT_EQ(
      ErrorText(Call(&Peers::RestartIce, For<v1::RestartIceRequest>(name))),
      closed);
  auto add = For<v1::AddTransceiverRequest>(name);
  add.mutable_transceiver()->set_kind(v1::MEDIA_KIND_VIDEO);
  EXPECT_EQ(ErrorText(Call(&Peers::AddTransceiver, add)), closed);
  EXPECT_EQ(
      ErrorText(Call(&Peers::StopTransceiver, For<v1::StopTransceiverRequest>(
                                                  name + "/transceivers/1"))),
      closed);
  EXPECT_EQ(ErrorText(Call(&Peers::CreateDataChannel,
                           For<v1::CreateDataChannelRequest>(name))),
            closed);
  const std::string channel = peer.state().data_channels(0).name();
  EXPECT_EQ(ErrorText(Call(&Peers::CloseDataChannel,
                           For<v1::CloseDataChannelRequest>(channel))),
            closed);
  auto send = For<v1::SendMessageRequest>(channel);
  send.set_text("x");
  EXPECT_EQ(ErrorText(Call(&Channels::SendMessage, send)), closed);
  grpc::ClientContext context;
  v1::ReceiveMessagesResponse message;
  const auto stream = channels_->ReceiveMessages(
      &context, For<v1::ReceiveMessagesRequest>(channel));
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(ErrorText(stream->Finish()), closed);
}

TEST_F(PeerTest, ARepeatedRequestGetsItsFirstReply) {
  v1::CreatePeerRequest create;
  create.set_request_id("create-1");
  create.add_data_channels()->set_label("x");
  const std::string name = CreatePeer(create).name();
  EXPECT_EQ(CreatePeer(create).name(), name);
  create.mutable_data_channels(0)->set_label("y");
  EXPECT_EQ(ErrorText(Call(&Peers::CreatePeer, create)),
            "ALREADY_EXISTS REQUEST_ID_CONFLICT");

  auto add = For<v1::AddTransceiverRequest>(name);
  add.mutable_transceiver()->set_kind(v1::MEDIA_KIND_AUDIO);
  add.set_request_id("add-1");
  v1::AddTransceiverResponse first;
  v1::AddTransceiverResponse second;
  ASSERT_OK(Call(&Peers::AddTransceiver, add, &first));
  ASSERT_OK(Call(&Peers::AddTransceiver, add, &second));
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(first, second));
  EXPECT_EQ(GetPeer(name).state().transceivers_size(), 1);
  add.mutable_transceiver()->set_kind(v1::MEDIA_KIND_VIDEO);
  EXPECT_EQ(ErrorText(Call(&Peers::AddTransceiver, add)),
            "ALREADY_EXISTS REQUEST_ID_CONFLICT");
  // The same id for another method is another request too.
  auto restart = For<v1::RestartIceRequest>(name);
  restart.set_request_id("add-1");
  EXPECT_EQ(ErrorText(Call(&Peers::RestartIce, restart)),
            "ALREADY_EXISTS REQUEST_ID_CONFLICT");
}

TEST_F(PeerTest, TransceiversChangeAsAWholeOrNotAtAll) {
  const std::string name = CreatePeer().name();
  auto add = For<v1::AddTransceiverRequest>(name);
  add.mutable_transceiver()->set_kind(v1::MEDIA_KIND_VIDEO);
  v1::AddTransceiverResponse added;
  ASSERT_OK(Call(&Peers::AddTransceiver, add, &added));
  const std::string transceiver = added.transceiver().name();

  auto update = For<v1::UpdateTransceiverRequest>(transceiver);
  update.set_direction(v1::TRANSCEIVER_DIRECTION_SENDONLY);
  update.add_streams("stream");
  auto* codec = update.add_codec_preferences();
  codec->set_mime_type("video/VP8");
  codec->set_clock_rate(90000);
  v1::UpdateTransceiverResponse updated;
  ASSERT_OK(Call(&Peers::UpdateTransceiver, update, &updated));
  EXPECT_EQ(updated.transceiver().direction(),
            v1::TRANSCEIVER_DIRECTION_SENDONLY);
  EXPECT_EQ(updated.transceiver().streams(0), "stream");
  EXPECT_EQ(updated.transceiver().codec_preferences(0).mime_type(),
            "video/VP8");

  update.set_direction(v1::TRANSCEIVER_DIRECTION_INACTIVE);
  codec->set_mime_type("video/nonsense");
  EXPECT_EQ(ErrorText(Call(&Peers::UpdateTransceiver, update)),
            "INVALID_ARGUMENT CODEC_PREFERENCES InvalidModificationError");
  codec->set_mime_type("audio/opus");
  EXPECT_EQ(ErrorText(Call(&Peers::UpdateTransceiver, update)),
            "INVALID_ARGUMENT CODEC_PREFERENCES InvalidModificationError");
  codec->set_mime_type("VP8");
  EXPECT_EQ(ErrorText(Call(&Peers::UpdateTransceiver, update)),
            "INVALID_ARGUMENT ARGUMENT TypeError");
  EXPECT_EQ(GetPeer(name).state().transceivers(0).direction(),
            v1::TRANSCEIVER_DIRECTION_SENDONLY);
  // The mask empties what is left out, and changes nothing else.
  update.Clear();
  update.set_name(transceiver);
  update.mutable_update_mask()->add_paths("streams");
  ASSERT_OK(Call(&Peers::UpdateTransceiver, update, &updated));
  EXPECT_EQ(updated.transceiver().streams_size(), 0);
  EXPECT_EQ(updated.transceiver().codec_preferences_size(), 1);
  update.mutable_update_mask()->set_paths(0, "mid");
  EXPECT_EQ(ErrorText(Call(&Peers::UpdateTransceiver, update)),
            "INVALID_ARGUMENT ARGUMENT TypeError");
  update.mutable_update_mask()->set_paths(0, "send_encodings");
  EXPECT_EQ(ErrorText(Call(&Peers::UpdateTransceiver, update)),
            "INVALID_ARGUMENT SEND_ENCODINGS InvalidModificationError")
      << "emptied";

  auto stop = For<v1::StopTransceiverRequest>(transceiver);
  EXPECT_OK(Call(&Peers::StopTransceiver, stop));
  EXPECT_OK(Call(&Peers::StopTransceiver, stop));
  update.clear_update_mask();
  update.set_direction(v1::TRANSCEIVER_DIRECTION_INACTIVE);
  EXPECT_EQ(ErrorText(Call(&Peers::UpdateTransceiver, update)),
            "FAILED_PRECONDITION TRANSCEIVER_STOPPED InvalidStateError");
  stop.set_name(name + "/transceivers/99");
  EXPECT_EQ(ErrorText(Call(&Peers::StopTransceiver, stop)),
            "NOT_FOUND TRANSCEIVER_UNKNOWN");
  stop.set_name(name);
  EXPECT_EQ(ErrorText(Call(&Peers::StopTransceiver, stop)),
            "INVALID_ARGUMENT ARGUMENT TypeError");
}

TEST_F(PeerTest, GetPoolShowsUseLimitsAndVersion) {
  const std::string name = CreatePeer().name();
  v1::GetPoolResponse response;
  ASSERT_OK(
      Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest(), &response));
  const v1::Pool& pool = response.pool();
  EXPECT_EQ(pool.node(), "local");
  EXPECT_THAT(name, StartsWith("peers/local." + pool.epoch()));
  EXPECT_EQ(pool.version(), PARLEY_VERSION);
  EXPECT_EQ(pool.state(), v1::POOL_STATE_SERVING);
  EXPECT_EQ(pool.use().peers(), 1u);
  EXPECT_GT(pool.use().threads(), 1u);
  EXPECT_GT(pool.use().memory_bytes(), 1u << 20);
  EXPECT_GT(pool.capacity().file_descriptors(), 0u);
  EXPECT_EQ(pool.limits().max_message_size(), 256u << 10);
  EXPECT_EQ(pool.limits().default_lease_ttl().seconds(), 300);
}

}  // namespace
}  // namespace parley::service
