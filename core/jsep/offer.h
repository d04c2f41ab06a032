// createOffer (RFC 9429 section 5.2). Pure: changes nothing, begins nothing.
#ifndef PARLEY_CORE_JSEP_OFFER_H_
#define PARLEY_CORE_JSEP_OFFER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/random.h"
#include "core/jsep/session.h"

namespace parley::jsep {

struct OfferOptions {
  bool ice_restart = false;
  // Absent or true: comfort noise is offered where capabilities have it.
  bool voice_activity_detection = true;

  friend bool operator==(const OfferOptions&, const OfferOptions&) = default;
};

// Whether createOffer is allowed now: PEER_CLOSED, SIGNALING_STATE.
absl::Status CheckCanCreateOffer(const Session& session);

// The offer that the session calls for; the last created one again when nothing
// changed since. Remember it (session.h) so that it can be set. Errors: those
// of CheckCanCreateOffer; CERTIFICATE_GENERATION (no fingerprints yet).
absl::StatusOr<CreatedDescription> CreateOffer(const Session& session,
                                               const OfferOptions& options,
                                               Random& random);

// W3C's legacy offerToReceiveAudio/Video: to be applied to the session before
// CreateOffer. true adds a recvonly transceiver unless one receives; false
// takes the receiving half of every one.
void OfferToReceive(Session& session, MediaKind kind, bool receive,
                    Random& random);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_OFFER_H_
