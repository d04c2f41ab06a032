// "300 Try Alternate": a STUN or TURN server that names another one (RFC 8489
// section 10). libnice would go there, past every rule about addresses, so that
// who runs a server could send packets of ours to wherever he likes. No server
// is followed; its answer counts as a refusal.
//
// Safe for concurrent use.
#ifndef PARLEY_CORE_ICE_REDIRECTION_H_
#define PARLEY_CORE_ICE_REDIRECTION_H_

#include <cstdint>

namespace parley::ice {

// How many were refused since the process began. Whoever makes agents asks for
// it once, which makes redirection.cc a part of the program: its functions take
// the place of libnice's of the same name.
uint64_t RedirectionsRefused();

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_REDIRECTION_H_
