#include "core/jsep/media.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/h264_profile.h"
#include "core/jsep/transceiver.h"
#include "core/sdp/fmtp.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

constexpr uint16_t kLastChosenId = 255;  // larger ones are provisional

bool IsRetransmission(const Codec& codec) {
  return RoleOf(codec) == CodecRole::kRetransmission;
}

// Payload types of one description, by those of another: what `apt` and red's
// fmtp refer to.
class NumberMap {
 public:
  void Set(uint8_t from, uint8_t to) { map_[from & 0x7f] = to; }
  std::optional<uint8_t> Find(uint8_t from) const {
    const uint8_t to = map_[from & 0x7f];
    return to == kNone ? std::nullopt : std::optional<uint8_t>(to);
  }

 private:
  static constexpr uint8_t kNone = 0xff;
  std::array<uint8_t, 128> map_ = [] {
    std::array<uint8_t, 128> none;
    none.fill(kNone);
    return none;
  }();
};

// "111/111" with the numbers of another description; empty: one of them has
// none there.
std::string RenumberRed(std::string_view fmtp, const NumberMap& map) {
  std::string result;
  while (!fmtp.empty()) {
    const size_t slash = std::min(fmtp.find('/'), fmtp.size());
    uint32_t number = 0;
    for (const char c : fmtp.substr(0, slash)) {
      if (c < '0' || c > '9' || number > 127) return std::string();
      number = number * 10 + static_cast<uint32_t>(c - '0');
    }
    if (number > 127) return std::string();
    const auto to = map.Find(static_cast<uint8_t>(number));
    if (!to) return std::string();
    if (!result.empty()) result += '/';
    result += std::to_string(*to);
    fmtp.remove_prefix(std::min(slash + 1, fmtp.size()));
  }
  return result;
}

// The fmtp of a codec of ours under other payload types. nullopt: it refers to
// a codec that is not there.
std::optional<std::string> Renumbered(const Codec& codec,
                                      const NumberMap& map) {
  const CodecRole role = RoleOf(codec);
  if (role == CodecRole::kRetransmission) {
    const auto primary = sdp::AssociatedPayloadType(codec);
    const auto to = primary ? map.Find(*primary) : std::nullopt;
    if (!to) return std::nullopt;
    if (*to == *primary) return codec.fmtp;
    std::string fmtp = codec.fmtp;
    sdp::SetParameter(fmtp, "apt", std::to_string(*to));
    return fmtp;
  }
  if (role == CodecRole::kRedundancy && !codec.fmtp.empty()) {
    std::string fmtp = RenumberRed(codec.fmtp, map);
    if (fmtp.empty()) return std::nullopt;
    return fmtp;
  }
  return codec.fmtp;
}

// Whether the preferences name this capability; rtx is preferred as a whole.
bool Prefers(const Codec& preference, const Codec& capability) {
  if (IsRetransmission(preference)) return IsRetransmission(capability);
  return SameCodec(preference, capability);
}

// The capabilities in the order to offer them.
std::vector<const Codec*> OrderedCapabilities(const MediaWishes& wishes) {
  const std::vector<Codec>& all = wishes.capabilities->codecs;
  std::vector<const Codec*> result;
  result.reserve(all.size());
  if (wishes.preferences == nullptr) {
    for (const Codec& codec : all) result.push_back(&codec);
  } else {
    const bool with_rtx =
        std::any_of(wishes.preferences->begin(), wishes.preferences->end(),
                    IsRetransmission);
    for (const Codec& preference : *wishes.preferences) {
      if (IsRetransmission(preference)) continue;
      for (const Codec& codec : all) {
        if (IsRetransmission(codec) || !SameCodec(preference, codec)) continue;
        result.push_back(&codec);
        if (!with_rtx) break;
        for (const Codec& rtx : all) {
          if (IsRetransmission(rtx) &&
              sdp::AssociatedPayloadType(rtx) == codec.payload_type) {
            result.push_back(&rtx);
          }
        }
        break;
      }
    }
  }
  if (!wishes.comfort_noise) {
    std::erase_if(result, [](const Codec* codec) {
      return RoleOf(*codec) == CodecRole::kComfortNoise;
    });
  }
  return result;
}

