// What this end can do with media, as data: codecs with the payload types they
// get by default, and RTP header extensions. Immutable once built: share freely
// between threads.
#ifndef PARLEY_CORE_JSEP_CODECS_H_
#define PARLEY_CORE_JSEP_CODECS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/sdp/description.h"

namespace parley::jsep {

enum class MediaKind : uint8_t { kAudio, kVideo };

// "audio", "video".
std::string_view MediaKindName(MediaKind kind);

// One entry of RTCRtpCapabilities.codecs. `codec.payload_type` is the number it
// gets in the first offer, if free. For rtx the `apt` of the fmtp names such a
// default number, and stands for "the codec that has it".
using Codec = sdp::Codec;

// What makes two descriptions mean the same codec: name without regard to case,
// clock rate and channels, and where the codec's payload format says so its
// distinguishing parameters: H264 profile and packetization-mode (RFC 6184
// 8.2.2), VP9 profile-id, AV1 profile and tier, H265 profile and tier. For rtx
// the payload type it repairs, so that identities of rtx only compare within
// one numbering. Numbers only: cheap to keep and to compare.
struct CodecIdentity {
  uint64_t name = 0;  // hash
  uint32_t clock_rate = 0;
  uint32_t channels = 0;
  uint64_t detail = 0;

  friend bool operator==(const CodecIdentity&, const CodecIdentity&) = default;
};
CodecIdentity IdentityOf(const Codec& codec);

// What a codec is to the negotiation.
enum class CodecRole : uint8_t {
  kMedia,           // opus, VP8, ...
  kComfortNoise,    // CN
  kTelephoneEvent,  // telephone-event
  kRedundancy,      // red
  kForwardError,    // ulpfec, flexfec-03
  kRetransmission,  // rtx
};
CodecRole RoleOf(const CodecIdentity& identity);
CodecRole RoleOf(const Codec& codec);
bool IsH264(const CodecIdentity& identity);
bool SameCodec(const Codec& a, const Codec& b);

struct HeaderExtension {
  std::string uri;
  uint16_t id = 0;  // the number it gets in the first offer, if free
  sdp::Direction direction = sdp::Direction::kSendRecv;  // who may send it
};

struct KindCapabilities {
  std::vector<Codec> codecs;  // in order of preference
  std::vector<HeaderExtension> extensions;
};

struct Capabilities {
  KindCapabilities audio;
  KindCapabilities video;

  const KindCapabilities& Of(MediaKind kind) const {
    return kind == MediaKind::kAudio ? audio : video;
  }
};

// Opus, RED, G722, PCMU, PCMA, CN and telephone-event; VP8, VP9, H264, AV1,
// H265, rtx for each, red, ulpfec and flexfec-03; the extensions that browsers
// offer. Numbers are unique over both kinds, as bundling demands.
const std::shared_ptr<const Capabilities>& DefaultCapabilities();

// Capabilities with which every codec of the lists is usable: at least one
// media codec in each non-empty kind, payload types and ids that are unique and
// in range, every rtx with a primary, texts that can stand in a description.
// Errors: ARGUMENT.
absl::Status CheckCapabilities(const Capabilities& capabilities);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_CODECS_H_
