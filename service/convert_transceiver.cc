#include "service/convert_transceiver.h"

#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/pool/names.h"
#include "parley/v1/data_channel.pb.h"
#include "parley/v1/transceiver.pb.h"
#include "parley/v1/transceiver_calls.pb.h"
#include "service/convert_basic.h"

namespace parley::service {
namespace {

constexpr size_t kMaxEncodings = 8;
constexpr size_t kMaxCodecs = 64;
constexpr size_t kMaxMimeTypeBytes = 64;
constexpr size_t kMaxFmtpBytes = 1024;
constexpr size_t kMaxTransactionIdBytes = 64;

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
    auto read = ReadCodec(in[i], path);
    if (!read.ok()) return read.status();
    if (out.kind.value_or(read->kind) != read->kind) {
      return BadField(path, "is of another kind than the codecs before it");
    }
    out.kind = read->kind;
    out.codecs.push_back(std::move(read->codec));
  }
  return out;
}

absl::StatusOr<jsep::Priority> ReadPriority(v1::Priority priority,
                                            std::string_view field) {
  if (priority == v1::PRIORITY_UNSPECIFIED) return jsep::Priority::kLow;
  if (!v1::Priority_IsValid(priority)) {
    return BadField(field, "is no priority that is known here");
  }
  return FromWire<jsep::Priority>(priority);
}

absl::StatusOr<jsep::Encoding> Read(const v1::RtpEncodingParameters& in,
                                    const std::string& field) {
  jsep::Encoding out{.rid = in.rid()};
  const auto priority = ReadPriority(in.priority(), field + ".priority");
  if (!priority.ok()) return priority.status();
  out.priority = *priority;
  const auto network =
      ReadPriority(in.network_priority(), field + ".network_priority");
  if (!network.ok()) return network.status();
  out.network_priority = *network;
  if (in.has_codec()) {
    auto codec = ReadCodec(in.codec(), field + ".codec");
    if (!codec.ok()) return codec.status();
    out.codec = std::move(codec->codec);
  }
  if (in.has_active()) out.active = in.active();
  if (in.has_max_bitrate()) out.max_bitrate = in.max_bitrate();
  if (in.has_max_framerate()) out.max_framerate = in.max_framerate();
  if (in.has_scale_resolution_down_by()) {
    out.scale_resolution_down_by = in.scale_resolution_down_by();
  }
  return out;
}

