// The steps of a plan: each changes a copy of the session that nobody else has
// seen yet. What they take has been checked.
#ifndef PARLEY_CORE_JSEP_APPLY_H_
#define PARLEY_CORE_JSEP_APPLY_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/jsep/blueprint.h"
#include "core/jsep/bundle.h"
#include "core/jsep/session.h"

namespace parley::jsep {

// local_offer.cc: our own offer, as created.
void ApplyLocalOffer(Session& next, const CreatedDescription& offer);

// remote_offer.cc
void ApplyRemoteOffer(Session& next,
                      std::shared_ptr<const DescriptionBody> offer);

// local_answer.cc, remote_answer.cc: `type` is kAnswer or kPranswer. A
// provisional answer frees nothing: the final one may differ. Errors, of a
// remote one only: SDP_INVALID.
absl::Status ApplyLocalAnswer(Session& next, const CreatedDescription& answer,
                              SdpType type);
absl::Status ApplyRemoteAnswer(Session& next,
                               std::shared_ptr<const DescriptionBody> answer,
                               const Bundle& bundle, SdpType type);

// rollback.cc: what rollback will return to, and the return.
std::shared_ptr<const StableState> TakeStableState(const Session& session);
void RollBack(Session& next);

// --- Shared steps ---

// transport_plan.cc: carries out the transports of a blueprint; the id of each
// in order.
std::vector<TransportId> ApplyTransports(Session& next,
                                         const Blueprint& blueprint);
// Forgets transports that no section uses; those of the last stable state stay
// unless `all`.
void DropUnusedTransports(Session& next, bool all);

// Takes over the numbers that a description of ours gives.
void AdoptNumbers(Session& next, const Blueprint& blueprint);

// The transceiver, to be changed; null: it is not in the set.
Transceiver* MutableTransceiver(Session& next, TransceiverId id);
Transport* MutableTransport(Session& next, TransportId id);

// W3C "stop the RTCRtpTransceiver".
void StopNow(Transceiver& transceiver);

// W3C "process remote tracks", but for the events, which come of comparing.
void ProcessRemoteTracks(Transceiver& transceiver,
                         std::optional<Direction> direction,
                         std::vector<std::string> stream_ids);

// The streams that a remote section puts its track in (RFC 8830): the default
// one without a=msid (RFC 9429 section 5.10), none with "-".
std::vector<std::string> StreamIdsOf(const Session& session,
                                     const sdp::MediaSection& section);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_APPLY_H_
