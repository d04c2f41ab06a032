#include "core/ice/consent.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/fake_random.h"

namespace parley::ice {
namespace {

using State = Consent::State;
using parley::testing::FakeRandom;

// A consent on virtual time, and the requests it has sent.
class ConsentTest : public ::testing::Test {
 protected:
  struct Request {
    absl::Duration at;
    TransactionId id;
    bool is_probe = false;
  };

  // Runs on until `to`, doing what is due; `answers` says of each request
  // whether it is answered, which is at once.
  template <typename Answers>
  void RunTo(absl::Duration to, Answers answers) {
    while (consent_.deadline() <= to) {
      Step(consent_.deadline());
      if (!sent_.empty() && sent_.back().at == now_ && answers()) {
        consent_.OnAnswer(sent_.back().id, now_);
      }
    }
    now_ = to;
  }
  void RunTo(absl::Duration to) {
    RunTo(to, [] { return false; });
  }
  void Answered(absl::Duration to) {
    RunTo(to, [] { return true; });
  }

  void Step(absl::Duration now) {
    now_ = now;
    if (!consent_.Tick(now)) return;
    TransactionId id{};
    id[0] = static_cast<uint8_t>(sent_.size());
    id[1] = static_cast<uint8_t>(sent_.size() >> 8);
    const bool is_probe =
        !sent_.empty() && now - sent_.back().at < absl::Seconds(2);
    sent_.push_back({now, id, is_probe});
    consent_.Sent(id);
  }

  // Runs until the next request is sent.
  void ToNextRequest() {
    const size_t before = sent_.size();
    while (sent_.size() == before && consent_.state() != State::kExpired) {
      Step(consent_.deadline());
    }
    ASSERT_GT(sent_.size(), before);
  }
  void ToNextCheck() {
    do {
      ASSERT_NO_FATAL_FAILURE(ToNextRequest());
    } while (sent_.back().is_probe);
  }

