// Transceivers and data channels.

#include <utility>

#include "core/base/errors.h"
#include "service/convert_basic.h"
#include "service/convert_configuration.h"
#include "service/convert_transceiver.h"
#include "service/peer_service.h"
#include "service/unary.h"

namespace parley::service {
namespace {

// Writes the transceiver that changed.
template <typename Response>
void WriteTransceiver(jsep::TransceiverId id, const peer::View& view,
                      Response& out) {
  if (const auto* one = jsep::FindTransceiver(view.session, id)) {
    ToProto(*one, view.info.name, out.mutable_transceiver());
  }
}

}  // namespace

PeerService::Unary* PeerService::AddTransceiver(
    Context* context, const v1::AddTransceiverRequest* request,
    v1::AddTransceiverResponse* response) {
  Change change(core_, "AddTransceiver", Named::kPeer, context, request,
                response);
  auto spec = FromProto(request->transceiver(), "transceiver");
  absl::Status status = change.status();
  status.Update(spec.status());
  if (!status.ok()) return change.Refuse(status);
  change.peer().ChangeTransceiver(
      change.TakeCall(),
      [spec = *std::move(spec)](jsep::Session& session,
                                Random& random) mutable {
        return Add(std::move(spec), session, random);
      },
      change.Answer<jsep::TransceiverId>(
          WriteTransceiver<v1::AddTransceiverResponse>));
  return change.reactor();
}

PeerService::Unary* PeerService::UpdateTransceiver(
    Context* context, const v1::UpdateTransceiverRequest* request,
    v1::UpdateTransceiverResponse* response) {
  Change change(core_, "UpdateTransceiver", Named::kTransceiver, context,
                request, response);
  auto update = FromProto(*request);
  absl::Status status = change.status();
  status.Update(update.status());
  if (!status.ok()) return change.Refuse(status);
  change.peer().ChangeTransceiver(
      change.TakeCall(),
      [update = *std::move(update), id = change.child()](
          jsep::Session& session,
          Random&) mutable -> absl::StatusOr<jsep::TransceiverId> {
        const absl::Status applied = Apply(std::move(update), id, session);
        if (!applied.ok()) return applied;
        return id;
      },
      change.Answer<jsep::TransceiverId>(
          WriteTransceiver<v1::UpdateTransceiverResponse>));
  return change.reactor();
}

PeerService::Unary* PeerService::StopTransceiver(
    Context* context, const v1::StopTransceiverRequest* request,
    v1::StopTransceiverResponse* response) {
  Change change(core_, "StopTransceiver", Named::kTransceiver, context, request,
                response);
  if (!change.status().ok()) return change.Refuse(change.status());
  change.peer().ChangeTransceiver(
      change.TakeCall(),
      [id = change.child()](jsep::Session& session,
                            Random&) -> absl::StatusOr<jsep::TransceiverId> {
        const absl::Status stopped = jsep::StopTransceiver(session, id);
        if (!stopped.ok()) return stopped;
        return id;
      },
      change.Answer<jsep::TransceiverId>([](jsep::TransceiverId,
                                            const peer::View&,
                                            v1::StopTransceiverResponse&) {}));
  return change.reactor();
}

PeerService::Unary* PeerService::CreateDataChannel(
    Context* context, const v1::CreateDataChannelRequest* request,
    v1::CreateDataChannelResponse* response) {
  Change change(core_, "CreateDataChannel", Named::kPeer, context, request,
                response);
  auto spec = FromProto(request->data_channel(), "data_channel");
  absl::Status status = change.status();
  status.Update(spec.status());
  if (!status.ok()) return change.Refuse(status);
  change.peer().CreateDataChannel(
      change.TakeCall(), *std::move(spec),
      change.Answer<sctp::ChannelKey>(
          [&peer = change.peer()](sctp::ChannelKey key, const peer::View& view,
                                  v1::CreateDataChannelResponse& out) {
            if (const auto* channel = peer.channels().Find(key)) {
              ToProto(*channel, view.info.name, out.mutable_data_channel());
            }
          }));
  return change.reactor();
}

PeerService::Unary* PeerService::CloseDataChannel(
    Context* context, const v1::CloseDataChannelRequest* request,
    v1::CloseDataChannelResponse* response) {
  Change change(core_, "CloseDataChannel", Named::kDataChannel, context,
                request, response);
  const auto key = ToChannelKey(change.child());
  absl::Status status = change.status();
  status.Update(key.status());
  if (!status.ok()) return change.Refuse(status);
  change.peer().CloseDataChannel(change.TakeCall(), *key, change.Answer());
  return change.reactor();
}

}  // namespace parley::service
