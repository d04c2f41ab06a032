#include "tests/core/jsep/walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/base/errors.h"
#include "core/sdp/parser.h"
#include "tests/core/jsep/session_difference.h"

namespace parley::jsep::testing {
namespace {

constexpr int kSteps = 60;
constexpr int kSettlingSteps = 1000;
constexpr int kMostNegotiations = 8;
constexpr size_t kMostTransceivers = 6;

constexpr std::array kDirections = {Direction::kSendRecv, Direction::kSendOnly,
                                    Direction::kRecvOnly, Direction::kInactive};

// The default capabilities with the payload types of the dynamic range and the
// extension ids dealt anew, so that two ends disagree about most numbers.
std::shared_ptr<const Capabilities> Shuffled(std::mt19937_64& dice) {
  Capabilities shuffled = *DefaultCapabilities();
  std::vector<uint8_t> types;
  std::vector<uint16_t> ids;
  for (const KindCapabilities* kind : {&shuffled.audio, &shuffled.video}) {
    for (const Codec& codec : kind->codecs) {
      if (codec.payload_type >= 35) types.push_back(codec.payload_type);
    }
    for (const HeaderExtension& extension : kind->extensions) {
      if (std::find(ids.begin(), ids.end(), extension.id) == ids.end()) {
        ids.push_back(extension.id);
      }
    }
  }
  std::vector<uint8_t> new_types = types;
  std::vector<uint16_t> new_ids = ids;
  std::shuffle(new_types.begin(), new_types.end(), dice);
  std::shuffle(new_ids.begin(), new_ids.end(), dice);
  const auto type_of = [&](uint64_t type) -> uint64_t {
    const auto found = std::find(types.begin(), types.end(), type);
    return found == types.end() ? type : new_types[found - types.begin()];
  };
  for (KindCapabilities* kind : {&shuffled.audio, &shuffled.video}) {
    for (Codec& codec : kind->codecs) {
      codec.payload_type = static_cast<uint8_t>(type_of(codec.payload_type));
      if (codec.name == "rtx") {
        codec.fmtp =
            "apt=" + std::to_string(type_of(std::stoul(codec.fmtp.substr(4))));
      } else if (codec.name == "red" && !codec.fmtp.empty()) {
        const std::string one = std::to_string(type_of(std::stoul(codec.fmtp)));
        codec.fmtp = one + "/" + one;
      }
    }
    for (HeaderExtension& extension : kind->extensions) {
      const auto found = std::find(ids.begin(), ids.end(), extension.id);
      extension.id = new_ids[found - ids.begin()];
    }
  }
  return std::make_shared<const Capabilities>(std::move(shuffled));
}

bool AwaitsAnswer(const Session& session) {
  return session.state == SignalingState::kHaveLocalOffer ||
         session.state == SignalingState::kHaveRemotePranswer;
}

bool OwesAnswer(const Session& session) {
  return session.state == SignalingState::kHaveRemoteOffer ||
         session.state == SignalingState::kHaveLocalPranswer;
}

}  // namespace

Walk::Walk(uint64_t seed, WalkCounts& counts) : dice_(seed), counts_(counts) {
  const auto policy = [&] { return static_cast<BundlePolicy>(Roll(3)); };
  const RtcpMuxPolicy mux =
      Chance(10) ? RtcpMuxPolicy::kNegotiate : RtcpMuxPolicy::kRequire;
  const bool disagree = Chance(50);
  for (size_t i = 0; i < 2; ++i) {
    Configuration configuration = DefaultConfiguration(i == 0 ? 'A' : 'B');
    configuration.bundle_policy = policy();
    configuration.rtcp_mux_policy = mux;
    if (i == 1 && disagree) configuration.capabilities = Shuffled(dice_);
    ends_[i].name = i == 0 ? "a" : "b";
    ends_[i].engine = Engine(seed * 2 + i, std::move(configuration));
    ends_[i].polite = i == 1;
  }
}

void Walk::Note(const WalkEnd& end, const std::string& what) {
  history_ += end.name + " [" +
              std::string(SignalingStateName(end.engine.session.state)) +
              "]: " + what + "\n";
}

void Walk::Run() {
  for (int i = 0; i < kSteps && !::testing::Test::HasFailure(); ++i) Step();
  if (!::testing::Test::HasFailure()) Settle();
  if (!::testing::Test::HasFailure()) NegotiateUntilQuiet();
}

void Walk::Step() {
  WalkEnd& end = Pick(ends_);
  const uint64_t what = Roll(100);
  if (what < 25) return Change(end);
  if (what < 30) return CreateOnly(end);
  if (what < 40) return Offer(end);
  if (what < 52) return Answer(end, Chance(70));
  if (what < 72) return Deliver(end);
  if (what < 82) return DeliverCandidate(end);
  Foul(end);
}

// --- Calls ---

void Walk::Create(WalkEnd& end, SdpType type, OfferOptions options) {
  Session& session = end.engine.session;
  const uint64_t before = session.last_version;
  auto created = type == SdpType::kOffer
                     ? CreateOffer(session, options, end.engine.random)
                     : CreateAnswer(session, end.engine.random);
  ASSERT_TRUE(created.ok()) << created.status();
  Remember(session, *created);
  past_.push_back(created->text());
  end.invariants.CheckCreated(*created, before);
  end.invariants.Check(session);
}

void Walk::SetLocal(WalkEnd& end, LocalDescriptionInit init) {
  const uint64_t before = end.engine.session.last_version;
  const absl::Status status = end.engine.TryLocal(init);
  ASSERT_TRUE(status.ok()) << status;
  const Session& session = end.engine.session;
  if (session.last_offer) {
    end.invariants.CheckCreated(*session.last_offer, before);
  }
  end.invariants.Check(session);
  Trickle(end);
}

void Walk::SetRemote(WalkEnd& end, const RemoteDescriptionInit& init) {
  const absl::Status status = end.engine.TryRemote(init);
  ASSERT_TRUE(status.ok()) << SdpTypeName(init.type) << ": " << status << "\n"
                           << init.text;
  end.invariants.NoteRemote(MustParse(init.text));
  end.invariants.Check(end.engine.session);
}

void Walk::RollBack(WalkEnd& end) {
  const absl::Status status =
      end.engine.TryRollback(Chance(50) ? Side::kLocal : Side::kRemote);
  ASSERT_TRUE(status.ok()) << status;
  end.invariants.Check(end.engine.session);
  ++counts_.rollbacks;
}

// --- What applications do ---

void Walk::Change(WalkEnd& end) {
  Session& session = end.engine.session;
  Random& random = end.engine.random;
  const auto kind = Chance(50) ? MediaKind::kAudio : MediaKind::kVideo;
  switch (Roll(10)) {
    case 0:
    case 1: {
      if (session.transceivers.size() >= kMostTransceivers) return;
      TransceiverInit init{.direction = Pick(kDirections)};
      if (Chance(50)) init.stream_ids = {"s" + std::to_string(Roll(4))};
      if (kind == MediaKind::kVideo && Chance(30)) {
        init.encodings = {{.rid = "h"}, {.rid = "l"}};
      }
      Note(end, "addTransceiver");
      ASSERT_TRUE(AddTransceiver(session, kind, init, random).ok());
      break;
    }
    case 2:
      if (session.transceivers.size() >= kMostTransceivers) return;
      Note(end, "addTrack");
      ASSERT_TRUE(AddTrack(session, kind, "t" + std::to_string(++names_),
                           {"s" + std::to_string(Roll(4))}, random)
                      .ok());
      break;
    case 3:
      Note(end, "createDataChannel");
      ASSERT_TRUE(NoteDataChannelCreated(session).ok());
      break;
    case 4:
      if (!Chance(30)) return;
      Note(end, "restartIce");
      ASSERT_TRUE(RestartIce(session).ok());
      break;
    case 5: {
      if (!Chance(30)) return;
      Note(end, "setConfiguration");
      Configuration configuration = *session.configuration;
      configuration.ice_servers_key = std::to_string(Roll(3));
      ASSERT_TRUE(SetConfiguration(session, std::move(configuration)).ok());
      break;
    }
    default:
      ChangeTransceiver(end);
  }
  end.invariants.Check(session);
}

void Walk::ChangeTransceiver(WalkEnd& end) {
  Session& session = end.engine.session;
  if (session.transceivers.empty()) return;
  const Transceiver& transceiver = Pick(session.transceivers);
  const TransceiverId id = transceiver.id;
  const bool live = !transceiver.stopping;
  absl::Status status;
  switch (Roll(6)) {
    case 0:
      if (!Chance(50)) return;
      Note(end, "stop " + std::to_string(id));
      status = StopTransceiver(session, id);
      break;
    case 1:
      if (!live) return;
      Note(end, "setDirection " + std::to_string(id));
      status = SetDirection(session, id, Pick(kDirections));
      break;
    case 2:
      Note(end, "setStreams " + std::to_string(id));
      status = SetStreams(session, id, {"s" + std::to_string(Roll(4))});
      break;
    case 3:
      Note(end, "removeTrack " + std::to_string(id));
      status = RemoveTrack(session, id);
      break;
    case 4: {
      const auto& codecs =
          session.configuration->capabilities->Of(transceiver.kind).codecs;
      // The first codec of each kind is common to both ends.
      std::vector<Codec> preferences = {codecs.front()};
      if (Chance(50)) preferences.push_back(Pick(codecs));
      if (Chance(30)) preferences.clear();
      Note(end, "setCodecPreferences " + std::to_string(id));
      status = SetCodecPreferences(session, id, std::move(preferences));
      break;
    }
    default:
      if (!live) return;
      Note(end, "replaceTrack " + std::to_string(id));
      status = ReplaceTrack(session, id, "t" + std::to_string(++names_));
  }
  ASSERT_TRUE(status.ok()) << status;
}

void Walk::CreateOnly(WalkEnd& end) {
  if (CheckCanCreateOffer(end.engine.session).ok()) {
    Note(end, "createOffer");
    Create(end, SdpType::kOffer, {.ice_restart = Chance(20)});
  } else if (CheckCanCreateAnswer(end.engine.session).ok()) {
    Note(end, "createAnswer");
    Create(end, SdpType::kAnswer);
  }
}

void Walk::SetOffer(WalkEnd& end, bool changes_between) {
  LocalDescriptionInit init{.type = SdpType::kOffer};
  std::string text;
  if (Chance(60)) {
    Create(end, SdpType::kOffer, {.ice_restart = Chance(15)});
    if (::testing::Test::HasFailure()) return;
    text = end.engine.session.last_offer->text();
    init.text = text;
  } else if (Chance(50)) {
    init.type = std::nullopt;
  }
  if (changes_between) Change(end);
  Note(end, init.text.empty() ? "setLocalDescription()"
                              : "setLocalDescription(offer)");
  SetLocal(end, init);
}

void Walk::Offer(WalkEnd& end) {
  if (end.engine.session.state != SignalingState::kStable) return;
  const auto send = [&](bool more) {
    const DescriptionBody& body = *end.engine.session.pending_local->body;
    past_.push_back(body.text);
    Inbox(Other(end))
        .push_back({.type = SdpType::kOffer, .text = body.text, .more = more});
  };
  SetOffer(end, Chance(20));
  if (::testing::Test::HasFailure()) return;
  if (Chance(15)) {
    Note(end, "thinks better of it");
    return RollBack(end);
  }
  // Another one over it, with or without having shown the first.
  if (Chance(20)) {
    if (Chance(50)) send(/*more=*/true);
    Change(end);
    SetOffer(end, /*changes_between=*/false);
    if (::testing::Test::HasFailure()) return;
  }
  send(/*more=*/false);
}

void Walk::Answer(WalkEnd& end, bool final) {
  Session& session = end.engine.session;
  if (!OwesAnswer(session) || end.more_to_come) return;
  const std::string offer_id = session.pending_remote->body->id;
  if (session.state == SignalingState::kHaveRemoteOffer && Chance(10)) {
    Note(end, "rejects the offer");
    RollBack(end);
    Inbox(Other(end)).push_back({.offer_id = offer_id, .rejects = true});
    return;
  }
  const SdpType type = final ? SdpType::kAnswer : SdpType::kPranswer;
  std::string text;
  if (Chance(60)) {
    Create(end, SdpType::kAnswer);
    if (::testing::Test::HasFailure()) return;
    text = session.last_answer->text();
    if (Chance(20)) Change(end);
  }
  Note(end, "setLocalDescription(" + std::string(SdpTypeName(type)) + ")");
  SetLocal(end, {.type = type, .text = text});
  if (::testing::Test::HasFailure()) return;
  const SessionDescription& set = *LocalDescription(session);
  past_.push_back(set.body->text);
  Inbox(Other(end))
      .push_back({.type = type, .text = set.body->text, .offer_id = offer_id});
  ++(final ? counts_.exchanges : counts_.provisional);
}

void Walk::Deliver(WalkEnd& end) {
  std::deque<Signal>& inbox = Inbox(end);
  if (inbox.empty()) return;
  const Signal signal = std::move(inbox.front());
  inbox.pop_front();
  if (signal.rejects) {
    TakeRejection(end, signal);
  } else if (signal.type == SdpType::kOffer) {
    TakeOffer(end, signal);
  } else {
    TakeAnswer(end, signal);
  }
}

void Walk::TakeOffer(WalkEnd& end, const Signal& signal) {
  if (AwaitsAnswer(end.engine.session)) {
    if (!end.polite) return Note(end, "ignores the crossing offer");
    ++counts_.rollbacks;
  }
  Note(end, "setRemoteDescription(offer)");
  SetRemote(end, {.type = SdpType::kOffer, .text = signal.text});
  end.more_to_come = signal.more;
}

void Walk::TakeAnswer(WalkEnd& end, const Signal& signal) {
  ASSERT_TRUE(AwaitsAnswer(end.engine.session));
  ASSERT_EQ(end.engine.session.pending_local->body->id, signal.offer_id);
  Note(end,
       "setRemoteDescription(" + std::string(SdpTypeName(signal.type)) + ")");
  SetRemote(
      end,
      {.type = signal.type, .text = signal.text, .offer_id = signal.offer_id});
}

void Walk::TakeRejection(WalkEnd& end, const Signal& signal) {
  ASSERT_TRUE(AwaitsAnswer(end.engine.session));
  ASSERT_EQ(end.engine.session.pending_local->body->id, signal.offer_id);
  Note(end, "rolls back, being rejected");
  RollBack(end);
}

// Finds candidates for what the last description started, and sends them.
void Walk::Trickle(WalkEnd& end) {
  for (const StartIce& start : Only<StartIce>(end.engine.effects)) {
    for (uint64_t i = Roll(3); i > 0; --i) {
      sdp::Candidate found;
      found.foundation = "1";
      found.priority = 1;
      found.address = "192.0.2." + std::to_string(1 + Roll(200));
      found.port = 5000;
      const auto shown = AddLocalCandidate(end.engine.session, start.transport,
                                           start.generation, found);
      if (!shown) continue;
      Candidates(Other(end))
          .push_back({shown->candidate, shown->mid, shown->ufrag});
    }
  }
}

void Walk::DeliverCandidate(WalkEnd& end) {
  auto& candidates = Candidates(end);
  if (candidates.empty()) return;
  const size_t at = Roll(candidates.size());
  const TrickledCandidate one = candidates[at];
  const Session before = Frozen(end.engine.session);
  const auto plan = end.engine.AddCandidate(
      {.candidate = one.candidate, .mid = one.mid, .ufrag = one.ufrag});
  end.invariants.Check(end.engine.session);
  if (plan.ok() && plan->outcome == CandidateOutcome::kApplied) {
    if (Chance(80)) candidates.erase(candidates.begin() + at);
    return;
  }
  // Queued, ignored, or of an offer that was never taken.
  EXPECT_EQ(Difference(end.engine.session, before), "");
  if (!plan.ok() || plan->outcome == CandidateOutcome::kIgnored) {
    candidates.erase(candidates.begin() + at);
  }
}

// --- The end ---

bool Walk::SettleOne(WalkEnd& end) {
  if (!Inbox(end).empty()) {
    Deliver(end);
    return true;
  }
  if (OwesAnswer(end.engine.session)) {
    Answer(end, /*final=*/true);
    return true;
  }
  return false;
}

void Walk::Settle() {
  for (int i = 0; i < kSettlingSteps; ++i) {
    const bool went_on = SettleOne(ends_[0]) | SettleOne(ends_[1]);
    if (::testing::Test::HasFailure()) return;
    if (!went_on) break;
  }
  for (const WalkEnd& end : ends_) {
    EXPECT_EQ(end.engine.session.state, SignalingState::kStable) << end.name;
  }
}

void Walk::NegotiateOnce(WalkEnd& offerer) {
  WalkEnd& answerer = Other(offerer);
  Note(offerer, "offers, at last");
  SetLocal(offerer, {});
  if (::testing::Test::HasFailure()) return;
  const auto offer = offerer.engine.session.pending_local->body;
  SetRemote(answerer, {.type = SdpType::kOffer, .text = offer->text});
  if (::testing::Test::HasFailure()) return;
  SetLocal(answerer, {});
  if (::testing::Test::HasFailure()) return;
  SetRemote(offerer, {.type = SdpType::kAnswer,
                      .text = answerer.engine.session.current_local->body->text,
                      .offer_id = offer->id});
}

void Walk::NegotiateUntilQuiet() {
  const auto needed = [&](size_t i) {
    return NegotiationNeeded(ends_[i].engine.session);
  };
  int negotiations = 0;
  for (; negotiations < kMostNegotiations; ++negotiations) {
    if (!needed(0) && !needed(1)) break;
    NegotiateOnce(ends_[needed(0) ? 0 : 1]);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_FALSE(needed(0)) << "a is never content";
  EXPECT_FALSE(needed(1)) << "b is never content";
  for (WalkEnd& end : ends_) {
    NegotiateOnce(end);
    if (::testing::Test::HasFailure()) return;
    EXPECT_FALSE(needed(0) || needed(1)) << "after one more negotiation";
    ExpectAgreement(ends_[0].engine.session, ends_[1].engine.session);
  }
}

}  // namespace parley::jsep::testing
