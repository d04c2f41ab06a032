// Peers: create, show, list, update, close, watch.

#include "service/peer_service.h"

#include <memory>
#include <string>
#include <utility>

#include "core/base/errors.h"
#include "service/convert_basic.h"
#include "service/convert_configuration.h"
#include "service/peer_list.h"
#include "service/peer_watch.h"
#include "service/peers_watch.h"
#include "service/unary.h"

namespace parley::service {
namespace {

constexpr size_t kMaxDetailBytes = 256;

// On the strand. With a request_id: the reply that the first call got.
absl::Status AnswerCreation(const std::string& request_id, uint64_t hash,
                            peer::Peer& peer, const peer::View& view,
                            const Core& core,
                            v1::CreatePeerResponse* response) {
  if (!request_id.empty()) {
    const auto before = peer.replies().Find(request_id, hash);
    if (!before.ok()) return before.status();
    if (*before != nullptr) {
      response->ParseFromString(**before);
      return absl::OkStatus();
    }
  }
  ToProto(view, v1::PEER_VIEW_BASIC, core.shown, response->mutable_peer());
  if (!request_id.empty()) {
    peer.replies().StoreFirst(request_id, hash, response->SerializeAsString());
  }
  return absl::OkStatus();
}

}  // namespace

PeerService::Unary* PeerService::CreatePeer(
    Context* context, const v1::CreatePeerRequest* request,
    v1::CreatePeerResponse* response) {
  const Ending ending(core_, "CreatePeer", "", context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  const std::string& id = request->request_id();
  auto init = FromProto(*request, core_.options);
  absl::Status status = CheckRequestId(id);
  status.Update(init.status());
  if (!status.ok()) return ending.FinishNow(status);
  const uint64_t hash = id.empty() ? 0 : HashMessage(*request);
  bool made = false;
  const auto peer = core_.pool.Create(ending.caller().tenant, *std::move(init),
                                      id, hash, &made);
  if (!peer.ok()) return ending.FinishNow(InConfiguration(peer.status()));
  if (made) ending.NoteCreated(**peer);
  (*peer)->Read(
      [ending, &id, hash, &peer = **peer, response](const peer::View& view) {
        ending.Finish(
            AnswerCreation(id, hash, peer, view, ending.core(), response));
      });
  return ending.reactor();
}

PeerService::Unary* PeerService::GetPeer(Context* context,
                                         const v1::GetPeerRequest* request,
                                         v1::GetPeerResponse* response) {
  const Ending ending(core_, "GetPeer", request->name(), context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  const auto subject =
      Find(core_.pool, ending.caller(), Named::kPeer, request->name());
  if (!subject.ok()) return ending.FinishNow(subject.status());
  subject->peer->Read([ending, request, response](const peer::View& view) {
    ToProto(view, request->view(), ending.core().shown,
            response->mutable_peer());
    ending.Finish(absl::OkStatus());
  });
  return ending.reactor();
}

PeerService::Unary* PeerService::ListPeers(Context* context,
                                           const v1::ListPeersRequest* request,
                                           v1::ListPeersResponse* response) {
  const Ending ending(core_, "ListPeers", "", context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  List(core_, *ending.caller().tenant, *request, response,
       [ending](const absl::Status& status) { ending.Finish(status); });
  return ending.reactor();
}

PeerService::Unary* PeerService::UpdatePeer(
    Context* context, const v1::UpdatePeerRequest* request,
    v1::UpdatePeerResponse* response) {
  Change change(core_, "UpdatePeer", Named::kPeer, context, request, response);
  auto update = FromProto(*request, core_.options);
  absl::Status status = change.status();
  status.Update(update.status());
  if (!status.ok()) return change.Refuse(status);
  auto answer = change.Answer(
      [&core = core_](const peer::View& view, v1::UpdatePeerResponse& out) {
        ToProto(view, v1::PEER_VIEW_BASIC, core.shown, out.mutable_peer());
      });
  change.peer().Update(
      change.TakeCall(), *std::move(update),
      [answer = std::move(answer)](absl::Status status,
                                   const peer::View& view) mutable {
        answer(InConfiguration(std::move(status)), view);
      });
  return change.reactor();
}

PeerService::Unary* PeerService::ClosePeer(Context* context,
                                           const v1::ClosePeerRequest* request,
                                           v1::ClosePeerResponse* response) {
  const Ending ending(core_, "ClosePeer", request->name(), context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  absl::Status status = CheckRequestId(request->request_id());
  status.Update(
      CheckLimit("detail", request->detail().size(), "bytes", kMaxDetailBytes));
  if (!status.ok()) return ending.FinishNow(status);
  const auto subject =
      Find(core_.pool, ending.caller(), Named::kPeer, request->name());
  if (!subject.ok()) return ending.FinishNow(subject.status());
  subject->peer->Close(peer::CloseReason::kRequested, request->detail(),
                       [ending, response](const peer::View& view) {
                         ToProto(view, v1::PEER_VIEW_BASIC, ending.core().shown,
                                 response->mutable_peer());
                         ending.Finish(absl::OkStatus());
                       });
  return ending.reactor();
}

grpc::ServerWriteReactor<v1::WatchPeerResponse>* PeerService::WatchPeer(
    Context* context, const v1::WatchPeerRequest* request) {
  return PeerWatch::Start(core_, *context, *request);
}

grpc::ServerWriteReactor<v1::WatchPeersResponse>* PeerService::WatchPeers(
    Context* context, const v1::WatchPeersRequest* request) {
  return PeersWatch::Start(core_, *context, *request);
}

}  // namespace parley::service
