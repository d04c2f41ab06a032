// Tracks, and what they can be made of.

#include <utility>

#include "core/jsep/codecs.h"
#include "service/convert_track.h"
#include "service/convert_transceiver.h"
#include "service/peer_service.h"
#include "service/unary.h"

namespace parley::service {

PeerService::Unary* PeerService::AddTrack(Context* context,
                                          const v1::AddTrackRequest* request,
                                          v1::AddTrackResponse* response) {
  Change change(core_, "AddTrack", Named::kPeer, context, request, response);
  auto init = FromProto(*request);
  absl::Status status = change.status();
  status.Update(init.status());
  if (!status.ok()) return change.Refuse(status);
  change.peer().ChangeTransceiver(
      change.TakeCall(),
      [init = *std::move(init)](jsep::Session& session,
                                Random& random) mutable {
        return Add(std::move(init), session, random);
      },
      change.Answer<jsep::TransceiverId>([](jsep::TransceiverId id,
                                            const peer::View& view,
                                            v1::AddTrackResponse& out) {
        if (const auto* one = jsep::FindTransceiver(view.session, id)) {
          ToProto(*one, view.info.name, out.mutable_transceiver());
        }
      }));
  return change.reactor();
}

PeerService::Unary* PeerService::RemoveTrack(
    Context* context, const v1::RemoveTrackRequest* request,
    v1::RemoveTrackResponse* response) {
  Change change(core_, "RemoveTrack", Named::kTransceiver, context, request,
                response);
  if (!change.status().ok()) return change.Refuse(change.status());
  change.peer().ChangeTransceiver(
      change.TakeCall(),
      [id = change.child()](jsep::Session& session,
                            Random&) -> absl::StatusOr<jsep::TransceiverId> {
        const absl::Status removed = jsep::RemoveTrack(session, id);
        if (!removed.ok()) return removed;
        return id;
      },
      change.Answer<jsep::TransceiverId>([](jsep::TransceiverId,
                                            const peer::View&,
                                            v1::RemoveTrackResponse&) {}));
  return change.reactor();
}

PeerService::Unary* PeerService::ReplaceTrack(
    Context* context, const v1::ReplaceTrackRequest* request,
    v1::ReplaceTrackResponse* response) {
  Change change(core_, "ReplaceTrack", Named::kTransceiver, context, request,
                response);
  auto track = FromProto(*request);
  absl::Status status = change.status();
  status.Update(track.status());
  if (!status.ok()) return change.Refuse(status);
  change.peer().ChangeTransceiver(
      change.TakeCall(),
      [track = *std::move(track), id = change.child()](
          jsep::Session& session,
          Random& random) mutable -> absl::StatusOr<jsep::TransceiverId> {
        const absl::Status replaced =
            Replace(std::move(track), id, session, random);
        if (!replaced.ok()) return replaced;
        return id;
      },
      change.Answer<jsep::TransceiverId>([](jsep::TransceiverId,
                                            const peer::View&,
                                            v1::ReplaceTrackResponse&) {}));
  return change.reactor();
}

PeerService::Unary* PeerService::GetCapabilities(
    Context* context, const v1::GetCapabilitiesRequest* request,
    v1::GetCapabilitiesResponse* response) {
  const Ending ending(core_, "GetCapabilities", request->name(), context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  const auto kind = FromProto(request->kind(), "kind");
  if (!kind.ok()) return ending.FinishNow(kind.status());
  if (request->name().empty()) {
    const auto& capabilities = core_.options.media
                                   ? core_.options.media->capabilities()
                                   : jsep::DefaultCapabilities();
    ToProto(capabilities->Of(*kind), *kind, response);
    return ending.FinishNow(absl::OkStatus());
  }
  const auto subject =
      Find(core_.pool, ending.caller(), Named::kPeer, request->name());
  if (!subject.ok()) return ending.FinishNow(subject.status());
  subject->peer->Read([ending, kind = *kind, response](const peer::View& view) {
    ToProto(view.session.configuration->capabilities->Of(kind), kind, response);
    ending.Finish(absl::OkStatus());
  });
  return ending.reactor();
}

}  // namespace parley::service