// Our capability that a codec of `in_force` stands for.
const Codec* FindCapability(const std::vector<const Codec*>& capabilities,
                            const CodecIdentity& identity) {
  for (const Codec* codec : capabilities) {
    if (!IsRetransmission(*codec) && IdentityOf(*codec) == identity) {
      return codec;
    }
  }
  return nullptr;
}

// Writes down which number our capabilities have, with those in force first.
// From the capabilities' numbers to the section's.
NumberMap NumbersInForce(const std::vector<const Codec*>& capabilities,
                         const MediaParameters& in_force) {
  NumberMap map;
  for (const Codec& codec : in_force.local_codecs) {
    if (IsRetransmission(codec)) continue;
    const Codec* ours = FindCapability(capabilities, IdentityOf(codec));
    if (ours) map.Set(ours->payload_type, codec.payload_type);
  }
  for (const Codec& codec : in_force.local_codecs) {
    if (!IsRetransmission(codec)) continue;
    const auto primary = sdp::AssociatedPayloadType(codec);
    for (const Codec* ours : capabilities) {
      if (!IsRetransmission(*ours)) continue;
      const auto apt = sdp::AssociatedPayloadType(*ours);
      if (apt && primary && map.Find(*apt) == primary) {
        map.Set(ours->payload_type, codec.payload_type);
      }
    }
  }
  return map;
}

// Those in force first, in their order.
void PutInForceFirst(const NumberMap& numbers, const MediaParameters& in_force,
                     std::vector<const Codec*>& codecs) {
  std::array<uint8_t, 128> rank;
  rank.fill(0xff);
  uint8_t next = 0;
  for (const Codec& codec : in_force.local_codecs) {
    rank[codec.payload_type & 0x7f] = next++;
  }
  const auto rank_of = [&](const Codec* codec) {
    const auto number = numbers.Find(codec->payload_type);
    return number ? rank[*number & 0x7f] : 0xff;
  };
  std::stable_sort(
      codecs.begin(), codecs.end(),
      [&](const Codec* a, const Codec* b) { return rank_of(a) < rank_of(b); });
}

// Gives every codec its number in the section. Primaries come first, because
// the identity of rtx is made of theirs.
NumberMap GiveNumbers(const std::vector<const Codec*>& codecs,
                      NumberMap numbers, Numbering& numbering) {
  for (const Codec* codec : codecs) {
    if (IsRetransmission(*codec) || numbers.Find(codec->payload_type)) continue;
    const auto number =
        numbering.PayloadTypeFor(IdentityOf(*codec), codec->payload_type);
    if (number) numbers.Set(codec->payload_type, *number);
  }
  for (const Codec* codec : codecs) {
    if (!IsRetransmission(*codec) || numbers.Find(codec->payload_type)) {
      continue;
    }
    const auto apt = sdp::AssociatedPayloadType(*codec);
    const auto primary = apt ? numbers.Find(*apt) : std::nullopt;
    if (!primary) continue;
    CodecIdentity identity = IdentityOf(*codec);
    identity.detail = *primary;
    const auto number = numbering.PayloadTypeFor(identity, codec->payload_type);
    if (number) numbers.Set(codec->payload_type, *number);
  }
  return numbers;
}

bool SupportsFeedback(const std::vector<std::string>& feedback,
                      std::string_view one) {
  return std::find(feedback.begin(), feedback.end(), one) != feedback.end();
}

// Feedback of both: in the order of `theirs`, a wildcard's last.
std::vector<std::string> CommonFeedback(
    const std::vector<std::string>& ours, const Codec& theirs,
    const std::vector<std::string>& wildcard) {
  std::vector<std::string> result;
  if (ours.empty()) return result;
  for (const auto* list : {&theirs.rtcp_feedback, &wildcard}) {
    for (const std::string& one : *list) {
      if (SupportsFeedback(ours, one) && !SupportsFeedback(result, one)) {
        result.push_back(one);
      }
    }
  }
  return result;
}

