// What an offer/answer exchange settled about one m= section: the formats and
// extensions in force. Immutable once made; sections share it.
#ifndef PARLEY_CORE_JSEP_MEDIA_H_
#define PARLEY_CORE_JSEP_MEDIA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/jsep/codecs.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// The formats both ends have, in the answer's order and with its payload types;
// fmtp is what the remote end said, so what it can receive. Retransmission
// codecs stand among them, after their primary.
struct MediaParameters {
  std::vector<Codec> codecs;
  // The same formats as this end described them, for the next offer.
  std::vector<Codec> local_codecs;
  std::vector<sdp::ExtMap> extensions;
  bool rtcp_mux = true;
  bool rtcp_reduced_size = false;
  bool extmap_allow_mixed = false;

  friend bool operator==(const MediaParameters&,
                         const MediaParameters&) = default;
};

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_MEDIA_H_
