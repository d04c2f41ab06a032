// Rules of sections A, B and H that only a whole peer shows: its operations
// chain, and what it waits for.
#include <optional>
#include <string>
#include <vector>

#include "core/base/errors.h"
#include "tests/core/peer/peer_fixture.h"

namespace parley::peer {
namespace {

using jsep::SdpType;
using jsep::SignalingState;
using ::testing::ElementsAre;

class ConformancePeer : public PeerFixture {
 protected:
  // Notes the outcome of a call under a name, in the order of the answers.
  auto Note(std::string name) {
    return [this, name = std::move(name)](const auto& outcome, const View&) {
      answers_.push_back(name + (IsOk(outcome) ? "" : " refused"));
    };
  }

  std::vector<std::string> answers_;

 private:
  static bool IsOk(const absl::Status& status) { return status.ok(); }
  template <typename T>
  static bool IsOk(const absl::StatusOr<T>& result) {
    return result.ok();
  }
};

// The state counts when the call's turn comes, not when it is made.
TEST_F(ConformancePeer, Rule_02_TheStateCountsWhenTheTurnComes) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  ASSERT_TRUE(SetLocal(*a).ok());
  // In stable, behind a remote offer and its answer: allowed when its turn
  // comes, though in between it would not have been.
  network_.AnswerStarts(false);
  b->SetRemoteDescription({}, SdpType::kOffer, LocalText(*a), "", false,
                          Note("remote offer"));
  b->SetLocalDescription({}, std::nullopt, "", Note("answer"));
  b->CreateOffer({}, {}, Note("createOffer"));
  executor_.RunReady();
  EXPECT_THAT(answers_, ElementsAre("remote offer"));
  network_.AnswerStarts(true);
  executor_.RunReady();
  EXPECT_THAT(answers_, ElementsAre("remote offer", "answer", "createOffer"));

