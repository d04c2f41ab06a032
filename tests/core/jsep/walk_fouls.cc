// What applications may not do, tried on copies: some of it is legal by chance.
#include <gtest/gtest.h>

#include <utility>

#include "core/base/errors.h"
#include "core/sdp/parser.h"
#include "tests/core/jsep/session_difference.h"
#include "tests/core/jsep/walk.h"

namespace parley::jsep::testing {
namespace {

constexpr SdpType kTypes[] = {SdpType::kOffer, SdpType::kPranswer,
                              SdpType::kAnswer, SdpType::kRollback};
constexpr std::string_view kPieces[] = {
    "\r\n",
    "a=mid:0\r\n",
    "a=setup:actpass\r\n",
    "a=bundle-only\r\n",
    "a=rtcp-mux\r\n",
    "a=inactive\r\n",
    "a=group:BUNDLE 0 1\r\n",
    "a=ice-ufrag:abcd\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\n",
    "a=msid:- x\r\n",
    "a=rid:h send\r\na=simulcast:send h\r\n",
    "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n",
    "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n",
    "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n",
};

}  // namespace

void Walk::Foul(const WalkEnd& end) {
  WalkEnd what_if = end;
  switch (Roll(4)) {
    case 0:
      return ReplayRemote(what_if);
    case 1:
      return DamageRemote(what_if);
    case 2:
      return ReplayLocal(what_if);
    default:
      return MisuseOperations(what_if);
  }
}

void Walk::TryRemote(WalkEnd& what_if, const RemoteDescriptionInit& init) {
  Session& session = what_if.engine.session;
  Session before = Frozen(session);
  if (RollsBackFirst(session.state, Side::kRemote, init.type)) {
    Engine rolled = what_if.engine;
    rolled.RollBack();
    before = Frozen(rolled.session);
  }
  const absl::Status status = what_if.engine.TryRemote(init);
  if (!status.ok()) {
    ++counts_.refused;
    ASSERT_EQ(Difference(session, before), "") << status << "\n" << init.text;
    return;
  }
  ++counts_.damaged_but_applied;
  what_if.invariants.CheckStructure(session);
  if (session.state != SignalingState::kHaveRemoteOffer) return;
  // What is taken can be answered, and what is answered can be gone on from.
  const absl::Status answered = what_if.engine.TryLocal({});
  ASSERT_TRUE(answered.ok()) << answered << "\n" << init.text;
  const auto next = CreateOffer(session, {}, what_if.engine.random);
  ASSERT_TRUE(next.ok()) << next.status();
  ASSERT_TRUE(sdp::Parse(next->text()).ok()) << next->text();
}

void Walk::ReplayRemote(WalkEnd& what_if) {
  if (past_.empty()) return;
  RemoteDescriptionInit init{.type = kTypes[Roll(4)], .text = Pick(past_)};
  if (Chance(30)) init.offer_id = "1.1";
  TryRemote(what_if, init);
}

std::string Walk::Damage(std::string text) {
  for (uint64_t times = 1 + Roll(3); times > 0 && !text.empty(); --times) {
    const size_t begin = text.rfind('\n', Roll(text.size()));
    const size_t from = begin == std::string::npos ? 0 : begin + 1;
    const size_t end = text.find('\n', from);
    const size_t to = end == std::string::npos ? text.size() : end + 1;
    switch (Roll(5)) {
      case 0:
        text.erase(from, to - from);
        break;
      case 1:
        text.insert(from, text.substr(from, to - from));
        break;
      case 2:
        text.insert(from, kPieces[Roll(std::size(kPieces))]);
        break;
      case 3:
        if (to > from) {
          text[from + Roll(to - from)] = static_cast<char>('!' + Roll(90));
        }
        break;
      default:
        if (const size_t value = text.find(':', from); value < to) {
          text.replace(value + 1, to - value - 3, std::to_string(Roll(300)));
        }
    }
  }
  return text;
}

void Walk::DamageRemote(WalkEnd& what_if) {
  const Session& session = what_if.engine.session;
  std::string text;
  SdpType type = SdpType::kOffer;
  for (const Signal& signal : inbox_[what_if.polite ? 1 : 0]) {
    if (signal.rejects) continue;
    text = signal.text;
    type = signal.type;
    break;
  }
  if (text.empty()) {
    if (past_.empty()) return;
    text = past_.back();
  }
  // Mostly where it belongs, so that more than its type is looked at.
  if (Chance(10)) type = kTypes[Roll(3)];
  if (!NextState(session.state, Side::kRemote, type).ok() && Chance(80)) {
    return;
  }
  TryRemote(what_if, {.type = type, .text = Damage(std::move(text))});
}

void Walk::ReplayLocal(WalkEnd& what_if) {
  Session& session = what_if.engine.session;
  const Session before = Frozen(session);
  const SdpType type = kTypes[Roll(4)];
  std::string text;
  if (!past_.empty() && Chance(70)) text = Pick(past_);
  if (Chance(20)) text = Damage(std::move(text));
  const absl::Status status =
      what_if.engine.TryLocal({.type = type, .text = text});
  if (!status.ok()) {
    ++counts_.refused;
    ASSERT_EQ(Difference(session, before), "") << status;
    return;
  }
  what_if.invariants.Check(session);
}

void Walk::MisuseOperations(WalkEnd& what_if) {
  Session& session = what_if.engine.session;
  if (Chance(10)) {
    Close(session);
    what_if.invariants.Check(session);
  }
  const Session before = Frozen(session);
  const TransceiverId nobody = 1'000'000;
  absl::Status status;
  switch (Roll(8)) {
    case 0:
      status = SetDirection(session, nobody, Direction::kInactive);
      break;
    case 1:
      status = StopTransceiver(session, nobody);
      break;
    case 2:
      status =
          AddTransceiver(session, MediaKind::kAudio,
                         {.stream_ids = {"no token"}}, what_if.engine.random)
              .status();
      break;
    case 3:
      status =
          what_if.engine.AddCandidate({.candidate = "candidate:"}).status();
      break;
    case 4:
      status = what_if.engine
                   .AddCandidate(
                       {.candidate = "candidate:1 1 udp 1 192.0.2.1 9 typ host",
                        .mid = "none",
                        .ufrag = "none"},
                       /*queue_early=*/false)
                   .status();
      break;
    case 5: {
      Configuration other = *session.configuration;
      other.sctp_port = 4999;
      status = SetConfiguration(session, std::move(other));
      break;
    }
    case 6:
      status = CreateAnswer(session, what_if.engine.random).status();
      break;
    default:
      status = what_if.engine.TryRollback(Side::kRemote);
      if (status.ok()) return what_if.invariants.Check(session);
  }
  if (!status.ok()) ++counts_.refused;
  ASSERT_EQ(Difference(session, before), "") << status;
}

}  // namespace parley::jsep::testing