template <typename Encodings>
absl::StatusOr<std::vector<jsep::Encoding>> ReadEncodings(
    const Encodings& in, std::string_view field) {
  if (absl::Status fits = CheckLimit(field, static_cast<size_t>(in.size()),
                                     "encodings", kMaxEncodings);
      !fits.ok()) {
    return fits;
  }
  std::vector<jsep::Encoding> out;
  for (int i = 0; i < in.size(); ++i) {
    auto read = Read(in[i], FieldPath(field, static_cast<size_t>(i)));
    if (!read.ok()) return read.status();
    out.push_back(*std::move(read));
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

void Write(const jsep::Encoding& encoding, MediaKind kind,
           v1::RtpEncodingParameters* out) {
  out->set_rid(encoding.rid);
  out->set_active(encoding.active);
  out->set_priority(ToWire<v1::Priority>(encoding.priority));
  out->set_network_priority(ToWire<v1::Priority>(encoding.network_priority));
  if (encoding.codec) Write(*encoding.codec, kind, out->mutable_codec());
  if (encoding.max_bitrate) {
    out->set_max_bitrate(static_cast<uint32_t>(*encoding.max_bitrate));
  }
  if (encoding.max_framerate) out->set_max_framerate(*encoding.max_framerate);
  if (encoding.scale_resolution_down_by) {
    out->set_scale_resolution_down_by(*encoding.scale_resolution_down_by);
  }
}

// W3C transactionId: tells one set of encodings from another, by what they say.
std::string TransactionId(const std::vector<jsep::Encoding>& encodings) {
  size_t hash = encodings.size();
  for (const jsep::Encoding& e : encodings) {
    hash =
        absl::HashOf(hash, e.rid, e.active, e.priority, e.network_priority,
                     e.max_bitrate.value_or(-1), e.max_framerate.value_or(-1),
                     e.scale_resolution_down_by.value_or(-1));
    if (e.codec) {
      hash = absl::HashOf(hash, e.codec->name, e.codec->clock_rate,
                          e.codec->channels, e.codec->fmtp);
    }
  }
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

absl::Status CheckTransaction(const std::string& expected,
                              const jsep::Session& session,
                              jsep::TransceiverId id) {
  const jsep::Transceiver* transceiver = jsep::FindTransceiver(session, id);
  if (expected.empty() || !transceiver) return absl::OkStatus();
  const std::string now = TransactionId(transceiver->encodings);
  if (now == expected) return absl::OkStatus();
  return MakeError(Reason::kParametersStale,
                   "the encodings have changed since they were read; read them "
                   "again, and change those",
                   {{"field", "transaction_id"}, {"transaction_id", now}});
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

absl::StatusOr<KindedCodec> ReadCodec(const v1::RtpCodec& in,
                                      std::string_view field) {
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
  return KindedCodec{
      .kind = kind == "audio" ? MediaKind::kAudio : MediaKind::kVideo,
      .codec = {.name = type.substr(slash + 1),
                .clock_rate = in.clock_rate(),
                .channels = in.has_channels() ? in.channels() : 1,
                .fmtp = in.sdp_fmtp_line()}};
}

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
    Write(encoding, transceiver.kind, out->add_send_encodings());
  }
  out->set_transaction_id(TransactionId(transceiver.encodings));
}

void ToProto(const jsep::Section& section, MediaKind kind,
             v1::NegotiatedMedia* out) {
  const jsep::MediaParameters& media = *section.media;
  const auto write = [kind](const jsep::Codec& codec,
                            v1::RtpCodecParameters* to) {
    Write(codec, kind, to->mutable_codec());
    to->set_payload_type(codec.payload_type);
    for (const std::string& one : codec.rtcp_feedback) {
      to->add_rtcp_feedback(one);
    }
  };
  for (const auto& codec : media.remote_codecs) {
    write(codec, out->add_send_codecs());
  }
  for (const auto& codec : media.local_codecs) {
    write(codec, out->add_receive_codecs());
  }
  for (const sdp::ExtMap& extension : media.extensions) {
    v1::RtpHeaderExtensionParameters* to = out->add_header_extensions();
    to->set_uri(extension.uri);
    to->set_id(extension.id);
    if (extension.direction) {
      to->set_direction(ToWire<v1::TransceiverDirection>(*extension.direction));
    }
  }
  out->set_rtcp_mux(media.rtcp_mux);
  out->set_rtcp_reduced_size(media.rtcp_reduced_size);
  out->set_extmap_allow_mixed(media.extmap_allow_mixed);
  for (const std::string& rid : section.send_rids) out->add_send_rids(rid);
  for (const std::string& rid : section.recv_rids) out->add_receive_rids(rid);
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
  if (absl::Status fits =
          CheckLimit(path("streams"), static_cast<size_t>(init.streams_size()),
                     "streams", kMaxStreams);
      !fits.ok()) {
    return fits;
  }
  auto encodings = ReadEncodings(init.send_encodings(), path("send_encodings"));
  if (!encodings.ok()) return encodings.status();
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
               .stream_ids = {init.streams().begin(), init.streams().end()},
               .encodings = *std::move(encodings)},
      .codec_preferences = std::move(preferences->codecs)};
  return spec;
}

absl::StatusOr<jsep::TransceiverId> Add(peer::TransceiverSpec spec,
                                        jsep::Session& session,
                                        Random& random) {
  const auto id =
      jsep::AddTransceiver(session, spec.kind, std::move(spec.init), random);
  if (!id.ok()) return InField(id.status(), "transceiver");
  if (spec.codec_preferences.empty()) return id;
  const absl::Status preferred = jsep::SetCodecPreferences(
      session, *id, std::move(spec.codec_preferences));
  if (!preferred.ok()) return InField(preferred, "transceiver");
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
    if (absl::Status fits = CheckMask(request.update_mask()); !fits.ok()) {
      return fits;
    }
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
  if (absl::Status fits =
          CheckLimit("transaction_id", request.transaction_id().size(), "bytes",
                     kMaxTransactionIdBytes);
      !fits.ok()) {
    return fits;
  }
  TransceiverUpdate update;
  update.transaction_id = request.transaction_id();
  if (encodings) {
    auto read = ReadEncodings(request.send_encodings(), "send_encodings");
    if (!read.ok()) return read.status();
    update.encodings = *std::move(read);
  } else if (!request.transaction_id().empty()) {
    return BadField("transaction_id", "is given without send_encodings");
  }
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
  if (update.encodings) {
    status.Update(CheckTransaction(update.transaction_id, session, id));
    status.Update(
        jsep::SetEncodings(session, id, *std::move(update.encodings)));
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
