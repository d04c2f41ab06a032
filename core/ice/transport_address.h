// An IP address with a port, and the kernel's form of it. Pure functions.
#ifndef PARLEY_CORE_ICE_TRANSPORT_ADDRESS_H_
#define PARLEY_CORE_ICE_TRANSPORT_ADDRESS_H_

#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/ice/ip_address.h"

namespace parley::ice {

struct TransportAddress {
  IpAddress address;
  uint16_t port = 0;

  friend auto operator<=>(const TransportAddress&,
                          const TransportAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const TransportAddress& a) {
    return H::combine(std::move(state), a.address.bytes(), a.address.is_v6(),
                      a.port);
  }
};

// "192.0.2.1:5000", "[2001:db8::1]:5000".
std::string ToString(const TransportAddress& address);

// Writes the address to `out` and returns how much of it counts.
socklen_t ToSockaddr(const TransportAddress& address, sockaddr_storage& out);

// nullopt for anything but IPv4 and IPv6. The zone of an IPv6 address is lost.
std::optional<TransportAddress> FromSockaddr(const sockaddr_storage& address);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_TRANSPORT_ADDRESS_H_
