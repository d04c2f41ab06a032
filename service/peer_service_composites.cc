// Offer and Answer.

#include <memory>
#include <utility>

#include "service/composite_call.h"
#include "service/peer_service.h"

namespace parley::service {
namespace {

absl::Status CheckOffer(const v1::SessionDescription& offer,
                        const Options& options) {
  const auto type = FromProto(offer.type(), "offer.type");
  if (!type.ok()) return type.status();
  if (type->value_or(jsep::SdpType::kOffer) != jsep::SdpType::kOffer) {
    return BadField("offer.type", "is not OFFER");
  }
  if (offer.sdp().empty()) return BadField("offer.sdp", "is missing");
  return CheckSizes(offer, options.engine.limits.max_description_bytes,
                    "offer");
}

}  // namespace

PeerService::Unary* PeerService::Offer(Context* context,
                                       const v1::OfferRequest* request,
                                       v1::OfferResponse* response) {
  using Call = CompositeCall<v1::OfferRequest, v1::OfferResponse>;
  const auto call = std::make_shared<Call>(core_, Method("Offer"), context,
                                           request, response);
  return call->Start(
      absl::OkStatus(), [request](peer::Peer& peer, peer::Call envelope,
                                  peer::StatusReply reply) {
        peer::OfferRequest options;
        options.options.ice_restart = request->ice_restart();
        peer.SetLocalOffer(std::move(envelope), options, std::move(reply));
      });
}

PeerService::Unary* PeerService::Answer(Context* context,
                                        const v1::AnswerRequest* request,
                                        v1::AnswerResponse* response) {
  using Call = CompositeCall<v1::AnswerRequest, v1::AnswerResponse>;
  const auto call = std::make_shared<Call>(core_, Method("Answer"), context,
                                           request, response);
  return call->Start(CheckOffer(request->offer(), core_.options),
                     [request](peer::Peer& peer, peer::Call envelope,
                               peer::StatusReply reply) {
                       peer.AnswerOffer(std::move(envelope),
                                        request->offer().sdp(),
                                        std::move(reply));
                     });
}

}  // namespace parley::service
