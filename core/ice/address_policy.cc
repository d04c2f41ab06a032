#include "core/ice/address_policy.h"

#include <algorithm>
#include <optional>

namespace parley::ice {
namespace {

// Outside the link-local ranges, where most are.
bool IsMetadata(const IpAddress& address) {
  static const std::vector<IpNetwork>* const networks = [] {
    auto* list = new std::vector<IpNetwork>;
    for (const char* text : {
             "fd00:ec2::/32",       // AWS
             "fd20:ce::254",        // Google
             "100.100.100.200/32",  // Alibaba
             "192.0.0.192/32",      // Oracle
             "168.63.129.16/32",    // Azure
         }) {
      list->push_back(*IpNetwork::Parse(text));
    }
    return list;
  }();
  return std::any_of(networks->begin(), networks->end(),
                     [&](const IpNetwork& n) { return n.Contains(address); });
}

// The length of the longest prefix that contains the address; -1 for none.
int Longest(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  int longest = -1;
  for (const IpNetwork& network : networks) {
    if (network.Contains(address)) {
      longest = std::max(longest, network.prefix_bits);
    }
  }
  return longest;
}

}  // namespace

bool Permits(const AddressPolicy& policy, const IpAddress& address) {
  if (address.IsUnusable()) return false;
  const std::optional<IpAddress> embedded = address.Embedded();
  if (embedded && !Permits(policy, *embedded)) return false;

  const int allowed = Longest(policy.allowed, address);
  const int denied = Longest(policy.denied, address);
  if (allowed != denied) return allowed > denied;
  if (denied >= 0) return false;

  if (address.IsLoopback()) return policy.loopback;
  if (address.IsLinkLocal()) return policy.link_local;
  return !IsMetadata(address);
}

}  // namespace parley::ice
