#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/jsep/codec_matching.h"
#include "core/jsep/media.h"

namespace parley::jsep {
namespace {

bool IsRtx(const KnownCodec& codec) {
  return codec.role == CodecRole::kRetransmission;
}

// From our own numbers to those that the section in force gives the codecs.
NumberMap NumbersInForce(const std::vector<const KnownCodec*>& codecs,
                         const MediaParameters& in_force) {
  NumberMap numbers;
  for (const CodecMatch& match : MatchCodecs(codecs, in_force.local_codecs)) {
    numbers.Set(match.ours->codec->payload_type,
                match.theirs.codec->payload_type);
  }
  return numbers;
}

// Those in force first, in their order.
void PutInForceFirst(const NumberMap& numbers, const MediaParameters& in_force,
                     std::vector<const KnownCodec*>& codecs) {
  std::array<uint8_t, 128> rank;
  rank.fill(0xff);
  uint8_t next = 0;
  for (const Codec& codec : in_force.local_codecs) {
    rank[codec.payload_type & 0x7f] = next++;
  }
  const auto rank_of = [&](const KnownCodec* codec) {
    const auto number = numbers.Find(codec->codec->payload_type);
    return number ? rank[*number & 0x7f] : 0xff;
  };
  std::stable_sort(codecs.begin(), codecs.end(),
                   [&](const KnownCodec* a, const KnownCodec* b) {
                     return rank_of(a) < rank_of(b);
                   });
}

// Gives a number to every codec that has none. Primaries come first, because
// the identity of rtx is made of theirs.
void GiveNumbers(const std::vector<const KnownCodec*>& codecs,
                 Numbering::PayloadTypes& used, NumberMap& numbers,
                 Numbering& numbering) {
  for (const bool rtx : {false, true}) {
    for (const KnownCodec* known : codecs) {
      const uint8_t own = known->codec->payload_type;
      if (IsRtx(*known) != rtx || numbers.Find(own)) continue;
      CodecIdentity identity = known->identity;
      if (rtx) {
        const auto primary =
            known->primary ? numbers.Find(*known->primary) : std::nullopt;
        if (!primary) continue;
        identity.detail = *primary;
      }
      const auto number = numbering.PayloadTypeFor(identity, own, used);
      if (!number) continue;
      numbers.Set(own, *number);
      used.set(*number);
    }
  }
}

std::vector<Codec> CodecsToOffer(const MediaWishes& wishes,
                                 const MediaParameters* in_force,
                                 Numbering& numbering) {
  std::vector<const KnownCodec*> codecs =
      InOrderOfPreference(wishes.catalog.Codecs(wishes.kind),
                          wishes.preferences.get(), wishes.comfort_noise);
  NumberMap numbers;
  Numbering::PayloadTypes used;
  if (in_force) {
    numbers = NumbersInForce(codecs, *in_force);
    for (const Codec& codec : in_force->local_codecs) {
      used.set(codec.payload_type & 0x7f);
    }
    if (wishes.preferences == nullptr) {
      PutInForceFirst(numbers, *in_force, codecs);
    }
  }
  GiveNumbers(codecs, used, numbers, numbering);
  std::vector<Codec> result;
  result.reserve(codecs.size());
  for (const KnownCodec* known : codecs) {
    const auto number = numbers.Find(known->codec->payload_type);
    auto fmtp = number ? Renumbered(*known, numbers) : std::nullopt;
    if (!fmtp) continue;
    result.push_back({.payload_type = *number,
                      .name = known->codec->name,
                      .clock_rate = known->codec->clock_rate,
                      .channels = known->codec->channels,
                      .fmtp = *std::move(fmtp),
                      .rtcp_feedback = known->codec->rtcp_feedback});
  }
  return result;
}

std::vector<sdp::ExtMap> ExtensionsToOffer(const MediaWishes& wishes,
                                           const MediaParameters* in_force,
                                           Numbering& numbering) {
  const auto& extensions = wishes.catalog.Extensions(wishes.kind);
  std::vector<sdp::ExtMap> result;
  result.reserve(extensions.size());
  for (const HeaderExtension& extension : extensions) {
    std::optional<uint16_t> id;
    if (in_force) {
      for (const sdp::ExtMap& settled : in_force->extensions) {
        if (settled.uri == extension.uri) id = settled.id;
      }
    }
    if (!id) id = numbering.ExtensionIdFor(extension.uri, extension.id);
    if (id) result.push_back(ExtensionToOffer(*id, extension));
  }
  return result;
}

bool StillFits(const MediaOffer& earlier, const MediaWishes& wishes,
               const std::shared_ptr<const MediaParameters>& in_force,
               const std::shared_ptr<const NumberBook>& book) {
  return earlier.in_force == in_force &&
         earlier.preferences == wishes.preferences &&
         earlier.comfort_noise == wishes.comfort_noise &&
         (earlier.made_with == book || earlier.book == book);
}

}  // namespace

std::shared_ptr<const MediaOffer> OfferMedia(
    const MediaWishes& wishes, std::shared_ptr<const MediaParameters> in_force,
    std::shared_ptr<const NumberBook> book,
    std::shared_ptr<const MediaOffer> earlier) {
  for (const auto& standard : wishes.catalog.Standard(wishes.kind)) {
    if (StillFits(*standard, wishes, in_force, book)) return standard;
  }
  if (earlier && StillFits(*earlier, wishes, in_force, book)) return earlier;
  auto offer = std::make_shared<MediaOffer>();
  Numbering numbering(book);
  offer->codecs = CodecsToOffer(wishes, in_force.get(), numbering);
  offer->extensions = ExtensionsToOffer(wishes, in_force.get(), numbering);
  offer->printed = sdp::PrintFormats(offer->codecs, offer->extensions);
  offer->book = std::move(numbering).Take();
  offer->made_with = std::move(book);
  offer->preferences = wishes.preferences;
  offer->in_force = std::move(in_force);
  offer->comfort_noise = wishes.comfort_noise;
  return offer;
}

}  // namespace parley::jsep
