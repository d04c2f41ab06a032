// PeerService: the negotiation, call by call.

#include <string>

#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::StartsWith;

class NegotiationTest : public ServerTest {
 protected:
  NegotiationTest() { StartServer(TestOptions()); }

  template <typename Request>
  static Request For(const std::string& name) {
    Request request;
    request.set_name(name);
    return request;
  }

  std::string SetRemoteError(const std::string& name, v1::SdpType type,
                             const std::string& sdp) {
    auto request = For<v1::SetRemoteDescriptionRequest>(name);
    request.mutable_description()->set_type(type);
    request.mutable_description()->set_sdp(sdp);
    last_ = Call(&Peers::SetRemoteDescription, request);
    return ErrorText(last_);
  }

  grpc::Status last_;
};

TEST_F(NegotiationTest, TheWrongSignalingStateIsAnInvalidStateError) {
  const std::string wrong =
      "FAILED_PRECONDITION SIGNALING_STATE InvalidStateError";
  const std::string a = CreateChannelPeer().name();
  const std::string b = CreatePeer().name();
  // An answer in stable.
  last_ = Call(&Peers::CreateAnswer, For<v1::CreateAnswerRequest>(b));
  EXPECT_EQ(ErrorText(last_), wrong);
  EXPECT_EQ(Metadata(last_, "state"), "stable");
  const v1::SessionDescription offer = SetLocal(a);
  EXPECT_EQ(offer.type(), v1::SDP_TYPE_OFFER);
  EXPECT_EQ(SetRemoteError(b, v1::SDP_TYPE_ANSWER, offer.sdp()), wrong);
  // An offer in have-remote-offer.
  SetRemote(b, offer);
  last_ = Call(&Peers::CreateOffer, For<v1::CreateOfferRequest>(b));
  EXPECT_EQ(ErrorText(last_), wrong);
  EXPECT_EQ(Metadata(last_, "state"), "have-remote-offer");
  // Not the state that the caller expects.
  auto answer = For<v1::CreateAnswerRequest>(b);
  answer.set_expected_signaling_state(v1::SIGNALING_STATE_STABLE);
  EXPECT_EQ(ErrorText(Call(&Peers::CreateAnswer, answer)), wrong);
  // Nothing to roll back.
  EXPECT_EQ(SetRemoteError(CreatePeer().name(), v1::SDP_TYPE_ROLLBACK, ""),
            "FAILED_PRECONDITION NOTHING_TO_ROLL_BACK InvalidStateError");
}

