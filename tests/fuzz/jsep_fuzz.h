// Fuzz entry points of core/jsep: ordinary functions which abort, after saying
// why, when negotiation breaks a promise. Safe from any thread.
#ifndef PARLEY_TESTS_FUZZ_JSEP_FUZZ_H_
#define PARLEY_TESTS_FUZZ_JSEP_FUZZ_H_

#include <string_view>

namespace parley::fuzz {

// Any text as a remote offer, on a session that is new, one that is connected
// and one that waits for an answer; and there as an answer, provisional and
// final. A documented error, or all that follows works: the answer, the next
// offer.
void JsepRemoteDescription(std::string_view input);

// Any text as a remote candidate of a connected session.
void JsepCandidate(std::string_view input);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_JSEP_FUZZ_H_
