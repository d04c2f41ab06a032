// Offer and Answer: several steps in one call.

#include <string>
#include <thread>

#include "tests/service/harness.h"
#include "tests/testing/loopback_socket.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A TURN server that asks for other credentials again and again, so that
// gathering ends when it has lasted too long, or the server goes.
class TurnChallenger {
 public:
  TurnChallenger() : thread_([this] { Serve(); }) {}
  ~TurnChallenger() {
    socket_.Shut();
    thread_.join();
  }
  std::string url() const {
    return "turn:127.0.0.1:" + std::to_string(socket_.port());
  }

 private:
  // A STUN attribute (RFC 8489 section 14).
  static std::string Attribute(char type, std::string value) {
    const char size = static_cast<char>(value.size());
    value.resize((value.size() + 3) / 4 * 4);
    return std::string{'\0', type, '\0', size} + value;
  }

  void Serve() {
    while (const auto request = socket_.Receive()) {
      if (request->bytes.size() < 20) continue;
      // 401 for a realm that is always another one.
      const std::string attributes =
          Attribute(9, std::string{'\0', '\0', '\4', '\1'}) +
          Attribute(0x14, "realm-" + std::to_string(++challenges_)) +
          Attribute(0x15, "nonce");
      const std::string header = {'\x01', '\x13', '\0',
                                  static_cast<char>(attributes.size())};
      socket_.Send(header + request->bytes.substr(4, 16) + attributes,
                   request->from);
    }
  }

  parley::testing::LoopbackSocket socket_;
  int challenges_ = 0;
  std::thread thread_;
};

class CompositeTest : public ServerTest {
 protected:
  CompositeTest() { StartServer(TestOptions()); }

  // A new peer with a channel that offers.
  static v1::OfferRequest NewOffer(int wait_seconds = 0) {
    v1::OfferRequest request;
    request.mutable_create()->add_data_channels()->set_label("chat");
    request.mutable_gathering_timeout()->set_seconds(wait_seconds);
    return request;
  }
  // The same, of a peer whose gathering does not end.
  v1::OfferRequest EndlessOffer(int wait_seconds) {
    v1::OfferRequest request = NewOffer(wait_seconds);
    v1::IceServer* server =
        request.mutable_create()->mutable_configuration()->add_ice_servers();
    server->add_urls(turn_.url());
    server->set_username("user");
    server->set_credential("secret");
    return request;
  }
  static v1::OfferRequest OfferOf(const std::string& name) {
    v1::OfferRequest request;
    request.set_name(name);
    return request;
  }
  static v1::AnswerRequest AnswerTo(const v1::SessionDescription& offer,
                                    const std::string& name = "") {
    v1::AnswerRequest request;
    if (name.empty()) {
      request.mutable_create();
    } else {
      request.set_name(name);
    }
    *request.mutable_offer() = offer;
    return request;
  }

  v1::OfferResponse Offer(const v1::OfferRequest& request) {
    v1::OfferResponse response;
    EXPECT_OK(Call(&Peers::Offer, request, &response));
    return response;
  }
  v1::AnswerResponse Answer(const v1::AnswerRequest& request) {
    v1::AnswerResponse response;
    EXPECT_OK(Call(&Peers::Answer, request, &response));
    return response;
  }
  std::string OfferError(const v1::OfferRequest& request) {
    return ErrorText(last_ = Call(&Peers::Offer, request));
  }
  std::string AnswerError(const v1::AnswerRequest& request) {
    return ErrorText(last_ = Call(&Peers::Answer, request));
  }

  int LivePeers() {
    v1::ListPeersResponse response;
    EXPECT_OK(Call(&Peers::ListPeers, v1::ListPeersRequest(), &response));
    return response.peers_size();
  }
  // The name of the first peer that comes and has its offer.
  std::string AwaitOfferer() {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    const auto stream = peers_->WatchPeers(&context, {});
    v1::WatchPeersResponse response;
    while (stream->Read(&response)) {
      const bool offers =
          response.event().has_description_applied() ||
          response.snapshot().state().has_pending_local_description();
      if (!offers) continue;
      context.TryCancel();
      return response.name();
    }
    ADD_FAILURE() << "nobody offers";
    return "";
  }

