#include <algorithm>
#include <vector>

#include "core/jsep/apply.h"

namespace parley::jsep {
namespace {

// The transport that the plan means; null: it is yet to be made. A plan made
// before the same description was set has no id for it, but its credentials.
Transport* FindPlanned(Session& next, const Blueprint::TransportPlan& plan) {
  if (plan.id != 0) return MutableTransport(next, plan.id);
  if (plan.mline_index >= next.sections.size()) return nullptr;
  Transport* transport =
      MutableTransport(next, next.sections[plan.mline_index].transport);
  return transport && transport->local == plan.local ? transport : nullptr;
}

}  // namespace

std::vector<TransportId> ApplyTransports(Session& next,
                                         const Blueprint& blueprint) {
  std::vector<TransportId> ids;
  ids.reserve(blueprint.transports.size());
  for (const Blueprint::TransportPlan& plan : blueprint.transports) {
    Transport* transport = FindPlanned(next, plan);
    if (transport == nullptr) {
      transport = &next.transports.emplace_back();
      transport->id = next.next_transport_id++;
      transport->rtcp_mux =
          next.configuration->rtcp_mux_policy == RtcpMuxPolicy::kRequire;
    }
    if (transport->generation == 0 || transport->local != plan.local) {
      transport->generation = ++transport->last_generation;
      transport->local = plan.local;
    }
    transport->mid = plan.mid;
    transport->mline_index = plan.mline_index;
    ids.push_back(transport->id);
  }
  return ids;
}

void DropUnusedTransports(Session& next, bool all) {
  std::vector<TransportId> used;
  used.reserve(next.sections.size());
  for (const Section& section : next.sections) {
    if (section.transport != 0) used.push_back(section.transport);
  }
  std::sort(used.begin(), used.end());
  std::erase_if(next.transports, [&](const Transport& transport) {
    if (std::binary_search(used.begin(), used.end(), transport.id)) {
      return false;
    }
    return all || next.last_stable == nullptr ||
           FindTransport(next.last_stable->transports, transport.id) == nullptr;
  });
}

void AdoptNumbers(Session& next, const Blueprint& blueprint) {
  if (next.numbers == blueprint.base_numbers) {
    next.numbers = blueprint.numbers;
    return;
  }
  if (blueprint.numbers == nullptr) return;
  Numbering numbering(std::move(next.numbers));
  numbering.LearnAll(*blueprint.numbers);
  next.numbers = std::move(numbering).Take();
}

Transceiver* MutableTransceiver(Session& next, TransceiverId id) {
  return const_cast<Transceiver*>(FindTransceiver(next, id));
}

Transport* MutableTransport(Session& next, TransportId id) {
  return const_cast<Transport*>(FindTransport(next, id));
}

}  // namespace parley::jsep
