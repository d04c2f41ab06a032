// PeerService: tracks, and what they can be made of.

#include <string>
#include <utility>

#include "google/protobuf/util/message_differencer.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::google::protobuf::util::MessageDifferencer;

constexpr char kClosed[] = "FAILED_PRECONDITION PEER_CLOSED InvalidStateError";
constexpr char kConflict[] = "ALREADY_EXISTS REQUEST_ID_CONFLICT";
constexpr char kTypeError[] = "INVALID_ARGUMENT ARGUMENT TypeError";

class TracksTest : public ServerTest {
 protected:
  TracksTest() { StartServer(TestOptions()); }

  static v1::AddTrackRequest ToAdd(const std::string& peer, v1::MediaKind kind,
                                   const std::string& id) {
    v1::AddTrackRequest request;
    request.set_name(peer);
    request.mutable_track()->set_kind(kind);
    request.mutable_track()->set_id(id);
    return request;
  }
  v1::Transceiver AddTrack(const std::string& peer, v1::MediaKind kind,
                           const std::string& id) {
    v1::AddTrackResponse response;
    EXPECT_OK(Call(&Peers::AddTrack, ToAdd(peer, kind, id), &response));
    return response.transceiver();
  }
  grpc::Status RemoveTrack(const std::string& transceiver,
                           v1::RemoveTrackResponse* response) {
    v1::RemoveTrackRequest request;
    request.set_name(transceiver);
    return Call(&Peers::RemoveTrack, request, response);
  }
  grpc::Status RemoveTrack(const std::string& transceiver) {
    v1::RemoveTrackResponse response;
    return RemoveTrack(transceiver, &response);
  }
  static v1::ReplaceTrackRequest ToReplace(const std::string& transceiver,
                                           v1::MediaKind kind,
                                           const std::string& id) {
    v1::ReplaceTrackRequest request;
    request.set_name(transceiver);
    request.mutable_track()->set_kind(kind);
    request.mutable_track()->set_id(id);
    return request;
  }
  v1::Transceiver AddTransceiver(const std::string& peer, v1::MediaKind kind,
                                 v1::TransceiverDirection direction) {
    v1::AddTransceiverRequest request;
    request.set_name(peer);
    request.mutable_transceiver()->set_kind(kind);
    request.mutable_transceiver()->set_direction(direction);
    v1::AddTransceiverResponse response;
    EXPECT_OK(Call(&Peers::AddTransceiver, request, &response));
    return response.transceiver();
  }
  void Stop(const std::string& transceiver) {
    v1::StopTransceiverRequest request;
    request.set_name(transceiver);
    EXPECT_OK(Call(&Peers::StopTransceiver, request));
  }
  void Negotiate(const std::string& a, const std::string& b) {
    SetRemote(b, SetLocal(a));
    SetRemote(a, SetLocal(b));
  }
  // Everything that a refused call must leave as it was, events included.
  std::string StateOf(const std::string& peer) {
    return GetPeer(peer).state().SerializeAsString();
  }
};

TEST_F(TracksTest, ATrackGetsATransceiverWhichNeedsNegotiation) {
  const std::string peer = CreatePeer().name();
  auto request = ToAdd(peer, v1::MEDIA_KIND_VIDEO, "camera");
  request.add_streams("s1");
  request.add_streams("s2");
  v1::AddTrackResponse response;
  ASSERT_OK(Call(&Peers::AddTrack, request, &response));
  const v1::Transceiver& made = response.transceiver();
  EXPECT_EQ(made.kind(), v1::MEDIA_KIND_VIDEO);
  EXPECT_EQ(made.direction(), v1::TRANSCEIVER_DIRECTION_SENDRECV);
  EXPECT_EQ(made.sender_track(), "camera");
  ASSERT_EQ(made.streams_size(), 2);
  EXPECT_EQ(made.streams(1), "s2");
  ASSERT_EQ(response.state().transceivers_size(), 1);
  EXPECT_TRUE(
      MessageDifferencer::Equals(response.state().transceivers(0), made));
  EXPECT_TRUE(AwaitEvent(peer, 0, [&made](const v1::Event& event) {
    return MessageDifferencer::Equals(event.transceiver_change().transceiver(),
                                      made);
  }));
  EXPECT_TRUE(GetPeer(peer).state().negotiation_needed());
  EXPECT_NE(CreateOffer(peer).sdp().find("a=msid:s2"), std::string::npos);
}

