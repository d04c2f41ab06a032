#include "core/jsep/codecs.h"

#include <algorithm>
#include <bitset>
#include <iterator>
#include <string>

#include "core/base/errors.h"
#include "core/jsep/h264_profile.h"
#include "core/sdp/fmtp.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// FNV-1a of the lower-case name.
constexpr uint64_t NameHash(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) {
    hash = (hash ^ static_cast<uint8_t>(ToLower(c))) * 0x100000001b3;
  }
  return hash;
}

constexpr uint64_t kRtx = NameHash("rtx");
constexpr uint64_t kRed = NameHash("red");
constexpr uint64_t kUlpfec = NameHash("ulpfec");
constexpr uint64_t kFlexfec = NameHash("flexfec");
constexpr uint64_t kFlexfec03 = NameHash("flexfec-03");
constexpr uint64_t kCn = NameHash("CN");
constexpr uint64_t kTelephoneEvent = NameHash("telephone-event");
constexpr uint64_t kH264 = NameHash("H264");
constexpr uint64_t kH265 = NameHash("H265");
constexpr uint64_t kVp9 = NameHash("VP9");
constexpr uint64_t kAv1 = NameHash("AV1");

uint64_t H264Detail(std::string_view fmtp) {
  const auto text = sdp::FindParameter(fmtp, "profile-level-id");
  const auto level = ParseH264ProfileLevel(text.value_or(""));
  const uint32_t mode = sdp::FindNumber(fmtp, "packetization-mode").value_or(0);
  // A profile that nobody names equals only itself, by its spelling.
  const uint64_t profile =
      level ? static_cast<uint64_t>(level->profile) : NameHash(*text) | 0x100;
  return profile << 8 | (mode & 0xff);
}

uint64_t Detail(uint64_t name, const Codec& codec) {
  switch (name) {
    case kH264:
      return H264Detail(codec.fmtp);
    case kH265:
      return sdp::FindNumber(codec.fmtp, "profile-id").value_or(1) << 8 |
             (sdp::FindNumber(codec.fmtp, "tier-flag").value_or(0) & 1);
    case kVp9:
      return sdp::FindNumber(codec.fmtp, "profile-id").value_or(0);
    case kAv1:
      return sdp::FindNumber(codec.fmtp, "profile").value_or(0) << 8 |
             (sdp::FindNumber(codec.fmtp, "tier").value_or(0) & 1);
    case kRtx:
      return sdp::AssociatedPayloadType(codec).value_or(0x80);
    default:
      return 0;
  }
}

// One row of the default tables. rtx rows name their primary in fmtp.
struct Row {
  uint8_t payload_type;
  const char* name;
  uint32_t clock_rate;
  uint32_t channels;
  const char* fmtp;
};

constexpr Row kAudio[] = {
    {111, "opus", 48000, 2, "minptime=10;useinbandfec=1"},
    {63, "red", 48000, 2, "111/111"},
    {9, "G722", 8000, 1, ""},
    {0, "PCMU", 8000, 1, ""},
    {8, "PCMA", 8000, 1, ""},
    {13, "CN", 8000, 1, ""},
    {110, "telephone-event", 48000, 1, "0-16"},
    {126, "telephone-event", 8000, 1, "0-16"},
};

#define PARLEY_H264(profile_level_id, mode)            \
  "level-asymmetry-allowed=1;packetization-mode=" mode \
  ";profile-level-id=" profile_level_id

constexpr Row kVideo[] = {
    {96, "VP8", 90000, 1, ""},
    {97, "rtx", 90000, 1, "apt=96"},
    {98, "VP9", 90000, 1, "profile-id=0"},
    {99, "rtx", 90000, 1, "apt=98"},
    {100, "VP9", 90000, 1, "profile-id=2"},
    {101, "rtx", 90000, 1, "apt=100"},
    {102, "H264", 90000, 1, PARLEY_H264("42e01f", "1")},
    {103, "rtx", 90000, 1, "apt=102"},
    {104, "H264", 90000, 1, PARLEY_H264("42e01f", "0")},
    {105, "rtx", 90000, 1, "apt=104"},
    {106, "H264", 90000, 1, PARLEY_H264("42001f", "1")},
    {107, "rtx", 90000, 1, "apt=106"},
    {108, "H264", 90000, 1, PARLEY_H264("42001f", "0")},
    {109, "rtx", 90000, 1, "apt=108"},
    {112, "H264", 90000, 1, PARLEY_H264("4d001f", "1")},
    {113, "rtx", 90000, 1, "apt=112"},
    {114, "H264", 90000, 1, PARLEY_H264("4d001f", "0")},
    {115, "rtx", 90000, 1, "apt=114"},
    {116, "H264", 90000, 1, PARLEY_H264("64001f", "1")},
    {117, "rtx", 90000, 1, "apt=116"},
    {45, "AV1", 90000, 1, "level-idx=5;profile=0;tier=0"},
    {46, "rtx", 90000, 1, "apt=45"},
    {49, "H265", 90000, 1,
     "level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST"},
    {50, "rtx", 90000, 1, "apt=49"},
    {118, "red", 90000, 1, ""},
    {119, "rtx", 90000, 1, "apt=118"},
    {120, "ulpfec", 90000, 1, ""},
    {121, "flexfec-03", 90000, 1, "repair-window=10000000"},
};

