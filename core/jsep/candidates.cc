#include "core/jsep/candidates.h"

#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/bundle.h"
#include "core/jsep/candidate_book.h"
#include "core/jsep/mids.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

constexpr std::string_view kEndOfCandidates = "end-of-candidates";

std::string_view WithoutPrefix(std::string_view candidate) {
  if (candidate.starts_with("a=")) candidate.remove_prefix(2);
  return candidate == kEndOfCandidates ? std::string_view() : candidate;
}

bool AwaitsAnswer(const Session& session) {
  return NextState(session.state, Side::kRemote, SdpType::kAnswer).ok();
}

// The section of a description whose transport attributes count for this one:
// the tag of its bundle.
size_t TagOf(const sdp::Description& description, size_t index) {
  const std::string& mid = description.sections[index].mid;
  if (mid.empty()) return index;
  for (const sdp::Group& group : description.groups) {
    if (group.semantics != "BUNDLE" ||
        std::find(group.mids.begin(), group.mids.end(), mid) ==
            group.mids.end()) {
      continue;
    }
    const sdp::MediaSection* first =
        sdp::FindSection(description, group.mids.front());
    if (first && !sdp::IsRejected(*first)) {
      return static_cast<size_t>(first - description.sections.data());
    }
    const absl::StatusOr<Bundle> bundle = ReadBundle(description);
    return bundle.ok() ? bundle->TagOf(index) : index;
  }
  return index;
}

std::string_view UfragOf(const sdp::Description& description, size_t index) {
  return sdp::EffectiveIceCredentials(description, description.sections[index])
      .ufrag;
}

// --- Planning, by W3C addIceCandidate ---

class CandidatePlanner {
 public:
  CandidatePlanner(const Session& session, const CandidateInit& init,
                   bool queue_early)
      : session_(session),
        init_(init),
        queue_early_(queue_early),
        text_(WithoutPrefix(init.candidate)) {}

  absl::StatusOr<CandidatePlan> Plan() {
    if (session_.state == SignalingState::kClosed) {
      return Error(Reason::kPeerClosed, "the peer connection is closed");
    }
    if (!text_.empty()) {
      if (!has_mid() && !init_.mline_index) {
        return Error(Reason::kArgument,
                     "a candidate needs its section: mid or m-line index");
      }
      absl::StatusOr<sdp::Candidate> parsed = sdp::ParseCandidate(text_);
      if (!parsed.ok()) return parsed.status();
      plan_.candidate = *std::move(parsed);
    }
    remote_ = RemoteDescription(session_);
    if (remote_ == nullptr) {
      if (queue_early_) return Queue();
      return Error(Reason::kRemoteDescriptionMissing,
                   "there is no remote description yet");
    }
    if (!has_mid() && !init_.mline_index) return PlanEndOfAll();
    return PlanOne();
  }

 private:
  bool has_mid() const { return init_.mid && !init_.mid->empty(); }

  absl::Status Error(Reason reason, std::string what) const {
    ErrorMetadata metadata = {{"operation", "addIceCandidate"}};
    if (has_mid()) metadata.emplace_back("mid", *init_.mid);
    return MakeError(reason, "addIceCandidate: " + std::move(what),
                     std::move(metadata));
  }

  CandidatePlan Queue() {
    plan_.outcome = CandidateOutcome::kQueued;
    return std::move(plan_);
  }

  CandidatePlan Ignore(IgnoredWhy why) {
    plan_.outcome = CandidateOutcome::kIgnored;
    plan_.why = why;
    return std::move(plan_);
  }

  // What no description knows may be in the answer that we wait for.
  absl::StatusOr<CandidatePlan> Unknown(Reason reason, const char* what) {
    if (queue_early_ && AwaitsAnswer(session_)) return Queue();
    return Error(reason, what);
  }

  std::optional<size_t> FindIndex() const {
    const auto& sections = remote_->body->parsed.sections;
    if (!has_mid()) {
      if (*init_.mline_index < sections.size()) return *init_.mline_index;
      return std::nullopt;
    }
    const sdp::MediaSection* found =
        sdp::FindSection(remote_->body->parsed, *init_.mid);
    if (found) return static_cast<size_t>(found - sections.data());
    // A mid that we made up for a section without one.
    const auto index = SectionIndex(session_, *init_.mid);
    if (index && *index < sections.size() && sections[*index].mid.empty()) {
      return index;
    }
    return std::nullopt;
  }

  bool IsStopped(size_t index) const {
    if (sdp::IsRejected(remote_->body->parsed.sections[index])) return true;
    if (index >= session_.sections.size()) return false;
    const Section& section = session_.sections[index];
    if (section.rejected) return true;
    const Transceiver* transceiver =
        FindTransceiver(session_, section.transceiver);
    return transceiver && transceiver->stopped;
  }

