#include "service/convert_transceiver.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/pool/names.h"
#include "parley/v1/transceiver.pb.h"
#include "parley/v1/transceiver_calls.pb.h"
#include "service/convert_basic.h"

namespace parley::service {
namespace {

constexpr size_t kMaxEncodings = 8;
constexpr size_t kMaxCodecs = 64;
constexpr size_t kMaxMimeTypeBytes = 64;
constexpr size_t kMaxFmtpBytes = 1024;

using jsep::Direction;
using jsep::MediaKind;

static_assert(ToWire<v1::MediaKind>(MediaKind::kVideo) == v1::MEDIA_KIND_VIDEO);
static_assert(ToWire<v1::TransceiverDirection>(Direction::kSendRecv) ==
              v1::TRANSCEIVER_DIRECTION_SENDRECV);
static_assert(ToWire<v1::TransceiverDirection>(Direction::kSendOnly) ==
              v1::TRANSCEIVER_DIRECTION_SENDONLY);
static_assert(ToWire<v1::TransceiverDirection>(Direction::kRecvOnly) ==
              v1::TRANSCEIVER_DIRECTION_RECVONLY);
static_assert(ToWire<v1::TransceiverDirection>(Direction::kInactive) ==
              v1::TRANSCEIVER_DIRECTION_INACTIVE);

// UNSPECIFIED stands for `fallback`.
absl::StatusOr<Direction> ReadDirection(v1::TransceiverDirection direction,
                                        Direction fallback,
                                        std::string_view field) {
  if (direction == v1::TRANSCEIVER_DIRECTION_UNSPECIFIED) return fallback;
  if (direction == v1::TRANSCEIVER_DIRECTION_STOPPED) {
    return BadField(field, "cannot be STOPPED; StopTransceiver stops");
  }
  if (!v1::TransceiverDirection_IsValid(direction)) {
    return BadField(field, "is no direction that is known here");
  }
  return FromWire<Direction>(direction);
}

struct ReadCodec {
  MediaKind kind = MediaKind::kAudio;
  jsep::Codec codec;
};

absl::StatusOr<ReadCodec> Read(const v1::RtpCodec& in, std::string_view field) {
  const std::string& type = in.mime_type();
  if (type.size() > kMaxMimeTypeBytes) {
    return TooMuch(absl::StrCat(ToAbsl(field), ".mime_type"), type.size(),
                   "bytes", kMaxMimeTypeBytes);
  }
  const size_t slash = type.find('/');
  const std::string kind = absl::AsciiStrToLower(type.substr(0, slash));
  if (slash == std::string::npos || slash + 1 == type.size() ||
      (kind != "audio" && kind != "video")) {
    return BadField(absl::StrCat(ToAbsl(field), ".mime_type"),
                    "is not of the form audio/NAME or video/NAME");
  }
  if (in.sdp_fmtp_line().size() > kMaxFmtpBytes) {
    return TooMuch(absl::StrCat(ToAbsl(field), ".sdp_fmtp_line"),
                   in.sdp_fmtp_line().size(), "bytes", kMaxFmtpBytes);
  }
  return ReadCodec{
      .kind = kind == "audio" ? MediaKind::kAudio : MediaKind::kVideo,
      .codec = {.name = type.substr(slash + 1),
                .clock_rate = in.clock_rate(),
                .channels = in.has_channels() ? in.channels() : 1,
                .fmtp = in.sdp_fmtp_line()}};
}

struct Preferences {
  std::vector<jsep::Codec> codecs;
  std::optional<MediaKind> kind;
};

template <typename Codecs>
absl::StatusOr<Preferences> ReadPreferences(const Codecs& in,
                                            std::string_view field) {
  if (absl::Status fits = CheckLimit(field, static_cast<size_t>(in.size()),
                                     "codecs", kMaxCodecs);
      !fits.ok()) {
    return fits;
  }
  Preferences out;
  for (int i = 0; i < in.size(); ++i) {
    const std::string path = FieldPath(field, static_cast<size_t>(i));
    absl::StatusOr<ReadCodec> read = Read(in[i], path);
    if (!read.ok()) return read.status();
    if (out.kind.value_or(read->kind) != read->kind) {
      return BadField(path, "is of another kind than the codecs before it");
    }
    out.kind = read->kind;
    out.codecs.push_back(std::move(read->codec));
  }
  return out;
}

jsep::Encoding Read(const v1::RtpEncodingParameters& in) {
  jsep::Encoding out{.rid = in.rid()};
  if (in.has_active()) out.active = in.active();
  if (in.has_max_bitrate()) out.max_bitrate = in.max_bitrate();
  if (in.has_max_framerate()) out.max_framerate = in.max_framerate();
  if (in.has_scale_resolution_down_by()) {
    out.scale_resolution_down_by = in.scale_resolution_down_by();
  }
  return out;
}

void Write(const jsep::Codec& codec, MediaKind kind, v1::RtpCodec* out) {
  out->set_mime_type(
      absl::StrCat(ToAbsl(jsep::MediaKindName(kind)), "/", codec.name));
  out->set_clock_rate(codec.clock_rate);
  if (kind == MediaKind::kAudio) out->set_channels(codec.channels);
  if (!codec.fmtp.empty()) out->set_sdp_fmtp_line(codec.fmtp);
}

void Write(const jsep::Encoding& encoding, v1::RtpEncodingParameters* out) {
  out->set_rid(encoding.rid);
  out->set_active(encoding.active);
  if (encoding.max_bitrate) {
    out->set_max_bitrate(static_cast<uint32_t>(*encoding.max_bitrate));
  }
  if (encoding.max_framerate) out->set_max_framerate(*encoding.max_framerate);
  if (encoding.scale_resolution_down_by) {
    out->set_scale_resolution_down_by(*encoding.scale_resolution_down_by);
  }
}

absl::Status CheckKind(MediaKind codecs, const jsep::Session& session,
                       jsep::TransceiverId id) {
  const jsep::Transceiver* transceiver = jsep::FindTransceiver(session, id);
  if (!transceiver || transceiver->kind == codecs) return absl::OkStatus();
  return MakeError(Reason::kCodecPreferences,
                   absl::StrCat("codec_preferences has codecs of ",
                                ToAbsl(jsep::MediaKindName(codecs)),
                                " for a transceiver of ",
                                ToAbsl(jsep::MediaKindName(transceiver->kind))),
                   {{"field", "codec_preferences"}});
}

}  // namespace

absl::StatusOr<MediaKind> FromProto(v1::MediaKind kind,
                                    std::string_view field) {
  if (kind != v1::MEDIA_KIND_AUDIO && kind != v1::MEDIA_KIND_VIDEO) {
    return BadField(field, "is neither MEDIA_KIND_AUDIO nor MEDIA_KIND_VIDEO");
  }
  return FromWire<MediaKind>(kind);
}

void ToProto(const jsep::KindCapabilities& capabilities, MediaKind kind,
             v1::GetCapabilitiesResponse* out) {
  bool rtx = false;
  for (const jsep::Codec& codec : capabilities.codecs) {
    if (jsep::RoleOf(codec) != jsep::CodecRole::kRetransmission) {
      Write(codec, kind, out->add_codecs());
    } else if (!std::exchange(rtx, true)) {
      v1::RtpCodec* entry = out->add_codecs();
      Write(codec, kind, entry);
      entry->clear_sdp_fmtp_line();
    }
  }
  for (const jsep::HeaderExtension& extension : capabilities.extensions) {
    out->add_header_extensions()->set_uri(extension.uri);
  }
}

void ToProto(const jsep::Transceiver& transceiver, std::string_view peer,
             v1::Transceiver* out) {
  out->set_name(pool::TransceiverName(peer, transceiver.id));
  if (transceiver.mid) out->set_mid(*transceiver.mid);
  out->set_kind(ToWire<v1::MediaKind>(transceiver.kind));
  out->set_direction(
      transceiver.stopping || transceiver.stopped
          ? v1::TRANSCEIVER_DIRECTION_STOPPED
          : ToWire<v1::TransceiverDirection>(transceiver.direction));
  if (transceiver.stopped) {
    out->set_current_direction(v1::TRANSCEIVER_DIRECTION_STOPPED);
  } else if (transceiver.current_direction) {
    out->set_current_direction(
        ToWire<v1::TransceiverDirection>(*transceiver.current_direction));
  }
  out->set_stopping(transceiver.stopping);
  out->set_stopped(transceiver.stopped);
  for (const std::string& stream : transceiver.stream_ids) {
    out->add_streams(stream);
  }
  for (const std::string& stream : transceiver.remote_stream_ids) {
    out->add_remote_streams(stream);
  }
  if (!transceiver.track_id.empty()) {
    out->set_sender_track(transceiver.track_id);
  }
  out->set_receiver_track(transceiver.receiver_track_id);
  if (transceiver.codec_preferences) {
    for (const jsep::Codec& codec : *transceiver.codec_preferences) {
      Write(codec, transceiver.kind, out->add_codec_preferences());
    }
  }
  for (const jsep::Encoding& encoding : transceiver.encodings) {
    Write(encoding, out->add_send_encodings());
  }
}

absl::StatusOr<peer::TransceiverSpec> FromProto(const v1::TransceiverInit& init,
                                                std::string_view field) {
  const auto path = [field](std::string_view name) {
    return absl::StrCat(ToAbsl(field), ".", ToAbsl(name));
  };
  const auto kind = FromProto(init.kind(), path("kind"));
  if (!kind.ok()) return kind.status();
  const auto direction =
      ReadDirection(init.direction(), Direction::kSendRecv, path("direction"));
  if (!direction.ok()) return direction.status();
  for (const absl::Status& fits :
       {CheckLimit(path("streams"), static_cast<size_t>(init.streams_size()),
                   "streams", kMaxStreams),
        CheckLimit(path("send_encodings"),
                   static_cast<size_t>(init.send_encodings_size()), "encodings",
                   kMaxEncodings)}) {
    if (!fits.ok()) return fits;
  }
  auto preferences =
      ReadPreferences(init.codec_preferences(), path("codec_preferences"));
  if (!preferences.ok()) return preferences.status();
  if (preferences->kind.value_or(*kind) != *kind) {
    return MakeError(Reason::kCodecPreferences,
                     path("codec_preferences") + " has codecs of another kind",
                     {{"field", path("codec_preferences")}});
  }
  peer::TransceiverSpec spec{
      .kind = *kind,
      .init = {.direction = *direction,
               .stream_ids = {init.streams().begin(), init.streams().end()}},
      .codec_preferences = std::move(preferences->codecs)};
  for (const auto& encoding : init.send_encodings()) {
    spec.init.encodings.push_back(Read(encoding));
  }
  return spec;
}

absl::StatusOr<jsep::TransceiverId> Add(peer::TransceiverSpec spec,
                                        jsep::Session& session,
                                        Random& random) {
  const auto id =
      jsep::AddTransceiver(session, spec.kind, std::move(spec.init), random);
  if (!id.ok() || spec.codec_preferences.empty()) return id;
  const absl::Status preferred = jsep::SetCodecPreferences(
      session, *id, std::move(spec.codec_preferences));
  if (!preferred.ok()) return preferred;
  return id;
}

absl::StatusOr<TransceiverUpdate> FromProto(
    const v1::UpdateTransceiverRequest& request) {
  bool direction = request.direction() != v1::TRANSCEIVER_DIRECTION_UNSPECIFIED;
  bool codecs = request.codec_preferences_size() > 0;
  bool streams = request.streams_size() > 0;
  bool encodings = request.send_encodings_size() > 0;
  if (request.has_update_mask()) {
    direction = codecs = streams = encodings = false;
    for (const std::string& path : request.update_mask().paths()) {
      if (path == "direction") {
        direction = true;
      } else if (path == "codec_preferences") {
        codecs = true;
      } else if (path == "streams") {
        streams = true;
      } else if (path == "send_encodings") {
        encodings = true;
      } else {
        return BadField("update_mask",
                        "names a field that cannot be changed: direction, "
                        "codec_preferences, streams and send_encodings can");
      }
    }
  }
  if (encodings) {
    return MakeError(Reason::kNotBuilt,
                     "changing send_encodings is not built yet",
                     {{"field", "send_encodings"}});
  }
  TransceiverUpdate update;
  if (direction) {
    if (request.direction() == v1::TRANSCEIVER_DIRECTION_UNSPECIFIED) {
      return BadField("direction", "is named by update_mask and missing");
    }
    const auto read =
        ReadDirection(request.direction(), Direction::kSendRecv, "direction");
    if (!read.ok()) return read.status();
    update.direction = *read;
  }
  if (codecs) {
    auto read =
        ReadPreferences(request.codec_preferences(), "codec_preferences");
    if (!read.ok()) return read.status();
    update.codec_preferences = std::move(read->codecs);
    update.codecs_kind = read->kind;
  }
  if (streams) {
    if (absl::Status fits =
            CheckLimit("streams", static_cast<size_t>(request.streams_size()),
                       "streams", kMaxStreams);
        !fits.ok()) {
      return fits;
    }
    update.streams.emplace(request.streams().begin(), request.streams().end());
  }
  return update;
}

absl::Status Apply(TransceiverUpdate update, jsep::TransceiverId id,
                   jsep::Session& session) {
  absl::Status status;
  if (update.direction) {
    status.Update(jsep::SetDirection(session, id, *update.direction));
  }
  if (update.codecs_kind) {
    status.Update(CheckKind(*update.codecs_kind, session, id));
  }
  if (update.codec_preferences) {
    status.Update(jsep::SetCodecPreferences(
        session, id, *std::move(update.codec_preferences)));
  }
  if (update.streams) {
    status.Update(jsep::SetStreams(session, id, *std::move(update.streams)));
  }
  // A transceiver that is not there is an error even when nothing changes.
  if (!jsep::FindTransceiver(session, id)) {
    status.Update(MakeError(Reason::kTransceiverUnknown,
                            "the peer has no such transceiver; GetPeer shows "
                            "those it has",
                            {{"field", "name"}}));
  }
  return status;
}

}  // namespace parley::service