TEST_F(TracksTest, TheServerMakesIdsOfTracksWithout) {
  const std::string peer = CreatePeer().name();
  const auto a = AddTrack(peer, v1::MEDIA_KIND_AUDIO, "");
  const auto b = AddTrack(peer, v1::MEDIA_KIND_AUDIO, "");
  EXPECT_FALSE(a.sender_track().empty());
  EXPECT_FALSE(b.sender_track().empty());
  EXPECT_NE(a.sender_track(), b.sender_track());
  EXPECT_NE(a.name(), b.name());
}

TEST_F(TracksTest, ATrackTakesTheFirstTransceiverThatIsFreeForIt) {
  const std::string peer = CreatePeer().name();
  const auto video = AddTransceiver(peer, v1::MEDIA_KIND_VIDEO,
                                    v1::TRANSCEIVER_DIRECTION_RECVONLY);
  const auto stopped = AddTransceiver(peer, v1::MEDIA_KIND_AUDIO,
                                      v1::TRANSCEIVER_DIRECTION_RECVONLY);
  Stop(stopped.name());
  const auto audio = AddTransceiver(peer, v1::MEDIA_KIND_AUDIO,
                                    v1::TRANSCEIVER_DIRECTION_INACTIVE);
  const auto voice = AddTrack(peer, v1::MEDIA_KIND_AUDIO, "voice");
  EXPECT_EQ(voice.name(), audio.name());
  EXPECT_EQ(voice.direction(), v1::TRANSCEIVER_DIRECTION_SENDONLY);
  const auto camera = AddTrack(peer, v1::MEDIA_KIND_VIDEO, "camera");
  EXPECT_EQ(camera.name(), video.name());
  EXPECT_EQ(camera.direction(), v1::TRANSCEIVER_DIRECTION_SENDRECV);
  // All have a track now.
  const auto music = AddTrack(peer, v1::MEDIA_KIND_AUDIO, "music");
  EXPECT_NE(music.name(), audio.name());
  EXPECT_EQ(GetPeer(peer).state().transceivers_size(), 4);
}

TEST_F(TracksTest, ATransceiverOfARemoteOfferIsFreeAndOneThatHasSentIsNot) {
  const std::string a = CreatePeer().name();
  const std::string b = CreatePeer().name();
  const auto sent = AddTrack(a, v1::MEDIA_KIND_AUDIO, "voice");
  SetRemote(b, SetLocal(a));
  const auto offered = GetPeer(b).state().transceivers(0);
  const auto back = AddTrack(b, v1::MEDIA_KIND_AUDIO, "reply");
  EXPECT_EQ(back.name(), offered.name());
  EXPECT_EQ(back.direction(), v1::TRANSCEIVER_DIRECTION_SENDRECV);
  SetRemote(a, SetLocal(b));
  EXPECT_FALSE(GetPeer(a).state().negotiation_needed());

  v1::RemoveTrackResponse removed;
  ASSERT_OK(RemoveTrack(sent.name(), &removed));
  EXPECT_EQ(removed.state().transceivers(0).direction(),
            v1::TRANSCEIVER_DIRECTION_RECVONLY);
  EXPECT_FALSE(removed.state().transceivers(0).has_sender_track());
  EXPECT_TRUE(GetPeer(a).state().negotiation_needed());
  EXPECT_NE(AddTrack(a, v1::MEDIA_KIND_AUDIO, "voice").name(), sent.name());
}