void AdjustH264(const Codec& theirs, Codec& ours) {
  if (sdp::FindParameter(ours.fmtp, "profile-level-id") == std::nullopt) return;
  const auto allows = [](const Codec& codec) {
    return sdp::FindNumber(codec.fmtp, "level-asymmetry-allowed") == 1u;
  };
  sdp::SetParameter(
      ours.fmtp, "profile-level-id",
      AnswerH264ProfileLevel(
          *sdp::FindParameter(ours.fmtp, "profile-level-id"),
          sdp::FindParameter(theirs.fmtp, "profile-level-id").value_or(""),
          allows(ours) && allows(theirs)));
}

// One format that both have.
struct Match {
  const Codec* ours = nullptr;  // a capability, or a codec that we offered
  const Codec* theirs = nullptr;
};

// Formats of theirs that are among ours, in their order. rtx follows its
// primary's match.
std::vector<Match> MatchCodecs(const std::vector<const Codec*>& ours,
                               const std::vector<Codec>& theirs) {
  std::vector<CodecIdentity> identities;
  identities.reserve(ours.size());
  for (const Codec* codec : ours) identities.push_back(IdentityOf(*codec));

  std::array<const Codec*, 128> ours_by_theirs{};
  for (const Codec& codec : theirs) {
    if (codec.name.empty() || IsRetransmission(codec)) continue;
    const CodecIdentity identity = IdentityOf(codec);
    const Codec* best = nullptr;
    for (size_t i = 0; i < ours.size(); ++i) {
      if (identities[i] != identity || IsRetransmission(*ours[i])) continue;
      // A payload type that both use beats another one of the same codec.
      if (best == nullptr || ours[i]->payload_type == codec.payload_type) {
        best = ours[i];
      }
    }
    ours_by_theirs[codec.payload_type & 0x7f] = best;
  }
  std::vector<Match> matches;
  matches.reserve(theirs.size());
  for (const Codec& codec : theirs) {
    if (!IsRetransmission(codec)) {
      const Codec* match = ours_by_theirs[codec.payload_type & 0x7f];
      if (match && !codec.name.empty()) matches.push_back({match, &codec});
      continue;
    }
    const auto apt = sdp::AssociatedPayloadType(codec);
    const Codec* primary = apt ? ours_by_theirs[*apt & 0x7f] : nullptr;
    if (primary == nullptr) continue;
    for (const Codec* rtx : ours) {
      if (IsRetransmission(*rtx) && rtx->clock_rate == codec.clock_rate &&
          sdp::AssociatedPayloadType(*rtx) == primary->payload_type) {
        matches.push_back({rtx, &codec});
        break;
      }
    }
  }
  return matches;
}

bool HasMediaCodec(const std::vector<Match>& matches) {
  return std::any_of(matches.begin(), matches.end(), [](const Match& match) {
    return RoleOf(*match.theirs) == CodecRole::kMedia;
  });
}

// In the order of our preferences instead of theirs; rtx after its primary.
void OrderByPreference(const std::vector<Codec>& preferences,
                       std::vector<Match>& matches) {
  const auto rank_of_codec = [&](const Codec& codec) -> size_t {
    const auto found = std::find_if(
        preferences.begin(), preferences.end(),
        [&](const Codec& preference) { return Prefers(preference, codec); });
    return static_cast<size_t>(found - preferences.begin()) * 2;
  };
  std::array<size_t, 128> rank{};
  for (const Match& match : matches) {
    if (IsRetransmission(*match.theirs)) continue;
    rank[match.theirs->payload_type & 0x7f] = rank_of_codec(*match.ours);
  }
  for (const Match& match : matches) {
    if (!IsRetransmission(*match.theirs)) continue;
    const auto apt = sdp::AssociatedPayloadType(*match.theirs);
    rank[match.theirs->payload_type & 0x7f] = rank[apt.value_or(0)] + 1;
  }
  std::stable_sort(matches.begin(), matches.end(),
                   [&](const Match& a, const Match& b) {
                     return rank[a.theirs->payload_type & 0x7f] <
                            rank[b.theirs->payload_type & 0x7f];
                   });
}

