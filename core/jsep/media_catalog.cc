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

sdp::ExtMap ExtensionToOffer(uint16_t id, const HeaderExtension& extension) {
  sdp::ExtMap offered{.id = id, .uri = extension.uri};
  if (extension.direction != sdp::Direction::kSendRecv) {
    offered.direction = extension.direction;
  }
  return offered;
}

MediaCatalog::MediaCatalog(std::shared_ptr<const Capabilities> capabilities)
    : capabilities_(std::move(capabilities)) {
  Numbering both(nullptr);
  for (const MediaKind kind : {MediaKind::kAudio, MediaKind::kVideo}) {
    Kind& entry = kinds_[static_cast<size_t>(kind)];
    for (const Codec& codec : capabilities_->Of(kind).codecs) {
      entry.codecs.push_back(Know(codec));
    }
    Numbering own(nullptr);
    Learn(kind, own);
    Learn(kind, both);
    entry.book = std::move(own).Take();
  }
  const std::shared_ptr<const NumberBook> book = std::move(both).Take();
  for (const MediaKind kind : {MediaKind::kAudio, MediaKind::kVideo}) {
    Kind& entry = kinds_[static_cast<size_t>(kind)];
    const Kind& other = kinds_[1 - static_cast<size_t>(kind)];
    entry.standard = {MakeStandard(kind, nullptr, entry.book),
                      MakeStandard(kind, other.book, book)};
  }
}

void MediaCatalog::Learn(MediaKind kind, Numbering& numbering) const {
  for (const Codec& codec : capabilities_->Of(kind).codecs) {
    numbering.Learn(codec.payload_type, IdentityOf(codec));
  }
  for (const HeaderExtension& extension : Extensions(kind)) {
    numbering.LearnExtension(extension.id, extension.uri);
  }
}

std::shared_ptr<const MediaOffer> MediaCatalog::MakeStandard(
    MediaKind kind, std::shared_ptr<const NumberBook> made_with,
    std::shared_ptr<const NumberBook> book) const {
  auto standard = std::make_shared<MediaOffer>();
  standard->codecs = capabilities_->Of(kind).codecs;
  for (const HeaderExtension& extension : Extensions(kind)) {
    standard->extensions.push_back(ExtensionToOffer(extension.id, extension));
  }
  standard->printed = sdp::PrintFormats(standard->codecs, standard->extensions);
  standard->book = std::move(book);
  standard->made_with = std::move(made_with);
  return standard;
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
