// Rules of section H: candidates, and when they are shown.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MediaPair;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;
using testing::ReasonOf;
using testing::Replaced;
using testing::ReplacedOnce;
using testing::WithoutLines;

constexpr char kHost[] = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";
constexpr char kOther[] =
    "candidate:2 1 udp 1694498815 198.51.100.7 5001 typ srflx raddr 192.0.2.1 "
    "rport 5000";

sdp::Candidate Candidate(std::string_view line) {
  auto parsed = sdp::ParseCandidate(line);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.value_or(sdp::Candidate());
}

TEST(Conformance, Rule_69_NoCandidateBeforeADescription) {
  MediaPair pair;
  pair.a.CreateOffer();
  EXPECT_FALSE(AddLocalCandidate(pair.a.session, 1, 1, Candidate(kHost)));
  pair.a.SetLocal(SdpType::kOffer);
  const auto started = Only<StartIce>(pair.a.effects);
  ASSERT_EQ(started.size(), 2u);
  const auto shown = AddLocalCandidate(pair.a.session, started[0].transport,
                                       started[0].generation, Candidate(kHost));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->mid, "0");
  EXPECT_EQ(shown->mline_index, 0u);
  EXPECT_EQ(shown->ufrag, started[0].local.ufrag);
}

TEST(Conformance, Rule_70_ResolvingACandidate) {
  MediaPair pair;
  EXPECT_EQ(ReasonOf(pair.b.AddCandidate({.candidate = kHost}).status()),
            Reason::kArgument);
  // No description: queued, or W3C's answer.
  auto plan = pair.b.AddCandidate({.candidate = kHost, .mid = "0"});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->outcome, CandidateOutcome::kQueued);
  EXPECT_EQ(
      ReasonOf(pair.b.AddCandidate({.candidate = kHost, .mid = "0"}, false)
                   .status()),
      Reason::kRemoteDescriptionMissing);
  pair.Negotiated();
  const std::string ufrag = pair.a.session.transports[0].local.ufrag;
  EXPECT_EQ(
      ReasonOf(pair.b.AddCandidate({.candidate = kHost, .mid = "9"}).status()),
      Reason::kCandidateMidUnknown);
  EXPECT_EQ(
      ReasonOf(
          pair.b.AddCandidate({.candidate = kHost, .mline_index = 2}).status()),
      Reason::kCandidateMidUnknown);
  const absl::Status unknown =
      pair.b.AddCandidate({.candidate = kHost, .mid = "0", .ufrag = "zzzz"})
          .status();
  EXPECT_EQ(ReasonOf(unknown), Reason::kCandidateGeneration);
  EXPECT_EQ(GetError(unknown)->exception, DomException::kOperationError);
  // The mid beats the index.
  plan = pair.b.AddCandidate(
      {.candidate = kHost, .mid = "0", .mline_index = 77, .ufrag = ufrag});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->outcome, CandidateOutcome::kApplied);
  const auto added = Only<AddRemoteCandidates>(pair.b.effects);
  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added[0].candidates[0].address, "192.0.2.1");
}

TEST(Conformance, Rule_70_PreviousGenerationIsIgnored) {
  MediaPair pair;
  pair.Negotiated();
  const std::string old = pair.a.session.transports[0].local.ufrag;
  Negotiate(pair.a, pair.b, {.ice_restart = true});
  const auto plan =
      pair.b.AddCandidate({.candidate = kHost, .mid = "0", .ufrag = old});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->outcome, CandidateOutcome::kIgnored);
  EXPECT_EQ(plan->why, IgnoredWhy::kPreviousGeneration);
  EXPECT_TRUE(pair.b.effects.empty());
}

