#include "core/ice/transport_address.h"

#include <netinet/in.h>
#include <string.h>

#include <algorithm>
#include <array>

namespace parley::ice {

std::string ToString(const TransportAddress& address) {
  const std::string text = address.address.ToString();
  return (address.address.is_v6() ? "[" + text + "]" : text) + ":" +
         std::to_string(address.port);
}

socklen_t ToSockaddr(const TransportAddress& address, sockaddr_storage& out) {
  const uint8_t* const bytes = address.address.bytes().data();
  if (address.address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    memcpy(&v6.sin6_addr, bytes, sizeof(v6.sin6_addr));
    memcpy(&out, &v6, sizeof(v6));
    return sizeof(v6);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  memcpy(&v4.sin_addr, bytes, sizeof(v4.sin_addr));
  memcpy(&out, &v4, sizeof(v4));
  return sizeof(v4);
}

std::optional<TransportAddress> FromSockaddr(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    memcpy(&v4, &address, sizeof(v4));
    std::array<uint8_t, 4> bytes;
    memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return TransportAddress{IpAddress::V4(bytes), ntohs(v4.sin_port)};
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    memcpy(&v6, &address, sizeof(v6));
    std::array<uint8_t, 16> bytes;
    memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return TransportAddress{IpAddress::V6(bytes), ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

}  // namespace parley::ice
