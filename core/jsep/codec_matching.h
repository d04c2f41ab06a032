// Finding the codecs of one list in another, and telling their numbers apart.
// Pure functions.
#ifndef PARLEY_CORE_JSEP_CODEC_MATCHING_H_
#define PARLEY_CORE_JSEP_CODEC_MATCHING_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/jsep/codecs.h"
#include "core/jsep/media_catalog.h"

namespace parley::jsep {

// Payload types of one description, by those of another: what `apt` and red's
// fmtp refer to.
class NumberMap {
 public:
  NumberMap() { map_.fill(kNone); }
  void Set(uint8_t from, uint8_t to) { map_[from & 0x7f] = to; }
  std::optional<uint8_t> Find(uint8_t from) const {
    const uint8_t to = map_[from & 0x7f];
    return to == kNone ? std::nullopt : std::optional<uint8_t>(to);
  }

 private:
  static constexpr uint8_t kNone = 0xff;
  std::array<uint8_t, 128> map_;
};

// The fmtp of a codec of ours under other payload types. nullopt: it refers to
// a codec that is not there.
std::optional<std::string> Renumbered(const KnownCodec& codec,
                                      const NumberMap& numbers);

// One format that both have.
struct CodecMatch {
  const KnownCodec* ours = nullptr;
  KnownCodec theirs;
};

// Formats of theirs that are among ours, in their order; rtx where what it
// repairs is.
std::vector<CodecMatch> MatchCodecs(const std::vector<const KnownCodec*>& ours,
                                    const std::vector<Codec>& theirs);

// Whether one of them carries media.
bool HasMediaCodec(const std::vector<CodecMatch>& matches);

// Ours in the order to offer them: all, or those of the preferences (null:
// none) in their order, each with its rtx if they name rtx at all.
std::vector<const KnownCodec*> InOrderOfPreference(
    const std::vector<KnownCodec>& ours, const std::vector<Codec>* preferences,
    bool comfort_noise);

// Puts matches into the order of the preferences; rtx after what it repairs.
void OrderByPreference(const std::vector<Codec>& preferences,
                       std::vector<CodecMatch>& matches);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_CODEC_MATCHING_H_
