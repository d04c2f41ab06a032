// Configurations and what a new peer is made of. Pure functions; see
// convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_CONFIGURATION_H_
#define PARLEY_SERVICE_CONVERT_CONFIGURATION_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "core/peer/peer_types.h"

namespace parley::v1 {
class Configuration;
class CreatePeerRequest;
class DataChannelInit;
}  // namespace parley::v1

namespace parley::service {

struct Options;

// W3C getConfiguration: without credentials.
void ToProto(const jsep::Configuration& configuration,
             const ice::GatheringConfiguration& gathering,
             v1::Configuration* out);

absl::StatusOr<peer::PeerInit> FromProto(const v1::CreatePeerRequest& request,
                                         const Options& options);

absl::StatusOr<peer::ChannelSpec> FromProto(const v1::DataChannelInit& init,
                                            std::string_view field);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_CONFIGURATION_H_
