#include "tests/core/jsep/engine.h"

#include <gtest/gtest.h>

#include <utility>

#include "core/sdp/parser.h"

namespace parley::jsep::testing {

Configuration DefaultConfiguration(char digit) {
  Configuration configuration;
  std::string value;
  for (int i = 0; i < 32; ++i) {
    if (i > 0) value += ':';
    value += digit;
    value += digit;
  }
  configuration.fingerprints = {{.algorithm = "sha-256", .value = value}};
  return configuration;
}

// SplitMix64 (Steele, Lea and Flood, 2014).
void SmallRandom::Fill(std::span<uint8_t> out) {
  for (uint8_t& byte : out) {
    uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    byte = static_cast<uint8_t>(mixed ^ (mixed >> 31));
  }
}

Engine::Engine(uint64_t seed, Configuration configuration) : random(seed) {
  auto made = MakeSession(std::move(configuration), random);
  EXPECT_TRUE(made.ok()) << made.status();
  if (made.ok()) session = *std::move(made);
}

TransceiverId Engine::Add(MediaKind kind, TransceiverInit init) {
  auto id = AddTransceiver(session, kind, std::move(init), random);
  EXPECT_TRUE(id.ok()) << id.status();
  return id.value_or(0);
}

TransceiverId Engine::AddTrack(MediaKind kind, std::string track,
                               std::vector<std::string> streams) {
  auto id = jsep::AddTrack(session, kind, std::move(track), std::move(streams),
                           random);
  EXPECT_TRUE(id.ok()) << id.status();
  return id.value_or(0);
}

void Engine::AddData() { EXPECT_TRUE(NoteDataChannelCreated(session).ok()); }

std::string Engine::CreateOffer(OfferOptions options) {
  auto created = jsep::CreateOffer(session, options, random);
  EXPECT_TRUE(created.ok()) << created.status();
  if (!created.ok()) return std::string();
  Remember(session, *created);
  return created->text();
}

std::string Engine::CreateAnswer() {
  auto created = jsep::CreateAnswer(session, random);
  EXPECT_TRUE(created.ok()) << created.status();
  if (!created.ok()) return std::string();
  Remember(session, *created);
  return created->text();
}

Effects Engine::SetLocal(SdpType type, std::string_view text) {
  const absl::Status status = TryLocal({.type = type, .text = text});
  EXPECT_TRUE(status.ok()) << status;
  return effects;
}

Effects Engine::SetRemote(SdpType type, std::string_view text) {
  const absl::Status status = TryRemote({.type = type, .text = text});
  EXPECT_TRUE(status.ok()) << status << "\n" << text;
  return effects;
}

Effects Engine::RollBack(Side side) {
  const absl::Status status = TryRollback(side);
  EXPECT_TRUE(status.ok()) << status;
  return effects;
}

absl::Status Engine::TryLocal(LocalDescriptionInit description) {
  effects.clear();
  auto plan = PlanLocal(session, description, random);
  if (!plan.ok()) return plan.status();
  effects = Commit(session, *std::move(plan));
  return absl::OkStatus();
}

absl::Status Engine::TryRemote(RemoteDescriptionInit description) {
  effects.clear();
  auto plan = PlanRemote(session, description);
  if (!plan.ok()) return plan.status();
  const absl::Status refused = plan->refused;
  effects = Commit(session, *std::move(plan));
  return refused;
}

absl::Status Engine::TryRollback(Side side) {
  effects.clear();
  auto plan = PlanRollback(session, side);
  if (!plan.ok()) return plan.status();
  effects = Commit(session, *std::move(plan));
  return absl::OkStatus();
}

absl::StatusOr<CandidatePlan> Engine::AddCandidate(CandidateInit init,
                                                   bool queue_early) {
  effects.clear();
  auto plan = PlanCandidate(session, init, queue_early);
  if (!plan.ok()) return plan;
  CandidatePlan copy = *plan;
  effects = CommitCandidate(session, *std::move(plan));
  return copy;
}

const Transceiver& Engine::Get(TransceiverId id) const {
  static const Transceiver kNone;
  const Transceiver* found = FindTransceiver(session, id);
  EXPECT_NE(found, nullptr) << "transceiver " << id;
  return found ? *found : kNone;
}

std::string Engine::LocalText() const {
  const SessionDescription* description = LocalDescription(session);
  return description ? TextWithCandidates(session, Side::kLocal, *description)
                     : std::string();
}

std::string Engine::RemoteText() const {
  const SessionDescription* description = RemoteDescription(session);
  return description ? TextWithCandidates(session, Side::kRemote, *description)
                     : std::string();
}

MediaPair::MediaPair() {
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
}

void MediaPair::Negotiated() { Negotiate(a, b); }

Reason ReasonOf(const absl::Status& status) {
  const auto error = GetError(status);
  EXPECT_TRUE(error) << status;
  return error ? error->reason : Reason::kInternal;
}

void Negotiate(Engine& offerer, Engine& answerer, OfferOptions options) {
  const std::string offer = offerer.CreateOffer(options);
  offerer.SetLocal(SdpType::kOffer, offer);
  answerer.SetRemote(SdpType::kOffer, offer);
  const std::string answer = answerer.CreateAnswer();
  answerer.SetLocal(SdpType::kAnswer, answer);
  offerer.SetRemote(SdpType::kAnswer, answer);
}

sdp::Description MustParse(std::string_view text) {
  auto parsed = sdp::Parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.status() << "\n" << text;
  return parsed.ok() ? *std::move(parsed) : sdp::Description();
}

std::string Replaced(std::string text, std::string_view from,
                     std::string_view to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "no \"" << from << "\" in\n" << text;
  while (at != std::string::npos) {
    text.replace(at, from.size(), to);
    at = text.find(from, at + to.size());
  }
  return text;
}

std::string ReplacedOnce(std::string text, std::string_view from,
                         std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "no \"" << from << "\" in\n" << text;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

std::string WithoutLines(std::string_view text, std::string_view prefix) {
  std::string result;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    if (!text.substr(0, end).starts_with(prefix)) {
      result += text.substr(0, end);
    }
    text.remove_prefix(end);
  }
  return result;
}

}  // namespace parley::jsep::testing
