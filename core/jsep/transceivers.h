// What applications do to transceivers between negotiations: W3C's operations
// of the RTP media API, on the session value. Each succeeds or changes nothing.
// All fail with PEER_CLOSED on a closed session, and with TRANSCEIVER_UNKNOWN
// for an id that is not in the set.
#ifndef PARLEY_CORE_JSEP_TRANSCEIVERS_H_
#define PARLEY_CORE_JSEP_TRANSCEIVERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/random.h"
#include "core/jsep/session.h"

namespace parley::jsep {

// RTCRtpTransceiverInit.
struct TransceiverInit {
  Direction direction = Direction::kSendRecv;
  std::vector<std::string> stream_ids;  // each 1-64 characters of a token
  // Empty: one encoding. Several need a rid each: unique, 1-16 letters and
  // digits, at most 8; one for audio. See encodings.h.
  std::vector<Encoding> encodings;
  std::string track_id;  // empty: no track
};

// Errors: NOT_SUPPORTED (the capabilities have no codec of the kind), ARGUMENT
// (stream ids not of their form), LIMIT_EXCEEDED (too many transceivers), and
// those of CheckNewEncodings.
absl::StatusOr<TransceiverId> AddTransceiver(Session& session, MediaKind kind,
                                             TransceiverInit init,
                                             Random& random);

// W3C addTrack: takes a sender that has no track, fits the kind and never sent,
// else makes a transceiver. Errors: NOT_SUPPORTED as above, ARGUMENT (an id not
// of its form; a sender has this track already, which W3C calls
// InvalidAccessError).
absl::StatusOr<TransceiverId> AddTrack(Session& session, MediaKind kind,
                                       std::string track_id,
                                       std::vector<std::string> stream_ids,
                                       Random& random);

// W3C removeTrack: no track, and the direction loses its sending half. No
// effect on a sender without a track or a stopped transceiver.
absl::Status RemoveTrack(Session& session, TransceiverId id);

// W3C replaceTrack; empty: no track. Never makes an offer due. Errors:
// TRANSCEIVER_STOPPED, ARGUMENT.
absl::Status ReplaceTrack(Session& session, TransceiverId id,
                          std::string track_id);

// Errors: TRANSCEIVER_STOPPED (also when stopping).
absl::Status SetDirection(Session& session, TransceiverId id,
                          Direction direction);

// W3C setStreams. Errors: ARGUMENT.
absl::Status SetStreams(Session& session, TransceiverId id,
                        std::vector<std::string> stream_ids);

// W3C setCodecPreferences; empty: none. Errors: CODEC_PREFERENCES (a codec that
// is not among the capabilities of the kind, or only rtx, red, fec, CN and the
// like).
absl::Status SetCodecPreferences(Session& session, TransceiverId id,
                                 std::vector<Codec> preferences);

// W3C setParameters, the encodings of it: same number, rids and order. Errors:
// TRANSCEIVER_STOPPED, and those of CheckNextEncodings.
absl::Status SetEncodings(Session& session, TransceiverId id,
                          std::vector<Encoding> encodings);

// W3C stop: stopping now, stopped once negotiated. Idempotent.
absl::Status StopTransceiver(Session& session, TransceiverId id);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_TRANSCEIVERS_H_
