#include <algorithm>
#include <utility>

#include "core/jsep/candidate_book.h"
#include "core/jsep/diff.h"
#include "core/jsep/mids.h"

namespace parley::jsep {
namespace {

// The remote end that belongs to our newest generation is known.
bool IsInForce(const Transport* transport) {
  return transport && transport->remote &&
         transport->remote_generation == transport->generation;
}

// The remote end is another one than before, or is for another generation.
bool RemoteChanged(const Transport* before, const Transport& after) {
  if (!IsInForce(&after)) return false;
  if (before && after.generation < before->generation) return false;
  return !IsInForce(before) || before->generation != after.generation ||
         before->remote != after.remote;
}

void AppendIce(const Session& session, const Transport* before,
               const Transport& after, Effects& effects) {
  const uint32_t generation = before ? before->generation : 0;
  const bool rolled_back = after.generation < generation;
  // The same credentials again: against another remote end, from the start.
  const bool redone =
      after.generation > generation && before && before->local == after.local;
  if (rolled_back || redone) {
    effects.push_back(
        AbandonIce{.transport = after.id, .generation = generation});
  }
  if (after.generation > generation) {
    effects.push_back(
        StartIce{.transport = after.id,
                 .generation = after.generation,
                 .local = after.local,
                 .role = session.ice_role.value_or(IceRole::kControlled),
                 .mid = after.mid,
                 .mline_index = after.mline_index,
                 .rtcp_mux = after.rtcp_mux,
                 .first = before == nullptr});
  }
  if (RemoteChanged(before, after)) {
    // What we offered began without a remote end.
    effects.push_back(
        SetRemoteIce{.transport = after.id,
                     .generation = after.generation,
                     .remote = *after.remote,
                     .offered = after.generation > generation && !redone});
  }
}

void AppendDtls(const Transport* before, const Transport& after,
                Effects& effects) {
  if (!after.dtls_role ||
      (before && before->dtls_association == after.dtls_association)) {
    return;
  }
  effects.push_back(SetDtls{.transport = after.id,
                            .association = after.dtls_association,
                            .role = *after.dtls_role,
                            .remote_fingerprints = after.remote_fingerprints});
}

// Candidates of the other end that its transport does not have yet.
void AppendCandidates(const Session& before, const Session& after,
                      Effects& effects) {
  if (after.remote_candidates.empty()) return;
  const MidIndex index(after.sections);
  for (const auto& list : after.remote_candidates) {
    const auto section = index.Find(list->mid);
    if (!section) continue;
    const Transport* transport =
        FindTransport(after, after.sections[*section].transport);
    if (!IsInForce(transport) ||
        transport->remote->credentials.ufrag != list->ufrag ||
        IsElsewhere(after, *section, *transport, list->ufrag)) {
      continue;
    }
    const bool anew =
        RemoteChanged(FindTransport(before, transport->id), *transport);
    const CandidateList* had =
        anew ? nullptr
             : FindCandidates(before.remote_candidates, list->mid, list->ufrag);
    if (had == list.get()) continue;
    const size_t from = had ? had->candidates.size() : 0;
    if (from < list->candidates.size()) {
      effects.push_back(AddRemoteCandidates{
          .transport = transport->id,
          .generation = transport->generation,
          .candidates = {
              list->candidates.begin() + static_cast<std::ptrdiff_t>(from),
              list->candidates.end()}});
    }
    if (list->complete && !(had && had->complete) &&
        transport->mline_index == *section) {
      effects.push_back(EndRemoteCandidates{
          .transport = transport->id, .generation = transport->generation});
    }
  }
}

void AppendSctp(const Session& before, const Session& after, Effects& effects) {
  if (before.sctp == after.sctp) return;
  if (!after.sctp) {
    effects.push_back(CloseSctp{.transport = before.sctp->transport});
    return;
  }
  effects.push_back(
      SetSctp{.transport = after.sctp->transport,
              .association = after.sctp->association,
              .local_port = after.configuration->sctp_port,
              .remote_port = after.sctp->remote_port,
              .remote_max_message_size = after.sctp->remote_max_message_size});
}

void AppendMedia(const Session& before, const Session& after,
                 Effects& effects) {
  for (const Transceiver& transceiver : after.transceivers) {
    if (!transceiver.mline_index) continue;
    const size_t i = *transceiver.mline_index;
    const Section& now = after.sections[i];
    if (now.media == nullptr) continue;
    const Transceiver* had = FindTransceiver(before, transceiver.id);
    const Section* was =
        had && had->mline_index ? &before.sections[*had->mline_index] : nullptr;
    if (was && was->transport == now.transport &&
        had->current_direction == transceiver.current_direction &&
        (was->media == now.media ||
         (was->media && *was->media == *now.media))) {
      continue;
    }
    effects.push_back(MediaNegotiated{.transceiver = transceiver.id});
  }
}

}  // namespace

void AppendInstructions(const Session& before, const Session& after,
                        Effects& effects) {
  for (const Transport& transport : after.transports) {
    AppendIce(after, FindTransport(before, transport.id), transport, effects);
  }
  AppendCandidates(before, after, effects);
  for (const Transport& transport : after.transports) {
    AppendDtls(FindTransport(before, transport.id), transport, effects);
  }
  AppendSctp(before, after, effects);
  for (const Transport& transport : before.transports) {
    if (FindTransport(after, transport.id) == nullptr) {
      effects.push_back(CloseTransport{.transport = transport.id});
    }
  }
  AppendMedia(before, after, effects);
}

}  // namespace parley::jsep
