// What is not built yet says so.

#include "service/convert_basic.h"
#include "service/peer_service.h"
#include "service/unary.h"

namespace parley::service {
PeerService::Unary* PeerService::Offer(Context* context,
                                       const v1::OfferRequest* request,
                                       v1::OfferResponse*) {
  return Ending(core_, "Offer", request->name(), context)
      .FinishNow(NotBuilt("Offer"));
}

PeerService::Unary* PeerService::Answer(Context* context,
                                        const v1::AnswerRequest* request,
                                        v1::AnswerResponse*) {
  return Ending(core_, "Answer", request->name(), context)
      .FinishNow(NotBuilt("Answer"));
}

}  // namespace parley::service
