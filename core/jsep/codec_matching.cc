#include "core/jsep/codec_matching.h"

#include <algorithm>
#include <string_view>

#include "core/sdp/fmtp.h"

namespace parley::jsep {
namespace {

bool IsRtx(const KnownCodec& codec) {
  return codec.role == CodecRole::kRetransmission;
}

// "111/111" with the numbers of another description; empty: one of them has
// none there.
std::string RenumberRed(std::string_view fmtp, const NumberMap& numbers) {
  std::string result;
  while (!fmtp.empty()) {
    const size_t slash = std::min(fmtp.find('/'), fmtp.size());
    uint32_t number = 0;
    for (const char c : fmtp.substr(0, slash)) {
      if (c < '0' || c > '9' || number > 127) return std::string();
      number = number * 10 + static_cast<uint32_t>(c - '0');
    }
    if (number > 127) return std::string();
    const auto to = numbers.Find(static_cast<uint8_t>(number));
    if (!to) return std::string();
    if (!result.empty()) result += '/';
    result += std::to_string(*to);
    fmtp.remove_prefix(std::min(slash + 1, fmtp.size()));
  }
  return result;
}

// Whether two codecs are written alike, so that they are the same without a
// look at their parameters.
bool SameSpelling(const Codec& a, const Codec& b) {
  return a.clock_rate == b.clock_rate && a.channels == b.channels &&
         a.name == b.name && a.fmtp == b.fmtp;
}

// What a codec of theirs is: most are written as ours are.
KnownCodec KnowAmong(const std::vector<const KnownCodec*>& ours,
                     const Codec& codec) {
  for (const KnownCodec* known : ours) {
    if (!IsRtx(*known) && SameSpelling(*known->codec, codec)) {
      return {.codec = &codec,
              .identity = known->identity,
              .role = known->role,
              .primary = known->primary};
    }
  }
  return Know(codec);
}

// Of several codecs of ours that are the same, the one with the same number.
const KnownCodec* FindSame(const std::vector<const KnownCodec*>& ours,
                           const KnownCodec& theirs) {
  const KnownCodec* best = nullptr;
  for (const KnownCodec* codec : ours) {
    if (codec->identity != theirs.identity || IsRtx(*codec)) continue;
    if (best == nullptr ||
        codec->codec->payload_type == theirs.codec->payload_type) {
      best = codec;
    }
  }
  return best;
}

const KnownCodec* FindRtx(const std::vector<const KnownCodec*>& ours,
                          const KnownCodec& primary, uint32_t clock_rate) {
  for (const KnownCodec* codec : ours) {
    if (IsRtx(*codec) && codec->codec->clock_rate == clock_rate &&
        codec->primary == primary.codec->payload_type) {
      return codec;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> Renumbered(const KnownCodec& known,
                                      const NumberMap& numbers) {
  const std::string& fmtp = known.codec->fmtp;
  if (IsRtx(known)) {
    const auto to = known.primary ? numbers.Find(*known.primary) : std::nullopt;
    if (!to) return std::nullopt;
    if (*to == *known.primary) return fmtp;
    std::string renumbered = fmtp;
    sdp::SetParameter(renumbered, "apt", std::to_string(*to));
    return renumbered;
  }
  if (known.role == CodecRole::kRedundancy && !fmtp.empty()) {
    std::string renumbered = RenumberRed(fmtp, numbers);
    if (renumbered.empty()) return std::nullopt;
    return renumbered;
  }
  return fmtp;
}

std::vector<CodecMatch> MatchCodecs(const std::vector<const KnownCodec*>& ours,
                                    const std::vector<Codec>& theirs) {
  std::vector<CodecMatch> matches;
  matches.reserve(theirs.size());
  // What is ours, by their numbers.
  std::array<const KnownCodec*, 128> by_number{};
  for (const Codec& codec : theirs) {
    // RTP has no payload types beyond 127 (RFC 3550 section 5.1).
    if (codec.name.empty() || codec.payload_type > 127) continue;
    const KnownCodec known = KnowAmong(ours, codec);
    if (IsRtx(known)) {
      matches.push_back({nullptr, known});
      continue;
    }
    const KnownCodec* same = FindSame(ours, known);
    if (same == nullptr) continue;
    by_number[codec.payload_type & 0x7f] = same;
    matches.push_back({same, known});
  }
  for (CodecMatch& match : matches) {
    if (match.ours || !match.theirs.primary) continue;
    const KnownCodec* primary = by_number[*match.theirs.primary & 0x7f];
    if (primary) {
      match.ours = FindRtx(ours, *primary, match.theirs.codec->clock_rate);
    }
  }
  std::erase_if(matches,
                [](const CodecMatch& match) { return match.ours == nullptr; });
  return matches;
}

bool HasMediaCodec(const std::vector<CodecMatch>& matches) {
  return std::any_of(matches.begin(), matches.end(),
                     [](const CodecMatch& match) {
                       return match.theirs.role == CodecRole::kMedia;
                     });
}

std::vector<const KnownCodec*> InOrderOfPreference(
    const std::vector<KnownCodec>& ours, const std::vector<Codec>* preferences,
    bool comfort_noise) {
  std::vector<const KnownCodec*> all;
  all.reserve(ours.size());
  for (const KnownCodec& codec : ours) {
    if (comfort_noise || codec.role != CodecRole::kComfortNoise) {
      all.push_back(&codec);
    }
  }
  if (preferences == nullptr) return all;
  std::vector<KnownCodec> wanted;
  for (const Codec& codec : *preferences) wanted.push_back(Know(codec));
  const bool with_rtx = std::any_of(wanted.begin(), wanted.end(), IsRtx);
  std::vector<const KnownCodec*> result;
  for (const KnownCodec& preference : wanted) {
    if (IsRtx(preference)) continue;
    const KnownCodec* codec = FindSame(all, preference);
    if (codec == nullptr) continue;
    result.push_back(codec);
    const KnownCodec* rtx =
        with_rtx ? FindRtx(all, *codec, codec->codec->clock_rate) : nullptr;
    if (rtx) result.push_back(rtx);
  }
  return result;
}

void OrderByPreference(const std::vector<Codec>& preferences,
                       std::vector<CodecMatch>& matches) {
  std::vector<CodecIdentity> wanted;
  for (const Codec& codec : preferences) wanted.push_back(IdentityOf(codec));
  std::array<size_t, 128> rank{};
  for (const CodecMatch& match : matches) {
    if (IsRtx(match.theirs)) continue;
    const auto found =
        std::find(wanted.begin(), wanted.end(), match.ours->identity);
    rank[match.theirs.codec->payload_type & 0x7f] =
        static_cast<size_t>(found - wanted.begin()) * 2;
  }
  for (const CodecMatch& match : matches) {
    if (!IsRtx(match.theirs)) continue;
    rank[match.theirs.codec->payload_type & 0x7f] =
        rank[match.theirs.primary.value_or(0) & 0x7f] + 1;
  }
  std::stable_sort(matches.begin(), matches.end(),
                   [&](const CodecMatch& a, const CodecMatch& b) {
                     return rank[a.theirs.codec->payload_type & 0x7f] <
                            rank[b.theirs.codec->payload_type & 0x7f];
                   });
}

}  // namespace parley::jsep
