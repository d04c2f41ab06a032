// Descriptions and candidates as people and browsers hand them over. Stateless.
#ifndef PARLEY_CLIENT_COMMAND_INPUT_H_
#define PARLEY_CLIENT_COMMAND_INPUT_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "parley/messages.h"

namespace parley::command {

// SDP as it is, which is then of type `type`, or the JSON of a description: of
// a browser ({"type": "offer", "sdp": "..."}), or with Parley's offerId. Other
// errors than INVALID_ARGUMENT do not occur.
absl::StatusOr<v1::SessionDescription> ParseDescription(std::string_view text,
                                                        v1::SdpType type);

// Candidates one a line: the JSON of a browser's candidate.toJSON(), or
// "candidate:..." lines, which then belong to `mid`.
absl::StatusOr<std::vector<v1::IceCandidate>> ParseCandidates(
    std::string_view text, std::string_view mid);

}  // namespace parley::command

#endif  // PARLEY_CLIENT_COMMAND_INPUT_H_
