// The addresses of this machine that become host candidates.
#ifndef PARLEY_CORE_ICE_LOCAL_ADDRESSES_H_
#define PARLEY_CORE_ICE_LOCAL_ADDRESSES_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/ice/ice_types.h"
#include "core/ice/ip_address.h"

namespace parley::ice {

struct LocalAddress {
  std::string interface;
  IpAddress address;

  friend bool operator==(const LocalAddress&, const LocalAddress&) = default;
};

// Every address of every interface that is up. Errors: RESOURCE_INSPECTION,
// FILE_DESCRIPTORS.
absl::StatusOr<std::vector<LocalAddress>> SystemAddresses();

// More are not gathered on: each costs a socket and multiplies the checks.
inline constexpr size_t kMaxLocalAddresses = 16;

// The chosen ones in the order of the machine, IPv4 before IPv6, without
// repetition. Pure. Error: ARGUMENT, an entry of `addresses` that is no IP
// address.
absl::StatusOr<std::vector<IpAddress>> SelectAddresses(
    const AddressSelection& selection, std::span<const LocalAddress> machine);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_LOCAL_ADDRESSES_H_
