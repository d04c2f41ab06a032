// What the network flags of parleyd are given, as values. Pure functions; an
// error is INVALID_ARGUMENT, says what is wrong and leaves `out` as it was.
#ifndef PARLEY_SERVICE_NETWORK_WORDS_H_
#define PARLEY_SERVICE_NETWORK_WORDS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/ice/address_policy.h"
#include "core/ice/external_addresses.h"
#include "core/ice/ice_types.h"
#include "core/ice/single_port_hub.h"

namespace parley::service {

// "40000-40100", both ends included.
absl::Status ReadPortRange(std::string_view text, ice::TransportOptions& out);

// A port; 0: absent.
absl::Status ReadUdpPort(std::string_view text,
                         std::optional<ice::SinglePortOptions>& out);

// IP addresses.
absl::Status ReadAddresses(std::string_view text,
                           std::vector<std::string>& out);

// "[LOCAL=]EXTERNAL" each; see ice::ExternalAddress.
absl::Status ReadExternalAddresses(std::string_view text,
                                   std::vector<ice::ExternalAddress>& out);

// "10.0.0.0/8" or an address each.
absl::Status ReadNetworks(std::string_view text,
                          std::vector<ice::IpNetwork>& out);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_NETWORK_WORDS_H_
