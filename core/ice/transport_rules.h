// What every kind of IceTransport makes of its arguments. Pure functions.
#ifndef PARLEY_CORE_ICE_TRANSPORT_RULES_H_
#define PARLEY_CORE_ICE_TRANSPORT_RULES_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "core/ice/ice_transport.h"
#include "core/ice/ip_address.h"

namespace parley::ice {

inline constexpr size_t kMaxPacketBytes = 65507;  // what UDP over IPv4 carries
inline constexpr size_t kMaxRemoteCandidates = 100;

// PEER_CLOSED.
absl::Status TransportClosed();

// ARGUMENT unless both are of RFC 8839's form.
absl::Status CheckCredentials(std::string_view ufrag, std::string_view pwd);

// Why nothing can be sent to a remote candidate, whatever the policy says of
// its address; nullopt, and the address in `address`, when something can, with
// `tcp` also over TCP, or when it connects itself.
std::optional<CandidateUse> WhyUseless(const sdp::Candidate& candidate,
                                       bool tcp, IpAddress& address);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_TRANSPORT_RULES_H_
