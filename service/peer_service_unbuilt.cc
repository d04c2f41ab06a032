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

PeerService::Unary* PeerService::UpdatePeer(
    Context* context, const v1::UpdatePeerRequest* request,
    v1::UpdatePeerResponse*) {
  return Ending(core_, "UpdatePeer", request->name(), context)
      .FinishNow(NotBuilt("UpdatePeer"));
}

PeerService::Unary* PeerService::AddTrack(Context* context,
                                          const v1::AddTrackRequest* request,
                                          v1::AddTrackResponse*) {
  return Ending(core_, "AddTrack", request->name(), context)
      .FinishNow(NotBuilt("AddTrack"));
}

PeerService::Unary* PeerService::RemoveTrack(
    Context* context, const v1::RemoveTrackRequest* request,
    v1::RemoveTrackResponse*) {
  return Ending(core_, "RemoveTrack", request->name(), context)
      .FinishNow(NotBuilt("RemoveTrack"));
}

PeerService::Unary* PeerService::ReplaceTrack(
    Context* context, const v1::ReplaceTrackRequest* request,
    v1::ReplaceTrackResponse*) {
  return Ending(core_, "ReplaceTrack", request->name(), context)
      .FinishNow(NotBuilt("ReplaceTrack"));
}

PeerService::Unary* PeerService::GetCapabilities(
    Context* context, const v1::GetCapabilitiesRequest*,
    v1::GetCapabilitiesResponse*) {
  return Ending(core_, "GetCapabilities", "", context)
      .FinishNow(NotBuilt("GetCapabilities"));
}

PeerService::Unary* PeerService::GetStats(Context* context,
                                          const v1::GetStatsRequest* request,
                                          v1::GetStatsResponse*) {
  return Ending(core_, "GetStats", request->name(), context)
      .FinishNow(NotBuilt("GetStats"));
}

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