// Our half of an answered format.
std::optional<Codec> AnswerCodec(const Match& match, const NumberMap& numbers,
                                 const std::vector<std::string>& wildcard) {
  auto fmtp = Renumbered(*match.ours, numbers);
  if (!fmtp) return std::nullopt;
  Codec codec{.payload_type = match.theirs->payload_type,
              .name = match.theirs->name,
              .clock_rate = match.theirs->clock_rate,
              .channels = match.theirs->channels,
              .fmtp = *std::move(fmtp)};
  AdjustH264(*match.theirs, codec);
  codec.rtcp_feedback =
      CommonFeedback(match.ours->rtcp_feedback, *match.theirs, wildcard);
  return codec;
}

Codec RemoteHalf(const Codec& theirs, std::vector<std::string> feedback) {
  return {.payload_type = theirs.payload_type,
          .name = theirs.name,
          .clock_rate = theirs.clock_rate,
          .channels = theirs.channels,
          .fmtp = theirs.fmtp,
          .rtcp_feedback = std::move(feedback)};
}

std::vector<sdp::ExtMap> AnswerExtensions(const MediaWishes& wishes,
                                          const sdp::Description& offer,
                                          const sdp::MediaSection& section,
                                          Numbering& numbering) {
  std::vector<sdp::ExtMap> result;
  for (const sdp::ExtMap* offered : EffectiveExtensions(offer, section)) {
    const auto& ours = wishes.capabilities->extensions;
    const bool known = std::any_of(
        ours.begin(), ours.end(),
        [&](const HeaderExtension& e) { return e.uri == offered->uri; });
    const bool repeated =
        std::any_of(result.begin(), result.end(), [&](const sdp::ExtMap& e) {
          return e.uri == offered->uri || e.id == offered->id;
        });
    if (!known || repeated || offered->id > kLastChosenId ||
        !numbering.LearnExtension(offered->id, offered->uri)) {
      continue;
    }
    sdp::ExtMap answer{.id = offered->id, .uri = offered->uri};
    if (offered->direction) answer.direction = Reversed(*offered->direction);
    result.push_back(std::move(answer));
  }
  return result;
}

