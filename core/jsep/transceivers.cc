#include "core/jsep/transceivers.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/apply.h"
#include "core/jsep/encodings.h"
#include "core/jsep/simulcast.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

constexpr size_t kMaxTransceivers = 2048;
constexpr size_t kMaxIdCharacters = 64;  // RFC 8830 section 2

// The transceiver of an open session.
absl::StatusOr<Transceiver*> Find(Session& session, TransceiverId id,
                                  const char* operation) {
  absl::Status status = CheckOpen(session, operation);
  if (!status.ok()) return status;
  if (Transceiver* found = MutableTransceiver(session, id)) return found;
  return MakeError(Reason::kTransceiverUnknown,
                   std::string(operation) + ": no such transceiver",
                   {{"operation", operation}});
}

// The same, which must not be stopped or about to be.
absl::StatusOr<Transceiver*> FindLive(Session& session, TransceiverId id,
                                      const char* operation) {
  auto found = Find(session, id, operation);
  if (!found.ok() || !((*found)->stopping || (*found)->stopped)) return found;
  return MakeError(Reason::kTransceiverStopped,
                   std::string(operation) + ": the transceiver is stopped",
                   {{"operation", operation}});
}

absl::Status BadArgument(const char* field, std::string message) {
  return MakeError(Reason::kArgument, std::move(message), {{"field", field}});
}

absl::Status CheckTrackId(const std::string& id) {
  if (id.size() <= kMaxIdCharacters && sdp::IsToken(id)) {
    return absl::OkStatus();
  }
  return BadArgument("track_id", "a track id is a token of 1 to 64 characters");
}

absl::Status CheckStreamIds(std::vector<std::string>& ids) {
  std::vector<std::string> unique;
  for (std::string& id : ids) {
    if (id.size() > kMaxIdCharacters || !sdp::IsToken(id) || id == "-") {
      return BadArgument("streams",
                         "a stream id is a token of 1 to 64 characters");
    }
    if (std::find(unique.begin(), unique.end(), id) == unique.end()) {
      unique.push_back(std::move(id));
    }
  }
  ids = std::move(unique);
  return absl::OkStatus();
}

absl::Status CheckRoom(const Session& session, MediaKind kind) {
  if (session.configuration->capabilities->Of(kind).codecs.empty()) {
    return MakeError(Reason::kNotSupported,
                     "the peer connection is configured without codecs for " +
                         std::string(MediaKindName(kind)),
                     {{"field", "kind"}});
  }
  if (session.transceivers.size() < kMaxTransceivers) return absl::OkStatus();
  return MakeError(Reason::kLimitExceeded,
                   "a peer connection has at most 2048 transceivers",
                   {{"limit", std::to_string(kMaxTransceivers)}});
}

Transceiver& Append(Session& session, MediaKind kind) {
  Transceiver& made = session.transceivers.emplace_back();
  made.id = session.next_transceiver_id++;
  made.kind = kind;
  made.receiver_track_id = ReceiverTrackId(made.id);
  ++session.revision;
  return made;
}

// W3C addTrack: whether the sender may take the track.
bool IsReusable(const Transceiver& transceiver, MediaKind kind) {
  return transceiver.kind == kind && transceiver.track_id.empty() &&
         !transceiver.stopping && !transceiver.stopped &&
         !transceiver.was_sending;
}

absl::Status CheckPreferences(const KindCapabilities& capabilities,
                              const std::vector<Codec>& preferences) {
  bool media = false;
  for (const Codec& preference : preferences) {
    const bool rtx = RoleOf(preference) == CodecRole::kRetransmission;
    const bool known =
        std::any_of(capabilities.codecs.begin(), capabilities.codecs.end(),
                    [&](const Codec& codec) {
                      return rtx ? RoleOf(codec) == CodecRole::kRetransmission
                                 : SameCodec(codec, preference);
                    });
    if (!known) {
      return MakeError(Reason::kCodecPreferences,
                       "codec \"" + preference.name +
                           "\" is not among the capabilities of this kind",
                       {{"field", "codec_preferences"}});
    }
    media = media || RoleOf(preference) == CodecRole::kMedia;
  }
  if (media) return absl::OkStatus();
  return MakeError(Reason::kCodecPreferences,
                   "codec preferences need a codec that carries media, not "
                   "only rtx, red, fec, CN or telephone-event",
                   {{"field", "codec_preferences"}});
}

// The first of each; all rtx is one codec.
std::vector<Codec> WithoutDuplicates(std::vector<Codec> codecs) {
  std::vector<Codec> unique;
  for (Codec& codec : codecs) {
    const bool rtx = RoleOf(codec) == CodecRole::kRetransmission;
    const bool had =
        std::any_of(unique.begin(), unique.end(), [&](const Codec& one) {
          return rtx ? RoleOf(one) == CodecRole::kRetransmission
                     : SameCodec(one, codec);
        });
    if (!had) unique.push_back(std::move(codec));
  }
  return unique;
}

// W3C setParameters, "choosableCodecs": those negotiated, else those that may
// be.
const std::vector<Codec>& CodecsToChooseFrom(const Session& session,
                                             const Transceiver& transceiver) {
  if (transceiver.mline_index) {
    const Section& section = session.sections[*transceiver.mline_index];
    if (section.media != nullptr) return section.media->remote_codecs;
  }
  if (transceiver.codec_preferences) return *transceiver.codec_preferences;
  return session.configuration->capabilities->Of(transceiver.kind).codecs;
}

}  // namespace

std::string ReceiverTrackId(TransceiverId id) {
  return "receiver-" + std::to_string(id);
}

