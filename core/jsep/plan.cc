#include "core/jsep/plan.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/answer.h"
#include "core/jsep/apply.h"
#include "core/jsep/bundle.h"
#include "core/jsep/candidate_book.h"
#include "core/jsep/diff.h"
#include "core/jsep/offer.h"
#include "core/jsep/section_writer.h"
#include "core/jsep/validate_remote.h"
#include "core/sdp/parser.h"

namespace parley::jsep {
namespace {

absl::StatusOr<sdp::Description> Parse(const Session& session,
                                       std::string_view text) {
  return sdp::Parse(text,
                    {.bytes = session.configuration->max_description_bytes,
                     .sections = session.configuration->max_sections});
}

// The session as a step begins with it: with the way back, if it leaves stable.
Session Begin(const Session& session) {
  Session next = session;
  if (session.state == SignalingState::kStable) {
    next.last_stable = TakeStableState(session);
  }
  return next;
}

// The step is done: what it comes to.
Plan Finish(const Session& before, Session next, SignalingState state,
            Step step) {
  next.state = state;
  ++next.revision;
  NoteRetiredUfrags(before, next);
  Plan plan;
  AppendInstructions(before, next, plan.effects);
  AppendEvents(before, next, step, plan.effects);
  plan.next = std::move(next);
  return plan;
}

Plan RollBackPlan(const Session& session, bool implicit) {
  Session next = session;
  const Side side = session.pending_local ? Side::kLocal : Side::kRemote;
  RollBack(next);
  return Finish(
      session, std::move(next), SignalingState::kStable,
      {.side = side, .type = SdpType::kRollback, .implicit = implicit});
}

// --- Local descriptions ---

// Whether the o= line says that we made the text, before the last created one,
// or for an offer that is no longer pending.
bool IsOfOldVersion(const Session& session, SdpType type,
                    std::string_view text) {
  const absl::StatusOr<sdp::Description> parsed = Parse(session, text);
  if (!parsed.ok() || parsed->origin.session_id != session.session_id) {
    return false;
  }
  const auto& last =
      type == SdpType::kOffer ? session.last_offer : session.last_answer;
  return !last || last->text() == text ||
         parsed->origin.session_version <
             last->blueprint->outline.origin.session_version;
}

absl::Status NotTheLast(const Session& session, SdpType type,
                        std::string_view text) {
  const std::string name(SdpTypeName(type));
  if (IsOfOldVersion(session, type, text)) {
    return MakeError(
        Reason::kOfferStale,
        "setLocalDescription: this " + name +
            " is not the last created one; create it again, or "
            "set no description",
        {{"operation", "setLocalDescription"}, {"sdp_type", name}});
  }
  return MakeError(Reason::kSdpModified,
                   "setLocalDescription: the text is not byte for byte the "
                   "last created " +
                       name + "; set it unchanged, or set no description",
                   {{"operation", "setLocalDescription"}, {"sdp_type", name}});
}

// Whether it answers the offer that is pending now, not one before it.
bool FitsPendingOffer(const Session& session,
                      const CreatedDescription& created) {
  return created.type == SdpType::kOffer ||
         created.blueprint->answered_offer == session.pending_remote->body;
}

// The created description that is meant: the one with this text, or without
// text the one that is accurate now.
absl::StatusOr<CreatedDescription> FindCreated(const Session& session,
                                               SdpType type,
                                               std::string_view text,
                                               Random& random) {
  const auto& last =
      type == SdpType::kOffer ? session.last_offer : session.last_answer;
  if (text.empty()) {
    if (last && last->blueprint->revision == session.revision) return *last;
    return type == SdpType::kOffer ? CreateOffer(session, {}, random)
                                   : CreateAnswer(session, random);
  }
  if (!last || last->text() != text || !FitsPendingOffer(session, *last)) {
    return NotTheLast(session, type, text);
  }
  return *last;
}

SdpType ImplicitType(const Session& session) {
  // W3C setLocalDescription: whatever the state is not about answering.
  const bool answering =
      NextState(session.state, Side::kLocal, SdpType::kAnswer).ok();
  return answering ? SdpType::kAnswer : SdpType::kOffer;
}

// --- Remote descriptions ---

absl::Status CheckOfferId(const Session& session,
                          const RemoteDescriptionInit& description) {
  if (description.type == SdpType::kOffer || description.offer_id.empty()) {
    return absl::OkStatus();
  }
  const std::string& pending = session.pending_local->body->id;
  if (pending == description.offer_id) return absl::OkStatus();
  return MakeError(
      Reason::kOfferStale,
      "the answer is to another offer than the pending one; discard it",
      {{"offer_id", std::string(description.offer_id)},
       {"pending_offer_id", pending}});
}

absl::StatusOr<Plan> PlanParsed(const Session& session, SdpType type,
                                SignalingState state,
                                std::shared_ptr<const DescriptionBody> body) {
  const absl::StatusOr<Bundle> bundle = ReadBundle(body->parsed);
  if (!bundle.ok()) return bundle.status();
  absl::Status status =
      type == SdpType::kOffer
          ? ValidateRemoteOffer(session, body->parsed, *bundle)
          : ValidateRemoteAnswer(session, body->parsed, *bundle);
  if (!status.ok()) return status;
  Session next = Begin(session);
  if (type == SdpType::kOffer) {
    ApplyRemoteOffer(next, body);
  } else {
    status = ApplyRemoteAnswer(next, body, *bundle, type);
    if (!status.ok()) return status;
  }
  AddDescribed(next.remote_candidates, next.sections, body->parsed);
  return Finish(
      session, std::move(next), state,
      {.side = Side::kRemote, .type = type, .description_id = body->id});
}

absl::StatusOr<Plan> PlanText(const Session& session,
                              const RemoteDescriptionInit& description,
                              SignalingState state) {
  absl::Status status = CheckOfferId(session, description);
  if (!status.ok()) return status;
  absl::StatusOr<sdp::Description> parsed = Parse(session, description.text);
  if (!parsed.ok()) return parsed.status();
  auto body = std::make_shared<DescriptionBody>();
  body->id = DescriptionId(parsed->origin);
  body->text = description.text;
  body->parsed = *std::move(parsed);
  return PlanParsed(session, description.type, state, std::move(body));
}

// W3C setRemoteDescription: an offer in have-local-offer. Whatever becomes of
// it, our own is rolled back first.
absl::StatusOr<Plan> PlanAfterRollback(
    const Session& session, const RemoteDescriptionInit& description) {
  Plan rollback = RollBackPlan(session, /*implicit=*/true);
  const auto state =
      NextState(rollback.next.state, Side::kRemote, description.type);
  absl::StatusOr<Plan> plan = state.ok()
                                  ? PlanText(rollback.next, description, *state)
                                  : absl::StatusOr<Plan>(state.status());
  if (!plan.ok()) {
    rollback.refused = WithMetadata(plan.status(), "rolled_back", "true");
    return rollback;
  }
  plan->effects.insert(plan->effects.begin(),
                       std::make_move_iterator(rollback.effects.begin()),
                       std::make_move_iterator(rollback.effects.end()));
  return plan;
}

}  // namespace

absl::StatusOr<Plan> PlanLocal(const Session& session,
                               const LocalDescriptionInit& description,
                               Random& random) {
  const SdpType type = description.type.value_or(ImplicitType(session));
  if (type == SdpType::kRollback) return PlanRollback(session, Side::kLocal);
  const auto state = NextState(session.state, Side::kLocal, type);
  if (!state.ok()) return state.status();
  absl::StatusOr<CreatedDescription> created =
      FindCreated(session, type, description.text, random);
  if (!created.ok()) return created.status();
  Session next = Begin(session);
  Remember(next, *created);
  if (type == SdpType::kOffer) {
    ApplyLocalOffer(next, *created);
  } else {
    absl::Status status = ApplyLocalAnswer(next, *created, type);
    if (!status.ok()) return status;
  }
  return Finish(
      session, std::move(next), *state,
      {.side = Side::kLocal, .type = type, .description_id = created->id()});
}

absl::StatusOr<Plan> PlanRemote(const Session& session,
                                const RemoteDescriptionInit& description) {
  if (description.type == SdpType::kRollback) {
    return PlanRollback(session, Side::kRemote);
  }
  const auto state = NextState(session.state, Side::kRemote, description.type);
  if (!state.ok()) return state.status();
  if (RollsBackFirst(session.state, Side::kRemote, description.type)) {
    return PlanAfterRollback(session, description);
  }
  return PlanText(session, description, *state);
}

absl::StatusOr<Plan> PlanRollback(const Session& session, Side side) {
  const auto state = NextState(session.state, side, SdpType::kRollback);
  if (!state.ok()) return state.status();
  return RollBackPlan(session, /*implicit=*/false);
}

Effects Commit(Session& session, Plan&& plan) {
  session = std::move(plan.next);
  return std::move(plan.effects);
}

}  // namespace parley::jsep
