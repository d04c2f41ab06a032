#include "tests/corpus/stand_in.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/jsep/answer.h"
#include "core/jsep/candidates.h"
#include "core/jsep/offer.h"
#include "core/jsep/plan.h"
#include "core/sdp/parser.h"
#include "core/sdp/printer.h"
#include "core/sdp/query.h"
#include "tests/corpus/section_rules.h"
#include "tests/corpus/words.h"

namespace parley::corpus {
namespace {

using jsep::SdpType;
using jsep::SignalingState;
using sdp::Description;
using sdp::Direction;
using sdp::MediaSection;

jsep::Configuration OneCertificate() {
  jsep::Configuration configuration;
  std::string value = "AB";
  for (int i = 1; i < 32; ++i) value += ":CD";
  configuration.fingerprints = {{.algorithm = "sha-256", .value = value}};
  return configuration;
}

}  // namespace

StandIn::StandIn(const Record& record, char side)
    : record_(record), side_(side), follows_w3c_([&] {
        const std::string_view stack = record.StackOf(side);
        return stack == "chromium" || stack == "firefox" || stack == "wrtc";
      }()) {
  auto made = jsep::MakeSession(OneCertificate(), random_);
  if (made.ok()) session_ = *std::move(made);
}

void StandIn::Fault(std::string what) {
  verdict_.faults.push_back("step " + std::to_string(step_) + ": " +
                            std::move(what));
}

void StandIn::Faulty(Faults faults) {
  for (std::string& fault : faults) Fault(std::move(fault));
}

Verdict StandIn::Play() {
  for (const Step& step : record_.steps) {
    if (step.side != side_ || step.type != SdpType::kOffer) continue;
    ChoosePolicy(step);
    break;
  }
  for (size_t i = 0; i < record_.steps.size(); ++i) {
    if (!PlayStep(i)) break;
  }
  return std::move(verdict_);
}

Verdict StandIn::PlayMalformed() {
  for (size_t i = 0; i + 1 < record_.steps.size(); ++i) {
    if (!PlayStep(i)) return std::move(verdict_);
  }
  step_ = record_.steps.size() - 1;
  const Step& last = record_.steps.back();
  PlayTheirs(last);
  if (last.type == SdpType::kOffer && verdict_.refusal.ok()) {
    Step answer{.side = side_, .type = SdpType::kAnswer};
    MakeAnswer(answer);
  }
  return std::move(verdict_);
}

bool StandIn::PlayStep(size_t index) {
  step_ = index;
  const Step& step = record_.steps[index];
  if (!step.local_result.empty()) return true;
  if (session_.state == SignalingState::kStable) {
    stable_slots_ = translation_.slots();
  }
  if (step.side == side_) {
    PlayOwn(step);
  } else {
    PlayTheirs(step);
  }
  if (verdict_.refusal.ok() && verdict_.faults.empty() && !record_.malformed) {
    CompareStates(step);
  }
  return verdict_.refusal.ok() && verdict_.faults.empty();
}

void StandIn::PlayOwn(const Step& step) {
  switch (step.type) {
    case SdpType::kOffer:
      return MakeOffer(step);
    case SdpType::kRollback:
      return RollBack();
    default:
      return MakeAnswer(step);
  }
}

void StandIn::PlayTheirs(const Step& step) {
  if (step.type == SdpType::kRollback || !step.delivered) return;
  if (const auto parsed = sdp::Parse(step.sdp); !parsed.ok()) {
    verdict_.refusal = parsed.status();
  } else if (step.type == SdpType::kOffer) {
    TakeOffer(step);
  } else {
    TakeAnswer(step);
  }
  if (!verdict_.refusal.ok()) {
    verdict_.refused_step = step_;
  } else if (step.remote_result.empty()) {
    TakeCandidates(step);
  }
}

// --- What Parley says ---

bool StandIn::SetLocal(SdpType type, const std::string& text) {
  auto plan = jsep::PlanLocal(session_, {.type = type, .text = text}, random_);
  if (!plan.ok()) {
    Fault("setLocalDescription: " + plan.status().ToString());
    return false;
  }
  jsep::Commit(session_, *std::move(plan));
  return true;
}

void StandIn::MakeOffer(const Step& step) {
  const Description recorded = ReadSdp(step.sdp);
  ActBeforeOffer(step, recorded);
  const bool restarts = WantsRestart(recorded);
  auto created =
      jsep::CreateOffer(session_, {.ice_restart = restarts}, random_);
  if (!created.ok()) return Fault(created.status().ToString());
  jsep::Remember(session_, *created);
  Faulty(validator_.JudgeOffer(created->text(), restarts));
  if (!SetLocal(SdpType::kOffer, created->text())) return;
  translation_.LearnOffer(recorded, ReadSdp(created->text()));
  said_recording_ = recorded;
}

void StandIn::MakeAnswer(const Step& step) {
  const Description recorded = ReadSdp(step.sdp);
  if (!record_.malformed) ActBeforeAnswer(step, recorded);
  auto created = jsep::CreateAnswer(session_, random_);
  if (!created.ok()) return Fault(created.status().ToString());
  jsep::Remember(session_, *created);
  Faulty(validator_.JudgeAnswer(created->text()));
  if (!SetLocal(step.type, created->text())) return;
  NoteRejections(ReadSdp(created->text()));
  if (step.type == SdpType::kAnswer) {
    validator_.Settle();
    settled_recording_ = recorded;
  }
}

// A section goes down with the tag of its bundle (RFC 9143 7.3.3), and one that
// is bundle-only without a bundle was never there. Not all stacks know.
void StandIn::NoteRejections(const Description& answer) {
  if (!session_.pending_remote && !session_.current_remote) return;
  const Description& offer = jsep::RemoteDescription(session_)->body->parsed;
  const auto tags = BundleTags(offer);
  for (size_t i = 0; i < answer.sections.size(); ++i) {
    const bool with_tag = tags[i] && answer.sections[*tags[i]].port == 0;
    const bool nowhere = offer.sections[i].bundle_only && !tags[i];
    if (answer.sections[i].port == 0 && (with_tag || nowhere)) {
      rejected_.insert(i);
    }
  }
}

void StandIn::RollBack() {
  const auto side =
      session_.pending_local ? jsep::Side::kLocal : jsep::Side::kRemote;
  auto plan = jsep::PlanRollback(session_, side);
  if (!plan.ok()) return Fault(plan.status().ToString());
  jsep::Commit(session_, *std::move(plan));
  validator_.RollBack();
  translation_.set_slots(stable_slots_);
  said_recording_.reset();
}

// --- What Parley hears ---

absl::Status StandIn::SetRemote(SdpType type, const std::string& text) {
  auto plan = jsep::PlanRemote(session_, {.type = type, .text = text});
  if (!plan.ok()) return plan.status();
  if (!plan->refused.ok()) return plan->refused;
  // The recorded peer refused it: then so did we, to stay where it is.
  const Step& step = record_.steps[step_];
  if (step.remote_result.empty()) jsep::Commit(session_, *std::move(plan));
  return absl::OkStatus();
}

std::string StandIn::Heard(const Step& step, const Description& recorded,
                           const Description& translated) const {
  return translated == recorded ? step.sdp : sdp::ToString(translated);
}

void StandIn::TakeOffer(const Step& step) {
  if (session_.state == SignalingState::kHaveLocalOffer) {
    translation_.set_slots(stable_slots_);
    said_recording_.reset();
  }
  const Description recorded = ReadSdp(step.sdp);
  std::set<std::string> mids;
  for (const jsep::Section& section : session_.sections) {
    mids.insert(section.mid);
  }
  const size_t sections =
      session_.state == SignalingState::kHaveLocalOffer && session_.last_stable
          ? session_.last_stable->sections.size()
          : session_.sections.size();
  const Description translated = translation_.Offer(recorded, sections, mids);
  ActBeforeTheirs(step, translated);
  const std::string text = Heard(step, recorded, translated);
  verdict_.refusal = SetRemote(SdpType::kOffer, text);
  if (verdict_.refusal.ok() && step.remote_result.empty()) {
    validator_.HearOffer(text);
  }
}

void StandIn::TakeAnswer(const Step& step) {
  const Description recorded = ReadSdp(step.sdp);
  Description translated = translation_.Answer(recorded);
  KeepRoles(translated);
  const std::string text = Heard(step, recorded, translated);
  verdict_.refusal = SetRemote(step.type, text);
  if (!verdict_.refusal.ok() || step.type != SdpType::kAnswer ||
      !step.remote_result.empty()) {
    return;
  }
  validator_.HearAnswer(text);
  settled_recording_ = std::exchange(said_recording_, std::nullopt);
}

// Parley may have come to another DTLS role than the recorded side; an answer
// within that association keeps it.
void StandIn::KeepRoles(Description& answer) const {
  for (size_t i = 0; i < answer.sections.size(); ++i) {
    MediaSection& section = answer.sections[i];
    const auto setup = sdp::EffectiveSetup(answer, section);
    if (i >= session_.sections.size() || section.port == 0 ||
        (setup != sdp::Setup::kActive && setup != sdp::Setup::kPassive)) {
      continue;
    }
    const jsep::Transport* transport =
        jsep::FindTransport(session_, session_.sections[i].transport);
    if (transport == nullptr || !transport->dtls_role) continue;
    section.transport.setup = transport->dtls_role == jsep::DtlsRole::kClient
                                  ? sdp::Setup::kPassive
                                  : sdp::Setup::kActive;
  }
}

void StandIn::TakeCandidates(const Step& step) {
  for (const RecordedCandidate& candidate : step.candidates) {
    jsep::CandidateInit init{.candidate = candidate.line};
    if (candidate.mid) {
      const auto* slot = translation_.FindSlot(*candidate.mid);
      init.mid = slot && !slot->mid.empty() ? slot->mid : *candidate.mid;
    }
    const auto index = candidate.mline_index;
    if (index && *index < translation_.slots().size() &&
        !translation_.slots()[*index].index) {
      continue;  // of a section that Parley has not got
    }
    if (index && *index < translation_.slots().size()) {
      const auto ours = translation_.slots()[*index].index;
      init.mline_index = static_cast<uint32_t>(ours.value_or(*index));
    }
    if (candidate.ufrag) init.ufrag = *candidate.ufrag;
    auto plan = jsep::PlanCandidate(session_, init);
    if (!plan.ok()) {
      verdict_.refusal = plan.status();
      verdict_.refused_step = step_;
      return;
    }
    jsep::CommitCandidate(session_, *std::move(plan));
  }
}

// --- What W3C prescribes ---

void StandIn::CompareStates(const Step& step) {
  const auto found = step.states.find(side_);
  if (found == step.states.end() || !step.remote_result.empty()) return;
  const RecordedState& state = found->second;
  if (!state.signaling_state.empty() &&
      state.signaling_state != jsep::SignalingStateName(session_.state)) {
    Fault("signaling state " +
          std::string(jsep::SignalingStateName(session_.state)) + ", not " +
          state.signaling_state);
  }
  if (!follows_w3c_) return;
  for (const RecordedTransceiver& recorded : state.transceivers) {
    const auto direction = DirectionNamed(recorded.direction);
    if (!recorded.mid || !direction) continue;
    const jsep::Transceiver* ours =
        jsep::FindTransceiver(session_, AtSlot(*recorded.mid));
    const auto* slot = translation_.FindSlot(*recorded.mid);
    if (slot && rejected_.contains(*slot->index)) continue;
    const std::string label = "transceiver " + *recorded.mid + ": ";
    if (ours == nullptr || ours->stopped) {
      Fault(label + "is not there");
      continue;
    }
    if (jsep::MediaKindName(ours->kind) != recorded.kind) Fault(label + "kind");
    if (ours->direction != *direction) {
      Fault(label + "direction " + std::string(sdp::ToString(ours->direction)) +
            ", not " + recorded.direction);
    }
    const std::string current =
        ours->current_direction
            ? std::string(sdp::ToString(*ours->current_direction))
            : "none";
    if (current != recorded.current_direction.value_or("none")) {
      Fault(label + "current direction " + current + ", not " +
            recorded.current_direction.value_or("none"));
    }
  }
}

}  // namespace parley::corpus
