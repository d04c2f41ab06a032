// Which codecs and header extensions are negotiated: per server, per peer.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "service/convert_media.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class MediaTest : public ServerTest {
 protected:
  MediaTest() {
    std::string path = ::testing::TempDir() + "parley_media_XXXXXX";
    directory_ = mkdtemp(path.data());
  }
  ~MediaTest() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& text) {
    const std::string path = directory_ + "/media.json";
    std::ofstream(path) << text;
    return path;
  }
  void StartWith(const std::string& text) {
    Options options = TestOptions();
    options.media_path = Write(text);
    StartServer(options);
  }
  std::string OfferOf(const v1::CreatePeerRequest& request) {
    return CreateOffer(CreatePeer(request).name()).sdp();
  }
  // Of one transceiver of each kind.
  static v1::CreatePeerRequest Both() {
    v1::CreatePeerRequest request;
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_VIDEO);
    return request;
  }
  std::vector<std::string> Capabilities(v1::MediaKind kind,
                                        const std::string& peer = "") {
    v1::GetCapabilitiesRequest request;
    request.set_kind(kind);
    request.set_name(peer);
    v1::GetCapabilitiesResponse response;
    EXPECT_OK(Call(&Peers::GetCapabilities, request, &response));
    std::vector<std::string> names;
    for (const auto& codec : response.codecs()) {
      names.push_back(codec.mime_type());
    }
    return names;
  }

  std::string directory_;
};

TEST_F(MediaTest, TheServersFileIsWhatPeersNegotiate) {
  StartWith(R"({
    "audio": {"formats": [{"codec": {"mimeType": "audio/opus"}}],
              "headerExtensions": [{"uri": "urn:example:a"}]},
    "video": {"formats": [
        {"codec": {"mimeType": "video/H264"}, "rtx": true},
        {"codec": {"mimeType": "video/VVC", "clockRate": 90000},
         "payloadType": 35, "rtcpFeedback": ["nack"]}]}})");
  EXPECT_THAT(Capabilities(v1::MEDIA_KIND_AUDIO), ElementsAre("audio/opus"));
  const std::string offer = OfferOf(Both());
  EXPECT_THAT(offer, HasSubstr("UDP/TLS/RTP/SAVPF 111\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=fmtp:111 minptime=10;useinbandfec=1\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=extmap:1 urn:example:a\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=rtpmap:102 H264/90000\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=fmtp:103 apt=102\r\n"));
  EXPECT_THAT(offer, HasSubstr("profile-level-id=64001f"));
  EXPECT_THAT(offer, HasSubstr("a=rtpmap:35 VVC/90000\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=rtcp-fb:35 nack\r\n"));
  EXPECT_THAT(offer, Not(HasSubstr("VP8")));
  EXPECT_THAT(offer, Not(HasSubstr("PCMU")));
}

TEST_F(MediaTest, APeerMayHaveItsOwn) {
  StartServer(TestOptions());
  v1::CreatePeerRequest request = Both();
  auto* video =
      request.mutable_configuration()->mutable_media()->mutable_video();
  video->add_formats()->mutable_codec()->set_mime_type("video/AV1");
  auto* extension = video->add_header_extensions();
  extension->set_uri("urn:ietf:params:rtp-hdrext:sdes:mid");
  extension->set_direction(v1::TRANSCEIVER_DIRECTION_SENDONLY);
  const v1::Peer peer = CreatePeer(request);
  const std::string offer = CreateOffer(peer.name()).sdp();
  EXPECT_THAT(offer, HasSubstr("a=rtpmap:45 AV1/90000\r\n"));
  EXPECT_THAT(offer, Not(HasSubstr("VP8")));
  EXPECT_THAT(offer, HasSubstr("a=rtpmap:0 PCMU/8000\r\n")) << "as the server";
  // The id that audio has, as bundling demands.
  EXPECT_THAT(offer, HasSubstr("a=extmap:4/sendonly "
                               "urn:ietf:params:rtp-hdrext:sdes:mid\r\n"));
  EXPECT_THAT(Capabilities(v1::MEDIA_KIND_VIDEO, peer.name()),
              ElementsAre("video/AV1"));
  EXPECT_THAT(Capabilities(v1::MEDIA_KIND_VIDEO),
              ::testing::Contains("video/VP8"));
  // Both ends of one server connect whatever they have in common.
  const std::string other = CreatePeer().name();
  SetRemote(other, SetLocal(peer.name()));
  SetRemote(peer.name(), SetLocal(other));
  const auto negotiated = GetPeer(peer.name(), v1::PEER_VIEW_FULL)
                              .state()
                              .transceivers(1)
                              .negotiated();
  ASSERT_EQ(negotiated.send_codecs_size(), 1);
  EXPECT_EQ(negotiated.send_codecs(0).codec().mime_type(), "video/AV1");

  v1::UpdatePeerRequest update;
  update.set_name(peer.name());
  *update.mutable_configuration()->mutable_media() =
      request.configuration().media();
  EXPECT_EQ(ErrorText(Call(&Peers::UpdatePeer, update)),
            "INVALID_ARGUMENT CONFIGURATION_IMMUTABLE "
            "InvalidModificationError");
}