  absl::Duration now_ = absl::Seconds(1000);
  FakeRandom random_;
  Consent consent_{ConsentTiming(), random_};
  std::vector<Request> sent_;  // all of them
};

TEST_F(ConsentTest, ADoubtIsLookedIntoAtOnceButNotAgainAndAgain) {
  consent_.Doubt(now_);
  EXPECT_EQ(consent_.deadline(), absl::InfiniteDuration());
  consent_.Begin(now_);
  consent_.Doubt(now_);
  EXPECT_EQ(consent_.deadline(), now_);
  Step(now_);
  ASSERT_EQ(sent_.size(), 1u);
  consent_.OnAnswer(sent_.back().id, now_);
  // One that comes right behind a check waits for what that may show.
  consent_.Doubt(now_);
  EXPECT_EQ(consent_.deadline(), now_ + ConsentTiming().silence);
  ToNextRequest();
  RunTo(now_ + ConsentTiming().silence);
  EXPECT_EQ(consent_.state(), State::kSilent);
}

TEST_F(ConsentTest, NothingIsDueBeforeAPairIsSelected) {
  EXPECT_EQ(consent_.state(), State::kNone);
  EXPECT_EQ(consent_.deadline(), absl::InfiniteDuration());
  EXPECT_FALSE(consent_.Tick(now_));
  EXPECT_FALSE(consent_.OnPacket());
  EXPECT_EQ(consent_.state(), State::kNone);
}

TEST_F(ConsentTest, WhereAllIsAnsweredThereAreChecksAndNoProbes) {
  consent_.Begin(now_);
  absl::Duration last = now_;
  Answered(now_ + absl::Hours(2));
  EXPECT_EQ(consent_.state(), State::kFresh);
  absl::Duration shortest = absl::InfiniteDuration();
  absl::Duration longest;
  for (const Request& request : sent_) {
    shortest = std::min(shortest, request.at - last);
    longest = std::max(longest, request.at - last);
    last = request.at;
  }
  EXPECT_GE(shortest, absl::Seconds(4));
  EXPECT_LT(shortest, absl::Seconds(4.1));
  EXPECT_LE(longest, absl::Seconds(6));
  EXPECT_GT(longest, absl::Seconds(5.9));
}

TEST_F(ConsentTest, TransportsThatBeginTogetherDoNotCheckTogether) {
  std::set<absl::Duration> first;
  for (int i = 0; i < 100; ++i) {
    Consent consent(ConsentTiming(), random_);
    consent.Begin(now_);
    first.insert(consent.deadline());
  }
  EXPECT_GT(first.size(), 90u);
}

TEST_F(ConsentTest, SilenceIsSeenWithinSecondsAndConsentEndsAfterThirty) {
  consent_.Begin(now_);
  Answered(now_ + absl::Minutes(1));
  const absl::Duration renewed = sent_.back().at;
  RunTo(renewed + absl::Seconds(6.4));
  EXPECT_EQ(consent_.state(), State::kFresh);
  RunTo(renewed + absl::Seconds(8.5));
  EXPECT_EQ(consent_.state(), State::kSilent);
  RunTo(renewed + absl::Seconds(29.9));
  EXPECT_EQ(consent_.state(), State::kSilent);
  RunTo(renewed + absl::Seconds(30));
  EXPECT_EQ(consent_.state(), State::kExpired);
  EXPECT_EQ(consent_.deadline(), absl::InfiniteDuration());
  EXPECT_LT(sent_.back().at, renewed + absl::Seconds(30));
  EXPECT_FALSE(consent_.awaits_any());
}

TEST_F(ConsentTest, OneLostCheckIsNoSilenceWhenAProbeIsAnswered) {
  consent_.Begin(now_);
  ToNextCheck();
  const absl::Duration checked = now_;
  ToNextRequest();
  EXPECT_EQ(now_, checked + absl::Milliseconds(500));
  ToNextRequest();
  EXPECT_EQ(now_, checked + absl::Milliseconds(1500));
  consent_.OnAnswer(sent_.back().id, now_);
  RunTo(checked + absl::Seconds(3.9));
  EXPECT_EQ(consent_.state(), State::kFresh);
  EXPECT_EQ(sent_.size(), 3u);
}

TEST_F(ConsentTest, AProbeRenewsNoConsent) {
  consent_.Begin(now_);
  const absl::Duration begun = now_;
  for (;;) {
    Step(consent_.deadline());
    if (consent_.state() == State::kExpired) break;
    if (!sent_.empty() && sent_.back().is_probe) {
      consent_.OnAnswer(sent_.back().id, now_);
    }
    EXPECT_EQ(consent_.state(), State::kFresh);
  }
  EXPECT_EQ(now_, begun + absl::Seconds(30));
}

TEST_F(ConsentTest, DisconnectedComesAndGoes) {
  consent_.Begin(now_);
  for (int i = 0; i < 5; ++i) {
    RunTo(now_ + absl::Seconds(20));
    EXPECT_EQ(consent_.state(), State::kSilent);
    ToNextCheck();
    consent_.OnAnswer(sent_.back().id, now_);
    EXPECT_EQ(consent_.state(), State::kFresh);
  }
}

TEST_F(ConsentTest, AnAnswerToAnOlderRequestCountsAndOneToAnEvenOlderNoMore) {
  consent_.Begin(now_);
  RunTo(now_ + absl::Seconds(28));
  ASSERT_GE(sent_.size(), 12u);
  const TransactionId oldest = sent_[0].id;
  const TransactionId older = sent_[3].id;
  ASSERT_TRUE(consent_.Awaits(oldest));
  ASSERT_TRUE(consent_.Awaits(older));
  consent_.OnAnswer(older, now_);
  EXPECT_EQ(consent_.state(), State::kFresh);
  EXPECT_FALSE(consent_.Awaits(oldest));
  EXPECT_FALSE(consent_.Awaits(older));
  EXPECT_TRUE(consent_.Awaits(sent_[6].id));
  RunTo(now_ + absl::Seconds(29.9));
  EXPECT_NE(consent_.state(), State::kExpired);
}

TEST_F(ConsentTest, UnknownAndRepeatedAnswersAreNothing) {
  consent_.Begin(now_);
  const absl::Duration begun = now_;
  ToNextCheck();
  const TransactionId id = sent_.back().id;
  TransactionId unknown{};
  unknown.fill(0xff);
  EXPECT_FALSE(consent_.Awaits(unknown));
  // A zero id is that of no request before one was sent.
  EXPECT_FALSE(Consent(ConsentTiming(), random_).Awaits({}));
  consent_.OnAnswer(unknown, begun + absl::Seconds(10));
  RunTo(begun + absl::Seconds(20));
  EXPECT_EQ(consent_.state(), State::kSilent);
  consent_.OnAnswer(id, now_);
  EXPECT_EQ(consent_.state(), State::kFresh);
  const absl::Duration renewed = now_;
  RunTo(now_ + absl::Seconds(20));
  consent_.OnAnswer(id, now_);
  EXPECT_EQ(consent_.state(), State::kSilent);
  RunTo(renewed + absl::Seconds(30));
  EXPECT_EQ(consent_.state(), State::kExpired);
}

TEST_F(ConsentTest, PacketsAreLifeForHalfTheTimeOfConsentOnly) {
  consent_.Begin(now_);
  const absl::Duration begun = now_;
  while (now_ < begun + absl::Seconds(14)) {
    Step(consent_.deadline());
    consent_.OnPacket();
    EXPECT_EQ(consent_.state(), State::kFresh);
  }
  while (now_ < begun + absl::Seconds(24)) {
    Step(consent_.deadline());
    EXPECT_FALSE(consent_.OnPacket());
  }
  EXPECT_EQ(consent_.state(), State::kSilent);
}

TEST_F(ConsentTest, APacketEndsSilenceAtOnce) {
  consent_.Begin(now_);
  RunTo(now_ + absl::Seconds(9));
  ASSERT_EQ(consent_.state(), State::kSilent);
  EXPECT_TRUE(consent_.OnPacket());
  EXPECT_EQ(consent_.state(), State::kFresh);
  EXPECT_FALSE(consent_.OnPacket());
}

TEST_F(ConsentTest, AnErrorIsLifeAndNoConsent) {
  consent_.Begin(now_);
  const absl::Duration begun = now_;
  while (consent_.state() != State::kExpired) {
    Step(consent_.deadline());
    if (!sent_.empty()) consent_.OnError(sent_.back().id);
    EXPECT_NE(consent_.state(), State::kSilent);
  }
  EXPECT_EQ(now_, begun + absl::Seconds(30));
}

TEST_F(ConsentTest, NothingRevivesWhatHasExpiredOrWasRevoked) {
  for (const bool revoked : {false, true}) {
    FakeRandom random;
    Consent consent(ConsentTiming(), random);
    consent.Begin(now_);
    TransactionId id{1};
    consent.Tick(consent.deadline());
    consent.Sent(id);
    if (revoked) consent.Revoke();
    if (!revoked) consent.Tick(now_ + absl::Seconds(31));
    EXPECT_EQ(consent.state(), State::kExpired);
    consent.OnAnswer(id, now_);
    consent.OnError(id);
    consent.Begin(now_);
    EXPECT_FALSE(consent.OnPacket());
    EXPECT_FALSE(consent.Tick(now_ + absl::Hours(1)));
    EXPECT_EQ(consent.state(), State::kExpired);
    EXPECT_EQ(consent.deadline(), absl::InfiniteDuration());
  }
}

TEST_F(ConsentTest, AnotherPairBeginsAnew) {
  consent_.Begin(now_);
  RunTo(now_ + absl::Seconds(20));
  ASSERT_EQ(consent_.state(), State::kSilent);
  const TransactionId old = sent_.back().id;
  consent_.Begin(now_);
  EXPECT_EQ(consent_.state(), State::kFresh);
  EXPECT_FALSE(consent_.Awaits(old));
  EXPECT_GE(consent_.deadline(), now_ + absl::Seconds(4));
}

}  // namespace
}  // namespace parley::ice