absl::StatusOr<TransceiverId> AddTransceiver(Session& session, MediaKind kind,
                                             TransceiverInit init, Random&) {
  absl::Status status = CheckOpen(session, "addTransceiver");
  if (status.ok()) status = CheckRoom(session, kind);
  if (status.ok()) status = CheckStreamIds(init.stream_ids);
  if (status.ok() && !init.track_id.empty()) {
    status = CheckTrackId(init.track_id);
  }
  if (status.ok()) {
    status = CheckNewEncodings(
        kind, session.configuration->capabilities->Of(kind), init.encodings);
  }
  if (!status.ok()) return status;
  Transceiver& made = Append(session, kind);
  made.direction = init.direction;
  made.stream_ids = std::move(init.stream_ids);
  made.encodings = std::move(init.encodings);
  made.track_id = std::move(init.track_id);
  return made.id;
}

absl::StatusOr<TransceiverId> AddTrack(Session& session, MediaKind kind,
                                       std::string track_id,
                                       std::vector<std::string> stream_ids,
                                       Random&) {
  absl::Status status = CheckOpen(session, "addTrack");
  if (status.ok()) status = CheckTrackId(track_id);
  if (status.ok()) status = CheckStreamIds(stream_ids);
  if (!status.ok()) return status;
  Transceiver* taken = nullptr;
  for (Transceiver& transceiver : session.transceivers) {
    if (transceiver.track_id == track_id && !transceiver.stopped) {
      return MakeError(
          Reason::kArgument, "addTrack: a sender has this track",
          {{"field", "track_id"}, {"dom_exception", "InvalidAccessError"}});
    }
    if (taken == nullptr && IsReusable(transceiver, kind)) {
      taken = &transceiver;
    }
  }
  if (taken) {
    taken->direction = MakeDirection(true, Receives(taken->direction));
    ++session.revision;
  } else {
    status = CheckRoom(session, kind);
    if (!status.ok()) return status;
    taken = &Append(session, kind);
    taken->made_by_add_track = true;
    taken->encodings = DefaultEncodings(kind);
  }
  taken->track_id = std::move(track_id);
  taken->stream_ids = std::move(stream_ids);
  taken->track_added = true;
  return taken->id;
}

absl::Status RemoveTrack(Session& session, TransceiverId id) {
  auto found = Find(session, id, "removeTrack");
  if (!found.ok()) return found.status();
  Transceiver& transceiver = **found;
  if (transceiver.track_id.empty() || transceiver.stopped) {
    return absl::OkStatus();
  }
  transceiver.track_id.clear();
  transceiver.direction = MakeDirection(false, Receives(transceiver.direction));
  ++session.revision;
  return absl::OkStatus();
}

absl::Status ReplaceTrack(Session& session, TransceiverId id,
                          std::string track_id) {
  auto found = FindLive(session, id, "replaceTrack");
  if (!found.ok()) return found.status();
  if (!track_id.empty()) {
    absl::Status status = CheckTrackId(track_id);
    if (!status.ok()) return status;
  }
  (*found)->track_id = std::move(track_id);
  return absl::OkStatus();
}

absl::Status SetDirection(Session& session, TransceiverId id,
                          Direction direction) {
  auto found = FindLive(session, id, "setDirection");
  if (!found.ok()) return found.status();
  if ((*found)->direction == direction) return absl::OkStatus();
  (*found)->direction = direction;
  ++session.revision;
  return absl::OkStatus();
}

absl::Status SetStreams(Session& session, TransceiverId id,
                        std::vector<std::string> stream_ids) {
  auto found = Find(session, id, "setStreams");
  if (!found.ok()) return found.status();
  absl::Status status = CheckStreamIds(stream_ids);
  if (!status.ok() || (*found)->stream_ids == stream_ids) return status;
  (*found)->stream_ids = std::move(stream_ids);
  ++session.revision;
  return absl::OkStatus();
}

absl::Status SetCodecPreferences(Session& session, TransceiverId id,
                                 std::vector<Codec> preferences) {
  auto found = Find(session, id, "setCodecPreferences");
  if (!found.ok()) return found.status();
  Transceiver& transceiver = **found;
  if (preferences.empty()) {
    transceiver.codec_preferences = nullptr;
    ++session.revision;
    return absl::OkStatus();
  }
  absl::Status status = CheckPreferences(
      session.configuration->capabilities->Of(transceiver.kind), preferences);
  if (!status.ok()) return status;
  transceiver.codec_preferences = std::make_shared<const std::vector<Codec>>(
      WithoutDuplicates(std::move(preferences)));
  ++session.revision;
  return absl::OkStatus();
}

absl::Status SetEncodings(Session& session, TransceiverId id,
                          std::vector<Encoding> encodings) {
  auto found = FindLive(session, id, "setParameters");
  if (!found.ok()) return found.status();
  Transceiver& transceiver = **found;
  absl::Status status =
      CheckNextEncodings(transceiver.kind, transceiver.encodings,
                         CodecsToChooseFrom(session, transceiver), encodings);
  if (!status.ok()) return status;
  // Descriptions tell which layers rest.
  if (PausedRids(encodings) != PausedRids(transceiver.encodings)) {
    ++session.revision;
  }
  transceiver.encodings = std::move(encodings);
  return absl::OkStatus();
}

absl::Status StopTransceiver(Session& session, TransceiverId id) {
  auto found = Find(session, id, "stop");
  if (!found.ok()) return found.status();
  Transceiver& transceiver = **found;
  if (transceiver.stopping) return absl::OkStatus();
  transceiver.stopping = true;
  // With no section there is nothing to negotiate.
  if (!transceiver.mline_index) StopNow(transceiver);
  ++session.revision;
  return absl::OkStatus();
}

}  // namespace parley::jsep
