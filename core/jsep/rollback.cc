#include <algorithm>
#include <memory>
#include <utility>

#include "core/jsep/apply.h"
#include "core/jsep/candidate_book.h"

namespace parley::jsep {
namespace {

const StableState::Slots* FindSlots(const StableState& stable,
                                    TransceiverId id) {
  const auto found = std::lower_bound(
      stable.transceivers.begin(), stable.transceivers.end(), id,
      [](const StableState::Slots& slots, TransceiverId wanted) {
        return slots.id < wanted;
      });
  if (found == stable.transceivers.end() || found->id != id) return nullptr;
  return &*found;
}

bool IsRidless(const std::vector<Encoding>& encodings) {
  return encodings.size() == 1 && encodings.front().rid.empty();
}

// W3C "set a session description", rollback, per transceiver.
void RollBackTransceiver(const StableState::Slots* stable, bool remote,
                         Transceiver& transceiver) {
  if (stable == nullptr || !stable->mid) {
    transceiver.mid = std::nullopt;
    transceiver.mline_index = std::nullopt;
    transceiver.proposed_mid.clear();
    // Without a section there is nothing left to negotiate about its end.
    if (transceiver.stopping && !transceiver.stopped) StopNow(transceiver);
  } else {
    // An offer may have named a section that had no mid of its own before.
    transceiver.mid = stable->mid;
  }
  if (stable && IsRidless(stable->encodings) &&
      !IsRidless(transceiver.encodings)) {
    transceiver.encodings = stable->encodings;
  }
  if (remote) {
    ProcessRemoteTracks(
        transceiver, transceiver.current_direction,
        stable ? stable->remote_stream_ids : std::vector<std::string>());
  }
}

// Generations count on, also over those that are rolled back.
void KeepCounting(const std::vector<Transport>& abandoned,
                  std::vector<Transport>& transports) {
  for (Transport& transport : transports) {
    const Transport* last = FindTransport(abandoned, transport.id);
    if (last) transport.last_generation = last->last_generation;
  }
}

}  // namespace

std::shared_ptr<const StableState> TakeStableState(const Session& session) {
  auto stable = std::make_shared<StableState>();
  stable->transceivers.reserve(session.transceivers.size());
  for (const Transceiver& transceiver : session.transceivers) {
    stable->transceivers.push_back(
        {.id = transceiver.id,
         .mid = transceiver.mid,
         .mline_index = transceiver.mline_index,
         .encodings = transceiver.encodings,
         .remote_stream_ids = transceiver.remote_stream_ids});
  }
  stable->sections = session.sections;
  stable->transports = session.transports;
  stable->sctp = session.sctp;
  stable->needs_ice_restart = session.needs_ice_restart;
  stable->ice_role = session.ice_role;
  stable->numbers = session.numbers;
  return stable;
}

void RollBack(Session& next) {
  const std::shared_ptr<const StableState> stable = std::move(next.last_stable);
  next.last_stable = nullptr;
  const bool remote = next.pending_remote.has_value();
  for (Transceiver& transceiver : next.transceivers) {
    RollBackTransceiver(FindSlots(*stable, transceiver.id), remote,
                        transceiver);
  }
  std::erase_if(next.transceivers, [&](const Transceiver& transceiver) {
    return transceiver.made_by_remote && !transceiver.track_added &&
           FindSlots(*stable, transceiver.id) == nullptr;
  });
  // What is left of the offer's transceivers, addTrack has made its own: the
  // next offer finds them as if it had made them.
  for (Transceiver& transceiver : next.transceivers) {
    if (FindSlots(*stable, transceiver.id) != nullptr) continue;
    transceiver.made_by_add_track |= transceiver.track_added;
  }
  std::vector<Transport> transports = stable->transports;
  KeepCounting(next.transports, transports);
  next.transports = std::move(transports);
  next.sections = stable->sections;
  next.sctp = stable->sctp;
  next.ice_role = stable->ice_role;
  next.numbers = stable->numbers;
  next.proposed_data_mid.clear();
  // Servers may have changed meanwhile: once is enough to need it.
  next.needs_ice_restart = next.needs_ice_restart || stable->needs_ice_restart;
  next.pending_local = std::nullopt;
  next.pending_remote = std::nullopt;
  PruneBook(next.local_candidates, next.pending_local, next.current_local);
  PruneBook(next.remote_candidates, next.pending_remote, next.current_remote);
}

}  // namespace parley::jsep