TEST(Conformance, Rule_70_StoppedSectionsIgnoreCandidates) {
  MediaPair pair;
  pair.Negotiated();
  ASSERT_TRUE(
      StopTransceiver(pair.a.session, pair.a.session.transceivers[1].id).ok());
  pair.Negotiated();
  const auto plan = pair.b.AddCandidate({.candidate = kHost, .mid = "1"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->why, IgnoredWhy::kStopped);
}

TEST(Conformance, Rule_70_CandidatesThatOvertakeAnAnswer) {
  MediaPair pair;
  const std::string offer = pair.a.CreateOffer();
  pair.a.SetLocal(SdpType::kOffer, offer);
  auto early =
      pair.a.AddCandidate({.candidate = kHost, .mid = "0", .ufrag = "soon"});
  ASSERT_TRUE(early.ok());
  EXPECT_EQ(early->outcome, CandidateOutcome::kQueued);
  pair.b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = pair.b.CreateAnswer();
  pair.b.SetLocal(SdpType::kAnswer, answer);
  pair.a.SetRemote(SdpType::kAnswer, answer);
  // A restart's answer is awaited: its credentials are not known yet.
  const std::string restart = pair.a.CreateOffer({.ice_restart = true});
  pair.a.SetLocal(SdpType::kOffer, restart);
  early =
      pair.a.AddCandidate({.candidate = kHost, .mid = "0", .ufrag = "soon"});
  ASSERT_TRUE(early.ok());
  EXPECT_EQ(early->outcome, CandidateOutcome::kQueued);
}

TEST(Conformance, Rule_70_CandidatesBeforeOurAnswerAreHeld) {
  MediaPair pair;
  pair.b.SetRemote(SdpType::kOffer, pair.a.CreateOffer());
  const auto plan = pair.b.AddCandidate({.candidate = kHost, .mid = "0"});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->outcome, CandidateOutcome::kApplied);
  EXPECT_TRUE(pair.b.effects.empty());
  EXPECT_NE(pair.b.RemoteText().find(kHost), std::string::npos);
  pair.b.SetLocal(SdpType::kAnswer);
  const auto added = Only<AddRemoteCandidates>(pair.b.effects);
  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added[0].generation, 1u);
  EXPECT_EQ(added[0].candidates.size(), 1u);
}

// Until it has the answer an offerer may gather for each section of a bundle,
// and give up all but the first one's afterwards.
TEST(Conformance, Rule_70_BundledSectionsOfAnOfferLeadElsewhere) {
  MediaPair pair;
  const std::string offer = pair.a.CreateOffer();
  pair.a.SetLocal(SdpType::kOffer, offer);
  pair.b.SetRemote(SdpType::kOffer,
                   offer + "a=" + kOther + "\r\na=end-of-candidates\r\n");
  const auto ignored = [&] {
    const auto plan = pair.b.AddCandidate({.candidate = kHost, .mid = "1"});
    return plan.ok() && plan->outcome == CandidateOutcome::kIgnored &&
           plan->why == IgnoredWhy::kBundled;
  };
  EXPECT_TRUE(ignored());
  pair.b.SetLocal(SdpType::kAnswer);
  EXPECT_TRUE(Only<AddRemoteCandidates>(pair.b.effects).empty());
  EXPECT_TRUE(ignored());
  // Whoever answered has but one place.
  pair.a.SetRemote(SdpType::kAnswer, pair.b.LocalText());
  const auto plan = pair.a.AddCandidate({.candidate = kHost, .mid = "1"});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->outcome, CandidateOutcome::kApplied);
  EXPECT_EQ(Only<AddRemoteCandidates>(pair.a.effects).size(), 1u);
}

TEST(Conformance, Rule_71_EndOfCandidates) {
  MediaPair pair;
  pair.b.SetRemote(SdpType::kOffer, pair.a.CreateOffer());
  // With neither mid nor index, for all sections; twice is once.
  ASSERT_TRUE(pair.b.AddCandidate({.candidate = ""}).ok());
  ASSERT_TRUE(
      pair.b.AddCandidate({.candidate = "a=end-of-candidates", .mid = "0"})
          .ok());
  pair.b.SetLocal(SdpType::kAnswer);
  const auto ended = Only<EndRemoteCandidates>(pair.b.effects);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].generation, 1u);
  EXPECT_NE(pair.b.RemoteText().find("a=end-of-candidates"), std::string::npos);
}

