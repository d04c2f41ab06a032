// IP addresses and networks as values. Pure functions.
#ifndef PARLEY_CORE_ICE_IP_ADDRESS_H_
#define PARLEY_CORE_ICE_IP_ADDRESS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::ice {

class IpAddress {
 public:
  // 0.0.0.0.
  IpAddress() = default;

  // A dotted quad, or RFC 4291 text without zone and brackets. nullopt for
  // anything else.
  static std::optional<IpAddress> Parse(std::string_view text);
  static IpAddress V4(std::array<uint8_t, 4> bytes);
  static IpAddress V6(std::array<uint8_t, 16> bytes);

  std::string ToString() const;

  bool is_v6() const { return v6_; }
  // Four significant bytes, then zeros, for IPv4.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

  bool IsLoopback() const;
  bool IsLinkLocal() const;
  // An address that no packet can be sent to and answered from: unspecified,
  // "this network", multicast, reserved, broadcast.
  bool IsUnusable() const;
  // The IPv4 address that an IPv6 one stands for: IPv4-mapped and -compatible
  // (RFC 4291), translated (64:ff9b::/96, RFC 6052), 6to4 (RFC 3056).
  std::optional<IpAddress> Embedded() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  bool v6_ = false;
  std::array<uint8_t, 16> bytes_{};
};

// The addresses which share a prefix.
struct IpNetwork {
  IpAddress base;
  int prefix_bits = 0;

  // "10.0.0.0/8", "fd00::/8", or a single address. nullopt for anything else,
  // also with bits set behind the prefix.
  static std::optional<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;

  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_IP_ADDRESS_H_
