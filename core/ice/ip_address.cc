#include "core/ice/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace parley::ice {
namespace {

template <size_t N>
bool StartsWith(const std::array<uint8_t, 16>& bytes,
                const uint8_t (&prefix)[N]) {
  return std::equal(prefix, prefix + N, bytes.begin());
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(terminated)) return std::nullopt;
  terminated[text.copy(terminated, text.size())] = '\0';
  // inet_pton would stop at an embedded end.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;

  IpAddress address;
  address.v6_ = text.find(':') != std::string_view::npos;
  const int family = address.v6_ ? AF_INET6 : AF_INET;
  if (inet_pton(family, terminated, address.bytes_.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

IpAddress IpAddress::V4(std::array<uint8_t, 4> bytes) {
  IpAddress address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::V6(std::array<uint8_t, 16> bytes) {
  IpAddress address;
  address.v6_ = true;
  address.bytes_ = bytes;
  return address;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof(text));
}

bool IpAddress::IsLoopback() const {
  if (!v6_) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1,
                     [](uint8_t b) { return b == 0; }) &&
         bytes_[15] == 1;
}

bool IpAddress::IsLinkLocal() const {
  if (!v6_) return bytes_[0] == 169 && bytes_[1] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::IsUnusable() const {
  if (!v6_) return bytes_[0] == 0 || bytes_[0] >= 224;
  return bytes_[0] == 0xff || std::all_of(bytes_.begin(), bytes_.end(),
                                          [](uint8_t b) { return b == 0; });
}

std::optional<IpAddress> IpAddress::Embedded() const {
  if (!v6_ || IsLoopback() || IsUnusable()) return std::nullopt;
  static constexpr uint8_t kMapped[] = {0, 0, 0, 0, 0,    0,
                                        0, 0, 0, 0, 0xff, 0xff};
  static constexpr uint8_t kCompatible[12] = {};
  static constexpr uint8_t kTranslated[] = {0, 0x64, 0xff, 0x9b, 0, 0,
                                            0, 0,    0,    0,    0, 0};
  static constexpr uint8_t kSixToFour[] = {0x20, 0x02};
  size_t at;
  if (StartsWith(bytes_, kMapped) || StartsWith(bytes_, kCompatible) ||
      StartsWith(bytes_, kTranslated)) {
    at = 12;
  } else if (StartsWith(bytes_, kSixToFour)) {
    at = 2;
  } else {
    return std::nullopt;
  }
  return V4({bytes_[at], bytes_[at + 1], bytes_[at + 2], bytes_[at + 3]});
}

std::optional<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> base = IpAddress::Parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  IpNetwork network{*base, base->is_v6() ? 128 : 32};
  if (slash == std::string_view::npos) return network;

  const std::string_view digits = text.substr(slash + 1);
  int bits = -1;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      bits < 0 || bits > network.prefix_bits) {
    return std::nullopt;
  }
  network.prefix_bits = bits;
  for (int bit = bits; bit < (base->is_v6() ? 128 : 32); ++bit) {
    if (base->bytes()[bit / 8] & (0x80 >> (bit % 8))) return std::nullopt;
  }
  return network;
}

bool IpNetwork::Contains(const IpAddress& address) const {
  if (address.is_v6() != base.is_v6()) return false;
  const int whole = prefix_bits / 8;
  if (!std::equal(base.bytes().begin(), base.bytes().begin() + whole,
                  address.bytes().begin())) {
    return false;
  }
  const int rest = prefix_bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
  return ((base.bytes()[whole] ^ address.bytes()[whole]) & mask) == 0;
}

}  // namespace parley::ice