TEST_F(TracksTest, AddTrackSaysWhichFieldIsWrongAndChangesNothing) {
  const std::string peer = CreatePeer().name();
  AddTrack(peer, v1::MEDIA_KIND_AUDIO, "voice");
  const std::string before = StateOf(peer);
  const struct {
    void (*spoil)(v1::AddTrackRequest&);
    std::string error;
    std::string field;
  } cases[] = {
      {[](auto& r) { r.clear_track(); }, kTypeError, "track.kind"},
      {[](auto& r) { r.mutable_track()->clear_kind(); }, kTypeError,
       "track.kind"},
      {[](auto& r) {
         r.mutable_track()->set_kind(static_cast<v1::MediaKind>(9));
       },
       kTypeError, "track.kind"},
      {[](auto& r) { r.mutable_track()->set_id("two words"); }, kTypeError,
       "track.id"},
      {[](auto& r) { r.mutable_track()->set_id(std::string(65, 'x')); },
       kTypeError, "track.id"},
      {[](auto& r) { r.mutable_track()->set_id("voice"); },
       "INVALID_ARGUMENT ARGUMENT InvalidAccessError", "track.id"},
      {[](auto& r) { r.add_streams(std::string("-")); }, kTypeError, "streams"},
      {[](auto& r) {
         for (int i = 0; i < 9; ++i) r.add_streams(std::to_string(i));
       },
       "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError", "streams"},
      {[](auto& r) { r.set_request_id("\t"); }, kTypeError, "request_id"},
      {[](auto& r) { r.clear_name(); }, kTypeError, "name"},
  };
  for (const auto& c : cases) {
    auto request = ToAdd(peer, v1::MEDIA_KIND_VIDEO, "camera");
    c.spoil(request);
    const grpc::Status status = Call(&Peers::AddTrack, request);
    EXPECT_EQ(ErrorText(status), c.error) << status.error_message();
    EXPECT_EQ(Metadata(status, "field"), c.field) << status.error_message();
  }
  EXPECT_EQ(StateOf(peer), before);
}

TEST_F(TracksTest, RemoveTrackCanBeRepeatedWithoutFurtherEvents) {
  const std::string peer = CreatePeer().name();
  const std::string name =
      AddTrack(peer, v1::MEDIA_KIND_VIDEO, "camera").name();
  ASSERT_OK(RemoveTrack(name));
  const std::string removed = StateOf(peer);
  ASSERT_OK(RemoveTrack(name));
  EXPECT_EQ(StateOf(peer), removed);

  const std::string other =
      AddTrack(peer, v1::MEDIA_KIND_VIDEO, "screen").name();
  EXPECT_EQ(other, name) << "it has never been negotiated to send";
  Stop(name);
  const std::string stopped = StateOf(peer);
  ASSERT_OK(RemoveTrack(name));
  EXPECT_EQ(StateOf(peer), stopped);

  EXPECT_EQ(ErrorText(RemoveTrack(peer + "/transceivers/99")),
            "NOT_FOUND TRANSCEIVER_UNKNOWN");
  EXPECT_EQ(ErrorText(RemoveTrack(peer)), kTypeError);
  EXPECT_EQ(StateOf(peer), stopped);
}

TEST_F(TracksTest, ReplaceTrackNeedsNoNegotiation) {
  const std::string a = CreatePeer().name();
  const std::string b = CreatePeer().name();
  const std::string name = AddTrack(a, v1::MEDIA_KIND_VIDEO, "camera").name();
  Negotiate(a, b);
  EXPECT_FALSE(GetPeer(a).state().negotiation_needed());

  v1::ReplaceTrackResponse response;
  ASSERT_OK(Call(&Peers::ReplaceTrack,
                 ToReplace(name, v1::MEDIA_KIND_VIDEO, "screen"), &response));
  EXPECT_EQ(response.state().transceivers(0).sender_track(), "screen");
  ASSERT_OK(Call(&Peers::ReplaceTrack,
                 ToReplace(name, v1::MEDIA_KIND_VIDEO, ""), &response));
  const std::string made = response.state().transceivers(0).sender_track();
  EXPECT_FALSE(made.empty());
  EXPECT_NE(made, "screen");
  auto none = ToReplace(name, v1::MEDIA_KIND_VIDEO, "");
  none.clear_track();
  ASSERT_OK(Call(&Peers::ReplaceTrack, none, &response));
  EXPECT_FALSE(response.state().transceivers(0).has_sender_track());
  EXPECT_EQ(response.state().transceivers(0).direction(),
            v1::TRANSCEIVER_DIRECTION_SENDRECV);
  EXPECT_FALSE(GetPeer(a).state().negotiation_needed());
}

