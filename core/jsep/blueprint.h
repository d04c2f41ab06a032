// How a created description came about: which transceivers and transports its
// sections stand for. Applying the description means carrying this out; nothing
// of it is in the session before. Immutable once made.
#ifndef PARLEY_CORE_JSEP_BLUEPRINT_H_
#define PARLEY_CORE_JSEP_BLUEPRINT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/jsep/offer.h"
#include "core/jsep/session.h"

namespace parley::jsep {

struct Blueprint {
  struct SectionPlan {
    SectionKind kind = SectionKind::kOther;
    std::string mid;
    TransceiverId transceiver = 0;
    bool fresh = false;     // a new section, or a recycled index
    bool rejected = false;  // port 0
    bool bundle_only = false;
    bool bundled = false;  // in a BUNDLE group of the description
    bool msid_shown = false;
    std::vector<std::string> send_rids;
    std::vector<std::string> recv_rids;
    std::optional<size_t> transport;  // index into `transports`
    // Offers: the formats, which `outline` is without.
    std::shared_ptr<const MediaOffer> offer;
    // Answers: what it settles.
    std::shared_ptr<const MediaParameters> media;
  };
  struct TransportPlan {
    TransportId id = 0;  // 0: a new one
    size_t mline_index = 0;
    std::string mid;  // of the section that carries the attributes
    IceCredentials local;
    std::optional<DtlsRole> role;  // answers
  };

  std::string id;
  std::string text;
  // What the text says, but for the formats, which are in `offer` and `media`.
  sdp::Description outline;

  std::vector<SectionPlan> sections;
  std::vector<TransportPlan> transports;
  // The session's book when this was made, and what it adds to.
  std::shared_ptr<const NumberBook> base_numbers;
  std::shared_ptr<const NumberBook> numbers;
  std::optional<IceCredentials> shared_credentials;  // of first offers
  uint64_t next_mid = 0;  // what is left of the session's counter
  uint64_t revision = 0;  // of the session it was made from
  // Of answers: the offer that it was made for, and can be set for.
  std::shared_ptr<const DescriptionBody> answered_offer;
  OfferOptions options;
};

// The created description with all that it says, to be set.
std::shared_ptr<const DescriptionBody> Complete(const Blueprint& blueprint);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_BLUEPRINT_H_
