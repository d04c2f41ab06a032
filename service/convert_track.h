// Tracks on the wire: to Parley a name and a kind. Pure functions; see
// convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_TRACK_H_
#define PARLEY_SERVICE_CONVERT_TRACK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/random.h"
#include "core/jsep/transceivers.h"

namespace parley::v1 {
class AddTrackRequest;
class ReplaceTrackRequest;
}  // namespace parley::v1

namespace parley::service {

struct Track {
  jsep::MediaKind kind = jsep::MediaKind::kAudio;
  std::string id;  // empty: to be made
};

struct TrackInit {
  Track track;
  std::vector<std::string> stream_ids;
};
absl::StatusOr<TrackInit> FromProto(const v1::AddTrackRequest& request);

// The new track; nullopt: none.
absl::StatusOr<std::optional<Track>> FromProto(
    const v1::ReplaceTrackRequest& request);

// W3C addTrack and replaceTrack on the session.
absl::StatusOr<jsep::TransceiverId> Add(TrackInit init, jsep::Session& session,
                                        Random& random);
absl::Status Replace(std::optional<Track> track, jsep::TransceiverId id,
                     jsep::Session& session, Random& random);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_TRACK_H_
