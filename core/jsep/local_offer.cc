#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/jsep/apply.h"

namespace parley::jsep {
namespace {

// The section to write a plan to: the one there is, or a new one where the
// index is new or recycled.
Section& SectionFor(Session& next, const Blueprint::SectionPlan& plan,
                    size_t index) {
  // What was a section when the offer was made may have been rolled back since.
  const bool missing = index == next.sections.size();
  if (missing) next.sections.emplace_back();
  Section& section = next.sections[index];
  if (missing || (plan.fresh && section.mid != plan.mid)) {
    section = Section{.kind = plan.kind, .mid = plan.mid};
  }
  return section;
}

void ApplySection(Session& next, const Blueprint::SectionPlan& plan,
                  const std::vector<TransportId>& transports, size_t index) {
  Section& section = SectionFor(next, plan, index);
  section.transceiver = plan.transceiver;
  section.bundle_only = plan.bundle_only;
  section.msid_shown = section.msid_shown || plan.msid_shown;
  if (plan.transport) {
    section.transport = transports[*plan.transport];
  } else if (!section.answered) {
    section.transport = 0;
  }
  Transceiver* transceiver = MutableTransceiver(next, plan.transceiver);
  if (transceiver == nullptr) return;
  transceiver->mid = plan.mid;
  transceiver->mline_index = index;
}

// Whether some transport goes on as it was: then a restart is still due.
bool KeepsCredentials(const Session& session, const Blueprint& offer) {
  return std::any_of(offer.transports.begin(), offer.transports.end(),
                     [&](const Blueprint::TransportPlan& plan) {
                       return std::any_of(
                           session.transports.begin(), session.transports.end(),
                           [&](const Transport& transport) {
                             return transport.local == plan.local;
                           });
                     });
}

}  // namespace

void ApplyLocalOffer(Session& next, const CreatedDescription& offer) {
  const Blueprint& blueprint = *offer.blueprint;
  next.needs_ice_restart =
      next.needs_ice_restart && KeepsCredentials(next, blueprint);
  const std::vector<TransportId> transports = ApplyTransports(next, blueprint);
  for (size_t i = 0; i < blueprint.sections.size(); ++i) {
    ApplySection(next, blueprint.sections[i], transports, i);
  }
  DropUnusedTransports(next, /*all=*/false);
  AdoptNumbers(next, blueprint);
  if (!next.ice_role) {
    // A lite agent never controls a full one (RFC 8445 section 6.1.1).
    next.ice_role = next.configuration->ice_lite ? IceRole::kControlled
                                                 : IceRole::kControlling;
  }
  next.proposed_credentials = std::nullopt;
  next.pending_local = {.type = SdpType::kOffer, .body = Complete(blueprint)};
}

}  // namespace parley::jsep
