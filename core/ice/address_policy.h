// Which addresses of others a transport may send to. Pure functions.
//
// ICE sends packets to whatever addresses a description, a candidate or a
// server's URL names: unchecked it is a port scanner, and a way to what only
// the machine itself should reach.
#ifndef PARLEY_CORE_ICE_ADDRESS_POLICY_H_
#define PARLEY_CORE_ICE_ADDRESS_POLICY_H_

#include <vector>

#include "core/ice/ip_address.h"

namespace parley::ice {

struct AddressPolicy {
  // What the two lists say of an address goes first: the longest prefix
  // decides, `denied` where both are as long.
  std::vector<IpNetwork> allowed;
  std::vector<IpNetwork> denied;
  // Denied unless allowed: the ranges below, and the places where clouds keep
  // their instances' metadata.
  bool loopback = false;
  bool link_local = false;
};

// False always for what no packet can be answered from (IsUnusable). An IPv6
// address that stands for an IPv4 one must pass for both.
bool Permits(const AddressPolicy& policy, const IpAddress& address);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_ADDRESS_POLICY_H_
