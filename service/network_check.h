// What the network flags of parleyd ask of the machine. Pure functions.
#ifndef PARLEY_SERVICE_NETWORK_CHECK_H_
#define PARLEY_SERVICE_NETWORK_CHECK_H_

#include <span>

#include "absl/status/status.h"
#include "core/ice/ice_types.h"
#include "core/ice/local_addresses.h"

namespace parley::service {

// INVALID_ARGUMENT, with the name of the flag, when peers could not have the
// addresses that the flags choose on a machine with these: one that is not
// there, or none at all. A machine without any may get some later.
absl::Status CheckNetwork(const ice::TransportOptions& options,
                          std::span<const ice::LocalAddress> machine);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_NETWORK_CHECK_H_
