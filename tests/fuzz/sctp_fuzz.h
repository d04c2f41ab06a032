// Fuzz entry points of core/sctp: ordinary functions which abort, after saying
// why, when a promise is broken. Safe from any thread.
#ifndef PARLEY_TESTS_FUZZ_SCTP_FUZZ_H_
#define PARLEY_TESTS_FUZZ_SCTP_FUZZ_H_

#include <string_view>

namespace parley::fuzz {

// Any message on PPID 50: what can be read is written the same again.
void DcepMessage(std::string_view input);

// The input as a list of steps, of the remote's (messages on any stream with
// any PPID, resets) and of the application's: no channel leads two lives, no
// stream has two channels, and what a remote can fill is bounded.
void DataChannelSteps(std::string_view input);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_SCTP_FUZZ_H_
