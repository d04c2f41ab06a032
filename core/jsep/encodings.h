// The encodings that a sender is to send, as W3C's algorithms treat them. Pure
// functions.
#ifndef PARLEY_CORE_JSEP_ENCODINGS_H_
#define PARLEY_CORE_JSEP_ENCODINGS_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "core/jsep/codecs.h"
#include "core/jsep/media.h"
#include "core/jsep/transceiver.h"

namespace parley::jsep {

inline constexpr size_t kMaxEncodings = 8;  // of one sender

// Those of a sender for which nobody gave any: one.
std::vector<Encoding> DefaultEncodings(MediaKind kind);

// W3C "addTransceiver sendEncodings validation steps": checks the encodings and
// completes them, so that there is at least one. Errors, with the metadata
// field "send_encodings[i].x": ARGUMENT (rids that are missing, not unique or
// not of their form; a number that is none), LIMIT_EXCEEDED
// (scale_resolution_down_by under 1, max_framerate under 0), SEND_ENCODINGS as
// an OperationError (a codec that is not among the capabilities).
absl::Status CheckNewEncodings(MediaKind kind,
                               const KindCapabilities& capabilities,
                               std::vector<Encoding>& encodings);

// W3C setParameters: whether these may take the place of those there are, with
// what W3C fills in filled in. `codecs` are those to choose from. Errors as
// above; SEND_ENCODINGS when number, rids or order change, or for a codec that
// is not among `codecs`.
absl::Status CheckNextEncodings(MediaKind kind,
                                const std::vector<Encoding>& present,
                                const std::vector<Codec>& codecs,
                                std::vector<Encoding>& encodings);

// W3C "set a session description": codecs that were not negotiated are chosen
// no longer.
void ForgetUnnegotiatedCodecs(const MediaParameters& negotiated,
                              std::vector<Encoding>& encodings);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_ENCODINGS_H_
