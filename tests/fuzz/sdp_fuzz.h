// Fuzz entry points of core/sdp: ordinary functions which abort, after saying
// why, when the parser or the printer breaks a promise. Safe from any thread.
#ifndef PARLEY_TESTS_FUZZ_SDP_FUZZ_H_
#define PARLEY_TESTS_FUZZ_SDP_FUZZ_H_

#include <string_view>

namespace parley::fuzz {

// Any text: an error that names its line, or a description that survives
// printing.
void SdpDescription(std::string_view input);

// Any text: an error, or a candidate that survives printing and holds nothing
// that could break out of its line.
void SdpCandidate(std::string_view input);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_SDP_FUZZ_H_
