// Transceivers and codecs on the wire. Pure functions; see convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_TRANSCEIVER_H_
#define PARLEY_SERVICE_CONVERT_TRANSCEIVER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/random.h"
#include "core/jsep/transceivers.h"
#include "core/peer/peer_types.h"

namespace parley::v1 {
class GetCapabilitiesResponse;
class NegotiatedMedia;
class RtpCodec;
class Transceiver;
class TransceiverInit;
class UpdateTransceiverRequest;
enum MediaKind : int;
enum TransceiverDirection : int;
}  // namespace parley::v1

namespace parley::service {

inline constexpr size_t kMaxStreams = 8;

absl::StatusOr<jsep::MediaKind> FromProto(v1::MediaKind kind,
                                          std::string_view field);

// UNSPECIFIED stands for `fallback`; STOPPED is refused.
absl::StatusOr<jsep::Direction> ReadDirection(
    v1::TransceiverDirection direction, jsep::Direction fallback,
    std::string_view field);

struct KindedCodec {
  jsep::MediaKind kind = jsep::MediaKind::kAudio;
  jsep::Codec codec;  // without a payload type
};
absl::StatusOr<KindedCodec> ReadCodec(const v1::RtpCodec& in,
                                      std::string_view field);

// W3C getCapabilities: all rtx is one entry without parameters.
void ToProto(const jsep::KindCapabilities& capabilities, jsep::MediaKind kind,
             v1::GetCapabilitiesResponse* out);

// `peer` is the name of the peer it belongs to.
void ToProto(const jsep::Transceiver& transceiver, std::string_view peer,
             v1::Transceiver* out);

void ToProto(const jsep::Section& section, jsep::MediaKind kind,
             v1::NegotiatedMedia* out);

absl::StatusOr<peer::TransceiverSpec> FromProto(const v1::TransceiverInit& init,
                                                std::string_view field);

// Puts the transceiver into the session; on an error the session is spoilt.
absl::StatusOr<jsep::TransceiverId> Add(peer::TransceiverSpec spec,
                                        jsep::Session& session, Random& random);

// What UpdateTransceiver asks for: the fields that its mask names, or without a
// mask those that are present. Absent ones stay as they are.
struct TransceiverUpdate {
  std::optional<jsep::Direction> direction;
  std::optional<std::vector<jsep::Codec>> codec_preferences;
  std::optional<jsep::MediaKind> codecs_kind;  // none without codecs
  std::optional<std::vector<std::string>> streams;
  std::optional<std::vector<jsep::Encoding>> encodings;
  std::string transaction_id;  // empty: whatever they are now
};
absl::StatusOr<TransceiverUpdate> FromProto(
    const v1::UpdateTransceiverRequest& request);

// Makes all the changes; on an error the session is spoilt.
absl::Status Apply(TransceiverUpdate update, jsep::TransceiverId id,
                   jsep::Session& session);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_TRANSCEIVER_H_
