#include "core/jsep/media_catalog.h"

#include <utility>

#include "core/sdp/fmtp.h"

namespace parley::jsep {

KnownCodec Know(const Codec& codec) {
  KnownCodec known{.codec = &codec, .identity = IdentityOf(codec)};
  known.role = RoleOf(known.identity);
  if (known.role == CodecRole::kRetransmission) {
    known.primary = sdp::AssociatedPayloadType(codec);
  }
  return known;
}

MediaCatalog::MediaCatalog(std::shared_ptr<const Capabilities> capabilities)
    : capabilities_(std::move(capabilities)) {
  const std::shared_ptr<const NumberBook> book = MakeBook();
  for (const MediaKind kind : {MediaKind::kAudio, MediaKind::kVideo}) {
    const KindCapabilities& own = capabilities_->Of(kind);
    Kind& entry = kinds_[static_cast<size_t>(kind)];
    auto standard = std::make_shared<MediaOffer>();
    standard->codecs = own.codecs;
    for (const Codec& codec : own.codecs) entry.codecs.push_back(Know(codec));
    for (const HeaderExtension& extension : own.extensions) {
      standard->extensions.push_back(
          {.id = extension.id, .uri = extension.uri});
    }
    standard->printed =
        sdp::PrintFormats(standard->codecs, standard->extensions);
    standard->book = book;
    entry.standard = std::move(standard);
  }
}

std::shared_ptr<const NumberBook> MediaCatalog::MakeBook() const {
  Numbering numbering(nullptr);
  for (const MediaKind kind : {MediaKind::kAudio, MediaKind::kVideo}) {
    for (const Codec& codec : capabilities_->Of(kind).codecs) {
      numbering.Learn(codec.payload_type, IdentityOf(codec));
    }
    for (const HeaderExtension& extension : Extensions(kind)) {
      numbering.LearnExtension(extension.id, extension.uri);
    }
  }
  return std::move(numbering).Take();
}

std::shared_ptr<const MediaCatalog> MediaCatalog::For(
    std::shared_ptr<const Capabilities> capabilities) {
  // Never destroyed: sessions may outlive static storage.
  static const auto& standard = *new std::shared_ptr<const MediaCatalog>(
      std::make_shared<const MediaCatalog>(DefaultCapabilities()));
  if (capabilities == DefaultCapabilities()) return standard;
  return std::make_shared<const MediaCatalog>(std::move(capabilities));
}

}  // namespace parley::jsep
