#include <utility>
#include <vector>

#include "core/jsep/apply.h"
#include "core/jsep/settle.h"
#include "core/sdp/query.h"

namespace parley::jsep {

absl::Status ApplyLocalAnswer(Session& next, const CreatedDescription& answer,
                              SdpType type) {
  const Blueprint& blueprint = *answer.blueprint;
  const sdp::Description& remote = next.pending_remote->body->parsed;
  const std::vector<TransportId> transports = ApplyTransports(next, blueprint);
  Settlement settlement{.answerer = Side::kLocal, .type = type};
  // An answer carries the attributes where the offer does: in the tagged
  // section.
  for (size_t t = 0; t < transports.size(); ++t) {
    const Blueprint::TransportPlan& plan = blueprint.transports[t];
    settlement.transports.push_back({.id = transports[t],
                                     .mline_index = plan.mline_index,
                                     .remote_index = plan.mline_index,
                                     .role = *plan.role});
  }
  settlement.sections.reserve(blueprint.sections.size());
  for (size_t i = 0; i < blueprint.sections.size(); ++i) {
    const Blueprint::SectionPlan& plan = blueprint.sections[i];
    SettledSection& settled = settlement.sections.emplace_back();
    if (plan.rejected) continue;
    settled.rejected = false;
    settled.bundled = plan.bundled;
    settled.transport = transports[*plan.transport];
    settled.direction =
        blueprint.outline.sections[i].direction.value_or(Direction::kSendRecv);
    settled.media = plan.media;
    settled.send_rids = plan.send_rids;
    settled.recv_rids = plan.recv_rids;
    settled.simulcast_offered = Sends(settled.direction);
    next.sections[i].msid_shown = plan.msid_shown;
  }
  AdoptNumbers(next, blueprint);
  Settle(next, settlement, remote);
  next.pending_local = {.type = type, .body = Complete(blueprint)};
  if (type == SdpType::kAnswer) {
    next.current_local = std::exchange(next.pending_local, std::nullopt);
    next.current_remote = std::exchange(next.pending_remote, std::nullopt);
    FinishExchange(next);
  }
  return absl::OkStatus();
}

}  // namespace parley::jsep