  // The description in force that shows this generation for the section.
  const SessionDescription* FindGeneration(size_t index,
                                           std::string_view ufrag) const {
    for (const auto* slot :
         {&session_.pending_remote, &session_.current_remote}) {
      if (!*slot) continue;
      const sdp::Description& parsed = (*slot)->body->parsed;
      if (index >= parsed.sections.size()) continue;
      if (ufrag.empty() || UfragOf(parsed, index) == ufrag ||
          UfragOf(parsed, TagOf(parsed, index)) == ufrag) {
        return &**slot;
      }
    }
    return nullptr;
  }

  absl::StatusOr<CandidatePlan> PlanOne() {
    const std::optional<size_t> index = FindIndex();
    if (!index) {
      return Unknown(Reason::kCandidateMidUnknown,
                     has_mid() ? "no section has this mid"
                               : "the m-line index is out of range");
    }
    if (IsStopped(*index)) return Ignore(IgnoredWhy::kStopped);
    std::string_view ufrag = init_.ufrag.value_or("");
    if (ufrag.empty() && plan_.candidate) ufrag = plan_.candidate->ufrag;
    const SessionDescription* description = FindGeneration(*index, ufrag);
    if (description == nullptr) {
      const auto& retired = session_.retired_ufrags;
      if (std::find(retired.begin(), retired.end(), ufrag) != retired.end()) {
        return Ignore(IgnoredWhy::kPreviousGeneration);
      }
      return Unknown(Reason::kCandidateGeneration,
                     "no remote description has this ufrag");
    }
    const sdp::Description& parsed = description->body->parsed;
    const size_t tag = TagOf(parsed, *index);
    const std::string_view tag_ufrag = UfragOf(parsed, tag);
    // A bundled section may show credentials of its own, which nobody uses; and
    // what an offer gathers for it is given up with the answer.
    if (tag != *index && ((!ufrag.empty() && ufrag != tag_ufrag) ||
                          description->type == SdpType::kOffer)) {
      return Ignore(IgnoredWhy::kBundled);
    }
    return Target(tag, tag_ufrag);
  }

  absl::StatusOr<CandidatePlan> PlanEndOfAll() {
    const sdp::Description& parsed = remote_->body->parsed;
    const absl::StatusOr<Bundle> bundle = ReadBundle(parsed);
    for (size_t i = 0; i < parsed.sections.size(); ++i) {
      if (!IsStopped(i) && (!bundle.ok() || bundle->TagOf(i) == i)) {
        AddTarget(i, UfragOf(parsed, i));
      }
    }
    return std::move(plan_);
  }

  CandidatePlan Target(size_t index, std::string_view ufrag) {
    AddTarget(index, ufrag);
    if (!plan_.candidate) return std::move(plan_);
    const CandidatePlan::Target& target = plan_.targets.front();
    const sdp::Candidate& candidate = *plan_.candidate;
    if (candidate.transport == sdp::CandidateTransport::kOther) {
      return Ignore(IgnoredWhy::kTransport);
    }
    const Transport* transport = FindTransport(session_, target.transport);
    if (candidate.component != 1 &&
        (candidate.component != 2 || transport == nullptr ||
         transport->rtcp_mux)) {
      return Ignore(IgnoredWhy::kComponent);
    }
    plan_.candidate->ufrag.clear();  // said by the list it goes to
    const CandidateList* list =
        FindCandidates(session_.remote_candidates, target.mid, target.ufrag);
    if (list && std::find(list->candidates.begin(), list->candidates.end(),
                          candidate) != list->candidates.end()) {
      return Ignore(IgnoredWhy::kDuplicate);
    }
    return std::move(plan_);
  }

  void AddTarget(size_t index, std::string_view ufrag) {
    CandidatePlan::Target& target = plan_.targets.emplace_back();
    target.ufrag = ufrag;
    if (index >= session_.sections.size()) return;
    const Section& section = session_.sections[index];
    target.mid = section.mid;
    const Transport* transport = FindTransport(session_, section.transport);
    if (transport && transport->remote &&
        transport->remote_generation == transport->generation &&
        transport->remote->credentials.ufrag == ufrag) {
      target.transport = transport->id;
      target.generation = transport->generation;
    }
  }

  const Session& session_;
  const CandidateInit& init_;
  const bool queue_early_;
  const std::string_view text_;
  const SessionDescription* remote_ = nullptr;
  CandidatePlan plan_;
};

// --- Local candidates ---

// RFC 9429 section 3.5.3: with the relay policy nothing else is shown, and a
// relayed candidate does not tell where it was asked for.
bool HideUnlessRelayed(sdp::Candidate& candidate) {
  if (candidate.type != sdp::CandidateType::kRelay) return false;
  const bool ip6 =
      sdp::KindOfAddress(candidate.address) == sdp::AddressKind::kIp6;
  candidate.related_address = ip6 ? "::" : "0.0.0.0";
  candidate.related_port = 0;
  return true;
}

// --- Text ---

