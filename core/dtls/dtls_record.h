// What can be told of a DTLS 1.2 datagram without OpenSSL, by the headers of
// its records. Pure functions.
#ifndef PARLEY_CORE_DTLS_DTLS_RECORD_H_
#define PARLEY_CORE_DTLS_DTLS_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/dtls/dtls_transport.h"

namespace parley::dtls {

// Whether it begins with a record header (RFC 6347 4.1) of a DTLS version whose
// length is there. The functions below want that.
bool IsRecord(std::span<const uint8_t> packet);

// What comes before the first record of a protected epoch that has fewer than
// `least` bytes, which is no cipher's work. OpenSSL takes that for a mistake of
// its own and ends the association, so that anybody who can send to this
// address could.
std::span<const uint8_t> BeforeShortRecord(std::span<const uint8_t> packet,
                                           size_t least);

// Whether the packet can be the first of the remote's handshake, to a client
// whose ClientHello is out or to a server that waits for one. OpenSSL takes
// anything else there as the end of the handshake, which noise shall not be:
// what cannot be is dropped before it.
bool CanBeFirst(std::span<const uint8_t> packet, Role role);

// Whether it is an alert which says that a message made no sense (RFC 5246
// 7.2.2), rather than that the two ends cannot agree.
bool SaysNonsense(std::span<const uint8_t> packet);

}  // namespace parley::dtls

#endif  // PARLEY_CORE_DTLS_DTLS_RECORD_H_