  TurnChallenger turn_;
  grpc::Status last_;
};

TEST_F(CompositeTest, OfferCreatesAPeerWhichOffers) {
  const v1::OfferResponse offer = Offer(NewOffer());
  EXPECT_THAT(offer.peer().name(), StartsWith("peers/"));
  EXPECT_EQ(offer.peer().state().signaling_state(),
            v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
  EXPECT_EQ(offer.description().type(), v1::SDP_TYPE_OFFER);
  EXPECT_THAT(offer.description().sdp(), HasSubstr("m=application"));
  const v1::Peer peer = GetPeer(offer.peer().name(), v1::PEER_VIEW_FULL);
  EXPECT_EQ(peer.pending_local_description().offer_id(),
            offer.description().offer_id());
}

TEST_F(CompositeTest, WaitsForTheCandidates) {
  const v1::OfferResponse offer = Offer(NewOffer(10));
  EXPECT_TRUE(offer.gathering_complete());
  EXPECT_THAT(offer.description().sdp(), HasSubstr("a=candidate:"));
  EXPECT_THAT(offer.description().sdp(), HasSubstr("a=end-of-candidates"));
  EXPECT_EQ(offer.peer().state().ice_gathering_state(),
            v1::ICE_GATHERING_STATE_COMPLETE);
}

TEST_F(CompositeTest, ThreeCallsConnectTwoPeers) {
  const v1::OfferResponse offer = Offer(NewOffer(10));
  v1::AnswerRequest request = AnswerTo(offer.description());
  request.mutable_gathering_timeout()->set_seconds(10);
  const v1::AnswerResponse answer = Answer(request);
  EXPECT_TRUE(answer.gathering_complete());
  EXPECT_EQ(answer.description().type(), v1::SDP_TYPE_ANSWER);
  EXPECT_EQ(answer.description().offer_id(), offer.description().offer_id());
  EXPECT_EQ(answer.peer().state().signaling_state(),
            v1::SIGNALING_STATE_STABLE);
  SetRemote(offer.peer().name(), answer.description());
  AwaitConnected(offer.peer().name());
  AwaitConnected(answer.peer().name());

  // And again on the peers that there are, with new credentials.
  v1::OfferRequest restart = OfferOf(answer.peer().name());
  restart.set_ice_restart(true);
  const v1::OfferResponse again = Offer(restart);
  EXPECT_EQ(again.peer().name(), answer.peer().name());
  const v1::AnswerResponse back =
      Answer(AnswerTo(again.description(), offer.peer().name()));
  SetRemote(answer.peer().name(), back.description());
  AwaitEvent(answer.peer().name(), 0,
             [](const v1::Event& event) { return event.has_ice_restarted(); });
}

TEST_F(CompositeTest, TheWaitIsBoundedAndHoldsNothingUp) {
  std::string adder_error;
  std::thread adder([&] {
    const std::string name = AwaitOfferer();
    v1::CreateDataChannelRequest request;
    request.set_name(name);
    request.mutable_data_channel()->set_label("second");
    adder_error = ErrorText(Call(&Peers::CreateDataChannel, request));
  });
  const v1::OfferResponse offer = Offer(EndlessOffer(2));
  adder.join();
  EXPECT_EQ(adder_error, "OK");
  EXPECT_FALSE(offer.gathering_complete());
  EXPECT_THAT(offer.description().sdp(), HasSubstr("typ host"));
  EXPECT_THAT(offer.description().sdp(), Not(HasSubstr("end-of-candidates")));
}

TEST_F(CompositeTest, TheEndOfThePeerEndsTheWait) {
  std::thread closer([this] { ClosePeer(AwaitOfferer()); });
  EXPECT_EQ(OfferError(EndlessOffer(10)),
            "FAILED_PRECONDITION PEER_CLOSED InvalidStateError");
  closer.join();
  EXPECT_EQ(LivePeers(), 0);
}

TEST_F(CompositeTest, ACancelledCallLeavesAPeerThatGoesOn) {
  grpc::ClientContext context;
  std::string name;
  std::thread canceller([&] {
    name = AwaitOfferer();
    context.TryCancel();
  });
  v1::OfferResponse response;
  const grpc::Status status =
      peers_->Offer(&context, EndlessOffer(10), &response);
  canceller.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(GetPeer(name).state().signaling_state(),
            v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
  const v1::AnswerResponse answer =
      Answer(AnswerTo(Offer(OfferOf(name)).description()));
  SetRemote(name, answer.description());
  EXPECT_EQ(GetPeer(name).state().signaling_state(),
            v1::SIGNALING_STATE_STABLE);
}

TEST_F(CompositeTest, ARepeatedCallGetsItsFirstAnswer) {
  v1::OfferRequest request = NewOffer(10);
  request.set_request_id("one");
  const v1::OfferResponse first = Offer(request);
  EXPECT_EQ(Offer(request).SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(LivePeers(), 1);

  v1::AnswerRequest answer = AnswerTo(first.description());
  answer.set_request_id("two");
  const v1::AnswerResponse answered = Answer(answer);
  EXPECT_EQ(Answer(answer).description().SerializeAsString(),
            answered.description().SerializeAsString());
  EXPECT_EQ(LivePeers(), 2);
  // Later changes do not change it.
  SetRemote(first.peer().name(), answered.description());
  EXPECT_EQ(Offer(request).SerializeAsString(), first.SerializeAsString());

  v1::OfferRequest other = NewOffer(9);
  other.set_request_id("one");
  EXPECT_EQ(OfferError(other), "ALREADY_EXISTS REQUEST_ID_CONFLICT");
  other = OfferOf(first.peer().name());
  other.set_request_id("one");
  EXPECT_EQ(OfferError(other), "ALREADY_EXISTS REQUEST_ID_CONFLICT");
}

TEST_F(CompositeTest, ACallRepeatedWhileTheFirstWaitsWaitsBesideIt) {
  v1::OfferRequest request = EndlessOffer(2);
  request.set_request_id("one");
  v1::OfferResponse repeated;
  grpc::Status status;
  std::thread repeater([&] {
    AwaitOfferer();
    status = Call(&Peers::Offer, request, &repeated);
  });
  const v1::OfferResponse first = Offer(request);
  repeater.join();
  EXPECT_OK(status);
  EXPECT_EQ(repeated.peer().name(), first.peer().name());
  EXPECT_EQ(repeated.description().offer_id(), first.description().offer_id());
  EXPECT_EQ(LivePeers(), 1);
}

TEST_F(CompositeTest, APeerWhoseCallFailedIsClosedAgain) {
  v1::SessionDescription junk;
  junk.set_sdp("v=0\r\njunk");
  v1::AnswerRequest request = AnswerTo(junk);
  request.set_request_id("one");
  // Also when it is tried again: a failure is not remembered.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(AnswerError(request),
              "INVALID_ARGUMENT SDP_SYNTAX OperationError");
    EXPECT_EQ(LivePeers(), 0);
  }
  v1::ListPeersRequest list;
  list.set_show_closed(true);
  v1::ListPeersResponse closed;
  ASSERT_OK(Call(&Peers::ListPeers, list, &closed));
  ASSERT_EQ(closed.peers_size(), 2);
  EXPECT_THAT(closed.peers(0).closure().detail(), HasSubstr("Answer"));
}

TEST_F(CompositeTest, AnOfferThatIsRefusedChangesNothing) {
  const std::string name = CreatePeer().name();
  const uint64_t before = GetPeer(name).state().last_event_sequence();
  v1::SessionDescription junk;
  junk.set_sdp("v=0\r\njunk");
  EXPECT_EQ(AnswerError(AnswerTo(junk, name)),
            "INVALID_ARGUMENT SDP_SYNTAX OperationError");
  const v1::PeerState state = GetPeer(name).state();
  EXPECT_EQ(state.signaling_state(), v1::SIGNALING_STATE_STABLE);
  EXPECT_EQ(state.last_event_sequence(), before);
}

TEST_F(CompositeTest, GlareIsSettledByPoliteness) {
  const v1::OfferResponse polite = Offer(NewOffer());
  v1::OfferRequest request = NewOffer();
  request.mutable_create()->set_polite(false);
  const v1::OfferResponse impolite = Offer(request);
  EXPECT_EQ(AnswerError(AnswerTo(polite.description(), impolite.peer().name())),
            "ABORTED GLARE");
  EXPECT_EQ(GetPeer(impolite.peer().name()).state().signaling_state(),
            v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
  const v1::AnswerResponse answer =
      Answer(AnswerTo(impolite.description(), polite.peer().name()));
  SetRemote(impolite.peer().name(), answer.description());
  for (const auto& peer : {polite.peer(), impolite.peer()}) {
    EXPECT_EQ(GetPeer(peer.name()).state().signaling_state(),
              v1::SIGNALING_STATE_STABLE);
  }
}

TEST_F(CompositeTest, AStateThatIsNotTheExpectedOneStopsIt) {
  v1::OfferRequest request = NewOffer();
  request.set_expected_signaling_state(v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
  EXPECT_EQ(OfferError(request),
            "FAILED_PRECONDITION SIGNALING_STATE InvalidStateError");
  EXPECT_EQ(LivePeers(), 0);
  request.set_expected_signaling_state(v1::SIGNALING_STATE_STABLE);
  const std::string name = Offer(request).peer().name();
  v1::AnswerRequest answer = AnswerTo(Offer(NewOffer()).description(), name);
  answer.set_expected_signaling_state(v1::SIGNALING_STATE_STABLE);
  EXPECT_EQ(AnswerError(answer),
            "FAILED_PRECONDITION SIGNALING_STATE InvalidStateError");
}

TEST_F(CompositeTest, BadRequestsNameTheirField) {
  const std::string argument = "INVALID_ARGUMENT ARGUMENT TypeError";
  const std::string limit = "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError";
  const auto refused = [this](const v1::OfferRequest& request) {
    const std::string error = OfferError(request);
    return error + ": " + Metadata(last_, "field");
  };
  EXPECT_EQ(refused({}), argument + ": name");
  EXPECT_EQ(refused(OfferOf("peers/x")), argument + ": name");
  v1::OfferRequest request = NewOffer();
  request.mutable_create()->set_request_id("x");
  EXPECT_EQ(refused(request), argument + ": create.request_id");
  request = NewOffer();
  (*request.mutable_create()->mutable_labels())[""] = "x";
  EXPECT_EQ(refused(request), argument + ": create.labels");
  request = NewOffer(11);
  EXPECT_EQ(refused(request), limit + ": gathering_timeout");
  request = NewOffer();
  request.set_request_id(std::string(129, 'x'));
  EXPECT_EQ(refused(request), limit + ": request_id");

  v1::SessionDescription offer;
  EXPECT_EQ(AnswerError(AnswerTo(offer)), argument);
  EXPECT_EQ(Metadata(last_, "field"), "offer.sdp");
  offer.set_sdp("v=0");
  offer.set_type(v1::SDP_TYPE_ANSWER);
  EXPECT_EQ(AnswerError(AnswerTo(offer)), argument);
  EXPECT_EQ(Metadata(last_, "field"), "offer.type");
  EXPECT_EQ(LivePeers(), 0);
}

TEST_F(CompositeTest, AnAnswerThatFindsNoPortTakesTheOfferBack) {
  const v1::SessionDescription offer = Offer(NewOffer(10)).description();
  uint16_t port = 0;
  {
    const parley::testing::LoopbackSocket free;
    port = free.port();
  }
  Options options = TestOptions();
  options.engine.ice.min_port = options.engine.ice.max_port = port;
  StartServer(std::move(options));
  const std::string name = CreatePeer().name();
  const v1::OfferResponse holder = Offer(NewOffer(10));
  EXPECT_EQ(AnswerError(AnswerTo(offer, name)),
            "RESOURCE_EXHAUSTED PORTS OperationError");
  const v1::PeerState state = GetPeer(name).state();
  EXPECT_EQ(state.signaling_state(), v1::SIGNALING_STATE_STABLE);
  EXPECT_FALSE(state.has_pending_remote_description());
  EXPECT_FALSE(state.has_current_remote_description());
  EXPECT_EQ(AnswerError(AnswerTo(offer)),
            "RESOURCE_EXHAUSTED PORTS OperationError");
  EXPECT_EQ(LivePeers(), 2);
  // With a port it is as if nothing had been.
  ClosePeer(holder.peer().name());
  Answer(AnswerTo(offer, name));
}

}  // namespace
}  // namespace parley::service
