// The STUN Binding request which asks a server how it sees the sender (RFC 8489
// section 7, RFC 8445 section 5.1.1.2), and the answers to it. The codec is
// libnice's STUN library. Pure functions, but for the randomness of transaction
// ids.
#ifndef PARLEY_CORE_ICE_STUN_QUERY_H_
#define PARLEY_CORE_ICE_STUN_QUERY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/ice/binding_check.h"
#include "core/ice/transport_address.h"

namespace parley::ice {

// A header without attributes.
using StunQuery = std::array<uint8_t, 20>;

// Writes a request of a transaction of its own, which it returns.
TransactionId WriteStunQuery(StunQuery& out);

struct StunReply {
  // How the server sees the sender; absent in an error.
  std::optional<TransportAddress> mapped;
  int error = 0;  // the server's error code, 300 to 699
};

// nullopt for what is no answer to the request of that transaction, or one that
// says nothing. Nobody vouches for it: server and client share no secret.
std::optional<StunReply> ReadStunReply(std::span<const uint8_t> packet,
                                       const TransactionId& id);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_STUN_QUERY_H_
