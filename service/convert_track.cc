#include "service/convert_track.h"

#include <utility>

#include "parley/v1/transceiver.pb.h"
#include "parley/v1/transceiver_calls.pb.h"
#include "service/convert_basic.h"
#include "service/convert_transceiver.h"

namespace parley::service {
namespace {

constexpr size_t kTrackIdCharacters = 24;

absl::StatusOr<Track> ReadTrack(const v1::Track& in) {
  const auto kind = FromProto(in.kind(), "track.kind");
  if (!kind.ok()) return kind.status();
  return Track{.kind = *kind, .id = in.id()};
}

std::string TakeId(Track track, Random& random) {
  return track.id.empty() ? random.Token(kTrackIdCharacters)
                          : std::move(track.id);
}

}  // namespace

absl::StatusOr<TrackInit> FromProto(const v1::AddTrackRequest& request) {
  auto track = ReadTrack(request.track());
  if (!track.ok()) return track.status();
  const auto streams = static_cast<size_t>(request.streams_size());
  if (absl::Status fits =
          CheckLimit("streams", streams, "streams", kMaxStreams);
      !fits.ok()) {
    return fits;
  }
  return TrackInit{
      .track = *std::move(track),
      .stream_ids = {request.streams().begin(), request.streams().end()}};
}

absl::StatusOr<std::optional<Track>> FromProto(
    const v1::ReplaceTrackRequest& request) {
  if (!request.has_track()) return std::nullopt;
  auto track = ReadTrack(request.track());
  if (!track.ok()) return track.status();
  return std::optional<Track>(*std::move(track));
}

absl::StatusOr<jsep::TransceiverId> Add(TrackInit init, jsep::Session& session,
                                        Random& random) {
  const jsep::MediaKind kind = init.track.kind;
  auto id = jsep::AddTrack(session, kind, TakeId(std::move(init.track), random),
                           std::move(init.stream_ids), random);
  if (id.ok()) return id;
  return RenameField(RenameField(id.status(), "track_id", "track.id"), "kind",
                     "track.kind");
}

absl::Status Replace(std::optional<Track> track, jsep::TransceiverId id,
                     jsep::Session& session, Random& random) {
  std::string track_id;
  if (track) {
    const auto* transceiver = jsep::FindTransceiver(session, id);
    if (transceiver != nullptr && transceiver->kind != track->kind) {
      return BadField("track.kind", "is not the kind of the transceiver");
    }
    track_id = TakeId(*std::move(track), random);
  }
  return RenameField(jsep::ReplaceTrack(session, id, std::move(track_id)),
                     "track_id", "track.id");
}

}  // namespace parley::service
