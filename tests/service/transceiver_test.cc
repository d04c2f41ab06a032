// PeerService: what senders are to send, what receivers are told, and what
// offers are made of.

#include <string>
#include <vector>

#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kSendEncodings[] =
    "INVALID_ARGUMENT SEND_ENCODINGS InvalidModificationError";
constexpr char kTypeError[] = "INVALID_ARGUMENT ARGUMENT TypeError";
constexpr char kRangeError[] = "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError";

class TransceiverTest : public ServerTest {
 protected:
  TransceiverTest() { StartServer(TestOptions()); }

  static v1::TransceiverInit Video(const std::vector<std::string>& rids = {}) {
    v1::TransceiverInit init;
    init.set_kind(v1::MEDIA_KIND_VIDEO);
    init.add_streams("stream");
    for (const auto& rid : rids) init.add_send_encodings()->set_rid(rid);
    return init;
  }
  v1::Transceiver Add(const std::string& peer,
                      const v1::TransceiverInit& init) {
    v1::AddTransceiverRequest request;
    request.set_name(peer);
    *request.mutable_transceiver() = init;
    v1::AddTransceiverResponse response;
    EXPECT_OK(Call(&Peers::AddTransceiver, request, &response));
    return response.transceiver();
  }
  grpc::Status TryAdd(const std::string& peer,
                      const v1::TransceiverInit& init) {
    v1::AddTransceiverRequest request;
    request.set_name(peer);
    *request.mutable_transceiver() = init;
    return Call(&Peers::AddTransceiver, request);
  }
  static v1::UpdateTransceiverRequest UpdateOf(const v1::Transceiver& one) {
    v1::UpdateTransceiverRequest request;
    request.set_name(one.name());
    *request.mutable_send_encodings() = one.send_encodings();
    return request;
  }
  void Negotiate(const std::string& a, const std::string& b) {
    SetRemote(b, SetLocal(a));
    SetRemote(a, SetLocal(b));
  }
  // All events so far; the last is the closed one.
  std::vector<v1::Event> EventsOf(const std::string& peer) {
    std::vector<v1::Event> events;
    ClosePeer(peer);
    AwaitEvent(peer, 0, [&events](const v1::Event& event) {
      events.push_back(event);
      return event.has_closed();
    });
    return events;
  }
};

