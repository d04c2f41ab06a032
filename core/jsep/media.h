// Formats and header extensions of one m= section: which to offer, which to
// answer with, which an answer settled on. Pure functions and shared immutable
// values.
#ifndef PARLEY_CORE_JSEP_MEDIA_H_
#define PARLEY_CORE_JSEP_MEDIA_H_

#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/jsep/codecs.h"
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

  friend bool operator==(const MediaParameters&,
                         const MediaParameters&) = default;
};

// What this end can and wants to do in a section.
struct MediaWishes {
  const KindCapabilities* capabilities = nullptr;
  const std::vector<Codec>* preferences = nullptr;  // null: none
  bool comfort_noise = true;
};

// Formats to offer (RFC 9429 section 5.2): those of the preferences in their
// order; without preferences those in force first, then the rest. Numbers in
// force stay, others come from `numbering`.
std::vector<Codec> CodecsToOffer(const MediaWishes& wishes,
                                 const MediaParameters* in_force,
                                 Numbering& numbering);
std::vector<sdp::ExtMap> ExtensionsToOffer(const MediaWishes& wishes,
                                           const MediaParameters* in_force,
                                           Numbering& numbering);

// What to answer to an offered section (RFC 9429 section 5.3.1): its formats
// that we have, with its payload types, in its order or that of the
// preferences. No codecs: nothing in common, so the section is to be rejected.
// `numbering` learns the extensions' ids; one that is taken is not answered.
MediaParameters AnswerMedia(const MediaWishes& wishes,
                            const sdp::Description& offer,
                            const sdp::MediaSection& section,
                            Numbering& numbering);

// What an answer settled, as the side sees it that made the offer.
// Errors, without mid: SDP_INVALID (feedback or an extension id that was not
// offered; no offered codec; metadata `attribute`).
absl::StatusOr<MediaParameters> SettleMedia(const sdp::Description& offer,
                                            const sdp::MediaSection& offered,
                                            const sdp::Description& answer,
                                            const sdp::MediaSection& answered);

// Extensions of a section, those of the session level included.
std::vector<const sdp::ExtMap*> EffectiveExtensions(
    const sdp::Description& description, const sdp::MediaSection& section);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_MEDIA_H_
