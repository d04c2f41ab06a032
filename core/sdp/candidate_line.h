// A candidate's line as part of a description's text. Internal.
#ifndef PARLEY_CORE_SDP_CANDIDATE_LINE_H_
#define PARLEY_CORE_SDP_CANDIDATE_LINE_H_

#include <string_view>

#include "core/sdp/candidate.h"
#include "core/sdp/scanner.h"
#include "core/sdp/writer.h"

namespace parley::sdp {

// What stands after "candidate:". On a problem `out` holds no meaningful value.
Problem ParseCandidateValue(std::string_view value, Candidate& out);

// With "candidate:".
void WriteCandidate(const Candidate& candidate, Writer& writer);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_CANDIDATE_LINE_H_
