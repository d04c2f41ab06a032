#include "service/convert_media.h"

#include <bitset>
#include <cstddef>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/sdp/fmtp.h"
#include "google/protobuf/util/json_util.h"
#include "parley/v1/media.pb.h"
#include "service/convert_basic.h"
#include "service/convert_transceiver.h"

namespace parley::service {
namespace {

using jsep::Codec;
using jsep::CodecRole;
using jsep::KindCapabilities;

constexpr size_t kMaxFormats = 64;
constexpr size_t kMaxExtensions = 32;
constexpr size_t kMaxFeedback = 16;
constexpr size_t kMaxFeedbackBytes = 64;
constexpr size_t kMaxUriBytes = 256;
constexpr std::streamsize kMaxMediaFileBytes = 256 << 10;

// Numbers of one description: payload types, or extension ids.
class FreeNumbers {
 public:
  void Take(size_t number) { taken_.set(number % taken_.size()); }

  // The preferred one, or else the first free one of the ranges.
  std::optional<uint8_t> Give(
      std::optional<size_t> preferred,
      std::initializer_list<std::pair<size_t, size_t>> ranges) {
    if (preferred && !taken_[*preferred]) return Given(*preferred);
    for (const auto& [first, last] : ranges) {
      for (size_t number = first; number <= last; ++number) {
        if (!taken_[number]) return Given(number);
      }
    }
    return std::nullopt;
  }