TEST_F(TracksTest, ReplaceTrackSaysWhatIsWrongAndChangesNothing) {
  const std::string peer = CreatePeer().name();
  const std::string name =
      AddTrack(peer, v1::MEDIA_KIND_VIDEO, "camera").name();
  std::string before = StateOf(peer);
  const auto error = [this](const v1::ReplaceTrackRequest& request,
                            const std::string& field) {
    const grpc::Status status = Call(&Peers::ReplaceTrack, request);
    EXPECT_EQ(Metadata(status, "field"), field) << status.error_message();
    return ErrorText(status);
  };
  EXPECT_EQ(error(ToReplace(name, v1::MEDIA_KIND_AUDIO, "voice"), "track.kind"),
            kTypeError);
  EXPECT_EQ(error(ToReplace(name, v1::MEDIA_KIND_UNSPECIFIED, "screen"),
                  "track.kind"),
            kTypeError);
  EXPECT_EQ(
      error(ToReplace(name, v1::MEDIA_KIND_VIDEO, "two words"), "track.id"),
      kTypeError);
  EXPECT_EQ(error(ToReplace(peer + "/transceivers/99", v1::MEDIA_KIND_VIDEO,
                            "screen"),
                  ""),
            "NOT_FOUND TRANSCEIVER_UNKNOWN");
  EXPECT_EQ(StateOf(peer), before);
  Stop(name);
  before = StateOf(peer);
  EXPECT_EQ(error(ToReplace(name, v1::MEDIA_KIND_VIDEO, "screen"), ""),
            "FAILED_PRECONDITION TRANSCEIVER_STOPPED InvalidStateError");
  EXPECT_EQ(StateOf(peer), before);
}

TEST_F(TracksTest, AClosedPeerRefusesTracks) {
  const std::string peer = CreatePeer().name();
  const std::string name =
      AddTrack(peer, v1::MEDIA_KIND_VIDEO, "camera").name();
  ClosePeer(peer);
  EXPECT_EQ(ErrorText(Call(&Peers::AddTrack,
                           ToAdd(peer, v1::MEDIA_KIND_VIDEO, "screen"))),
            kClosed);
  EXPECT_EQ(ErrorText(RemoveTrack(name)), kClosed);
  EXPECT_EQ(ErrorText(Call(&Peers::ReplaceTrack,
                           ToReplace(name, v1::MEDIA_KIND_VIDEO, "screen"))),
            kClosed);
}

TEST_F(TracksTest, RepeatedRequestsGetTheirFirstReplies) {
  const std::string peer = CreatePeer().name();
  auto add = ToAdd(peer, v1::MEDIA_KIND_VIDEO, "");
  add.set_request_id("add");
  v1::AddTrackResponse added[2];
  ASSERT_OK(Call(&Peers::AddTrack, add, &added[0]));
  ASSERT_OK(Call(&Peers::AddTrack, add, &added[1]));
  EXPECT_TRUE(MessageDifferencer::Equals(added[0], added[1]));
  const std::string name = added[0].transceiver().name();

  auto replace = ToReplace(name, v1::MEDIA_KIND_VIDEO, "");
  replace.set_request_id("replace");
  v1::ReplaceTrackResponse replaced[2];
  ASSERT_OK(Call(&Peers::ReplaceTrack, replace, &replaced[0]));
  ASSERT_OK(Call(&Peers::ReplaceTrack, replace, &replaced[1]));
  EXPECT_TRUE(MessageDifferencer::Equals(replaced[0], replaced[1]));

  v1::RemoveTrackRequest remove;
  remove.set_name(name);
  remove.set_request_id("remove");
  v1::RemoveTrackResponse removed[2];
  ASSERT_OK(Call(&Peers::RemoveTrack, remove, &removed[0]));
  AddTrack(peer, v1::MEDIA_KIND_VIDEO, "screen");
  ASSERT_OK(Call(&Peers::RemoveTrack, remove, &removed[1]));
  EXPECT_TRUE(MessageDifferencer::Equals(removed[0], removed[1]));
  EXPECT_EQ(GetPeer(peer).state().transceivers(0).sender_track(), "screen");

  add.mutable_track()->set_kind(v1::MEDIA_KIND_AUDIO);
  EXPECT_EQ(ErrorText(Call(&Peers::AddTrack, add)), kConflict);
  replace.clear_track();
  EXPECT_EQ(ErrorText(Call(&Peers::ReplaceTrack, replace)), kConflict);
  remove.set_request_id("replace");
  EXPECT_EQ(ErrorText(Call(&Peers::RemoveTrack, remove)), kConflict);
}

