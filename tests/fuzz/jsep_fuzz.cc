#include "tests/fuzz/jsep_fuzz.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/answer.h"
#include "core/jsep/candidates.h"
#include "core/jsep/offer.h"
#include "core/jsep/plan.h"
#include "core/jsep/session.h"
#include "core/jsep/transceivers.h"
#include "core/sdp/parser.h"
#include "tests/fuzz/require.h"
#include "tests/testing/fake_random.h"

namespace parley::fuzz {
namespace {

using jsep::SdpType;
using jsep::Session;
using jsep::Side;
using parley::testing::FakeRandom;

void RequireOk(const absl::Status& status, const char* promise) {
  if (status.ok()) return;
  std::fprintf(stderr, "broken promise: %s: %s\n", promise,
               status.ToString().c_str());
  std::abort();
}

void CheckError(const absl::Status& status) {
  const auto error = GetError(status);
  Require(error.has_value(), "errors are made by Parley");
  switch (error->reason) {
    case Reason::kSdpSyntax:
    case Reason::kSdpInvalid:
    case Reason::kLimitExceeded:
    case Reason::kIceCredentialsMissing:
    case Reason::kRtcpMuxRequired:
    case Reason::kIceLiteBoth:
      break;
    default:
      Require(false, "errors have the documented reasons");
  }
}

Session NewSession(uint64_t seed) {
  FakeRandom random(seed);
  jsep::Configuration configuration;
  std::string value = "AB";
  for (int i = 1; i < 32; ++i) value += ":CD";
  configuration.fingerprints = {{.algorithm = "sha-256", .value = value}};
  auto made = jsep::MakeSession(std::move(configuration), random);
  RequireOk(made.status(), "a session can be made");
  return *std::move(made);
}

std::string CreateAndSet(Session& session, SdpType type, FakeRandom& random) {
  auto created = type == SdpType::kOffer
                     ? jsep::CreateOffer(session, {}, random)
                     : jsep::CreateAnswer(session, random);
  RequireOk(created.status(), "what is due can be created");
  jsep::Remember(session, *created);
  const std::string text = created->text();
  auto plan = jsep::PlanLocal(session, {.type = type, .text = text}, random);
  RequireOk(plan.status(), "what was created can be set");
  jsep::Commit(session, *std::move(plan));
  return text;
}

void MustHear(Session& session, SdpType type, const std::string& text) {
  auto plan = jsep::PlanRemote(session, {.type = type, .text = text});
  RequireOk(plan.status(), "our own descriptions can be applied");
  jsep::Commit(session, *std::move(plan));
}

Session WithMedia(uint64_t seed) {
  FakeRandom random(seed);
  Session session = NewSession(seed);
  for (const auto kind : {jsep::MediaKind::kAudio, jsep::MediaKind::kVideo}) {
    RequireOk(jsep::AddTransceiver(session, kind, {}, random).status(),
              "transceivers can be added");
  }
  RequireOk(jsep::NoteDataChannelCreated(session), "so can channels");
  return session;
}

Session Offering() {
  FakeRandom random(2);
  Session session = WithMedia(2);
  CreateAndSet(session, SdpType::kOffer, random);
  return session;
}

Session Connected() {
  FakeRandom random(3);
  Session session = WithMedia(3);
  Session other = NewSession(4);
  MustHear(other, SdpType::kOffer,
           CreateAndSet(session, SdpType::kOffer, random));
  MustHear(session, SdpType::kAnswer,
           CreateAndSet(other, SdpType::kAnswer, random));
  return session;
}

sdp::Description MustParse(const std::string& text) {
  // Ours may be longer than what we take from strangers.
  constexpr size_t kAll = SIZE_MAX;
  auto parsed = sdp::Parse(text, {kAll, kAll, kAll, kAll, kAll, kAll});
  RequireOk(parsed.status(), "what we say parses");
  for (const sdp::MediaSection& section : parsed->sections) {
    Require(section.conflicts.empty(), "nothing we say contradicts itself");
  }
  return *std::move(parsed);
}

// Two more exchanges in which nobody is asked to agree.
void GoOn(Session session, FakeRandom& random) {
  const sdp::Description offer =
      MustParse(CreateAndSet(session, SdpType::kOffer, random));
  Require(offer.sections.size() >= session.sections.size(),
          "sections never go away");
  auto plan = jsep::PlanRollback(session, Side::kLocal);
  RequireOk(plan.status(), "an offer can be rolled back");
  jsep::Commit(session, *std::move(plan));
  RequireOk(jsep::RestartIce(session), "ICE can be restarted");
  auto created = jsep::CreateOffer(session, {}, random);
  RequireOk(created.status(), "what is due can be created");
  MustParse(created->text());
}

void HearOffer(Session session, std::string_view input) {
  FakeRandom random(5);
  auto plan =
      jsep::PlanRemote(session, {.type = SdpType::kOffer, .text = input});
  if (!plan.ok()) return CheckError(plan.status());
  const absl::Status refused = plan->refused;
  jsep::Commit(session, *std::move(plan));
  if (!refused.ok()) {
    CheckError(refused);
    Require(session.state == jsep::SignalingState::kStable,
            "a refused offer leaves the rollback");
    return GoOn(std::move(session), random);
  }
  const size_t sections = session.pending_remote->body->parsed.sections.size();
  const sdp::Description answer =
      MustParse(CreateAndSet(session, SdpType::kAnswer, random));
  Require(answer.sections.size() == sections, "every section is answered");
  GoOn(std::move(session), random);
}

void HearAnswer(Session session, SdpType type, std::string_view input) {
  FakeRandom random(6);
  auto plan = jsep::PlanRemote(session, {.type = type, .text = input});
  if (!plan.ok()) return CheckError(plan.status());
  jsep::Commit(session, *std::move(plan));
  if (type == SdpType::kAnswer) return GoOn(std::move(session), random);
  HearAnswer(std::move(session), SdpType::kAnswer, input);
}

}  // namespace

void JsepRemoteDescription(std::string_view input) {
  static const Session fresh = NewSession(1);
  static const Session offering = Offering();
  static const Session connected = Connected();
  HearOffer(fresh, input);
  HearOffer(connected, input);
  HearOffer(offering, input);
  HearAnswer(offering, SdpType::kAnswer, input);
  HearAnswer(offering, SdpType::kPranswer, input);
}

void JsepCandidate(std::string_view input) {
  static const Session connected = Connected();
  Session session = connected;
  const auto plan = jsep::PlanCandidate(
      session, {.candidate = input, .mid = session.sections.front().mid});
  if (!plan.ok()) {
    const auto error = GetError(plan.status());
    Require(error && (error->reason == Reason::kCandidateSyntax ||
                      error->reason == Reason::kCandidateGeneration),
            "errors have the documented reasons");
    return;
  }
  auto copy = *plan;
  jsep::CommitCandidate(session, std::move(copy));
  MustParse(jsep::TextWithCandidates(session, Side::kRemote,
                                     *session.current_remote));
}

}  // namespace parley::fuzz
