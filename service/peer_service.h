// parley.v1.PeerService. Thin: each method reads its request, calls core/, and
// writes the answer. Safe for concurrent use, as gRPC calls it.
#ifndef PARLEY_SERVICE_PEER_SERVICE_H_
#define PARLEY_SERVICE_PEER_SERVICE_H_

#include "parley/v1/peer_service.grpc.pb.h"
#include "service/core.h"

namespace parley::service {

class PeerService final : public v1::PeerService::CallbackService {
  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

 public:
  explicit PeerService(const Core& core) : core_(core) {}

  // peer_service.cc: peers.
  Unary* CreatePeer(Context* context, const v1::CreatePeerRequest* request,
                    v1::CreatePeerResponse* response) override;
  Unary* GetPeer(Context* context, const v1::GetPeerRequest* request,
                 v1::GetPeerResponse* response) override;
  Unary* ListPeers(Context* context, const v1::ListPeersRequest* request,
                   v1::ListPeersResponse* response) override;
  Unary* UpdatePeer(Context* context, const v1::UpdatePeerRequest* request,
                    v1::UpdatePeerResponse* response) override;
  Unary* ClosePeer(Context* context, const v1::ClosePeerRequest* request,
                   v1::ClosePeerResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchPeerResponse>* WatchPeer(
      Context* context, const v1::WatchPeerRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchPeersResponse>* WatchPeers(
      Context* context, const v1::WatchPeersRequest* request) override;

  // peer_service_negotiation.cc
  Unary* CreateOffer(Context* context, const v1::CreateOfferRequest* request,
                     v1::CreateOfferResponse* response) override;
  Unary* CreateAnswer(Context* context, const v1::CreateAnswerRequest* request,
                      v1::CreateAnswerResponse* response) override;
  Unary* SetLocalDescription(
      Context* context, const v1::SetLocalDescriptionRequest* request,
      v1::SetLocalDescriptionResponse* response) override;
  Unary* SetRemoteDescription(
      Context* context, const v1::SetRemoteDescriptionRequest* request,
      v1::SetRemoteDescriptionResponse* response) override;
  Unary* AddIceCandidates(Context* context,
                          const v1::AddIceCandidatesRequest* request,
                          v1::AddIceCandidatesResponse* response) override;
  Unary* RestartIce(Context* context, const v1::RestartIceRequest* request,
                    v1::RestartIceResponse* response) override;

  // peer_service_parts.cc: transceivers and data channels.
  Unary* AddTransceiver(Context* context,
                        const v1::AddTransceiverRequest* request,
                        v1::AddTransceiverResponse* response) override;
  Unary* UpdateTransceiver(Context* context,
                           const v1::UpdateTransceiverRequest* request,
                           v1::UpdateTransceiverResponse* response) override;
  Unary* StopTransceiver(Context* context,
                         const v1::StopTransceiverRequest* request,
                         v1::StopTransceiverResponse* response) override;
  Unary* CreateDataChannel(Context* context,
                           const v1::CreateDataChannelRequest* request,
                           v1::CreateDataChannelResponse* response) override;
  Unary* CloseDataChannel(Context* context,
                          const v1::CloseDataChannelRequest* request,
                          v1::CloseDataChannelResponse* response) override;

  // peer_service_tracks.cc: tracks, and what they can be made of.
  Unary* AddTrack(Context* context, const v1::AddTrackRequest* request,
                  v1::AddTrackResponse* response) override;
  Unary* RemoveTrack(Context* context, const v1::RemoveTrackRequest* request,
                     v1::RemoveTrackResponse* response) override;
  Unary* ReplaceTrack(Context* context, const v1::ReplaceTrackRequest* request,
                      v1::ReplaceTrackResponse* response) override;
  Unary* GetCapabilities(Context* context,
                         const v1::GetCapabilitiesRequest* request,
                         v1::GetCapabilitiesResponse* response) override;

  // peer_service_stats.cc
  Unary* GetStats(Context* context, const v1::GetStatsRequest* request,
                  v1::GetStatsResponse* response) override;

  // peer_service_composites.cc
  Unary* Offer(Context* context, const v1::OfferRequest* request,
               v1::OfferResponse* response) override;
  Unary* Answer(Context* context, const v1::AnswerRequest* request,
                v1::AnswerResponse* response) override;

 private:
  const Core& core_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_PEER_SERVICE_H_
