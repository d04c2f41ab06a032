// What is not built yet says so.

#include "service/convert_basic.h"
#include "service/peer_service.h"
#include "service/unary.h"

namespace parley::service {
namespace {

// Ends at once.
template <typename Response>
class RefusedStream : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedStream(const absl::Status& status) {
    this->Finish(ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

}  // namespace

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

grpc::ServerWriteReactor<v1::WatchPeersResponse>* PeerService::WatchPeers(
    Context*, const v1::WatchPeersRequest*) {
  return new RefusedStream<v1::WatchPeersResponse>(NotBuilt("WatchPeers"));
}

}  // namespace parley::service
