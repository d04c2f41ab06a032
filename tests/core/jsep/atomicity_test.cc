// Whatever is refused leaves the whole session as it was: every field, in every
// signaling state, for damage to every line of a description.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"
#include "tests/core/jsep/session_difference.h"

namespace parley::jsep {
namespace {

using testing::Difference;
using testing::Engine;
using testing::Frozen;
using testing::Negotiate;

// An engine in a state of interest, with a description that it would take.
struct Situation {
  std::string name;
  Engine engine;
  RemoteDescriptionInit good;
  std::string text;  // of `good`

  RemoteDescriptionInit With(std::string_view other) const {
    RemoteDescriptionInit init = good;
    init.text = other;
    return init;
  }
};

constexpr char kCandidate[] =
    "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

void Furnish(Engine& engine) {
  engine.Add(MediaKind::kAudio, {.stream_ids = {"s"}});
  engine.Add(MediaKind::kVideo,
             {.encodings = {{.rid = "f"}, {.rid = "h"}, {.rid = "q"}}});
  engine.AddTrack(MediaKind::kVideo, "cam", {"s"});
  engine.AddData();
}

struct Pair {
  Engine a;
  Engine b{2, testing::DefaultConfiguration('B')};

  Pair() {
    Furnish(a);
    b.AddTrack(MediaKind::kAudio, "mic");
  }
};

std::vector<Situation> Situations() {
  std::vector<Situation> all;
  const auto add = [&](std::string name, Engine engine, SdpType type,
                       std::string text) {
    all.push_back(
        {std::move(name), std::move(engine), {.type = type}, std::move(text)});
  };
  {
    Pair pair;
    const std::string offer = pair.a.CreateOffer();
    add("fresh", pair.b, SdpType::kOffer, offer);
    pair.b.SetRemote(SdpType::kOffer, offer);
    add("have-remote-offer", pair.b, SdpType::kOffer, offer);
    pair.a.SetLocal(SdpType::kOffer, offer);
    const std::string answer = pair.b.CreateAnswer();
    add("have-local-offer", pair.a, SdpType::kAnswer, answer);
    add("have-local-offer, provisionally", pair.a, SdpType::kPranswer, answer);
    pair.b.SetLocal(SdpType::kPranswer, answer);
    add("have-local-pranswer", pair.b, SdpType::kOffer, offer);
    pair.a.SetRemote(SdpType::kPranswer, answer);
    add("have-remote-pranswer", pair.a, SdpType::kAnswer, answer);
  }
  {
    Pair pair;
    Negotiate(pair.a, pair.b);
    EXPECT_TRUE(
        pair.b.AddCandidate({.candidate = kCandidate, .mid = "0"}).ok());
    const std::string again = pair.a.CreateOffer({.ice_restart = true});
    add("stable", pair.b, SdpType::kOffer, again);
    pair.a.SetLocal(SdpType::kOffer, again);
    pair.b.SetRemote(SdpType::kOffer, again);
    add("restarting", pair.a, SdpType::kAnswer, pair.b.CreateAnswer());
  }
  {
    Pair pair;
    pair.a.SetLocal(SdpType::kOffer);
    const std::string crossing = pair.b.CreateOffer();
    add("glare", pair.a, SdpType::kOffer, crossing);
  }
  for (Situation& situation : all) situation.good.text = situation.text;
  return all;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// The text with damage done to each of its lines in turn.
std::vector<std::string> Damaged(std::string_view text) {
  std::vector<std::string> all;
  size_t at = 0;
  for (const std::string_view line : Lines(text)) {
    const std::string before(text.substr(0, at));
    const std::string after(text.substr(at + line.size()));
    const std::string_view bare = line.substr(0, line.find('\r'));
    all.push_back(before);          // cut off
    all.push_back(before + after);  // left out
    all.push_back(before + std::string(line) + std::string(line) + after);
    const size_t value = bare.find_first_of(":=", 2);
    if (value != std::string_view::npos) {
      for (const char* other : {"", "0", "x", "99999999999", "-1 2 3"}) {
        all.push_back(before + std::string(bare.substr(0, value + 1)) + other +
                      "\r\n" + after);
      }
    }
    if (bare.starts_with("m=")) {
      for (const char* other :
           {"m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n", "m=video 9 RTP/AVP 31\r\n",
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"}) {
        all.push_back(before + other + after);
      }
    }
    at += line.size();
  }
  return all;
}

// What a refusal may leave behind: W3C's implicit rollback, nothing else.
Session AfterRefusal(const Engine& engine, const RemoteDescriptionInit& init) {
  if (!RollsBackFirst(engine.session.state, Side::kRemote, init.type)) {
    return Frozen(engine.session);
  }
  Engine copy = engine;
  copy.RollBack();
  return Frozen(copy.session);
}

TEST(Atomicity, DamagedDescriptionsChangeNothing) {
  size_t refused = 0;
  size_t applied = 0;
  for (const Situation& situation : Situations()) {
    const Session untouched = AfterRefusal(situation.engine, situation.good);
    for (const std::string& text : Damaged(situation.text)) {
      Engine engine = situation.engine;
      if (engine.TryRemote(situation.With(text)).ok()) {
        ++applied;
        continue;
      }
      ++refused;
      ASSERT_EQ(Difference(engine.session, untouched), "")
          << situation.name << "\n"
          << text;
    }
    // And what is right is still taken.
    Engine engine = situation.engine;
    if (NextState(engine.session.state, Side::kRemote, situation.good.type)
            .ok()) {
      EXPECT_TRUE(engine.TryRemote(situation.good).ok()) << situation.name;
    }
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(applied, 1000u);
}

TEST(Atomicity, RefusedDescriptionsOfEveryTypeChangeNothing) {
  size_t refused = 0;
  for (const Situation& situation : Situations()) {
    for (const SdpType type : {SdpType::kOffer, SdpType::kPranswer,
                               SdpType::kAnswer, SdpType::kRollback}) {
      for (const std::string_view text :
           {std::string_view(situation.text), std::string_view("v=0\r\n"),
            std::string_view()}) {
        Engine local = situation.engine;
        if (!local.TryLocal({.type = type, .text = text}).ok()) {
          ++refused;
          EXPECT_EQ(Difference(local.session, Frozen(situation.engine.session)),
                    "")
              << situation.name << " local " << SdpTypeName(type);
        }
        Engine remote = situation.engine;
        const RemoteDescriptionInit init = {
            .type = type, .text = text, .offer_id = "1.1"};
        if (!remote.TryRemote(init).ok()) {
          ++refused;
          EXPECT_EQ(
              Difference(remote.session, AfterRefusal(situation.engine, init)),
              "")
              << situation.name << " remote " << SdpTypeName(type);
        }
      }
    }
  }
  EXPECT_GT(refused, 100u);
}

// Everything that an application can ask for wrongly.
TEST(Atomicity, RefusedOperationsChangeNothing) {
  std::vector<Situation> all = Situations();
  Engine closed;
  Furnish(closed);
  Close(closed.session);
  all.push_back({.name = "closed", .engine = closed});
  for (const Situation& situation : all) {
    Engine engine = situation.engine;
    Session& session = engine.session;
    const Session untouched = Frozen(session);
    int number = 0;
    const auto refused = [&](const absl::Status& status) {
      ++number;
      EXPECT_FALSE(status.ok()) << situation.name << " " << number;
      EXPECT_EQ(Difference(session, untouched), "")
          << situation.name << " " << number << ": " << status;
    };
    const TransceiverId id = session.transceivers.front().id;
    Random& random = engine.random;
    refused(AddTransceiver(session, MediaKind::kAudio, {.stream_ids = {"a b"}},
                           random)
                .status());
    refused(AddTransceiver(session, MediaKind::kVideo,
                           {.encodings = {{.rid = "a"}, {.rid = "a"}}}, random)
                .status());
    refused(AddTransceiver(session, MediaKind::kVideo,
                           {.encodings = {{.scale_resolution_down_by = 0.5}}},
                           random)
                .status());
    refused(AddTrack(session, MediaKind::kAudio, "", {}, random).status());
    refused(
        AddTrack(session, MediaKind::kAudio, "new", {"-"}, random).status());
    refused(RemoveTrack(session, 999));
    refused(ReplaceTrack(session, 999, "t"));
    refused(ReplaceTrack(session, id, "no token"));
    refused(SetDirection(session, 999, Direction::kInactive));
    refused(SetStreams(session, id, {"a b"}));
    refused(SetCodecPreferences(session, id,
                                {{.name = "theora", .clock_rate = 90000}}));
    refused(SetEncodings(session, id, {{.rid = "x"}, {.rid = "y"}}));
    refused(StopTransceiver(session, 999));
    Configuration other = *session.configuration;
    other.bundle_policy = BundlePolicy::kMaxCompat;
    refused(SetConfiguration(session, other));
    other = *session.configuration;
    other.ice_candidate_pool_size = 256;
    refused(SetConfiguration(session, other));
    refused(SetFingerprints(session, {}));
    refused(engine.AddCandidate({.candidate = kCandidate}).status());
    refused(
        engine.AddCandidate({.candidate = "candidate:x", .mid = "0"}).status());
    refused(engine
                .AddCandidate(
                    {.candidate = kCandidate, .mid = "0", .ufrag = "nobody"},
                    /*queue_early=*/false)
                .status());
    if (!CheckCanCreateOffer(session).ok()) {
      refused(CreateOffer(session, {}, random).status());
    }
    if (!CheckCanCreateAnswer(session).ok()) {
      refused(CreateAnswer(session, random).status());
    }
  }
}

// Creating is no change either: only Remember makes it one.
TEST(Atomicity, CreatingChangesNothing) {
  for (const Situation& situation : Situations()) {
    Engine engine = situation.engine;
    const Session untouched = Frozen(engine.session);
    for (const bool restart : {false, true}) {
      (void)CreateOffer(engine.session, {.ice_restart = restart},
                        engine.random);
      (void)CreateAnswer(engine.session, engine.random);
    }
    EXPECT_EQ(Difference(engine.session, untouched), "") << situation.name;
  }
}

// A plan that is not committed is none.
TEST(Atomicity, PlanningChangesNothing) {
  for (const Situation& situation : Situations()) {
    Engine engine = situation.engine;
    const Session untouched = Frozen(engine.session);
    (void)PlanRemote(engine.session, situation.good);
    (void)PlanLocal(engine.session, {}, engine.random);
    (void)PlanRollback(engine.session, Side::kLocal);
    EXPECT_EQ(Difference(engine.session, untouched), "") << situation.name;
  }
}

// The comparison would notice.
TEST(Atomicity, DifferencesAreNamed) {
  Pair pair;
  const Session before = Frozen(pair.a.session);
  EXPECT_EQ(Difference(pair.a.session, before), "");
  pair.a.CreateOffer();
  EXPECT_EQ(Difference(pair.a.session, before),
            "transceivers last_offer last_version next_mid proposed_data_mid "
            "proposed_credentials");
}

}  // namespace
}  // namespace parley::jsep
