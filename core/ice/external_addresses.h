// The addresses under which the other side of a 1:1 NAT reaches this machine's,
// where they are known: a cloud's public address, a load balancer in front of a
// range of ports. The NAT must keep the port. Pure functions.
#ifndef PARLEY_CORE_ICE_EXTERNAL_ADDRESSES_H_
#define PARLEY_CORE_ICE_EXTERNAL_ADDRESSES_H_

#include <optional>
#include <string_view>
#include <vector>

#include "core/ice/ip_address.h"
#include "core/sdp/candidate.h"

namespace parley::ice {

struct ExternalAddress {
  // Whose; absent: of every address of the family that has none of its own and
  // is neither loopback nor link-local.
  std::optional<IpAddress> local;
  IpAddress external;

  // "EXTERNAL" or "LOCAL=EXTERNAL". nullopt for anything else: no IP addresses,
  // two families, an external one that nobody can send to.
  static std::optional<ExternalAddress> Parse(std::string_view text);

  friend bool operator==(const ExternalAddress&,
                         const ExternalAddress&) = default;
};

struct ExternalAddresses {
  std::vector<ExternalAddress> rules;
  // Shows the local addresses too, and the external ones as server-reflexive
  // candidates of theirs; otherwise the external ones as host candidates take
  // the place of the local ones, which then show nowhere.
  bool keep_local = false;
};

// What is told of a gathered candidate, the most preferred first; itself where
// no rule concerns it.
std::vector<sdp::Candidate> Advertised(const ExternalAddresses& addresses,
                                       const sdp::Candidate& gathered);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_EXTERNAL_ADDRESSES_H_
