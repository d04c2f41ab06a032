// Formats and header extensions of one m= section: which to offer, which to
// answer with, which an answer settled on. Pure functions and shared immutable
// values.
#ifndef PARLEY_CORE_JSEP_MEDIA_H_
#define PARLEY_CORE_JSEP_MEDIA_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "core/jsep/codecs.h"
#include "core/jsep/media_catalog.h"
#include "core/jsep/numbers.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// What an offer/answer exchange settled about one m= section: the formats and
// extensions in force. Immutable once made; sections share it.
struct MediaParameters {
  // What the other end takes: its payload types, fmtp and order, with the
  // feedback both ends have. Retransmission codecs stand among them.
  std::vector<Codec> remote_codecs;
  // The same formats, one for one, as this end described them: what it takes.
  std::vector<Codec> local_codecs;
  std::vector<sdp::ExtMap> extensions;  // as this end described them
  bool rtcp_mux = true;
  bool rtcp_reduced_size = false;
  bool extmap_allow_mixed = false;  // RFC 8285 section 4.1.2

  friend bool operator==(const MediaParameters&,
                         const MediaParameters&) = default;
};

// What this end can and wants to do in a section.
struct MediaWishes {
  const MediaCatalog& catalog;
  MediaKind kind = MediaKind::kAudio;
  std::shared_ptr<const std::vector<Codec>> preferences;  // null: none
  bool comfort_noise = true;
};

// media_offer.cc: what to offer (RFC 9429 section 5.2): the formats of the
// preferences in their order; without preferences those in force (null: none)
// first, then the rest. Numbers in force stay, others come from `book`.
// `earlier`, which may be null, is what was offered in the same place before:
// it is returned again if it still fits.
std::shared_ptr<const MediaOffer> OfferMedia(
    const MediaWishes& wishes, std::shared_ptr<const MediaParameters> in_force,
    std::shared_ptr<const NumberBook> book,
    std::shared_ptr<const MediaOffer> earlier);

// media_answer.cc: what to answer to an offered section (RFC 9429 section
// 5.3.1): its formats that we have, with its payload types, in its order or
// that of the preferences. No codecs: nothing in common, so the section is to
// be rejected. `numbering` learns the extensions' ids; one that is taken is not
// answered.
MediaParameters AnswerMedia(const MediaWishes& wishes,
                            const sdp::Description& offer,
                            const sdp::MediaSection& section,
                            Numbering& numbering);

// media_answer.cc: what an answer settled, as the side sees it that offered.
// Errors, without mid: SDP_INVALID (feedback or an extension id that was not
// offered; no offered codec; metadata `attribute`).
absl::StatusOr<MediaParameters> SettleMedia(const sdp::Description& offer,
                                            const sdp::MediaSection& offered,
                                            const sdp::Description& answer,
                                            const sdp::MediaSection& answered);

// a=extmap-allow-mixed of the section, or of the session level.
bool AllowsMixedExtensions(const sdp::Description& description,
                           const sdp::MediaSection& section);

// Extensions of a section, those of the session level included.
std::vector<const sdp::ExtMap*> EffectiveExtensions(
    const sdp::Description& description, const sdp::MediaSection& section);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_MEDIA_H_