TEST_F(TransceiverTest, EncodingsAreReadChangedAndReadBack) {
  const std::string peer = CreatePeer().name();
  v1::TransceiverInit init = Video({"f", "h"});
  init.mutable_send_encodings(0)->set_priority(v1::PRIORITY_HIGH);
  init.mutable_send_encodings(1)->mutable_codec()->set_mime_type("video/VP8");
  init.mutable_send_encodings(1)->mutable_codec()->set_clock_rate(90000);
  const v1::Transceiver added = Add(peer, init);
  ASSERT_EQ(added.send_encodings_size(), 2);
  EXPECT_EQ(added.send_encodings(0).scale_resolution_down_by(), 2.0);
  EXPECT_EQ(added.send_encodings(0).priority(), v1::PRIORITY_HIGH);
  EXPECT_EQ(added.send_encodings(1).network_priority(), v1::PRIORITY_LOW);
  EXPECT_EQ(added.send_encodings(1).codec().mime_type(), "video/VP8");
  EXPECT_TRUE(added.send_encodings(0).active());
  EXPECT_NE(added.transaction_id(), "");

  auto update = UpdateOf(added);
  update.set_transaction_id(added.transaction_id());
  update.mutable_send_encodings(0)->set_active(false);
  update.mutable_send_encodings(0)->set_max_bitrate(500'000);
  update.mutable_send_encodings(1)->set_max_framerate(15);
  v1::UpdateTransceiverResponse updated;
  ASSERT_OK(Call(&Peers::UpdateTransceiver, update, &updated));
  EXPECT_FALSE(updated.transceiver().send_encodings(0).active());
  EXPECT_EQ(updated.transceiver().send_encodings(0).max_bitrate(), 500'000u);
  EXPECT_EQ(updated.transceiver().send_encodings(1).max_framerate(), 15.0);
  EXPECT_NE(updated.transceiver().transaction_id(), added.transaction_id());
  const auto state = GetPeer(peer).state();
  EXPECT_EQ(state.transceivers(0).transaction_id(),
            updated.transceiver().transaction_id());

  // Whoever read them before that comes too late.
  const grpc::Status stale = Call(&Peers::UpdateTransceiver, update);
  EXPECT_EQ(ErrorText(stale),
            "ABORTED PARAMETERS_STALE InvalidModificationError");
  update.set_transaction_id(updated.transceiver().transaction_id());
  EXPECT_OK(Call(&Peers::UpdateTransceiver, update));
}

TEST_F(TransceiverTest, EncodingsAreRefusedByField) {
  const std::string peer = CreatePeer().name();
  const v1::Transceiver added = Add(peer, Video({"f", "h"}));
  const auto refused = [&](auto change, const std::string& field) {
    auto update = UpdateOf(added);
    change(update);
    const grpc::Status status = Call(&Peers::UpdateTransceiver, update);
    EXPECT_EQ(Metadata(status, "field"), field);
    return ErrorText(status);
  };
  using Update = v1::UpdateTransceiverRequest;
  EXPECT_EQ(refused([](Update& u) { u.mutable_send_encodings()->RemoveLast(); },
                    "send_encodings"),
            kSendEncodings);
  EXPECT_EQ(
      refused([](Update& u) { u.mutable_send_encodings(1)->set_rid("x"); },
              "send_encodings"),
      kSendEncodings);
  EXPECT_EQ(
      refused([](Update& u) { u.mutable_send_encodings()->SwapElements(0, 1); },
              "send_encodings"),
      kSendEncodings);
  EXPECT_EQ(
      refused(
          [](Update& u) {
            u.mutable_send_encodings(1)->set_scale_resolution_down_by(0.5);
          },
          "send_encodings[1].scale_resolution_down_by"),
      kRangeError);
  EXPECT_EQ(
      refused(
          [](Update& u) { u.mutable_send_encodings(1)->set_max_framerate(-1); },
          "send_encodings[1].max_framerate"),
      kRangeError);
  EXPECT_EQ(refused(
                [](Update& u) {
                  auto* codec = u.mutable_send_encodings(0)->mutable_codec();
                  codec->set_mime_type("video/VVC");
                  codec->set_clock_rate(90000);
                },
                "send_encodings[0].codec"),
            kSendEncodings);
  EXPECT_EQ(refused(
                [](Update& u) {
                  u.mutable_send_encodings(0)->set_priority(
                      static_cast<v1::Priority>(9));
                },
                "send_encodings[0].priority"),
            kTypeError);
  EXPECT_EQ(refused(
                [](Update& u) {
                  u.clear_send_encodings();
                  u.set_transaction_id("x");
                },
                "transaction_id"),
            kTypeError);
  // All or nothing: the direction has not changed either.
  EXPECT_EQ(refused(
                [](Update& u) {
                  u.set_direction(v1::TRANSCEIVER_DIRECTION_INACTIVE);
                  u.mutable_send_encodings(1)->set_rid("x");
                },
                "send_encodings"),
            kSendEncodings);
  EXPECT_EQ(GetPeer(peer).state().transceivers(0).direction(),
            v1::TRANSCEIVER_DIRECTION_SENDRECV);
}

TEST_F(TransceiverTest, ErrorsNameTheFieldOfTheirRequest) {
  const std::string peer = CreatePeer().name();
  const auto added = [&](const v1::TransceiverInit& init,
                         const std::string& field) {
    const grpc::Status status = TryAdd(peer, init);
    EXPECT_EQ(Metadata(status, "field"), "transceiver." + field);
    v1::CreatePeerRequest create;
    *create.add_transceivers() = Video();
    *create.add_transceivers() = init;
    EXPECT_EQ(Metadata(Call(&Peers::CreatePeer, create), "field"),
              "transceivers[1]." + field);
    return ErrorText(status);
  };
  v1::TransceiverInit init = Video();
  init.set_streams(0, "no token");
  EXPECT_EQ(added(init, "streams"), kTypeError);
  EXPECT_EQ(added(Video({"a", "a"}), "send_encodings[1].rid"), kTypeError);
  EXPECT_EQ(added(Video({"a", ""}), "send_encodings[1].rid"), kTypeError);
  EXPECT_EQ(added(Video(std::vector<std::string>(9, "a")), "send_encodings"),
            kRangeError);
  init = Video({""});
  init.mutable_send_encodings(0)->mutable_codec()->set_mime_type("video/VVC");
  EXPECT_EQ(added(init, "send_encodings[0].codec"),
            "INVALID_ARGUMENT SEND_ENCODINGS OperationError");
  init = Video();
  init.add_codec_preferences()->set_mime_type("video/rtx");
  init.mutable_codec_preferences(0)->set_clock_rate(90000);
  EXPECT_EQ(added(init, "codec_preferences"),
            "INVALID_ARGUMENT CODEC_PREFERENCES InvalidModificationError");

  v1::UpdateTransceiverRequest update;
  update.set_name(Add(peer, Video()).name());
  update.add_streams("no token");
  EXPECT_EQ(Metadata(Call(&Peers::UpdateTransceiver, update), "field"),
            "streams");
  v1::AddTrackRequest track;
  track.set_name(peer);
  track.mutable_track()->set_kind(v1::MEDIA_KIND_AUDIO);
  track.add_streams("no token");
  EXPECT_EQ(Metadata(Call(&Peers::AddTrack, track), "field"), "streams");
}

TEST_F(TransceiverTest, TheFullViewShowsWhatWasNegotiated) {
  const std::string a = CreatePeer().name();
  const std::string b = CreatePeer().name();
  const v1::Transceiver added = Add(a, Video({"f", "h"}));
  EXPECT_FALSE(
      GetPeer(a, v1::PEER_VIEW_FULL).state().transceivers(0).has_negotiated());
  Negotiate(a, b);
  EXPECT_FALSE(GetPeer(a).state().transceivers(0).has_negotiated());
  const auto negotiated =
      GetPeer(a, v1::PEER_VIEW_FULL).state().transceivers(0).negotiated();
  ASSERT_GT(negotiated.send_codecs_size(), 0);
  EXPECT_EQ(negotiated.send_codecs_size(), negotiated.receive_codecs_size());
  EXPECT_EQ(negotiated.send_codecs(0).codec().mime_type(), "video/VP8");
  EXPECT_EQ(negotiated.send_codecs(0).payload_type(), 96u);
  EXPECT_THAT(negotiated.send_codecs(0).rtcp_feedback(),
              ::testing::Contains("nack pli"));
  EXPECT_TRUE(negotiated.rtcp_mux());
  EXPECT_TRUE(negotiated.rtcp_reduced_size());
  EXPECT_TRUE(negotiated.extmap_allow_mixed());
  EXPECT_GT(negotiated.header_extensions_size(), 0);
  EXPECT_THAT(negotiated.send_rids(), ElementsAre("f", "h"));
  const auto theirs =
      GetPeer(b, v1::PEER_VIEW_FULL).state().transceivers(0).negotiated();
  EXPECT_THAT(theirs.receive_rids(), ElementsAre("f", "h"));
  EXPECT_THAT(theirs.send_rids(), IsEmpty());
}

// W3C: mute, removetrack, addtrack, then track.
TEST_F(TransceiverTest, StreamsOfTheOtherEndAreTold) {
  const std::string a = CreatePeer().name();
  const std::string b = CreatePeer().name();
  v1::TransceiverInit init = Video();
  init.add_streams("second");
  const std::string sender = Add(a, init).name();
  Negotiate(a, b);
  const auto received = GetPeer(b).state().transceivers(0);
  EXPECT_THAT(received.remote_streams(), ElementsAre("stream", "second"));

  v1::UpdateTransceiverRequest update;
  update.set_name(sender);
  update.add_streams("second");
  update.add_streams("third");
  EXPECT_OK(Call(&Peers::UpdateTransceiver, update));
  EXPECT_TRUE(GetPeer(a).state().negotiation_needed()) << "msid has changed";
  Negotiate(a, b);
  EXPECT_THAT(GetPeer(b).state().transceivers(0).remote_streams(),
              ElementsAre("second", "third"));

  update.Clear();
  update.set_name(sender);
  update.set_direction(v1::TRANSCEIVER_DIRECTION_INACTIVE);
  EXPECT_OK(Call(&Peers::UpdateTransceiver, update));
  Negotiate(a, b);

  std::vector<std::string> told;
  for (const v1::Event& event : EventsOf(b)) {
    if (event.has_track()) {
      EXPECT_EQ(event.track().track(), received.receiver_track());
      told.push_back("track of " +
                     std::to_string(event.track().streams_size()));
    } else if (event.has_track_muted()) {
      EXPECT_EQ(event.track_muted().track(), received.receiver_track());
      EXPECT_EQ(event.track_muted().transceiver().name(), received.name());
      told.push_back("mute");
    } else if (event.has_stream_change()) {
      EXPECT_EQ(event.stream_change().transceiver(), received.name());
      EXPECT_EQ(event.stream_change().track(), received.receiver_track());
      told.push_back((event.stream_change().added() ? "+" : "-") +
                     event.stream_change().stream());
    }
  }
  EXPECT_THAT(told, ElementsAre("+stream", "+second", "track of 2",  //
                                "-stream", "+third", "track of 2",   //
                                "mute", "-second", "-third"));
}

class OfferOptionsTest : public TransceiverTest {
 protected:
  std::string Offer(const v1::CreateOfferRequest& request) {
    v1::CreateOfferResponse response;
    EXPECT_OK(Call(&Peers::CreateOffer, request, &response));
    return response.description().sdp();
  }
  static std::string UfragOf(const std::string& sdp) {
    const size_t at = sdp.find("a=ice-ufrag:");
    return sdp.substr(at, sdp.find('\r', at) - at);
  }
};

TEST_F(OfferOptionsTest, ComfortNoiseGoesWithoutVoiceActivityDetection) {
  v1::CreatePeerRequest create;
  create.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
  const std::string a = CreatePeer(create).name();
  const std::string b = CreatePeer().name();
  v1::CreateOfferRequest request;
  request.set_name(a);
  request.set_voice_activity_detection(false);
  EXPECT_THAT(Offer(request), Not(HasSubstr("CN/8000")));
  request.clear_voice_activity_detection();
  EXPECT_THAT(Offer(request), HasSubstr("CN/8000"));

  SetRemote(b, SetLocal(a));
  EXPECT_THAT(GetPeer(b, v1::PEER_VIEW_FULL).pending_remote_description().sdp(),
              HasSubstr("CN/8000"));
  v1::CreateAnswerRequest answer;
  answer.set_name(b);
  v1::CreateAnswerResponse response;
  ASSERT_OK(Call(&Peers::CreateAnswer, answer, &response));
  EXPECT_THAT(response.description().sdp(), HasSubstr("CN/8000"));
  answer.set_voice_activity_detection(false);
  ASSERT_OK(Call(&Peers::CreateAnswer, answer, &response));
  EXPECT_THAT(response.description().sdp(), Not(HasSubstr("CN/8000")));
  v1::SetLocalDescriptionRequest set;
  set.set_name(b);
  *set.mutable_description() = response.description();
  EXPECT_OK(Call(&Peers::SetLocalDescription, set)) << "the last created one";
}

TEST_F(OfferOptionsTest, LegacyOptionsAddAndTakeReceiving) {
  const std::string peer = CreatePeer().name();
  v1::CreateOfferRequest request;
  request.set_name(peer);
  request.set_offer_to_receive_audio(true);
  request.set_offer_to_receive_video(true);
  v1::CreateOfferResponse response;
  ASSERT_OK(Call(&Peers::CreateOffer, request, &response));
  ASSERT_EQ(response.state().transceivers_size(), 2);
  EXPECT_EQ(response.state().transceivers(0).kind(), v1::MEDIA_KIND_AUDIO);
  EXPECT_EQ(response.state().transceivers(1).direction(),
            v1::TRANSCEIVER_DIRECTION_RECVONLY);
  EXPECT_THAT(response.description().sdp(), HasSubstr("m=video"));
  ASSERT_OK(Call(&Peers::CreateOffer, request, &response));
  EXPECT_EQ(response.state().transceivers_size(), 2) << "they receive already";
  request.clear_offer_to_receive_audio();
  request.set_offer_to_receive_video(false);
  ASSERT_OK(Call(&Peers::CreateOffer, request, &response));
  EXPECT_EQ(response.state().transceivers(0).direction(),
            v1::TRANSCEIVER_DIRECTION_RECVONLY);
  EXPECT_EQ(response.state().transceivers(1).direction(),
            v1::TRANSCEIVER_DIRECTION_INACTIVE);
  // Whoever watches is told, as of any change.
  int changes = 0;
  for (const v1::Event& event : EventsOf(peer)) {
    changes += event.has_transceiver_change() ? 1 : 0;
  }
  EXPECT_EQ(changes, 3);
}

TEST_F(OfferOptionsTest, IceRestartOffersNewCredentialsOnce) {
  const std::string a = CreateChannelPeer().name();
  const std::string b = CreatePeer().name();
  v1::CreateOfferRequest request;
  request.set_name(a);
  request.set_ice_restart(true);
  const std::string first = UfragOf(Offer(request));
  EXPECT_EQ(UfragOf(SetLocal(a).sdp()), first) << "nothing to restart yet";
  SetRemote(b, GetPeer(a, v1::PEER_VIEW_FULL).pending_local_description());
  SetRemote(a, SetLocal(b));
  const std::string again = UfragOf(Offer(request));
  EXPECT_NE(again, first);
  request.clear_ice_restart();
  EXPECT_EQ(UfragOf(Offer(request)), first) << "the other was only offered";
}

}  // namespace
}  // namespace parley::service