TEST(Conformance, Rule_71_NoUfragIsTheNewestGeneration) {
  MediaPair pair;
  pair.Negotiated();
  pair.b.SetRemote(SdpType::kOffer, pair.a.CreateOffer({.ice_restart = true}));
  const auto plan = pair.b.AddCandidate({.candidate = kHost, .mid = "0"});
  ASSERT_TRUE(plan.ok());
  // The restart is not in force yet, so no transport gets it.
  EXPECT_TRUE(pair.b.effects.empty());
  pair.b.SetLocal(SdpType::kAnswer);
  const auto added = Only<AddRemoteCandidates>(pair.b.effects);
  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added[0].generation, 2u);
}

TEST(Conformance, Rule_72_CandidatesInDescriptions) {
  MediaPair pair;
  const std::string offer = pair.a.CreateOffer();
  pair.a.SetLocal(SdpType::kOffer, offer);
  const StartIce audio = Only<StartIce>(pair.a.effects)[0];
  ASSERT_TRUE(AddLocalCandidate(pair.a.session, audio.transport,
                                audio.generation, Candidate(kHost)));
  sdp::Description local = MustParse(pair.a.LocalText());
  ASSERT_EQ(local.sections[0].candidates.size(), 1u);
  EXPECT_FALSE(local.sections[0].end_of_candidates);
  EXPECT_TRUE(local.sections[1].candidates.empty());
  ASSERT_TRUE(AddLocalCandidate(pair.a.session, audio.transport,
                                audio.generation, std::nullopt));
  EXPECT_TRUE(MustParse(pair.a.LocalText()).sections[0].end_of_candidates);

  pair.b.SetRemote(SdpType::kOffer, offer);
  ASSERT_TRUE(pair.b.AddCandidate({.candidate = kHost, .mid = "0"}).ok());
  ASSERT_TRUE(pair.b.AddCandidate({.candidate = kOther, .mid = "0"}).ok());
  ASSERT_TRUE(pair.b.AddCandidate({.candidate = kOther, .mid = "0"}).ok());
  EXPECT_EQ(MustParse(pair.b.RemoteText()).sections[0].candidates.size(), 2u);
  const std::string answer = pair.b.CreateAnswer();
  pair.b.SetLocal(SdpType::kAnswer, answer);
  pair.a.SetRemote(SdpType::kAnswer, answer);

  // Re-offers show them, in the tagged section only; a restart does not.
  sdp::Description again = MustParse(pair.a.CreateOffer());
  EXPECT_EQ(again.sections[0].candidates.size(), 1u);
  EXPECT_EQ(again.sections[0].port, 5000);
  EXPECT_EQ(again.sections[0].connection->address, "192.0.2.1");
  EXPECT_TRUE(again.sections[0].end_of_candidates);
  EXPECT_TRUE(again.sections[1].candidates.empty());
  EXPECT_FALSE(again.sections[1].end_of_candidates);
  const std::string restart = pair.a.CreateOffer({.ice_restart = true});
  again = MustParse(restart);
  EXPECT_TRUE(again.sections[0].candidates.empty());
  EXPECT_EQ(again.sections[0].port, 9);
  // The generation in force keeps its own while the other one is pending.
  pair.b.SetRemote(SdpType::kOffer, restart);
  EXPECT_TRUE(MustParse(pair.b.RemoteText()).sections[0].candidates.empty());
  EXPECT_EQ(MustParse(TextWithCandidates(pair.b.session, Side::kRemote,
                                         *pair.b.session.current_remote))
                .sections[0]
                .candidates.size(),
            2u);
}

