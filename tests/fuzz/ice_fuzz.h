// Fuzz entry points of core/ice: ordinary functions which abort, after saying
// why, when a reader breaks a promise. Safe from any thread.
#ifndef PARLEY_TESTS_FUZZ_ICE_FUZZ_H_
#define PARLEY_TESTS_FUZZ_ICE_FUZZ_H_

#include <string_view>

namespace parley::fuzz {

// The password of the seeds.
inline constexpr std::string_view kBindingPassword =
    "the password of the seeds";

// Any packet: what is taken for an answer has a transaction, and is one to no
// other transaction and with no other password.
void IceBindingAnswer(std::string_view input);

// A stream of frames, its first byte the size of the pieces that it comes in:
// what comes out does not depend on that, and little is kept.
void IceFrames(std::string_view input);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_ICE_FUZZ_H_
