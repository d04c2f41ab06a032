// The negotiation: createOffer to restartIce.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "service/convert_basic.h"
#include "service/peer_service.h"
#include "service/unary.h"

namespace parley::service {
namespace {

peer::OfferRequest ReadOptions(const v1::CreateOfferRequest& request) {
  peer::OfferRequest out;
  out.options.ice_restart = request.ice_restart();
  if (request.has_voice_activity_detection()) {
    out.options.voice_activity_detection = request.voice_activity_detection();
  }
  if (request.has_offer_to_receive_audio()) {
    out.receive_audio = request.offer_to_receive_audio();
  }
  if (request.has_offer_to_receive_video()) {
    out.receive_video = request.offer_to_receive_video();
  }
  return out;
}

jsep::AnswerOptions ReadOptions(const v1::CreateAnswerRequest& request) {
  jsep::AnswerOptions out;
  if (request.has_voice_activity_detection()) {
    out.voice_activity_detection = request.voice_activity_detection();
  }
  return out;
}

// Writes the description that was created.
template <typename Response>
void WriteCreated(const jsep::CreatedDescription& created,
                  const peer::View& view, Response& out) {
  ToProto(created, view.session, out.mutable_description());
}

absl::Status CheckText(const v1::SessionDescription& description,
                       const Options& options) {
  return CheckSizes(description, options.engine.limits.max_description_bytes,
                    "description");
}

// The text of the last created offer, if that is the one of this id; else one
// that no offer has, so that core/ refuses it when its turn comes.
std::string OfferText(const jsep::Session& session,
                      const std::string& offer_id) {
  if (session.last_offer && session.last_offer->id() == offer_id) {
    return session.last_offer->text();
  }
  return "another offer";
}

absl::Status Stale(const std::string& offer_id) {
  return MakeError(Reason::kOfferStale,
                   "the offer is not the last one that this peer created; "
                   "create a new one",
                   {{"offer_id", offer_id}, {"field", "description.offer_id"}});
}

}  // namespace

PeerService::Unary* PeerService::CreateOffer(
    Context* context, const v1::CreateOfferRequest* request,
    v1::CreateOfferResponse* response) {
  Change change(core_, "CreateOffer", Named::kPeer, context, request, response);
  if (!change.status().ok()) return change.Refuse(change.status());
  change.peer().CreateOffer(change.TakeCall(), ReadOptions(*request),
                            change.Answer<jsep::CreatedDescription>(
                                WriteCreated<v1::CreateOfferResponse>));
  return change.reactor();
}

PeerService::Unary* PeerService::CreateAnswer(
    Context* context, const v1::CreateAnswerRequest* request,
    v1::CreateAnswerResponse* response) {
  Change change(core_, "CreateAnswer", Named::kPeer, context, request,
                response);
  if (!change.status().ok()) return change.Refuse(change.status());
  change.peer().CreateAnswer(change.TakeCall(), ReadOptions(*request),
                             change.Answer<jsep::CreatedDescription>(
                                 WriteCreated<v1::CreateAnswerResponse>));
  return change.reactor();
}

PeerService::Unary* PeerService::SetLocalDescription(
    Context* context, const v1::SetLocalDescriptionRequest* request,
    v1::SetLocalDescriptionResponse* response) {
  Change change(core_, "SetLocalDescription", Named::kPeer, context, request,
                response);
  const v1::SessionDescription& in = request->description();
  const auto type = FromProto(in.type(), "description.type");
  absl::Status status = change.status();
  status.Update(type.status());
  status.Update(CheckText(in, core_.options));
  if (status.ok() && !*type && !in.sdp().empty()) {
    status = BadField("description.type", "is missing beside a text");
  }
  if (!status.ok()) return change.Refuse(status);
  auto answer =
      change.Answer([type = *type](const peer::View& view,
                                   v1::SetLocalDescriptionResponse& out) {
        if (type == jsep::SdpType::kRollback) {
          out.mutable_description()->set_type(v1::SDP_TYPE_ROLLBACK);
        } else if (const auto* local = jsep::LocalDescription(view.session)) {
          ToProto(*local, view.session, out.mutable_description());
        }
      });
  const bool by_id =
      in.sdp().empty() && in.has_offer_id() &&
      type->value_or(jsep::SdpType::kOffer) == jsep::SdpType::kOffer;
  if (!by_id) {
    change.peer().SetLocalDescription(change.TakeCall(), *type, in.sdp(),
                                      std::move(answer));
    return change.reactor();
  }
  // The offer of this id and no other: its text says so to core/.
  peer::Peer& peer = change.peer();
  peer.Post([&peer, keep = peer.shared_from_this(), call = change.TakeCall(),
             offer_id = in.offer_id(), answer = std::move(answer)]() mutable {
    std::string text = OfferText(peer.CurrentView().session, offer_id);
    peer.SetLocalDescription(
        std::move(call), jsep::SdpType::kOffer, std::move(text),
        [offer_id, answer = std::move(answer)](absl::Status status,
                                               const peer::View& view) mutable {
          if (HasReason(status, Reason::kSdpModified)) {
            status = Stale(offer_id);
          }
          answer(std::move(status), view);
        });
  });
  return change.reactor();
}

PeerService::Unary* PeerService::SetRemoteDescription(
    Context* context, const v1::SetRemoteDescriptionRequest* request,
    v1::SetRemoteDescriptionResponse* response) {
  Change change(core_, "SetRemoteDescription", Named::kPeer, context, request,
                response);
  const v1::SessionDescription& in = request->description();
  const auto type = FromProto(in.type(), "description.type");
  absl::Status status = change.status();
  status.Update(type.status());
  status.Update(CheckText(in, core_.options));
  if (status.ok() && !*type) {
    status = BadField("description.type", "is missing");
  }
  if (!status.ok()) return change.Refuse(status);
  change.peer().SetRemoteDescription(change.TakeCall(), **type, in.sdp(),
                                     in.offer_id(), request->validate_only(),
                                     change.Answer());
  return change.reactor();
}

PeerService::Unary* PeerService::AddIceCandidates(
    Context* context, const v1::AddIceCandidatesRequest* request,
    v1::AddIceCandidatesResponse* response) {
  Change change(core_, "AddIceCandidates", Named::kPeer, context, request,
                response);
  auto candidates = FromProto(*request);
  absl::Status status = change.status();
  status.Update(candidates.status());
  if (!status.ok()) return change.Refuse(status);
  using Results = std::vector<peer::CandidateResult>;
  auto answer =
      change.Answer<Results>([](const Results& results, const peer::View&,
                                v1::AddIceCandidatesResponse& out) {
        for (const peer::CandidateResult& result : results) {
          ToProto(result, out.add_results());
        }
      });
  const bool queue = !request->has_queue_until_description() ||
                     request->queue_until_description();
  change.peer().AddIceCandidates(
      change.TakeCall(), *std::move(candidates), queue,
      [ending = change.ending(), answer = std::move(answer)](
          absl::StatusOr<Results> results, const peer::View& view) mutable {
        // W3C's InvalidStateError is one of the call: no candidate can have
        // been applied.
        if (results.ok()) {
          for (const peer::CandidateResult& result : *results) {
            if (!HasReason(result.error, Reason::kRemoteDescriptionMissing)) {
              continue;
            }
            return ending.Finish(result.error);
          }
        }
        answer(std::move(results), view);
      });
  return change.reactor();
}

PeerService::Unary* PeerService::RestartIce(
    Context* context, const v1::RestartIceRequest* request,
    v1::RestartIceResponse* response) {
  Change change(core_, "RestartIce", Named::kPeer, context, request, response);
  if (!change.status().ok()) return change.Refuse(change.status());
  change.peer().RestartIce(change.TakeCall(), change.Answer());
  return change.reactor();
}

}  // namespace parley::service
