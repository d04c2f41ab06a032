// A set of capabilities, read once for all the negotiations that use it.
// Immutable: share freely between threads.
#ifndef PARLEY_CORE_JSEP_MEDIA_CATALOG_H_
#define PARLEY_CORE_JSEP_MEDIA_CATALOG_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/jsep/codecs.h"
#include "core/jsep/numbers.h"
#include "core/sdp/description.h"
#include "core/sdp/printer.h"

namespace parley::jsep {

struct MediaParameters;

// A codec, and what there is to know of it at a glance.
struct KnownCodec {
  const Codec* codec = nullptr;
  CodecIdentity identity;
  CodecRole role = CodecRole::kMedia;
  std::optional<uint8_t> primary;  // of rtx, the number of what it repairs
};
KnownCodec Know(const Codec& codec);

// Formats and extensions to offer, and what they were made of: for the same
// ones there is no need to make them again.
struct MediaOffer {
  std::vector<Codec> codecs;
  std::vector<sdp::ExtMap> extensions;
  sdp::PrintedFormats printed;
  std::shared_ptr<const NumberBook> book;  // with the numbers they have

  std::shared_ptr<const NumberBook> made_with;
  std::shared_ptr<const std::vector<Codec>> preferences;
  std::shared_ptr<const MediaParameters> in_force;
  bool comfort_noise = true;
};

// As it stands in an offer: a direction is written if it is not the default.
sdp::ExtMap ExtensionToOffer(uint16_t id, const HeaderExtension& extension);

class MediaCatalog {
 public:
  // The one for these capabilities, which have passed CheckCapabilities; for
  // the default ones always the same.
  static std::shared_ptr<const MediaCatalog> For(
      std::shared_ptr<const Capabilities> capabilities);

  explicit MediaCatalog(std::shared_ptr<const Capabilities> capabilities);

  const std::shared_ptr<const Capabilities>& capabilities() const {
    return capabilities_;
  }
  const std::vector<KnownCodec>& Codecs(MediaKind kind) const {
    return kinds_[static_cast<size_t>(kind)].codecs;
  }
  const std::vector<HeaderExtension>& Extensions(MediaKind kind) const {
    return capabilities_->Of(kind).extensions;
  }

  // What a session without history and a transceiver without preferences
  // offers: for one with no book, or the one of this kind; and for one that has
  // offered the other kind, or both.
  using StandardOffers = std::array<std::shared_ptr<const MediaOffer>, 2>;
  const StandardOffers& Standard(MediaKind kind) const {
    return kinds_[static_cast<size_t>(kind)].standard;
  }

 private:
  struct Kind {
    std::vector<KnownCodec> codecs;
    std::shared_ptr<const NumberBook> book;  // of this kind alone
    StandardOffers standard;
  };

  void Learn(MediaKind kind, Numbering& numbering) const;
  std::shared_ptr<const MediaOffer> MakeStandard(
      MediaKind kind, std::shared_ptr<const NumberBook> made_with,
      std::shared_ptr<const NumberBook> book) const;

  const std::shared_ptr<const Capabilities> capabilities_;
  Kind kinds_[2];
};

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_MEDIA_CATALOG_H_
