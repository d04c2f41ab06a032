#include "core/ice/local_addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/base/errors.h"

namespace parley::ice {
namespace {

std::optional<IpAddress> IpAddressOf(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    std::array<uint8_t, 4> bytes;
    memcpy(bytes.data(),
           &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return IpAddress::V4(bytes);
  }
  if (address->sa_family == AF_INET6) {
    std::array<uint8_t, 16> bytes;
    memcpy(bytes.data(),
           &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
    return IpAddress::V6(bytes);
  }
  return std::nullopt;
}

bool Matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) {
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  }
  return pattern == name;
}

bool MatchesAny(const std::vector<std::string>& patterns,
                std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return Matches(p, name); });
}

bool Wanted(const AddressSelection& selection, const LocalAddress& local) {
  const IpAddress& address = local.address;
  if (address.IsUnusable()) return false;
  if (address.is_v6() ? !selection.ipv6 : !selection.ipv4) return false;
  if (address.IsLinkLocal() && !selection.link_local) return false;
  if (MatchesAny(selection.excluded_interfaces, local.interface)) return false;
  return selection.interfaces.empty() ||
         MatchesAny(selection.interfaces, local.interface);
}

void Add(const IpAddress& address, std::vector<IpAddress>& out) {
  if (std::find(out.begin(), out.end(), address) == out.end()) {
    out.push_back(address);
  }
}

void Finish(std::vector<IpAddress>& addresses) {
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const IpAddress& a) { return !a.is_v6(); });
  if (addresses.size() > kMaxLocalAddresses) {
    addresses.resize(kMaxLocalAddresses);
  }
}

}  // namespace

absl::StatusOr<std::vector<LocalAddress>> SystemAddresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) {
    const int error = errno;
    // It opens a socket to ask.
    const bool no_fd = error == EMFILE || error == ENFILE;
    return MakeError(
        no_fd ? Reason::kFileDescriptors : Reason::kResourceInspection,
        "The machine's addresses cannot be read: " +
            std::error_code(error, std::system_category()).message(),
        {{"operation", "getifaddrs"}});
  }
  std::vector<LocalAddress> addresses;
  for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
    if ((i->ifa_flags & IFF_UP) == 0) continue;
    if (auto address = IpAddressOf(i->ifa_addr)) {
      addresses.push_back({i->ifa_name, *address});
    }
  }
  freeifaddrs(list);
  return addresses;
}

absl::StatusOr<std::vector<IpAddress>> SelectAddresses(
    const AddressSelection& selection, std::span<const LocalAddress> machine) {
  std::vector<IpAddress> chosen;
  for (const std::string& text : selection.addresses) {
    const std::optional<IpAddress> address = IpAddress::Parse(text);
    if (!address || address->IsUnusable()) {
      return MakeError(Reason::kArgument,
                       "A local address is not an IP address: " + text,
                       {{"field", "addresses"}});
    }
    Add(*address, chosen);
  }
  if (!chosen.empty()) {
    Finish(chosen);
    return chosen;
  }

  std::vector<IpAddress> loopback;
  for (const LocalAddress& local : machine) {
    if (!Wanted(selection, local)) continue;
    Add(local.address, local.address.IsLoopback() ? loopback : chosen);
  }
  if (selection.loopback == LoopbackUse::kAlways ||
      (selection.loopback == LoopbackUse::kWhenAlone && chosen.empty())) {
    for (const IpAddress& address : loopback) Add(address, chosen);
  }
  Finish(chosen);
  return chosen;
}

}  // namespace parley::ice
