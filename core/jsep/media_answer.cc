#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/codec_matching.h"
#include "core/jsep/h264_profile.h"
#include "core/jsep/media.h"
#include "core/jsep/transceiver.h"
#include "core/sdp/fmtp.h"

namespace parley::jsep {
namespace {

bool Has(const std::vector<std::string>& list, std::string_view one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

// Feedback of both: in the order of `theirs`, a wildcard's last.
std::vector<std::string> CommonFeedback(
    const std::vector<std::string>& ours, const Codec& theirs,
    const std::vector<std::string>& wildcard) {
  std::vector<std::string> result;
  if (ours.empty()) return result;
  result.reserve(ours.size());
  for (const auto* list : {&theirs.rtcp_feedback, &wildcard}) {
    for (const std::string& one : *list) {
      if (Has(ours, one) && !Has(result, one)) result.push_back(one);
    }
  }
  return result;
}

// RFC 6184 section 8.2.2: the level that both can do.
void AdjustH264(const Codec& theirs, std::string& fmtp) {
  const auto ours = sdp::FindParameter(fmtp, "profile-level-id");
  if (!ours) return;
  const bool asymmetric =
      sdp::FindNumber(fmtp, "level-asymmetry-allowed") == 1u &&
      sdp::FindNumber(theirs.fmtp, "level-asymmetry-allowed") == 1u;
  const std::string level = AnswerH264ProfileLevel(
      *ours, sdp::FindParameter(theirs.fmtp, "profile-level-id").value_or(""),
      asymmetric);
  if (level != *ours) sdp::SetParameter(fmtp, "profile-level-id", level);
}

// Our half of an answered format. nullopt: it needs one that was not offered.
std::optional<Codec> AnswerCodec(const CodecMatch& match,
                                 const NumberMap& numbers,
                                 const std::vector<std::string>& wildcard) {
  const Codec& theirs = *match.theirs.codec;
  // Two offered formats may be one of ours, so that its number is not unique:
  // whose rtx it is only the offer tells.
  auto fmtp = match.theirs.role == CodecRole::kRetransmission
                  ? std::optional<std::string>(theirs.fmtp)
                  : Renumbered(*match.ours, numbers);
  if (!fmtp) return std::nullopt;
  if (IsH264(match.ours->identity) && theirs.fmtp != *fmtp) {
    AdjustH264(theirs, *fmtp);
  }
  return Codec{.payload_type = theirs.payload_type,
               .name = theirs.name,
               .clock_rate = theirs.clock_rate,
               .channels = theirs.channels,
               .fmtp = *std::move(fmtp),
               .rtcp_feedback = CommonFeedback(match.ours->codec->rtcp_feedback,
                                               theirs, wildcard)};
}

std::vector<sdp::ExtMap> AnswerExtensions(const MediaWishes& wishes,
                                          const sdp::Description& offer,
                                          const sdp::MediaSection& section,
                                          Numbering& numbering) {
  std::vector<sdp::ExtMap> result;
  const auto& ours = wishes.catalog.Extensions(wishes.kind);
  for (const sdp::ExtMap* offered : EffectiveExtensions(offer, section)) {
    const auto known = std::find_if(
        ours.begin(), ours.end(),
        [&](const HeaderExtension& e) { return e.uri == offered->uri; });
    const bool repeated =
        std::any_of(result.begin(), result.end(), [&](const sdp::ExtMap& e) {
          return e.uri == offered->uri || e.id == offered->id;
        });
    if (known == ours.end() || repeated ||
        !numbering.LearnExtension(offered->id, offered->uri)) {
      continue;
    }
    sdp::ExtMap answer{.id = offered->id, .uri = offered->uri};
    const Direction direction =
        Intersected(Reversed(offered->direction.value_or(Direction::kSendRecv)),
                    known->direction);
    if (offered->direction || direction != Direction::kSendRecv) {
      answer.direction = direction;
    }
    result.push_back(std::move(answer));
  }
  return result;
}

absl::Status CheckFeedback(const Codec& offered,
                           const std::vector<std::string>& offered_wildcard,
                           const Codec& answered) {
  for (const std::string& one : answered.rtcp_feedback) {
    if (Has(offered.rtcp_feedback, one) || Has(offered_wildcard, one)) continue;
    return MakeError(Reason::kSdpInvalid,
                     "the answer has RTCP feedback for payload type " +
                         std::to_string(answered.payload_type) +
                         " that was not offered",
                     {{"attribute", "rtcp-fb"}});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<sdp::ExtMap>> SettleExtensions(
    const sdp::Description& offer, const sdp::MediaSection& offered,
    const sdp::Description& answer, const sdp::MediaSection& answered) {
  std::vector<sdp::ExtMap> result;
  const auto ours = EffectiveExtensions(offer, offered);
  for (const sdp::ExtMap* theirs : EffectiveExtensions(answer, answered)) {
    const auto found = std::find_if(
        ours.begin(), ours.end(),
        [&](const sdp::ExtMap* e) { return e->uri == theirs->uri; });
    if (found == ours.end()) continue;  // ignored, as if it were not there
    if ((*found)->id != theirs->id) {
      return MakeError(Reason::kSdpInvalid,
                       "the answer changes the id of a header extension",
                       {{"attribute", "extmap"}});
    }
    sdp::ExtMap settled = **found;
    if (theirs->direction) settled.direction = Reversed(*theirs->direction);
    result.push_back(std::move(settled));
  }
  return result;
}

}  // namespace

MediaParameters AnswerMedia(const MediaWishes& wishes,
                            const sdp::Description& offer,
                            const sdp::MediaSection& section,
                            Numbering& numbering) {
  MediaParameters result;
  std::vector<CodecMatch> matches = MatchCodecs(
      InOrderOfPreference(wishes.catalog.Codecs(wishes.kind),
                          wishes.preferences.get(), wishes.comfort_noise),
      section.codecs);
  if (!HasMediaCodec(matches)) return result;
  if (wishes.preferences) OrderByPreference(*wishes.preferences, matches);
  NumberMap numbers;
  for (const CodecMatch& match : matches) {
    numbers.Set(match.ours->codec->payload_type,
                match.theirs.codec->payload_type);
  }
  result.local_codecs.reserve(matches.size());
  result.remote_codecs.reserve(matches.size());
  for (const CodecMatch& match : matches) {
    auto ours = AnswerCodec(match, numbers, section.wildcard_rtcp_feedback);
    if (!ours) continue;
    Codec& theirs = result.remote_codecs.emplace_back();
    theirs.payload_type = ours->payload_type;
    theirs.name = ours->name;
    theirs.clock_rate = ours->clock_rate;
    theirs.channels = ours->channels;
    theirs.fmtp = match.theirs.codec->fmtp;
    theirs.rtcp_feedback = ours->rtcp_feedback;
    result.local_codecs.push_back(*std::move(ours));
  }
  result.extensions = AnswerExtensions(wishes, offer, section, numbering);
  result.rtcp_mux = section.rtcp_mux;
  result.rtcp_reduced_size = section.rtcp_rsize;
  result.extmap_allow_mixed = AllowsMixedExtensions(offer, section);
  return result;
}

absl::StatusOr<MediaParameters> SettleMedia(const sdp::Description& offer,
                                            const sdp::MediaSection& offered,
                                            const sdp::Description& answer,
                                            const sdp::MediaSection& answered) {
  std::vector<KnownCodec> known;
  known.reserve(offered.codecs.size());
  for (const Codec& codec : offered.codecs) known.push_back(Know(codec));
  const std::vector<CodecMatch> matches =
      MatchCodecs(InOrderOfPreference(known, nullptr, true), answered.codecs);
  if (!HasMediaCodec(matches)) {
    return MakeError(Reason::kSdpInvalid,
                     "the answer accepts the section with no offered codec",
                     {{"attribute", "rtpmap"}});
  }
  MediaParameters result;
  result.local_codecs.reserve(matches.size());
  result.remote_codecs.reserve(matches.size());
  for (const CodecMatch& match : matches) {
    absl::Status status =
        CheckFeedback(*match.ours->codec, offered.wildcard_rtcp_feedback,
                      *match.theirs.codec);
    if (!status.ok()) return status;
    result.local_codecs.push_back(*match.ours->codec);
    result.remote_codecs.push_back(*match.theirs.codec);
  }
  auto extensions = SettleExtensions(offer, offered, answer, answered);
  if (!extensions.ok()) return extensions.status();
  result.extensions = *std::move(extensions);
  result.rtcp_mux = offered.rtcp_mux && answered.rtcp_mux;
  result.rtcp_reduced_size = offered.rtcp_rsize && answered.rtcp_rsize;
  result.extmap_allow_mixed = AllowsMixedExtensions(offer, offered) &&
                              AllowsMixedExtensions(answer, answered);
  return result;
}

bool AllowsMixedExtensions(const sdp::Description& description,
                           const sdp::MediaSection& section) {
  return description.extmap_allow_mixed || section.extmap_allow_mixed;
}

std::vector<const sdp::ExtMap*> EffectiveExtensions(
    const sdp::Description& description, const sdp::MediaSection& section) {
  std::vector<const sdp::ExtMap*> result;
  result.reserve(section.extmaps.size() + description.extmaps.size());
  for (const sdp::ExtMap& extension : section.extmaps) {
    result.push_back(&extension);
  }
  if (description.extmaps.empty()) return result;
  std::unordered_set<std::string_view> own;
  for (const sdp::ExtMap& extension : section.extmaps) {
    own.insert(extension.uri);
  }
  for (const sdp::ExtMap& extension : description.extmaps) {
    if (!own.contains(extension.uri)) result.push_back(&extension);
  }
  return result;
}

}  // namespace parley::jsep
