#include "core/jsep/encodings.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/base/errors.h"

namespace parley::jsep {
namespace {

constexpr size_t kMaxRidCharacters = 16;  // of the RTP extension's value

std::string FieldOf(size_t index, const char* name) {
  return "send_encodings[" + std::to_string(index) + "]." + name;
}

absl::Status BadEncoding(Reason reason, size_t index, const char* name,
                         std::string message) {
  return MakeError(reason, std::move(message),
                   {{"field", FieldOf(index, name)}});
}

bool IsRid(const std::string& rid) {
  return !rid.empty() && rid.size() <= kMaxRidCharacters &&
         std::all_of(rid.begin(), rid.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9');
         });
}

absl::Status CheckRids(const std::vector<Encoding>& encodings) {
  std::unordered_set<std::string_view> rids;
  for (size_t i = 0; i < encodings.size(); ++i) {
    const std::string& rid = encodings[i].rid;
    if (encodings.size() == 1 && rid.empty()) continue;
    if (!IsRid(rid)) {
      return BadEncoding(Reason::kArgument, i, "rid",
                         "a rid is 1 to 16 letters and digits, and every one "
                         "of several encodings has one");
    }
    if (!rids.insert(rid).second) {
      return BadEncoding(Reason::kArgument, i, "rid",
                         "two encodings have the same rid");
    }
  }
  return absl::OkStatus();
}

// A number that W3C calls a restricted double.
absl::Status CheckNumber(std::optional<double> number, double least,
                         size_t index, const char* name) {
  if (!number) return absl::OkStatus();
  if (!std::isfinite(*number)) {
    return BadEncoding(Reason::kArgument, index, name,
                       std::string(name) + " is not a finite number");
  }
  if (*number >= least) return absl::OkStatus();
  return BadEncoding(
      Reason::kLimitExceeded, index, name,
      std::string(name) + (least > 0 ? " is at least 1" : " is not negative"));
}

// What is of video has no meaning in audio, and goes unseen (W3C).
absl::Status CheckNumbers(MediaKind kind, std::vector<Encoding>& encodings) {
  for (size_t i = 0; i < encodings.size(); ++i) {
    Encoding& encoding = encodings[i];
    if (kind == MediaKind::kAudio) {
      encoding.scale_resolution_down_by = std::nullopt;
      encoding.max_framerate = std::nullopt;
      continue;
    }
    absl::Status status = CheckNumber(encoding.scale_resolution_down_by, 1.0, i,
                                      "scale_resolution_down_by");
    if (status.ok()) {
      status = CheckNumber(encoding.max_framerate, 0.0, i, "max_framerate");
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

bool IncludesMedia(const std::vector<Codec>& codecs, const Codec& codec) {
  return RoleOf(codec) == CodecRole::kMedia &&
         std::any_of(codecs.begin(), codecs.end(),
                     [&](const Codec& one) { return SameCodec(one, codec); });
}

// The index of an encoding with a codec that is not to be had.
std::optional<size_t> FindForeignCodec(const std::vector<Codec>& codecs,
                                       const std::vector<Encoding>& encodings) {
  for (size_t i = 0; i < encodings.size(); ++i) {
    const auto& codec = encodings[i].codec;
    if (codec && !IncludesMedia(codecs, *codec)) return i;
  }
  return std::nullopt;
}

void CompleteScales(MediaKind kind, std::vector<Encoding>& encodings) {
  if (kind == MediaKind::kAudio) return;
  const bool scaled = std::any_of(
      encodings.begin(), encodings.end(),
      [](const Encoding& e) { return e.scale_resolution_down_by.has_value(); });
  for (size_t i = 0; i < encodings.size(); ++i) {
    auto& scale = encodings[i].scale_resolution_down_by;
    const auto halvings = static_cast<double>(encodings.size() - i - 1);
    scale = scaled ? scale.value_or(1.0) : std::exp2(halvings);
  }
}

}  // namespace

std::vector<Encoding> DefaultEncodings(MediaKind kind) {
  std::vector<Encoding> encodings(1);
  CompleteScales(kind, encodings);
  return encodings;
}

absl::Status CheckNewEncodings(MediaKind kind,
                               const KindCapabilities& capabilities,
                               std::vector<Encoding>& encodings) {
  absl::Status status = CheckRids(encodings);
  if (status.ok()) status = CheckNumbers(kind, encodings);
  if (!status.ok()) return status;
  if (const auto i = FindForeignCodec(capabilities.codecs, encodings)) {
    return WithMetadata(
        BadEncoding(Reason::kSendEncodings, *i, "codec",
                    "the codec is not among the capabilities of this kind"),
        "dom_exception", "OperationError");
  }
  const size_t limit = kind == MediaKind::kAudio ? 1 : kMaxEncodings;
  if (encodings.size() > limit) encodings.resize(limit);
  if (encodings.empty()) encodings.emplace_back();
  if (encodings.size() == 1) encodings.front().rid.clear();
  CompleteScales(kind, encodings);
  return absl::OkStatus();
}

absl::Status CheckNextEncodings(MediaKind kind,
                                const std::vector<Encoding>& present,
                                const std::vector<Codec>& codecs,
                                std::vector<Encoding>& encodings) {
  const bool same = std::equal(
      encodings.begin(), encodings.end(), present.begin(), present.end(),
      [](const Encoding& a, const Encoding& b) { return a.rid == b.rid; });
  if (!same) {
    return MakeError(Reason::kSendEncodings,
                     "setParameters: the encodings' number, rids and order "
                     "cannot change",
                     {{"field", "send_encodings"}});
  }
  absl::Status status = CheckNumbers(kind, encodings);
  if (!status.ok()) return status;
  if (const auto i = FindForeignCodec(codecs, encodings)) {
    return BadEncoding(Reason::kSendEncodings, *i, "codec",
                       "setParameters: the codec is not one of those that can "
                       "be chosen: the negotiated ones, or before that those "
                       "of the preferences");
  }
  if (kind == MediaKind::kVideo) {
    for (Encoding& encoding : encodings) {
      auto& scale = encoding.scale_resolution_down_by;
      scale = scale.value_or(1.0);
    }
  }
  return absl::OkStatus();
}

void ForgetUnnegotiatedCodecs(const MediaParameters& negotiated,
                              std::vector<Encoding>& encodings) {
  for (Encoding& encoding : encodings) {
    if (encoding.codec &&
        !IncludesMedia(negotiated.remote_codecs, *encoding.codec)) {
      encoding.codec.reset();
    }
  }
}

}  // namespace parley::jsep
