// The fuzz entry point of what anybody may send to the shared UDP port: an
// ordinary function which aborts, after saying why, when a promise is broken.
// For one thread at a time.
#ifndef PARLEY_TESTS_FUZZ_SINGLE_PORT_FUZZ_H_
#define PARLEY_TESTS_FUZZ_SINGLE_PORT_FUZZ_H_

#include <string_view>

#include "core/ice/ice_types.h"

namespace parley::fuzz {

// Those of the transport that gets the datagram.
ice::Credentials SinglePortCredentials();

// Any datagram, for a transport that waits for checks: at most one answer,
// hardly longer than what it answers, and nothing that stays behind.
void SinglePortDatagram(std::string_view input);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_SINGLE_PORT_FUZZ_H_
