// ICE candidates of both sides: which transport and generation they are for,
// and how descriptions show them (W3C addIceCandidate, "surface a candidate").
#ifndef PARLEY_CORE_JSEP_CANDIDATES_H_
#define PARLEY_CORE_JSEP_CANDIDATES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/jsep/session.h"
#include "core/sdp/candidate.h"

namespace parley::jsep {

// RTCIceCandidateInit.
struct CandidateInit {
  // "candidate:..." or "a=candidate:..."; "" or "end-of-candidates" (also with
  // "a=") is the end of candidates.
  std::string_view candidate;
  std::optional<std::string_view> mid;
  std::optional<uint32_t> mline_index;
  std::optional<std::string_view> ufrag;
};

enum class CandidateOutcome : uint8_t {
  kApplied,  // shown in the description; for the transports at once or, before
             // both descriptions are in force, with SetRemoteIce
  kIgnored,  // a success without effect: see CandidatePlan::why
  kQueued,   // its description is not here yet: keep it and plan it again
             // whenever a remote description was applied
};

enum class IgnoredWhy : uint8_t {
  kNot,
  kPreviousGeneration,  // of credentials that a restart has replaced
  kStopped,             // section rejected or transceiver stopped
  kBundled,             // another section of the bundle carries the transport
  kDuplicate,           // the description has it
  kTransport,           // neither UDP nor TCP
  kComponent,           // RTCP's, which shares RTP's
};
// "PREVIOUS_GENERATION" and so on; "" for kNot.
std::string_view IgnoredWhyName(IgnoredWhy why);

struct CandidatePlan {
  CandidateOutcome outcome = CandidateOutcome::kApplied;
  IgnoredWhy why = IgnoredWhy::kNot;
  // nullopt: end of candidates.
  std::optional<sdp::Candidate> candidate;
  struct Target {
    std::string mid;
    std::string ufrag;
    TransportId transport = 0;  // 0: not started yet
    uint32_t generation = 0;
  };
  std::vector<Target> targets;  // several: end of candidates for all sections
};

// Errors: PEER_CLOSED; ARGUMENT (a candidate with neither mid nor index);
// CANDIDATE_SYNTAX; CANDIDATE_MID_UNKNOWN (also an index out of range);
// CANDIDATE_GENERATION (a ufrag that no description had);
// REMOTE_DESCRIPTION_MISSING. With `queue_early` the last one is kQueued
// instead, and so are, while an answer is awaited, an unknown mid and ufrag.
absl::StatusOr<CandidatePlan> PlanCandidate(const Session& session,
                                            const CandidateInit& init,
                                            bool queue_early = true);

// Returns AddRemoteCandidates and EndRemoteCandidates.
Effects CommitCandidate(Session& session, CandidatePlan&& plan);

// A candidate of ours as W3C's icecandidate event shows it.
struct LocalCandidate {
  std::string candidate;  // "candidate:...", with its ufrag; "" at the end
  std::string mid;
  size_t mline_index = 0;
  std::string ufrag;
};

// A transport found a candidate, or with nullopt ended gathering. nullopt: the
// transport or generation is not in force (any more), so drop it.
std::optional<LocalCandidate> AddLocalCandidate(
    Session& session, TransportId transport, uint32_t generation,
    const std::optional<sdp::Candidate>& candidate);

// The text of a description with the candidates that came since.
std::string TextWithCandidates(const Session& session, Side side,
                               const SessionDescription& description);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_CANDIDATES_H_
