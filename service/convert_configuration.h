// Configurations and what a new peer is made of. Pure functions; see
// convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_CONFIGURATION_H_
#define PARLEY_SERVICE_CONVERT_CONFIGURATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/peer/peer_types.h"

namespace google::protobuf {
template <typename Key, typename T>
class Map;
}  // namespace google::protobuf

namespace parley::v1 {
class Configuration;
class CreatePeerRequest;
class DataChannelInit;
class UpdatePeerRequest;
}  // namespace parley::v1

namespace parley::service {

struct Options;

// W3C getConfiguration: without credentials.
void ToProto(const jsep::Configuration& configuration,
             const ice::GatheringConfiguration& gathering,
             const std::vector<std::string>& certificates,
             v1::Configuration* out);

absl::StatusOr<peer::Labels> ReadLabels(
    const google::protobuf::Map<std::string, std::string>& in);

absl::StatusOr<peer::PeerInit> FromProto(const v1::CreatePeerRequest& request,
                                         const Options& options);

// The fields that its mask names, or without a mask those that are present.
absl::StatusOr<peer::PeerUpdate> FromProto(const v1::UpdatePeerRequest& request,
                                           const Options& options);

// The error of a configuration, with its field as the requests call it.
absl::Status InConfiguration(absl::Status status);

absl::StatusOr<peer::ChannelSpec> FromProto(const v1::DataChannelInit& init,
                                            std::string_view field);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_CONFIGURATION_H_