TEST(Conformance, Rule_72_TextWithoutALastLineEnd) {
  MediaPair pair;
  pair.a.SetLocal(SdpType::kOffer);
  pair.b.SetRemote(SdpType::kOffer, pair.a.LocalText());
  std::string answer = pair.b.CreateAnswer();
  answer.resize(answer.size() - 2);
  pair.a.SetRemote(SdpType::kAnswer, answer);
  ASSERT_TRUE(pair.a.AddCandidate({.candidate = kHost, .mid = "1"}).ok());
  const std::string text = pair.a.RemoteText();
  EXPECT_EQ(MustParse(text).sections[0].candidates.size(), 1u)
      << "the tagged section's";
}

TEST(Conformance, Rule_73_CandidatesOfNoUse) {
  MediaPair pair;
  pair.Negotiated();
  const auto why = [&](const char* line) {
    const auto plan = pair.b.AddCandidate({.candidate = line, .mid = "0"});
    EXPECT_TRUE(plan.ok()) << plan.status();
    return plan.ok() ? plan->why : IgnoredWhy::kNot;
  };
  EXPECT_EQ(why("candidate:1 1 sctp 1 192.0.2.1 5000 typ host"),
            IgnoredWhy::kTransport);
  EXPECT_EQ(why("candidate:1 2 udp 1 192.0.2.1 5000 typ host"),
            IgnoredWhy::kComponent);
  // What the transport may not use is its affair: it succeeds.
  EXPECT_EQ(why("candidate:1 1 udp 1 b1a2.local 5000 typ host"),
            IgnoredWhy::kNot);
  EXPECT_EQ(why("candidate:1 1 udp 1 b1a2.local 5000 typ host"),
            IgnoredWhy::kDuplicate);
  const absl::Status syntax =
      pair.b.AddCandidate({.candidate = "candidate:what", .mid = "0"}).status();
  EXPECT_EQ(ReasonOf(syntax), Reason::kCandidateSyntax);
  EXPECT_EQ(GetError(syntax)->exception, DomException::kOperationError);
}

TEST(Conformance, Rule_74_RelayPolicyHidesTheRest) {
  Configuration relay = testing::DefaultConfiguration();
  relay.ice_transport_policy = IceTransportPolicy::kRelay;
  Engine a(1, relay);
  a.AddData();
  a.SetLocal(SdpType::kOffer);
  const StartIce started = Only<StartIce>(a.effects)[0];
  const auto add = [&](const char* line) {
    return AddLocalCandidate(a.session, started.transport, started.generation,
                             Candidate(line));
  };
  EXPECT_FALSE(add(kHost));
  EXPECT_FALSE(add(kOther));
  const auto shown = add(
      "candidate:3 1 udp 1 203.0.113.5 6000 typ relay raddr 192.0.2.1 rport "
      "5000");
  ASSERT_TRUE(shown);
  for (const std::string& text : {shown->candidate, a.LocalText()}) {
    EXPECT_NE(text.find("203.0.113.5"), std::string::npos);
    EXPECT_EQ(text.find("192.0.2.1"), std::string::npos);
    EXPECT_EQ(text.find("198.51.100"), std::string::npos);
    EXPECT_EQ(text.find("rport 5000"), std::string::npos);
  }
}

TEST(Conformance, Rule_75_EndOfGatheringNamesTheGeneration) {
  MediaPair pair;
  pair.a.SetLocal(SdpType::kOffer);
  const StartIce started = Only<StartIce>(pair.a.effects)[0];
  const auto end = AddLocalCandidate(pair.a.session, started.transport,
                                     started.generation, std::nullopt);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->candidate, "");
  EXPECT_EQ(end->mid, "0");
  EXPECT_EQ(end->ufrag, started.local.ufrag);
}

TEST(Conformance, Rule_79_EachCandidateOnce) {
  MediaPair pair;
  pair.a.SetLocal(SdpType::kOffer);
  const StartIce started = Only<StartIce>(pair.a.effects)[0];
  const auto add = [&] {
    return AddLocalCandidate(pair.a.session, started.transport,
                             started.generation, Candidate(kHost));
  };
  EXPECT_TRUE(add());
  EXPECT_FALSE(add());
}

}  // namespace
}  // namespace parley::jsep
