// What opening sockets of any kind has in common.
#ifndef PARLEY_CORE_ICE_BOUND_SOCKET_H_
#define PARLEY_CORE_ICE_BOUND_SOCKET_H_

#include "core/base/errors.h"
#include "core/ice/transport_address.h"

namespace parley::ice {

// A non-blocking socket of the type (SOCK_DGRAM, SOCK_STREAM) that is bound
// there, port 0: anywhere; or minus the error, as errno has it. One of streams
// does not mind those of an earlier one that are on their way out.
int OpenBound(int type, const TransportAddress& at);

// Where the socket is bound; port 0 if the kernel does not say.
TransportAddress BoundAddress(int fd);

// PORTS, FILE_DESCRIPTORS or MEMORY, where one of them is why a socket could
// not be opened.
Reason ReasonOfSocketError(int error, Reason otherwise);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_BOUND_SOCKET_H_
