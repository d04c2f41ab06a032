// Fuzz entry points of core/dtls: ordinary functions which abort, after saying
// why, when a promise is broken. Safe from any thread.
//
// The inputs are lists of datagrams: two bytes of size, the greater first, and
// the datagram.
#ifndef PARLEY_TESTS_FUZZ_DTLS_FUZZ_H_
#define PARLEY_TESTS_FUZZ_DTLS_FUZZ_H_

#include <string_view>

namespace parley::fuzz {

// To a client and to a server that wait for the other end's handshake: whatever
// comes, neither is connected with nobody, nor sends more than it should.
void DtlsStranger(std::string_view input);

// To both ends of a connection, from a stranger who can reach their ports:
// neither takes anything for data, and what they send each other still comes.
void DtlsNoise(std::string_view input);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_DTLS_FUZZ_H_
