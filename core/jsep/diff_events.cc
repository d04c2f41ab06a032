#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/jsep/diff.h"

namespace parley::jsep {
namespace {

bool Has(const std::vector<std::string>& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

const std::vector<std::string>& StreamsOf(const Transceiver* transceiver) {
  static const auto& none = *new std::vector<std::string>();
  return transceiver ? transceiver->remote_stream_ids : none;
}

bool FiredReceiving(const Transceiver* transceiver) {
  return transceiver && transceiver->fired_direction &&
         Receives(*transceiver->fired_direction);
}

// What became of the set of transceivers. `had` or `now` may be null.
void AppendLife(const Transceiver* had, const Transceiver* now,
                Effects& effects) {
  const TransceiverId id = now ? now->id : had->id;
  if (had == nullptr) effects.push_back(TransceiverCreated{.transceiver = id});
  const bool was_stopped = had && had->stopped;
  if (now && now->mid != (had ? had->mid : std::nullopt)) {
    effects.push_back(TransceiverAssociated{.transceiver = id});
  }
  const std::optional<Direction> none;
  const auto& direction = now ? now->current_direction : none;
  if (direction != (had ? had->current_direction : none)) {
    effects.push_back(
        CurrentDirectionChanged{.transceiver = id, .direction = direction});
  }
  if ((now == nullptr || now->stopped) && !was_stopped) {
    effects.push_back(TransceiverStopped{.transceiver = id});
  }
  if (now == nullptr) effects.push_back(TransceiverRemoved{.transceiver = id});
}

// Calls visit(had, now) for each transceiver of either session, in order.
template <typename Visit>
void ForEachTransceiver(const Session& before, const Session& after,
                        const Visit& visit) {
  auto had = before.transceivers.begin();
  auto now = after.transceivers.begin();
  while (had != before.transceivers.end() || now != after.transceivers.end()) {
    const bool old_comes =
        now == after.transceivers.end() ||
        (had != before.transceivers.end() && had->id < now->id);
    const bool new_comes =
        had == before.transceivers.end() ||
        (now != after.transceivers.end() && now->id < had->id);
    visit(new_comes ? nullptr : &*had, old_comes ? nullptr : &*now);
    if (!new_comes) ++had;
    if (!old_comes) ++now;
  }
}

// W3C's muteTracks, removeList, addList and trackEventInits, one after another.
void AppendTracks(const Session& before, const Session& after,
                  Effects& effects) {
  ForEachTransceiver(before, after,
                     [&](const Transceiver* had, const Transceiver* now) {
                       if (FiredReceiving(had) && now && now->fired_direction &&
                           !FiredReceiving(now)) {
                         effects.push_back(TrackMuted{.transceiver = now->id});
                       }
                     });
  ForEachTransceiver(
      before, after, [&](const Transceiver* had, const Transceiver* now) {
        for (const std::string& id : StreamsOf(had)) {
          if (Has(StreamsOf(now), id)) continue;
          effects.push_back(
              TrackRemovedFromStream{.transceiver = had->id, .stream_id = id});
        }
      });
  ForEachTransceiver(
      before, after, [&](const Transceiver* had, const Transceiver* now) {
        for (const std::string& id : StreamsOf(now)) {
          if (Has(StreamsOf(had), id)) continue;
          effects.push_back(
              TrackAddedToStream{.transceiver = now->id, .stream_id = id});
        }
      });
  ForEachTransceiver(
      before, after, [&](const Transceiver* had, const Transceiver* now) {
        if (!FiredReceiving(now)) return;
        const bool joined = std::any_of(
            StreamsOf(now).begin(), StreamsOf(now).end(),
            [&](const std::string& id) { return !Has(StreamsOf(had), id); });
        if (FiredReceiving(had) && !joined) return;
        effects.push_back(
            TrackEvent{.transceiver = now->id, .stream_ids = StreamsOf(now)});
      });
}

}  // namespace

void AppendEvents(const Session& before, const Session& after, const Step& step,
                  Effects& effects) {
  if (step.type == SdpType::kRollback) {
    effects.push_back(RolledBack{.side = step.side, .implicit = step.implicit});
  } else {
    effects.push_back(DescriptionApplied{
        .side = step.side, .type = step.type, .id = step.description_id});
  }
  ForEachTransceiver(before, after,
                     [&](const Transceiver* had, const Transceiver* now) {
                       AppendLife(had, now, effects);
                     });
  if (before.state != after.state) {
    effects.push_back(
        SignalingStateChanged{.from = before.state, .to = after.state});
  }
  AppendTracks(before, after, effects);
}

}  // namespace parley::jsep