TEST_F(NegotiationTest, ARefusedDescriptionLeavesThePeerAsItWas) {
  const std::string name = CreateChannelPeer().name();
  const std::string before =
      GetPeer(name, v1::PEER_VIEW_FULL).state().SerializeAsString();
  EXPECT_EQ(SetRemoteError(name, v1::SDP_TYPE_OFFER, "v=0\r\nnonsense\r\n"),
            "INVALID_ARGUMENT SDP_SYNTAX OperationError");
  EXPECT_EQ(Metadata(last_, "sdp_line_number"), "2");
  EXPECT_THAT(SetRemoteError(name, v1::SDP_TYPE_OFFER, ""),
              StartsWith("INVALID_ARGUMENT SDP_SYNTAX"));
  EXPECT_EQ(SetRemoteError(name, v1::SDP_TYPE_UNSPECIFIED, "v=0"),
            "INVALID_ARGUMENT ARGUMENT TypeError");
  EXPECT_EQ(Metadata(last_, "field"), "description.type");
  EXPECT_EQ(SetRemoteError(name, static_cast<v1::SdpType>(77), "v=0"),
            "INVALID_ARGUMENT ARGUMENT TypeError");
  EXPECT_EQ(
      SetRemoteError(name, v1::SDP_TYPE_OFFER, std::string((4 << 20) + 1, 'x')),
      "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
  // A good text without the fingerprint or the ICE password.
  const std::string other = CreateChannelPeer().name();
  std::string sdp = CreateOffer(other).sdp();
  const size_t password = sdp.find("a=ice-pwd");
  sdp.erase(password, sdp.find('\n', password) + 1 - password);
  EXPECT_EQ(SetRemoteError(name, v1::SDP_TYPE_OFFER, sdp),
            "INVALID_ARGUMENT ICE_CREDENTIALS_MISSING InvalidAccessError");
  EXPECT_EQ(GetPeer(name, v1::PEER_VIEW_FULL).state().SerializeAsString(),
            before);
}

TEST_F(NegotiationTest, AnOfferIsSetByTextByIdOrImplicitly) {
  for (const std::string how : {"text", "id", "implicit"}) {
    const std::string name = CreateChannelPeer().name();
    const v1::SessionDescription offer = CreateOffer(name);
    EXPECT_TRUE(offer.has_offer_id());
    auto request = For<v1::SetLocalDescriptionRequest>(name);
    if (how != "implicit") {
      request.mutable_description()->set_type(v1::SDP_TYPE_OFFER);
    }
    if (how == "text") request.mutable_description()->set_sdp(offer.sdp());
    if (how == "id") {
      request.mutable_description()->set_offer_id(offer.offer_id());
    }
    v1::SetLocalDescriptionResponse response;
    ASSERT_OK(Call(&Peers::SetLocalDescription, request, &response)) << how;
    EXPECT_EQ(response.description().sdp(), offer.sdp()) << how;
    EXPECT_EQ(response.description().offer_id(), offer.offer_id());
    EXPECT_EQ(response.state().signaling_state(),
              v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
    EXPECT_EQ(response.state().pending_local_description().id(),
              offer.offer_id());
  }
}

TEST_F(NegotiationTest, AnOldOrEditedOfferIsRefused) {
  const std::string name = CreateChannelPeer().name();
  const v1::SessionDescription old = CreateOffer(name);
  auto add = For<v1::AddTransceiverRequest>(name);
  add.mutable_transceiver()->set_kind(v1::MEDIA_KIND_AUDIO);
  EXPECT_OK(Call(&Peers::AddTransceiver, add));
  const v1::SessionDescription offer = CreateOffer(name);
  EXPECT_NE(offer.offer_id(), old.offer_id());

  auto request = For<v1::SetLocalDescriptionRequest>(name);
  request.mutable_description()->set_type(v1::SDP_TYPE_OFFER);
  request.mutable_description()->set_offer_id(old.offer_id());
  EXPECT_EQ(ErrorText(Call(&Peers::SetLocalDescription, request)),
            "ABORTED OFFER_STALE InvalidModificationError");
  request.mutable_description()->clear_offer_id();
  request.mutable_description()->set_sdp(old.sdp());
  EXPECT_EQ(ErrorText(Call(&Peers::SetLocalDescription, request)),
            "ABORTED OFFER_STALE InvalidModificationError");
  request.mutable_description()->set_sdp(offer.sdp() + "a=x\r\n");
  EXPECT_EQ(ErrorText(Call(&Peers::SetLocalDescription, request)),
            "INVALID_ARGUMENT SDP_MODIFIED InvalidModificationError");
  request.mutable_description()->clear_type();
  EXPECT_EQ(ErrorText(Call(&Peers::SetLocalDescription, request)),
            "INVALID_ARGUMENT ARGUMENT TypeError");
}

TEST_F(NegotiationTest, AnAnswerBelongsToItsOffer) {
  const std::string a = CreateChannelPeer().name();
  const std::string b = CreatePeer().name();
  const v1::SessionDescription offer = SetLocal(a);
  SetRemote(b, offer);
  const v1::SessionDescription answer = SetLocal(b);
  EXPECT_EQ(answer.type(), v1::SDP_TYPE_ANSWER);
  EXPECT_EQ(answer.offer_id(), offer.offer_id());
  auto request = For<v1::SetRemoteDescriptionRequest>(a);
  *request.mutable_description() = answer;
  request.mutable_description()->set_offer_id("0.0");
  EXPECT_EQ(ErrorText(Call(&Peers::SetRemoteDescription, request)),
            "ABORTED OFFER_STALE InvalidModificationError");
  *request.mutable_description() = answer;
  request.set_validate_only(true);
  v1::SetRemoteDescriptionResponse response;
  ASSERT_OK(Call(&Peers::SetRemoteDescription, request, &response));
  EXPECT_EQ(response.state().signaling_state(),
            v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
  request.set_validate_only(false);
  ASSERT_OK(Call(&Peers::SetRemoteDescription, request, &response));
  EXPECT_EQ(response.state().signaling_state(), v1::SIGNALING_STATE_STABLE);
  EXPECT_TRUE(response.state().has_can_trickle_ice_candidates());
}

TEST_F(NegotiationTest, GlareIsForImpolitePeersAndRollbackForPoliteOnes) {
  v1::CreatePeerRequest create;
  create.add_data_channels();
  create.set_polite(false);
  const std::string impolite = CreatePeer(create).name();
  const std::string polite = CreateChannelPeer().name();
  const v1::SessionDescription offer = SetLocal(impolite);
  const v1::SessionDescription other = SetLocal(polite);
  EXPECT_EQ(SetRemoteError(impolite, v1::SDP_TYPE_OFFER, other.sdp()),
            "ABORTED GLARE");
  SetRemote(polite, offer);
  EXPECT_EQ(GetPeer(polite).state().signaling_state(),
            v1::SIGNALING_STATE_HAVE_REMOTE_OFFER);
  auto rollback = For<v1::SetRemoteDescriptionRequest>(polite);
  rollback.mutable_description()->set_type(v1::SDP_TYPE_ROLLBACK);
  EXPECT_OK(Call(&Peers::SetRemoteDescription, rollback));
  auto local = For<v1::SetLocalDescriptionRequest>(impolite);
  local.mutable_description()->set_type(v1::SDP_TYPE_ROLLBACK);
  v1::SetLocalDescriptionResponse response;
  ASSERT_OK(Call(&Peers::SetLocalDescription, local, &response));
  EXPECT_EQ(response.description().type(), v1::SDP_TYPE_ROLLBACK);
  EXPECT_EQ(response.description().sdp(), "");
}

TEST_F(NegotiationTest, EachCandidateIsJudgedForItself) {
  const std::string a = CreateChannelPeer().name();
  const std::string b = CreatePeer().name();
  const std::string good =
      "candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host";
  auto early = For<v1::AddIceCandidatesRequest>(b);
  early.add_candidates()->set_candidate(good);
  early.mutable_candidates(0)->set_sdp_mid("0");
  v1::AddIceCandidatesResponse response;
  ASSERT_OK(Call(&Peers::AddIceCandidates, early, &response));
  EXPECT_EQ(response.results(0).outcome(), v1::ICE_CANDIDATE_OUTCOME_QUEUED);
  early.set_queue_until_description(false);
  EXPECT_EQ(ErrorText(Call(&Peers::AddIceCandidates, early)),
            "FAILED_PRECONDITION REMOTE_DESCRIPTION_MISSING InvalidStateError");

  SetRemote(b, SetLocal(a));
  auto request = For<v1::AddIceCandidatesRequest>(b);
  const auto add = [&request](const std::string& candidate) {
    auto* one = request.add_candidates();
    one->set_candidate(candidate);
    return one;
  };
  add("candidate:2 1 udp 2130706430 127.0.0.1 50001 typ host")
      ->set_sdp_mid("0");
  add("nonsense")->set_sdp_mid("0");
  add(good)->set_sdp_mid("99");
  add(good);
  add("candidate:3 1 udp 1 host.local 50000 typ host")->set_sdp_mid("0");
  auto* foreign = add(good);
  foreign->set_sdp_mid("0");
  foreign->set_username_fragment("never-seen");
  response.Clear();
  ASSERT_OK(Call(&Peers::AddIceCandidates, request, &response));
  ASSERT_EQ(response.results_size(), 6);
  EXPECT_EQ(response.results(0).outcome(), v1::ICE_CANDIDATE_OUTCOME_APPLIED);
  EXPECT_EQ(response.results(1).error().reason(), "CANDIDATE_SYNTAX");
  EXPECT_EQ(response.results(1).error().dom_exception(), "OperationError");
  EXPECT_EQ(response.results(2).error().reason(), "CANDIDATE_MID_UNKNOWN");
  EXPECT_EQ(response.results(3).error().reason(), "ARGUMENT");
  EXPECT_EQ(response.results(4).ignored_reason(),
            v1::ICE_CANDIDATE_IGNORED_REASON_HOST_NAME);
  EXPECT_EQ(response.results(5).error().reason(), "CANDIDATE_GENERATION");

  for (int i = 0; i < 300; ++i) add(good);
  EXPECT_EQ(ErrorText(Call(&Peers::AddIceCandidates, request)),
            "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
}

TEST_F(NegotiationTest, RestartIceCallsForANewOfferWithNewCredentials) {
  const Pair pair = Connect();
  const auto ufrag = [](const std::string& sdp) {
    const size_t at = sdp.find("a=ice-ufrag:");
    return sdp.substr(at, sdp.find('\r', at) - at);
  };
  const std::string before = ufrag(CreateOffer(pair.a).sdp());
  EXPECT_OK(Call(&Peers::RestartIce, For<v1::RestartIceRequest>(pair.a)));
  EXPECT_TRUE(AwaitEvent(pair.a, 1, [](const v1::Event& event) {
    return event.has_negotiation_needed();
  }));
  EXPECT_NE(ufrag(CreateOffer(pair.a).sdp()), before);
}

}  // namespace
}  // namespace parley::service