TEST_F(TracksTest, CapabilitiesCanBePreferences) {
  const std::string peer = CreatePeer().name();
  for (const auto kind : {v1::MEDIA_KIND_AUDIO, v1::MEDIA_KIND_VIDEO}) {
    v1::GetCapabilitiesRequest request;
    request.set_kind(kind);
    v1::GetCapabilitiesResponse capabilities;
    ASSERT_OK(Call(&Peers::GetCapabilities, request, &capabilities));
    EXPECT_EQ(capabilities.codecs(0).mime_type(),
              kind == v1::MEDIA_KIND_AUDIO ? "audio/opus" : "video/VP8");
    EXPECT_GT(capabilities.header_extensions_size(), 0);
    int rtx = 0;
    for (const v1::RtpCodec& codec : capabilities.codecs()) {
      EXPECT_GT(codec.clock_rate(), 0u) << codec.mime_type();
      if (codec.mime_type() != "video/rtx") continue;
      ++rtx;
      EXPECT_FALSE(codec.has_sdp_fmtp_line());
    }
    EXPECT_EQ(rtx, kind == v1::MEDIA_KIND_VIDEO ? 1 : 0);

    v1::UpdateTransceiverRequest update;
    update.set_name(
        AddTransceiver(peer, kind, v1::TRANSCEIVER_DIRECTION_SENDRECV).name());
    *update.mutable_codec_preferences() = capabilities.codecs();
    EXPECT_OK(Call(&Peers::UpdateTransceiver, update));
  }
  const std::string sdp = CreateOffer(peer).sdp();
  EXPECT_NE(sdp.find(" opus/48000/2"), std::string::npos);
  EXPECT_NE(sdp.find(" rtx/90000"), std::string::npos);
}

TEST_F(TracksTest, CapabilitiesAreOfAKind) {
  v1::GetCapabilitiesRequest request;
  const grpc::Status status = Call(&Peers::GetCapabilities, request);
  EXPECT_EQ(ErrorText(status), kTypeError);
  EXPECT_EQ(Metadata(status, "field"), "kind");
  request.set_kind(static_cast<v1::MediaKind>(7));
  EXPECT_EQ(ErrorText(Call(&Peers::GetCapabilities, request)), kTypeError);
}

class TracksLimitTest : public ServerTest {
 protected:
  TracksLimitTest() {
    Options options = TestOptions();
    options.engine.limits.max_transceivers = 1;
    StartServer(std::move(options));
  }
};

TEST_F(TracksLimitTest, ATrackIsNoWayPastTheLimitOfTransceivers) {
  v1::AddTrackRequest request;
  request.set_name(CreatePeer().name());
  request.mutable_track()->set_kind(v1::MEDIA_KIND_AUDIO);
  EXPECT_OK(Call(&Peers::AddTrack, request));
  const grpc::Status status = Call(&Peers::AddTrack, request);
  EXPECT_EQ(ErrorText(status), "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
  EXPECT_EQ(Metadata(status, "limit"), "1");
  EXPECT_EQ(GetPeer(request.name()).state().transceivers_size(), 1);
}

}  // namespace
}  // namespace parley::service