  // Made in stable, refused in have-remote-offer.
  hold_certificates_ = true;
  auto c = MakePeer();
  answers_.clear();
  c->CreateOffer({}, {}, Note("first"));
  c->SetRemoteDescription({}, SdpType::kOffer, LocalText(*a), "", false,
                          Note("remote offer"));
  c->CreateOffer({}, {}, Note("second"));
  executor_.RunReady();
  EXPECT_TRUE(answers_.empty());
  ASSERT_EQ(waiting_certificates_.size(), 1u);
  waiting_certificates_[0](certificate_);
  executor_.RunReady();
  EXPECT_THAT(answers_, ElementsAre("first", "remote offer", "second refused"));
}

TEST_F(ConformancePeer, Rule_04_CreateOfferWaitsForItsCertificate) {
  hold_certificates_ = true;
  auto a = MakePeer(WithChannel());
  a->CreateOffer({}, {}, Note("createOffer"));
  executor_.RunReady();
  EXPECT_TRUE(answers_.empty());
  ASSERT_EQ(waiting_certificates_.size(), 1u);
  waiting_certificates_[0](certificate_);
  executor_.RunReady();
  EXPECT_THAT(answers_, ElementsAre("createOffer"));
}

TEST_F(ConformancePeer, Rule_05_FailedInspectionIsAnOperationError) {
  certificate_ =
      MakeError(Reason::kResourceInspection, "getrlimit: not permitted");
  auto a = MakePeer(WithChannel());
  const absl::Status refused = CreateOffer(*a).status();
  const auto error = GetError(refused);
  ASSERT_TRUE(error) << refused;
  EXPECT_EQ(error->reason, Reason::kResourceInspection);
  EXPECT_EQ(error->exception, DomException::kOperationError);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(StateOf(*a).signaling_state, SignalingState::kStable);
}

TEST_F(ConformancePeer, Rule_12_OneAtATimeInTheOrderOfTheCalls) {
  auto a = MakePeer(WithChannel());
  network_.AnswerStarts(false);
  a->SetLocalDescription({}, std::nullopt, "", Note("setLocal"));
  a->SetRemoteDescription({}, SdpType::kAnswer, "nonsense", "", false,
                          Note("setRemote"));
  a->CreateOffer({}, {}, Note("createOffer"));
  a->AddIceCandidates({}, {}, true, Note("addIceCandidate"));
  executor_.RunReady();
  // The first one waits for its sockets, the others for the first one.
  EXPECT_TRUE(answers_.empty());
  network_.AnswerStarts(true);
  executor_.RunReady();
  EXPECT_THAT(answers_, ElementsAre("setLocal", "setRemote refused",
                                    "createOffer", "addIceCandidate"));
}

TEST_F(ConformancePeer, Rule_15_AStartThatFailsLeavesThePeerAsItWas) {
  auto a = MakePeer(WithChannel());
  const auto offer = CreateOffer(*a);
  ASSERT_TRUE(offer.ok());
  const uint64_t before = StateOf(*a).last_event_sequence;
  network_.FailNextStart(
      MakeRetryableError(Reason::kPorts, "no port", absl::Seconds(1)));
  EXPECT_TRUE(HasReason(SetLocal(*a, SdpType::kOffer, *offer), Reason::kPorts));
  EXPECT_EQ(StateOf(*a).last_event_sequence, before);
  EXPECT_EQ(StateOf(*a).signaling_state, SignalingState::kStable);
  EXPECT_FALSE(StateOf(*a).pending_local);
  EXPECT_EQ(network_.open(), 0u);
  EXPECT_TRUE(SetLocal(*a, SdpType::kOffer, *offer).ok());
}

TEST_F(ConformancePeer, Rule_31_NothingFiresWhileAnOperationWaits) {
  hold_certificates_ = true;
  auto a = MakePeer();
  a->CreateOffer({}, {}, Note("createOffer"));
  a->CreateDataChannel({}, {}, Note("createDataChannel"));
  executor_.RunReady();
  EXPECT_TRUE(EventsOf<NegotiationNeeded>(*a).empty());
  ASSERT_EQ(waiting_certificates_.size(), 1u);
  waiting_certificates_[0](certificate_);
  executor_.RunReady();
  EXPECT_EQ(EventsOf<NegotiationNeeded>(*a).size(), 1u);
}

// What is gathered before the description is applied is held back.
TEST_F(ConformancePeer, Rule_69_EarlyCandidatesAreReleasedWithTheDescription) {
  auto a = MakePeer(WithChannel());
  ASSERT_TRUE(CreateOffer(*a).ok());
  executor_.RunReady();
  EXPECT_TRUE(EventsOf<LocalCandidateFound>(*a).empty());
  ASSERT_TRUE(SetLocal(*a).ok());
  bool applied = false;
  int candidates = 0;
  for (const auto& event : Events(*a)) {
    applied |= std::holds_alternative<DescriptionApplied>(event->body);
    if (std::holds_alternative<LocalCandidateFound>(event->body)) {
      EXPECT_TRUE(applied);
      ++candidates;
    }
  }
  EXPECT_EQ(candidates, 2);  // and the end
}

TEST_F(ConformancePeer, Rule_70_EarlyCandidatesWaitForTheirDescription) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  ASSERT_TRUE(SetLocal(*a).ok());
  std::vector<CandidateInput> found;
  for (const auto& event : EventsOf<LocalCandidateFound>(*a)) {
    found.push_back({event.candidate.candidate, event.candidate.mid,
                     std::nullopt, event.candidate.ufrag});
  }
  std::vector<CandidateResult> results;
  const auto keep = [&](auto outcome, const View&) {
    ASSERT_TRUE(outcome.ok());
    results = *outcome;
  };
  b->AddIceCandidates({}, found, /*queue_early=*/false, keep);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_TRUE(HasReason(results[0].error, Reason::kRemoteDescriptionMissing));
  EXPECT_EQ(GetError(results[0].error)->exception,
            DomException::kInvalidStateError);
  b->AddIceCandidates({}, found, /*queue_early=*/true, keep);
  EXPECT_EQ(results[0].outcome, jsep::CandidateOutcome::kQueued);
  const std::string offer = *CreateOffer(*a);
  ASSERT_TRUE(SetRemote(*b, SdpType::kOffer, offer).ok());
  std::string shown;
  b->Read([&](const View& view) {
    shown = jsep::TextWithCandidates(view.session, jsep::Side::kRemote,
                                     *view.session.pending_remote);
  });
  EXPECT_NE(shown.find(found[0].candidate.substr(0, 20)), std::string::npos);
}

TEST_F(ConformancePeer, Rule_73_NamesAreNeverResolved) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  ASSERT_TRUE(SetLocal(*a).ok());
  ASSERT_TRUE(SetRemote(*b, SdpType::kOffer, LocalText(*a)).ok());
  std::vector<CandidateResult> results;
  b->AddIceCandidates({},
                      {{"candidate:1 1 udp 1 b1a2.local 5000 typ host", "0"},
                       {"candidate:1 1 udp 1 host.example 5000 typ host", "0"}},
                      true,
                      [&](auto outcome, const View&) { results = *outcome; });
  ASSERT_EQ(results.size(), 2u);
  for (const CandidateResult& result : results) {
    EXPECT_TRUE(result.error.ok()) << result.error;
    EXPECT_EQ(result.ignored, CandidateIgnored::kHostName);
  }
}

}  // namespace
}  // namespace parley::peer