void AppendAttribute(const sdp::Candidate& candidate, std::string& out) {
  out += "a=";
  sdp::PrintCandidate(candidate, out);
  out += "\r\n";
}

// Where the next m= line begins; the text's size: there is none.
size_t NextSection(const std::string& text, size_t from) {
  const size_t found = text.find("\nm=", from);
  return found == std::string::npos ? text.size() : found + 1;
}

// What the section's text lacks of the list.
std::string MissingLines(const CandidateList& list,
                         const sdp::MediaSection& section) {
  std::string lines;
  for (const sdp::Candidate& candidate : list.candidates) {
    if (std::find(section.candidates.begin(), section.candidates.end(),
                  candidate) == section.candidates.end()) {
      AppendAttribute(candidate, lines);
    }
  }
  if (list.complete && !section.end_of_candidates) {
    lines += "a=end-of-candidates\r\n";
  }
  return lines;
}

}  // namespace

std::string_view IgnoredWhyName(IgnoredWhy why) {
  switch (why) {
    case IgnoredWhy::kNot:
      return "";
    case IgnoredWhy::kPreviousGeneration:
      return "PREVIOUS_GENERATION";
    case IgnoredWhy::kStopped:
      return "STOPPED";
    case IgnoredWhy::kBundled:
      return "BUNDLED";
    case IgnoredWhy::kDuplicate:
      return "DUPLICATE";
    case IgnoredWhy::kTransport:
      return "TRANSPORT";
    case IgnoredWhy::kComponent:
      return "COMPONENT";
  }
  return "";
}

absl::StatusOr<CandidatePlan> PlanCandidate(const Session& session,
                                            const CandidateInit& init,
                                            bool queue_early) {
  return CandidatePlanner(session, init, queue_early).Plan();
}

Effects CommitCandidate(Session& session, CandidatePlan&& plan) {
  Effects effects;
  if (plan.outcome != CandidateOutcome::kApplied) return effects;
  for (const CandidatePlan::Target& target : plan.targets) {
    const bool changed = plan.candidate
                             ? AddToBook(session.remote_candidates, target.mid,
                                         target.ufrag, *plan.candidate)
                             : CompleteInBook(session.remote_candidates,
                                              target.mid, target.ufrag);
    if (!changed || target.transport == 0) continue;
    if (plan.candidate) {
      effects.push_back(AddRemoteCandidates{.transport = target.transport,
                                            .generation = target.generation,
                                            .candidates = {*plan.candidate}});
    } else {
      effects.push_back(EndRemoteCandidates{.transport = target.transport,
                                            .generation = target.generation});
    }
  }
  return effects;
}

std::optional<LocalCandidate> AddLocalCandidate(
    Session& session, TransportId id, uint32_t generation,
    const std::optional<sdp::Candidate>& candidate) {
  const Transport* transport = FindTransport(session, id);
  if (transport == nullptr || transport->generation != generation) {
    return std::nullopt;
  }
  LocalCandidate shown{.mid = transport->mid,
                       .mline_index = transport->mline_index,
                       .ufrag = transport->local.ufrag};
  if (!candidate) {
    if (!CompleteInBook(session.local_candidates, shown.mid, shown.ufrag)) {
      return std::nullopt;
    }
    ++session.revision;
    return shown;
  }
  sdp::Candidate kept = *candidate;
  kept.ufrag.clear();
  if (session.configuration->ice_transport_policy ==
          IceTransportPolicy::kRelay &&
      !HideUnlessRelayed(kept)) {
    return std::nullopt;
  }
  if (!AddToBook(session.local_candidates, shown.mid, shown.ufrag, kept)) {
    return std::nullopt;
  }
  ++session.revision;
  kept.ufrag = shown.ufrag;
  sdp::PrintCandidate(kept, shown.candidate);
  return shown;
}

std::string TextWithCandidates(const Session& session, Side side,
                               const SessionDescription& description) {
  const CandidateBook& book = side == Side::kLocal ? session.local_candidates
                                                   : session.remote_candidates;
  const std::string& text = description.body->text;
  if (book.empty()) return text;
  const sdp::Description& parsed = description.body->parsed;
  std::string result;
  result.reserve(text.size() + book.size() * 512);
  size_t from = NextSection(text, 0);
  result.append(text, 0, from);
  for (size_t i = 0; i < parsed.sections.size(); ++i) {
    const size_t to = NextSection(text, from + 1);
    result.append(text, from, to - from);
    from = to;
    const sdp::MediaSection& section = parsed.sections[i];
    const std::string_view mid =
        section.mid.empty() && i < session.sections.size()
            ? std::string_view(session.sections[i].mid)
            : std::string_view(section.mid);
    const CandidateList* list = FindCandidates(book, mid, UfragOf(parsed, i));
    if (list == nullptr) continue;
    const std::string lines = MissingLines(*list, section);
    if (!lines.empty() && !result.ends_with('\n')) result += "\r\n";
    result += lines;
  }
  return result;
}

}  // namespace parley::jsep
