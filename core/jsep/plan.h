// setLocalDescription and setRemoteDescription, in two steps: a plan, which
// changes nothing and may be refused, and its commit, which cannot fail.
// A refused description therefore leaves everything as it was.
#ifndef PARLEY_CORE_JSEP_PLAN_H_
#define PARLEY_CORE_JSEP_PLAN_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/random.h"
#include "core/jsep/effects.h"
#include "core/jsep/session.h"

namespace parley::jsep {

struct Plan {
  Session next;
  Effects effects;
  // Not OK: a remote offer rolled back our own one first (W3C
  // setRemoteDescription) and was then refused for this reason. The rollback
  // stands: commit the plan, then return this error, whose metadata has
  // `rolled_back`.
  absl::Status refused;
};

// RTCLocalSessionDescriptionInit.
struct LocalDescriptionInit {
  // Absent: an offer in stable and have-local-offer, else an answer.
  std::optional<SdpType> type;
  // Empty: the last created one if still accurate, or else a fresh one.
  std::string_view text;
};

// Errors: those of NextState; SDP_MODIFIED (text that is not the last created
// one) or OFFER_STALE (which was created earlier); those of CreateOffer and
// CreateAnswer when there is no text.
absl::StatusOr<Plan> PlanLocal(const Session& session,
                               const LocalDescriptionInit& description,
                               Random& random);

struct RemoteDescriptionInit {
  SdpType type = SdpType::kOffer;
  std::string_view text;  // ignored for a rollback
  // Of answers: the id of the offer they answer; empty: not said.
  std::string_view offer_id;
};

// Errors: those of NextState; OFFER_STALE (offer_id is not that of the pending
// offer); SDP_SYNTAX with sdp_line_number; those of ValidateRemote.
absl::StatusOr<Plan> PlanRemote(const Session& session,
                                const RemoteDescriptionInit& description);

// {type: "rollback"} on either side. Errors: those of NextState.
absl::StatusOr<Plan> PlanRollback(const Session& session, Side side);

// The session becomes plan.next; the plan must have been made from it as it is
// now. Returns what is to be done and told, in order.
Effects Commit(Session& session, Plan&& plan);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_PLAN_H_