TEST_F(MediaTest, AKindWithoutFormatsIsRefused) {
  StartServer(TestOptions());
  v1::CreatePeerRequest request;
  request.mutable_configuration()->mutable_media()->mutable_video();
  request.add_transceivers()->set_kind(v1::MEDIA_KIND_VIDEO);
  grpc::Status status = Call(&Peers::CreatePeer, request);
  EXPECT_EQ(ErrorText(status),
            "INVALID_ARGUMENT NOT_SUPPORTED NotSupportedError");
  EXPECT_EQ(Metadata(status, "field"), "transceivers[0].kind");
  request.clear_transceivers();
  const std::string peer = CreatePeer(request).name();
  v1::AddTrackRequest track;
  track.set_name(peer);
  track.mutable_track()->set_kind(v1::MEDIA_KIND_VIDEO);
  status = Call(&Peers::AddTrack, track);
  EXPECT_EQ(ErrorText(status),
            "INVALID_ARGUMENT NOT_SUPPORTED NotSupportedError");
  EXPECT_EQ(Metadata(status, "field"), "track.kind");
  SetRemote(peer, SetLocal(CreatePeer(Both()).name()));
  const std::string answer = SetLocal(peer).sdp();
  EXPECT_THAT(answer, HasSubstr("m=video 0 "));
  EXPECT_THAT(answer, HasSubstr("m=audio 9 "));
}

TEST_F(MediaTest, APeersMediaIsRefusedByField) {
  StartServer(TestOptions());
  const auto refused = [this](auto change, const std::string& field) {
    v1::CreatePeerRequest request;
    change(*request.mutable_configuration()->mutable_media());
    const grpc::Status status = Call(&Peers::CreatePeer, request);
    EXPECT_EQ(Metadata(status, "field"), "configuration.media" + field);
    return ErrorText(status);
  };
  constexpr char kTypeError[] = "INVALID_ARGUMENT ARGUMENT TypeError";
  constexpr char kRangeError[] = "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError";
  using M = v1::MediaConfiguration;
  const auto format = [](M& m, const std::string& type, uint32_t rate) {
    auto* added = m.mutable_audio()->add_formats();
    added->mutable_codec()->set_mime_type(type);
    added->mutable_codec()->set_clock_rate(rate);
    return added;
  };
  const std::string first = ".audio.formats[0]";
  EXPECT_EQ(
      refused([&](M& m) { format(m, "opus", 0); }, first + ".codec.mime_type"),
      kTypeError);
  EXPECT_EQ(refused([&](M& m) { format(m, "video/VP8", 0); },
                    first + ".codec.mime_type"),
            kTypeError);
  EXPECT_EQ(refused([&](M& m) { format(m, "audio/rtx", 8000); },
                    first + ".codec.mime_type"),
            kTypeError);
  EXPECT_EQ(refused([&](M& m) { format(m, "audio/unheard-of", 0); },
                    first + ".codec.clock_rate"),
            kTypeError);
  EXPECT_EQ(
      refused([&](M& m) { format(m, "audio/opus", 0)->set_payload_type(96); },
              first + ".payload_type"),
      kTypeError);
  EXPECT_EQ(
      refused(
          [&](M& m) { format(m, "audio/L16", 8000)->set_payload_type(128); },
          first + ".payload_type"),
      kTypeError);
  EXPECT_EQ(refused([&](M& m) { format(m, "audio/L16", 8000)->set_rtx(true); },
                    first + ".rtx"),
            kTypeError);
  EXPECT_EQ(refused(
                [&](M& m) {
                  format(m, "audio/L16", 8000)
                      ->add_rtcp_feedback(std::string(65, 'x'));
                },
                first + ".rtcp_feedback[0]"),
            kRangeError);
  EXPECT_EQ(refused(
                [&](M& m) {
                  for (int i = 0; i < 65; ++i) format(m, "audio/opus", 0);
                },
                ".audio.formats"),
            kRangeError);
  EXPECT_EQ(refused(
                [&](M& m) {
                  format(m, "audio/opus", 0);
                  auto* extension = m.mutable_audio()->add_header_extensions();
                  extension->set_uri("urn:x");
                  extension->set_id(15);
                },
                ".audio.header_extensions[0].id"),
            kTypeError);
  // What can only be seen of the whole.
  EXPECT_EQ(
      refused([&](M& m) { format(m, "audio/L16", 8000)->set_payload_type(96); },
              ""),
      kTypeError)
      << "a number of the server's video";
  EXPECT_EQ(refused([&](M& m) { format(m, "audio/CN", 8000); }, ""), kTypeError)
      << "no codec that carries media";
  EXPECT_EQ(
      refused([&](M& m) { format(m, "audio/x\r\na=inactive", 8000); }, ""),
      kTypeError);
}

TEST_F(MediaTest, AFileThatIsWrongKeepsTheServerFromStarting) {
  const auto error = [this](const std::string& text) {
    return std::string(LoadMedia(Write(text)).status().message());
  };
  EXPECT_TRUE(LoadMedia(Write("{}")).ok());
  EXPECT_THAT(error("{"), HasSubstr("media.json"));
  EXPECT_THAT(error(R"({"sound": {}})"), HasSubstr("sound"));
  EXPECT_THAT(error(R"({"audio": {"formats": [
                          {"codec": {"mimeType": "audio/none"}}]}})"),
              HasSubstr("audio.formats[0].codec.clock_rate"));
  EXPECT_THAT(error(std::string(300 << 10, ' ')), HasSubstr("256 KiB"));
  EXPECT_FALSE(LoadMedia(directory_ + "/absent").ok());

  Options options = TestOptions();
  options.media_path = Write("{");
  Log log(options.log, SystemClock());
  const auto server = Server::Start(options, log);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("--media"));
}

}  // namespace
}  // namespace parley::service
