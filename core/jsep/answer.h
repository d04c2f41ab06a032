// createAnswer (RFC 9429 section 5.3). Pure: changes nothing, begins nothing.
#ifndef PARLEY_CORE_JSEP_ANSWER_H_
#define PARLEY_CORE_JSEP_ANSWER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/random.h"
#include "core/jsep/session.h"

namespace parley::jsep {

// Whether createAnswer is allowed now: PEER_CLOSED, SIGNALING_STATE.
absl::Status CheckCanCreateAnswer(const Session& session);

struct AnswerOptions {
  // Absent or true: comfort noise is answered where it was offered.
  bool voice_activity_detection = true;
};

// The answer to the pending remote offer; the last created one again when
// nothing changed since. Errors: those of CheckCanCreateAnswer;
// CERTIFICATE_GENERATION (no fingerprints yet).
absl::StatusOr<CreatedDescription> CreateAnswer(
    const Session& session, Random& random, const AnswerOptions& options = {});

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_ANSWER_H_