absl::Status CheckFeedback(const Codec& offered,
                           const std::vector<std::string>& offered_wildcard,
                           const Codec& answered) {
  for (const std::string& one : answered.rtcp_feedback) {
    if (SupportsFeedback(offered.rtcp_feedback, one) ||
        SupportsFeedback(offered_wildcard, one)) {
      continue;
    }
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

std::vector<Codec> CodecsToOffer(const MediaWishes& wishes,
                                 const MediaParameters* in_force,
                                 Numbering& numbering) {
  std::vector<const Codec*> codecs = OrderedCapabilities(wishes);
  NumberMap numbers;
  if (in_force) {
    numbers = NumbersInForce(codecs, *in_force);
    if (wishes.preferences == nullptr) {
      PutInForceFirst(numbers, *in_force, codecs);
    }
  }
  numbers = GiveNumbers(codecs, numbers, numbering);
  std::vector<Codec> result;
  result.reserve(codecs.size());
  for (const Codec* codec : codecs) {
    const auto number = numbers.Find(codec->payload_type);
    auto fmtp = number ? Renumbered(*codec, numbers) : std::nullopt;
    if (!fmtp) continue;
    result.push_back({.payload_type = *number,
                      .name = codec->name,
                      .clock_rate = codec->clock_rate,
                      .channels = codec->channels,
                      .fmtp = *std::move(fmtp),
                      .rtcp_feedback = codec->rtcp_feedback});
  }
  return result;
}

std::vector<sdp::ExtMap> ExtensionsToOffer(const MediaWishes& wishes,
                                           const MediaParameters* in_force,
                                           Numbering& numbering) {
  std::vector<sdp::ExtMap> result;
  result.reserve(wishes.capabilities->extensions.size());
  for (const HeaderExtension& extension : wishes.capabilities->extensions) {
    std::optional<uint16_t> id;
    if (in_force) {
      for (const sdp::ExtMap& settled : in_force->extensions) {
        if (settled.uri == extension.uri) id = settled.id;
      }
    }
    if (!id) id = numbering.ExtensionIdFor(extension.uri, extension.id);
    if (id) result.push_back({.id = *id, .uri = extension.uri});
  }
  return result;
}

MediaParameters AnswerMedia(const MediaWishes& wishes,
                            const sdp::Description& offer,
                            const sdp::MediaSection& section,
                            Numbering& numbering) {
  MediaParameters result;
  std::vector<Match> matches =
      MatchCodecs(OrderedCapabilities(wishes), section.codecs);
  if (!HasMediaCodec(matches)) return result;
  if (wishes.preferences) OrderByPreference(*wishes.preferences, matches);

  NumberMap numbers;
  for (const Match& match : matches) {
    numbers.Set(match.ours->payload_type, match.theirs->payload_type);
  }
  result.local_codecs.reserve(matches.size());
  result.remote_codecs.reserve(matches.size());
  for (const Match& match : matches) {
    // Two offered formats may be one of ours; what refers to it refers to the
    // last one, unless it is the format itself.
    auto codec = AnswerCodec(match, numbers, section.wildcard_rtcp_feedback);
    if (!codec) continue;
    if (IsRetransmission(*match.theirs)) codec->fmtp = match.theirs->fmtp;
    result.remote_codecs.push_back(
        RemoteHalf(*match.theirs, codec->rtcp_feedback));
    result.local_codecs.push_back(*std::move(codec));
  }
  result.extensions = AnswerExtensions(wishes, offer, section, numbering);
  result.rtcp_mux = section.rtcp_mux;
  result.rtcp_reduced_size = section.rtcp_rsize;
  return result;
}

absl::StatusOr<MediaParameters> SettleMedia(const sdp::Description& offer,
                                            const sdp::MediaSection& offered,
                                            const sdp::Description& answer,
                                            const sdp::MediaSection& answered) {
  std::vector<const Codec*> ours;
  ours.reserve(offered.codecs.size());
  for (const Codec& codec : offered.codecs) ours.push_back(&codec);
  const std::vector<Match> matches = MatchCodecs(ours, answered.codecs);
  if (!HasMediaCodec(matches)) {
    return MakeError(Reason::kSdpInvalid,
                     "the answer accepts the section with no offered codec",
                     {{"attribute", "rtpmap"}});
  }
  MediaParameters result;
  for (const Match& match : matches) {
    absl::Status status = CheckFeedback(
        *match.ours, offered.wildcard_rtcp_feedback, *match.theirs);
    if (!status.ok()) return status;
    result.local_codecs.push_back(*match.ours);
    result.remote_codecs.push_back(*match.theirs);
  }
  auto extensions = SettleExtensions(offer, offered, answer, answered);
  if (!extensions.ok()) return extensions.status();
  result.extensions = *std::move(extensions);
  result.rtcp_mux = offered.rtcp_mux && answered.rtcp_mux;
  result.rtcp_reduced_size = offered.rtcp_rsize && answered.rtcp_rsize;
  return result;
}

std::vector<const sdp::ExtMap*> EffectiveExtensions(
    const sdp::Description& description, const sdp::MediaSection& section) {
  std::vector<const sdp::ExtMap*> result;
  result.reserve(section.extmaps.size() + description.extmaps.size());
  for (const sdp::ExtMap& extension : section.extmaps) {
    result.push_back(&extension);
  }
  for (const sdp::ExtMap& extension : description.extmaps) {
    const bool overridden = std::any_of(
        section.extmaps.begin(), section.extmaps.end(),
        [&](const sdp::ExtMap& own) { return own.uri == extension.uri; });
    if (!overridden) result.push_back(&extension);
  }
  return result;
}

}  // namespace parley::jsep
