// What the recorded application did, read from what it led to: the part of
// StandIn that acts on transceivers before Parley speaks or hears.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/jsep/simulcast.h"
#include "core/jsep/transceivers.h"
#include "core/sdp/query.h"
#include "tests/corpus/section_rules.h"
#include "tests/corpus/stand_in.h"
#include "tests/corpus/words.h"

namespace parley::corpus {

using jsep::SdpType;
using jsep::SignalingState;
using sdp::Description;
using sdp::Direction;
using sdp::MediaSection;

namespace {

// What a transceiver's own section says of it.
jsep::TransceiverInit InitOf(const Description& offer, const MediaSection& own,
                             std::string track) {
  jsep::TransceiverInit init;
  init.direction = sdp::EffectiveDirection(offer, own);
  init.track_id = std::move(track);
  for (const sdp::Msid& msid : own.msids) {
    const bool known = std::find(init.stream_ids.begin(), init.stream_ids.end(),
                                 msid.stream_id) != init.stream_ids.end();
    if (msid.stream_id != "-" && msid.stream_id.size() <= 64 && !known) {
      init.stream_ids.push_back(msid.stream_id);
    }
  }
  if (own.media != "video") return init;
  for (std::string& rid : jsep::SimulcastRids(own, sdp::RidDirection::kSend)) {
    init.encodings.push_back({.rid = std::move(rid)});
  }
  if (init.encodings.size() == 1) init.encodings.clear();
  return init;
}

}  // namespace

jsep::TransceiverId StandIn::AtSlot(const std::string& recorded_mid) const {
  const auto* slot = translation_.FindSlot(recorded_mid);
  if (slot == nullptr || *slot->index >= session_.sections.size()) return 0;
  return session_.sections[*slot->index].transceiver;
}

void StandIn::Want(TransceiverId id, Direction direction) {
  const jsep::Transceiver* transceiver = jsep::FindTransceiver(session_, id);
  if (transceiver == nullptr || transceiver->stopping || transceiver->stopped ||
      transceiver->direction == direction) {
    return;
  }
  if (const auto status = jsep::SetDirection(session_, id, direction);
      !status.ok()) {
    Fault(status.ToString());
  }
}

// Our first offer in the recording says with which policy it was made. Where
// it is answered without BUNDLE only max-compat can work.
void StandIn::ChoosePolicy(const Step& first) {
  const Description offer = ReadSdp(first.sdp);
  bool bundle_only = std::any_of(
      offer.sections.begin(), offer.sections.end(),
      [](const MediaSection& s) { return s.bundle_only && s.port == 0; });
  for (const Step& step : record_.steps) {
    if (step.side == side_ || step.type == SdpType::kRollback) continue;
    const Description theirs = ReadSdp(step.sdp);
    const auto tags = BundleTags(theirs);
    for (size_t i = 0; i < tags.size(); ++i) {
      if (theirs.sections[i].port != 0 && !tags[i]) bundle_only = false;
    }
  }
  jsep::Configuration configuration = *session_.configuration;
  configuration.bundle_policy = bundle_only ? jsep::BundlePolicy::kMaxBundle
                                            : jsep::BundlePolicy::kMaxCompat;
  auto made = jsep::MakeSession(std::move(configuration), random_);
  if (made.ok()) session_ = *std::move(made);
}

bool StandIn::WantsRestart(const Description& recorded) const {
  if (!settled_recording_) return false;
  const auto& before = settled_recording_->sections;
  for (size_t i = 0; i < before.size() && i < recorded.sections.size(); ++i) {
    const MediaSection& now = recorded.sections[i];
    if (before[i].port == 0 || now.port == 0 || before[i].mid != now.mid) {
      continue;
    }
    const auto was =
        sdp::EffectiveIceCredentials(*settled_recording_, before[i]);
    const auto is = sdp::EffectiveIceCredentials(recorded, now);
    if (!was.ufrag.empty() && !is.ufrag.empty()) return was.ufrag != is.ufrag;
  }
  return false;
}

// Directions and stops as recorded after the step.
void StandIn::FollowStates(const Step& step, bool stop) {
  const auto state = step.states.find(side_);
  if (!follows_w3c_ || state == step.states.end()) return;
  std::set<TransceiverId> seen;
  for (const RecordedTransceiver& recorded : state->second.transceivers) {
    if (!recorded.mid) continue;
    const TransceiverId id = AtSlot(*recorded.mid);
    if (id == 0) continue;
    if (const auto direction = DirectionNamed(recorded.direction)) {
      Want(id, *direction);
    } else if (stop) {
      (void)jsep::StopTransceiver(session_, id);
    }
  }
}

// Transceivers that have no section yet.
void StandIn::AddUnassociated(const Step& step) {
  const auto state = step.states.find(side_);
  if (!follows_w3c_ || state == step.states.end()) return;
  std::map<jsep::MediaKind, int> have;
  for (const jsep::Transceiver& one : session_.transceivers) {
    if (!one.mline_index && !one.stopped) ++have[one.kind];
  }
  for (const RecordedTransceiver& recorded : state->second.transceivers) {
    const auto direction = DirectionNamed(recorded.direction);
    if (recorded.mid || !direction || !IsMediaName(recorded.kind)) continue;
    const jsep::MediaKind kind = KindOf(recorded.kind);
    if (have[kind]-- > 0) continue;
    (void)jsep::AddTransceiver(session_, kind, {.direction = *direction},
                               random_);
  }
}

void StandIn::ActBeforeOffer(const Step& step, const Description& recorded) {
  FollowStates(step, /*stop=*/true);
  std::vector<TransceiverId> waiting;
  for (const jsep::Transceiver& one : session_.transceivers) {
    if (!one.mline_index && !one.stopping && !one.stopped) {
      waiting.push_back(one.id);
    }
  }
  for (size_t i = 0; i < recorded.sections.size(); ++i) {
    const MediaSection& section = recorded.sections[i];
    const auto& slots = translation_.slots();
    const bool known = i < slots.size() && slots[i].index &&
                       *slots[i].index < session_.sections.size() &&
                       (sdp::IsRejected(section) ||
                        !session_.sections[*slots[i].index].rejected) &&
                       (slots[i].recorded_mid == section.mid ||
                        section.mid.empty() || slots[i].recorded_mid.empty());
    if (section.media == "application") {
      if (!sdp::IsRejected(section)) {
        (void)jsep::NoteDataChannelCreated(session_);
      }
      continue;
    }
    if (!IsMediaName(section.media)) continue;
    if (known) {
      const TransceiverId id = session_.sections[*slots[i].index].transceiver;
      if (sdp::IsRejected(section)) {
        (void)jsep::StopTransceiver(session_, id);
      } else if (!follows_w3c_) {
        Want(id, sdp::EffectiveDirection(recorded, section));
      }
      continue;
    }
    if (i < slots.size() && slots[i].index &&
        *slots[i].index < session_.sections.size() &&
        !session_.sections[*slots[i].index].rejected) {
      // Recycled by the recorded side before it was free for Parley.
      (void)jsep::StopTransceiver(
          session_, session_.sections[*slots[i].index].transceiver);
    }
    if (sdp::IsRejected(section)) continue;
    const jsep::MediaKind kind = KindOf(section.media);
    const auto found =
        std::find_if(waiting.begin(), waiting.end(), [&](TransceiverId id) {
          return jsep::FindTransceiver(session_, id)->kind == kind;
        });
    if (found != waiting.end()) {
      Want(*found, sdp::EffectiveDirection(recorded, section));
      waiting.erase(found);
      continue;
    }
    auto added = jsep::AddTransceiver(
        session_, kind,
        InitOf(recorded, section, "track" + std::to_string(next_name_++)),
        random_);
    if (!added.ok()) Fault(added.status().ToString());
  }
}

void StandIn::ActBeforeAnswer(const Step& step, const Description& recorded) {
  FollowStates(step, /*stop=*/true);
  for (size_t i = 0; i < recorded.sections.size(); ++i) {
    const MediaSection& section = recorded.sections[i];
    const auto& slots = translation_.slots();
    if (i >= slots.size() || !slots[i].index || !IsMediaName(section.media) ||
        *slots[i].index >= session_.sections.size()) {
      continue;
    }
    const TransceiverId id = session_.sections[*slots[i].index].transceiver;
    if (section.port == 0) {
      (void)jsep::StopTransceiver(session_, id);
    } else if (!follows_w3c_) {
      Want(id, sdp::EffectiveDirection(recorded, section));
    }
  }
}

// The direction our side wants once this offer is in: recorded, or as it then
// answered.
std::optional<Direction> StandIn::DirectionAfter(const std::string& mid) const {
  const Step& step = record_.steps[step_];
  if (const auto state = step.states.find(side_);
      follows_w3c_ && state != step.states.end()) {
    for (const RecordedTransceiver& one : state->second.transceivers) {
      if (one.mid == mid) return DirectionNamed(one.direction);
    }
  }
  if (step_ + 1 >= record_.steps.size()) return std::nullopt;
  const Step& next = record_.steps[step_ + 1];
  if (next.side != side_ || next.type == SdpType::kRollback)
    return std::nullopt;
  const Description answer = ReadSdp(next.sdp);
  const MediaSection* section = sdp::FindSection(answer, mid);
  if (section == nullptr || section->port == 0) return std::nullopt;
  return sdp::EffectiveDirection(answer, *section);
}

void StandIn::ActBeforeTheirs(const Step& step, const Description& translated) {
  FollowStates(step, /*stop=*/false);
  // With addTrack before the offer, as many as will send.
  std::map<jsep::MediaKind, int> ready;
  for (const jsep::Transceiver& one : session_.transceivers) {
    const bool waits =
        !one.mline_index || session_.state == SignalingState::kHaveLocalOffer;
    if (one.made_by_add_track && waits && !one.stopping) ++ready[one.kind];
  }
  for (const Translation::Slot& slot : translation_.slots()) {
    if (!slot.index || *slot.index >= translated.sections.size()) continue;
    const MediaSection& section = translated.sections[*slot.index];
    const bool in_use = *slot.index < session_.sections.size() &&
                        !session_.sections[*slot.index].rejected &&
                        session_.sections[*slot.index].mid == slot.mid;
    if (in_use || sdp::IsRejected(section) || !IsMediaName(section.media)) {
      continue;
    }
    const auto wanted = DirectionAfter(slot.recorded_mid);
    const auto theirs = sdp::EffectiveDirection(translated, section);
    if (!wanted || !jsep::Sends(*wanted) || !jsep::Receives(theirs)) continue;
    const jsep::MediaKind kind = KindOf(section.media);
    if (ready[kind]-- > 0) continue;
    (void)jsep::AddTrack(session_, kind, "track" + std::to_string(next_name_++),
                         {"stream"}, random_);
  }
  AddUnassociated(step);
}

}  // namespace parley::corpus