#undef PARLEY_H264

const HeaderExtension kAudioExtensions[] = {
    {"urn:ietf:params:rtp-hdrext:ssrc-audio-level", 1},
    {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", 2},
    {"http://www.ietf.org/id/"
     "draft-holmer-rmcat-transport-wide-cc-extensions-01",
     3},
    {"urn:ietf:params:rtp-hdrext:sdes:mid", 4},
};

const HeaderExtension kVideoExtensions[] = {
    {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", 2},
    {"http://www.ietf.org/id/"
     "draft-holmer-rmcat-transport-wide-cc-extensions-01",
     3},
    {"urn:ietf:params:rtp-hdrext:sdes:mid", 4},
    {"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", 10},
    {"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", 11},
    {"urn:ietf:params:rtp-hdrext:toffset", 14},
    {"urn:3gpp:video-orientation", 13},
    {"http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", 5},
    {"http://www.webrtc.org/experiments/rtp-hdrext/video-content-type", 6},
    {"http://www.webrtc.org/experiments/rtp-hdrext/video-timing", 7},
    {"http://www.webrtc.org/experiments/rtp-hdrext/color-space", 8},
    {"https://aomediacodec.github.io/av1-rtp-spec/"
     "#dependency-descriptor-rtp-header-extension",
     12},
};

std::vector<std::string> FeedbackOf(MediaKind kind, const Codec& codec) {
  const CodecRole role = RoleOf(codec);
  if (kind == MediaKind::kAudio) {
    if (codec.name == "opus") return {"transport-cc"};
    return {};
  }
  if (role == CodecRole::kMedia) {
    return {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"};
  }
  if (codec.name == "flexfec-03") return {"goog-remb", "transport-cc"};
  return {};
}

template <size_t N>
std::vector<Codec> MakeCodecs(MediaKind kind, const Row (&rows)[N]) {
  std::vector<Codec> codecs;
  codecs.reserve(N);
  for (const Row& row : rows) {
    Codec codec{.payload_type = row.payload_type,
                .name = row.name,
                .clock_rate = row.clock_rate,
                .channels = row.channels,
                .fmtp = row.fmtp};
    codec.rtcp_feedback = FeedbackOf(kind, codec);
    codecs.push_back(std::move(codec));
  }
  return codecs;
}

std::shared_ptr<const Capabilities> MakeDefaults() {
  auto result = std::make_shared<Capabilities>();
  result->audio.codecs = MakeCodecs(MediaKind::kAudio, kAudio);
  result->audio.extensions.assign(std::begin(kAudioExtensions),
                                  std::end(kAudioExtensions));
  result->video.codecs = MakeCodecs(MediaKind::kVideo, kVideo);
  result->video.extensions.assign(std::begin(kVideoExtensions),
                                  std::end(kVideoExtensions));
  return result;
}

absl::Status Refuse(MediaKind kind, std::string what) {
  return MakeError(Reason::kArgument,
                   std::string(MediaKindName(kind)) + " capabilities: " + what,
                   {{"field", "capabilities"}});
}

// Nothing that would end its line.
bool IsLineText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
}

bool CanBeWritten(const Codec& codec) {
  return sdp::IsToken(codec.name) && IsLineText(codec.fmtp) &&
         std::all_of(codec.rtcp_feedback.begin(), codec.rtcp_feedback.end(),
                     [](const std::string& one) {
                       return !one.empty() && IsLineText(one);
                     });
}

bool IsUri(std::string_view uri) {
  return !uri.empty() && std::all_of(uri.begin(), uri.end(), [](char c) {
    return c > 0x20 && c < 0x7f;
  });
}

// RFC 5761 section 4: with rtcp-mux 64-95 would be taken for RTCP.
bool IsUsablePayloadType(uint8_t number) {
  return number < 64 || (number >= 96 && number < 128);
}

absl::Status CheckKind(MediaKind kind, const KindCapabilities& capabilities,
                       std::bitset<128>& numbers) {
  const std::vector<Codec>& codecs = capabilities.codecs;
  if (codecs.empty()) return absl::OkStatus();
  const auto is_media = [](const Codec& c) {
    return RoleOf(c) == CodecRole::kMedia;
  };
  if (std::none_of(codecs.begin(), codecs.end(), is_media)) {
    return Refuse(kind, "no media codec");
  }
  for (const Codec& codec : codecs) {
    if (codec.clock_rate == 0 || codec.channels == 0 || !CanBeWritten(codec)) {
      return Refuse(kind,
                    "a codec without name, clock rate or channels, or with "
                    "characters that no description can have");
    }
    if (!IsUsablePayloadType(codec.payload_type) ||
        numbers.test(codec.payload_type)) {
      return Refuse(kind, "payload type " + std::to_string(codec.payload_type) +
                              " is out of range or used twice");
    }
    numbers.set(codec.payload_type);
    if (RoleOf(codec) != CodecRole::kRetransmission) continue;
    const auto primary = sdp::AssociatedPayloadType(codec);
    const bool found =
        std::any_of(codecs.begin(), codecs.end(), [&](const Codec& c) {
          return primary == c.payload_type &&
                 RoleOf(c) != CodecRole::kRetransmission;
        });
    if (!found) return Refuse(kind, "rtx without a codec that it repairs");
  }
  std::bitset<256> ids;
  for (const HeaderExtension& extension : capabilities.extensions) {
    if (extension.id == 0 || extension.id > 255 || extension.id == 15 ||
        ids.test(extension.id) || !IsUri(extension.uri)) {
      return Refuse(kind,
                    "header extensions need a URI and an id of their own, 1 to "
                    "14 or 16 to 255");
    }
    ids.set(extension.id);
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view MediaKindName(MediaKind kind) {
  return kind == MediaKind::kAudio ? "audio" : "video";
}

CodecRole RoleOf(const Codec& codec) {
  return RoleOf(CodecIdentity{.name = NameHash(codec.name)});
}

bool IsH264(const CodecIdentity& identity) { return identity.name == kH264; }

CodecRole RoleOf(const CodecIdentity& identity) {
  switch (identity.name) {
    case kRtx:
      return CodecRole::kRetransmission;
    case kRed:
      return CodecRole::kRedundancy;
    case kUlpfec:
    case kFlexfec:
    case kFlexfec03:
      return CodecRole::kForwardError;
    case kCn:
      return CodecRole::kComfortNoise;
    case kTelephoneEvent:
      return CodecRole::kTelephoneEvent;
    default:
      return CodecRole::kMedia;
  }
}

CodecIdentity IdentityOf(const Codec& codec) {
  const uint64_t name = NameHash(codec.name);
  return {.name = name,
          .clock_rate = codec.clock_rate,
          .channels = codec.channels,
          .detail = Detail(name, codec)};
}

bool SameCodec(const Codec& a, const Codec& b) {
  return IdentityOf(a) == IdentityOf(b);
}

const std::shared_ptr<const Capabilities>& DefaultCapabilities() {
  // Never destroyed: sessions may outlive static storage.
  static const auto& defaults =
      *new std::shared_ptr<const Capabilities>(MakeDefaults());
  return defaults;
}

absl::Status CheckCapabilities(const Capabilities& capabilities) {
  std::bitset<128> numbers;
  absl::Status status =
      CheckKind(MediaKind::kAudio, capabilities.audio, numbers);
  if (!status.ok()) return status;
  status = CheckKind(MediaKind::kVideo, capabilities.video, numbers);
  if (!status.ok()) return status;
  // Bundled sections share the ids too.
  for (const HeaderExtension& audio : capabilities.audio.extensions) {
    for (const HeaderExtension& video : capabilities.video.extensions) {
      if ((audio.id == video.id) != (audio.uri == video.uri)) {
        return Refuse(MediaKind::kVideo,
                      "a header extension id differs from audio's");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace parley::jsep
