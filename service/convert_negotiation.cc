#include "service/convert_negotiation.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "parley/v1/negotiation_calls.pb.h"
#include "service/convert_basic.h"
#include "service/status.h"

namespace parley::service {
namespace {

constexpr size_t kMaxOfferIdBytes = 128;
constexpr size_t kMaxCandidateBytes = 1024;
constexpr size_t kMaxMidBytes = 256;
constexpr size_t kMaxUfragBytes = 256;

static_assert(ToWire<v1::SdpType>(jsep::SdpType::kOffer) == v1::SDP_TYPE_OFFER);
static_assert(ToWire<v1::SdpType>(jsep::SdpType::kPranswer) ==
              v1::SDP_TYPE_PRANSWER);
static_assert(ToWire<v1::SdpType>(jsep::SdpType::kAnswer) ==
              v1::SDP_TYPE_ANSWER);
static_assert(ToWire<v1::SdpType>(jsep::SdpType::kRollback) ==
              v1::SDP_TYPE_ROLLBACK);

// An offer goes by its own id, an answer by that of the offer it answers.
void WriteOfferId(jsep::SdpType type, const std::string& id,
                  const jsep::SessionDescription* offer,
                  v1::SessionDescription* out) {
  if (type == jsep::SdpType::kOffer) {
    out->set_offer_id(id);
  } else if (offer && offer->type == jsep::SdpType::kOffer) {
    out->set_offer_id(offer->body->id);
  }
}

v1::IceCandidateOutcome WireOutcome(jsep::CandidateOutcome outcome) {
  switch (outcome) {
    case jsep::CandidateOutcome::kApplied:
      return v1::ICE_CANDIDATE_OUTCOME_APPLIED;
    case jsep::CandidateOutcome::kIgnored:
      return v1::ICE_CANDIDATE_OUTCOME_IGNORED;
    case jsep::CandidateOutcome::kQueued:
      return v1::ICE_CANDIDATE_OUTCOME_QUEUED;
  }
  return v1::ICE_CANDIDATE_OUTCOME_UNSPECIFIED;
}

v1::IceCandidateIgnoredReason WireIgnored(peer::CandidateIgnored ignored) {
  switch (ignored) {
    case peer::CandidateIgnored::kNot:
      return v1::ICE_CANDIDATE_IGNORED_REASON_UNSPECIFIED;
    case peer::CandidateIgnored::kPreviousGeneration:
      return v1::ICE_CANDIDATE_IGNORED_REASON_PREVIOUS_GENERATION;
    case peer::CandidateIgnored::kStopped:
      return v1::ICE_CANDIDATE_IGNORED_REASON_SECTION_STOPPED;
    case peer::CandidateIgnored::kBundled:
      return v1::ICE_CANDIDATE_IGNORED_REASON_BUNDLED;
    case peer::CandidateIgnored::kDuplicate:
      return v1::ICE_CANDIDATE_IGNORED_REASON_DUPLICATE;
    case peer::CandidateIgnored::kTransport:
      return v1::ICE_CANDIDATE_IGNORED_REASON_TRANSPORT;
    case peer::CandidateIgnored::kComponent:
      return v1::ICE_CANDIDATE_IGNORED_REASON_COMPONENT;
    case peer::CandidateIgnored::kHostName:
      return v1::ICE_CANDIDATE_IGNORED_REASON_HOST_NAME;
    case peer::CandidateIgnored::kAddressPolicy:
      return v1::ICE_CANDIDATE_IGNORED_REASON_ADDRESS_POLICY;
    case peer::CandidateIgnored::kTooMany:
      return v1::ICE_CANDIDATE_IGNORED_REASON_TOO_MANY;
  }
  return v1::ICE_CANDIDATE_IGNORED_REASON_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<std::optional<jsep::SdpType>> FromProto(v1::SdpType type,
                                                       std::string_view field) {
  if (!v1::SdpType_IsValid(type)) {
    return BadField(field, "is no type that is known here");
  }
  if (type == v1::SDP_TYPE_UNSPECIFIED) return std::nullopt;
  return FromWire<jsep::SdpType>(type);
}

absl::StatusOr<std::optional<jsep::SignalingState>> FromProto(
    v1::SignalingState state, std::string_view field) {
  if (!v1::SignalingState_IsValid(state)) {
    return BadField(field, "is no state that is known here");
  }
  if (state == v1::SIGNALING_STATE_UNSPECIFIED) return std::nullopt;
  return FromWire<jsep::SignalingState>(state);
}

absl::Status CheckSizes(const v1::SessionDescription& description,
                        uint64_t max_bytes, std::string_view field) {
  const std::string path(field);
  absl::Status fits =
      CheckLimit(path + ".sdp", description.sdp().size(), "bytes", max_bytes);
  fits.Update(CheckLimit(path + ".offer_id", description.offer_id().size(),
                         "bytes", kMaxOfferIdBytes));
  return fits;
}

void ToProto(const jsep::CreatedDescription& created,
             const jsep::Session& session, v1::SessionDescription* out) {
  out->set_type(ToWire<v1::SdpType>(created.type));
  out->set_sdp(created.text());
  WriteOfferId(created.type, created.id(), jsep::RemoteDescription(session),
               out);
}

void ToProto(const jsep::SessionDescription& description,
             const jsep::Session& session, v1::SessionDescription* out) {
  out->set_type(ToWire<v1::SdpType>(description.type));
  out->set_sdp(description.body->text);
  // The other side's description of the same negotiation has the offer.
  const auto is = [&](const std::optional<jsep::SessionDescription>& one) {
    return one && one->body == description.body;
  };
  const jsep::SessionDescription* offer = nullptr;
  if (is(session.pending_local) && session.pending_remote) {
    offer = &*session.pending_remote;
  } else if (is(session.current_local) && session.current_remote) {
    offer = &*session.current_remote;
  } else if (is(session.pending_remote) && session.pending_local) {
    offer = &*session.pending_local;
  } else if (is(session.current_remote) && session.current_local) {
    offer = &*session.current_local;
  }
  WriteOfferId(description.type, description.body->id, offer, out);
}

void ToProto(const jsep::LocalCandidate& candidate, v1::IceCandidate* out) {
  out->set_candidate(candidate.candidate);
  out->set_sdp_mid(candidate.mid);
  out->set_sdp_m_line_index(static_cast<uint32_t>(candidate.mline_index));
  out->set_username_fragment(candidate.ufrag);
}

void ToProto(const peer::CandidateResult& result, v1::IceCandidateResult* out) {
  if (!result.error.ok()) {
    out->set_outcome(v1::ICE_CANDIDATE_OUTCOME_ERROR);
    ToProto(result.error, out->mutable_error());
    return;
  }
  out->set_outcome(WireOutcome(result.outcome));
  out->set_ignored_reason(WireIgnored(result.ignored));
}

absl::StatusOr<std::vector<peer::CandidateInput>> FromProto(
    const v1::AddIceCandidatesRequest& request) {
  const auto count = static_cast<size_t>(request.candidates_size());
  if (absl::Status fits =
          CheckLimit("candidates", count, "candidates", kMaxCandidatesPerCall);
      !fits.ok()) {
    return fits;
  }
  std::vector<peer::CandidateInput> candidates;
  candidates.reserve(count);
  for (const v1::IceCandidate& in : request.candidates()) {
    const std::string path = FieldPath("candidates", candidates.size());
    for (const absl::Status& fits :
         {CheckLimit(path + ".candidate", in.candidate().size(), "bytes",
                     kMaxCandidateBytes),
          CheckLimit(path + ".sdp_mid", in.sdp_mid().size(), "bytes",
                     kMaxMidBytes),
          CheckLimit(path + ".username_fragment", in.username_fragment().size(),
                     "bytes", kMaxUfragBytes)}) {
      if (!fits.ok()) return fits;
    }
    peer::CandidateInput& out = candidates.emplace_back();
    out.candidate = in.candidate();
    if (in.has_sdp_mid()) out.mid = in.sdp_mid();
    if (in.has_sdp_m_line_index()) out.mline_index = in.sdp_m_line_index();
    if (in.has_username_fragment()) out.ufrag = in.username_fragment();
  }
  return candidates;
}

}  // namespace parley::service