 private:
  uint8_t Given(size_t number) {
    Take(number);
    return static_cast<uint8_t>(number);
  }
  std::bitset<256> taken_;
};

bool SameName(const Codec& codec, std::string_view name) {
  return absl::AsciiStrToLower(codec.name) ==
         absl::AsciiStrToLower(ToAbsl(name));
}

// Parley's own codecs are the model for what is left out.
const KindCapabilities& ModelOf(jsep::MediaKind kind) {
  return jsep::DefaultCapabilities()->Of(kind);
}

const Codec* FindModel(const Codec& codec, jsep::MediaKind kind) {
  for (const Codec& model : ModelOf(kind).codecs) {
    if (jsep::SameCodec(model, codec)) return &model;
  }
  return nullptr;
}

std::vector<std::string> UsualFeedback(const Codec& codec,
                                       jsep::MediaKind kind) {
  if (const Codec* model = FindModel(codec, kind)) return model->rtcp_feedback;
  if (kind == jsep::MediaKind::kAudio ||
      jsep::RoleOf(codec) != CodecRole::kMedia) {
    return {};
  }
  return {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"};
}

class Builder {
 public:
  explicit Builder(const jsep::Capabilities& standard) : standard_(standard) {}

  absl::StatusOr<std::shared_ptr<const jsep::Capabilities>> Build(
      const v1::MediaConfiguration& in, std::string_view field) {
    auto out = std::make_shared<jsep::Capabilities>();
    for (const jsep::MediaKind kind :
         {jsep::MediaKind::kAudio, jsep::MediaKind::kVideo}) {
      const v1::MediaKindConfiguration* given = Given(in, kind);
      if (given == nullptr) TakeNumbers(standard_.Of(kind));
      if (given != nullptr) TakeNumbers(*given);
    }
    for (const jsep::MediaKind kind :
         {jsep::MediaKind::kAudio, jsep::MediaKind::kVideo}) {
      KindCapabilities& to =
          kind == jsep::MediaKind::kAudio ? out->audio : out->video;
      const v1::MediaKindConfiguration* given = Given(in, kind);
      if (given == nullptr) {
        to = standard_.Of(kind);
        continue;
      }
      const absl::Status read = Read(
          *given, kind,
          absl::StrCat(ToAbsl(field), ".", ToAbsl(jsep::MediaKindName(kind))),
          to);
      if (!read.ok()) return read;
    }
    const absl::Status usable = jsep::CheckCapabilities(*out);
    if (!usable.ok()) return WithMetadata(usable, "field", std::string(field));
    return out;
  }

 private:
  static const v1::MediaKindConfiguration* Given(
      const v1::MediaConfiguration& in, jsep::MediaKind kind) {
    if (kind == jsep::MediaKind::kAudio) {
      return in.has_audio() ? &in.audio() : nullptr;
    }
    return in.has_video() ? &in.video() : nullptr;
  }

  // What is asked for by number is not given to others.
  void TakeNumbers(const v1::MediaKindConfiguration& in) {
    for (const auto& format : in.formats()) {
      if (format.has_payload_type()) types_.Take(format.payload_type());
    }
    for (const auto& extension : in.header_extensions()) {
      if (extension.has_id()) ids_.Take(extension.id());
    }
  }
  void TakeNumbers(const KindCapabilities& in) {
    for (const Codec& codec : in.codecs) types_.Take(codec.payload_type);
    for (const auto& extension : in.extensions) {
      ids_.Take(extension.id);
      known_ids_.emplace_back(extension.uri, extension.id);
    }
  }

  absl::Status Read(const v1::MediaKindConfiguration& in, jsep::MediaKind kind,
                    const std::string& field, KindCapabilities& out) {
    for (const absl::Status& fits :
         {CheckLimit(field + ".formats", static_cast<size_t>(in.formats_size()),
                     "formats", kMaxFormats),
          CheckLimit(field + ".header_extensions",
                     static_cast<size_t>(in.header_extensions_size()),
                     "extensions", kMaxExtensions)}) {
      if (!fits.ok()) return fits;
    }
    for (int i = 0; i < in.formats_size(); ++i) {
      absl::Status read =
          Read(in.formats(i), kind,
               FieldPath(field + ".formats", static_cast<size_t>(i)), out);
      if (!read.ok()) return read;
    }
    for (int i = 0; i < in.header_extensions_size(); ++i) {
      absl::Status read = Read(
          in.header_extensions(i), kind,
          FieldPath(field + ".header_extensions", static_cast<size_t>(i)), out);
      if (!read.ok()) return read;
    }
    return absl::OkStatus();
  }

  absl::Status Read(const v1::MediaFormat& in, jsep::MediaKind kind,
                    const std::string& field, KindCapabilities& out) {
    auto read = ReadCodec(in.codec(), field + ".codec");
    if (!read.ok()) return read.status();
    if (read->kind != kind) {
      return BadField(field + ".codec.mime_type", "is of the other kind");
    }
    if (jsep::RoleOf(read->codec) == CodecRole::kRetransmission) {
      return BadField(field + ".codec.mime_type",
                      "is rtx; say `rtx` of the codec that it repairs");
    }
    if (in.rtx() && kind == jsep::MediaKind::kAudio) {
      return BadField(field + ".rtx", "is only for video");
    }
    if (absl::Status feedback = CheckFeedback(in, field); !feedback.ok()) {
      return feedback;
    }
    if (in.codec().clock_rate() != 0) {
      return Add(in, *std::move(read), field, out);
    }
    if (in.has_payload_type()) {
      return BadField(field + ".payload_type", "needs a clock rate");
    }
    bool found = false;
    for (const Codec& model : ModelOf(kind).codecs) {
      if (!SameName(model, read->codec.name)) continue;
      found = true;
      absl::Status added = Add(in, {kind, model}, field, out);
      if (!added.ok()) return added;
    }
    if (found) return absl::OkStatus();
    return BadField(field + ".codec.clock_rate",
                    "is missing, and Parley knows no codec of this name");
  }

  static absl::Status CheckFeedback(const v1::MediaFormat& in,
                                    const std::string& field) {
    const std::string path = field + ".rtcp_feedback";
    absl::Status fits =
        CheckLimit(path, static_cast<size_t>(in.rtcp_feedback_size()),
                   "entries", kMaxFeedback);
    for (int i = 0; fits.ok() && i < in.rtcp_feedback_size(); ++i) {
      fits = CheckLimit(FieldPath(path, static_cast<size_t>(i)),
                        in.rtcp_feedback(i).size(), "bytes", kMaxFeedbackBytes);
    }
    return fits;
  }

  absl::Status Add(const v1::MediaFormat& in, KindedCodec read,
                   const std::string& field, KindCapabilities& out) {
    Codec& codec = read.codec;
    codec.rtcp_feedback.assign(in.rtcp_feedback().begin(),
                               in.rtcp_feedback().end());
    if (codec.rtcp_feedback.empty()) {
      codec.rtcp_feedback = UsualFeedback(codec, read.kind);
    }
    if (in.has_payload_type()) {
      if (in.payload_type() > 127) {
        return BadField(field + ".payload_type", "is beyond 127");
      }
      codec.payload_type = static_cast<uint8_t>(in.payload_type());
    } else {
      const Codec* model = FindModel(codec, read.kind);
      const auto given = GiveType(
          model ? std::optional<size_t>(model->payload_type) : std::nullopt);
      if (!given) return NoNumber(field);
      codec.payload_type = *given;
    }
    const Codec primary = codec;
    out.codecs.push_back(std::move(codec));
    if (!in.rtx()) return absl::OkStatus();
    const auto number = GiveType(primary.payload_type + 1u);
    if (!number) return NoNumber(field);
    out.codecs.push_back({.payload_type = *number,
                          .name = "rtx",
                          .clock_rate = primary.clock_rate,
                          .fmtp = absl::StrCat("apt=", primary.payload_type)});
    return absl::OkStatus();
  }

  // Those without a meaning of their own, first where browsers have theirs.
  std::optional<uint8_t> GiveType(std::optional<size_t> preferred) {
    if (preferred && *preferred > 127) preferred.reset();
    if (preferred && *preferred >= 64 && *preferred < 96) preferred.reset();
    return types_.Give(preferred, {{96, 127}, {35, 63}});
  }

  static absl::Status NoNumber(const std::string& field) {
    return BadField(field, "finds no payload type left");
  }

  absl::Status Read(const v1::MediaHeaderExtension& in, jsep::MediaKind kind,
                    const std::string& field, KindCapabilities& out) {
    if (absl::Status fits =
            CheckLimit(field + ".uri", in.uri().size(), "bytes", kMaxUriBytes);
        !fits.ok()) {
      return fits;
    }
    const auto direction = ReadDirection(
        in.direction(), jsep::Direction::kSendRecv, field + ".direction");
    if (!direction.ok()) return direction.status();
    jsep::HeaderExtension extension{.uri = in.uri(), .direction = *direction};
    if (in.has_id()) {
      if (in.id() == 0 || in.id() == 15 || in.id() > 255) {
        return BadField(field + ".id", "is not 1 to 14 or 16 to 255");
      }
      extension.id = static_cast<uint16_t>(in.id());
      known_ids_.emplace_back(extension.uri, extension.id);
    } else if (!GiveId(kind, extension)) {
      return BadField(field, "finds no id left");
    }
    out.extensions.push_back(std::move(extension));
    return absl::OkStatus();
  }

  // Bundled sections share ids: the same URI has the same one.
  bool GiveId(jsep::MediaKind kind, jsep::HeaderExtension& extension) {
    for (const auto& [uri, id] : known_ids_) {
      if (uri == extension.uri) return extension.id = id, true;
    }
    std::optional<size_t> usual;
    for (const auto& model : ModelOf(kind).extensions) {
      if (model.uri == extension.uri) usual = model.id;
    }
    const auto given = ids_.Give(usual, {{1, 14}, {16, 255}});
    if (!given) return false;
    extension.id = *given;
    known_ids_.emplace_back(extension.uri, extension.id);
    return true;
  }

  const jsep::Capabilities& standard_;
  FreeNumbers types_;
  FreeNumbers ids_;
  std::vector<std::pair<std::string, uint16_t>> known_ids_;
};

absl::Status BadFile(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("--media: ", path, ": ", ToAbsl(what)));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const jsep::Capabilities>> FromProto(
    const v1::MediaConfiguration& media, const jsep::Capabilities& standard,
    std::string_view field) {
  return Builder(standard).Build(media, field);
}

absl::StatusOr<std::shared_ptr<const jsep::MediaCatalog>> LoadMedia(
    const std::string& path) {
  std::ifstream file(path);
  std::string text(static_cast<size_t>(kMaxMediaFileBytes) + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (!file.eof() && file.fail())) {
    return BadFile(path, "cannot be read");
  }
  if (file.gcount() > kMaxMediaFileBytes) {
    return BadFile(path, "is larger than 256 KiB");
  }
  text.resize(static_cast<size_t>(file.gcount()));
  v1::MediaConfiguration media;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &media);
  if (!parsed.ok()) {
    return BadFile(path, "is no MediaConfiguration in JSON: " +
                             std::string(parsed.message()));
  }
  auto capabilities = FromProto(media, *jsep::DefaultCapabilities(), "media");
  if (!capabilities.ok()) {
    std::string what(ToStd(capabilities.status().message()));
    return BadFile(path, what);
  }
  return std::make_shared<const jsep::MediaCatalog>(*std::move(capabilities));
}

}  // namespace parley::service
