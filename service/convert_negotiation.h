// Descriptions and candidates on the wire. Pure functions; see convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_NEGOTIATION_H_
#define PARLEY_SERVICE_CONVERT_NEGOTIATION_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/jsep/session.h"
#include "core/peer/peer_types.h"

namespace parley::v1 {
class AddIceCandidatesRequest;
class IceCandidate;
class IceCandidateResult;
class SessionDescription;
enum SdpType : int;
enum SignalingState : int;
}  // namespace parley::v1

namespace parley::service {

// nullopt: UNSPECIFIED.
absl::StatusOr<std::optional<jsep::SdpType>> FromProto(v1::SdpType type,
                                                       std::string_view field);
absl::StatusOr<std::optional<jsep::SignalingState>> FromProto(
    v1::SignalingState state, std::string_view field);

// LIMIT_EXCEEDED for a text of more than `max_bytes`, or a long offer_id.
absl::Status CheckSizes(const v1::SessionDescription& description,
                        uint64_t max_bytes, std::string_view field);

// With the offer_id that ties an answer to its offer.
void ToProto(const jsep::CreatedDescription& created,
             const jsep::Session& session, v1::SessionDescription* out);
void ToProto(const jsep::SessionDescription& description,
             const jsep::Session& session, v1::SessionDescription* out);

void ToProto(const jsep::LocalCandidate& candidate, v1::IceCandidate* out);
void ToProto(const peer::CandidateResult& result, v1::IceCandidateResult* out);

// Errors: ARGUMENT, LIMIT_EXCEEDED. What the candidates say is judged later,
// one by one.
absl::StatusOr<std::vector<peer::CandidateInput>> FromProto(
    const v1::AddIceCandidatesRequest& request);

// Candidates of one AddIceCandidates call.
inline constexpr size_t kMaxCandidatesPerCall = 256;

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_NEGOTIATION_H_
