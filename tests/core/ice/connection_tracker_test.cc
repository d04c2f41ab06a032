#include "core/ice/connection_tracker.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace parley::ice {
namespace {

using State = ConnectionState;
using Statuses = std::vector<GenerationStatus>;

constexpr GenerationStatus kFresh{};
constexpr GenerationStatus kChecking{.progress = Progress::kChecking,
                                     .remote_candidates = true};
constexpr GenerationStatus kConnected{.progress = Progress::kConnected,
                                      .remote_candidates = true};
constexpr GenerationStatus kReady{.progress = Progress::kReady,
                                  .remote_candidates = true};
constexpr GenerationStatus kDone{.progress = Progress::kReady,
                                 .gathered = true,
                                 .remote_candidates = true,
                                 .remote_ended = true};
constexpr GenerationStatus kAllPairsFailed{.progress = Progress::kFailed,
                                           .gathered = true,
                                           .remote_candidates = true,
                                           .remote_ended = true};
constexpr GenerationStatus kGivenUp{.progress = Progress::kFailed,
                                    .remote_candidates = true,
                                    .patience_over = true};
constexpr GenerationStatus kLost{.progress = Progress::kLost,
                                 .gathered = true,
                                 .remote_candidates = true,
                                 .remote_ended = true};

constexpr GenerationStatus Silent(GenerationStatus status) {
  status.silent = true;
  return status;
}

struct Case {
  const char* name;
  Statuses generations;
  State before;
  State after;
};

class DeriveStateTest : public ::testing::TestWithParam<Case> {};

TEST_P(DeriveStateTest, FollowsW3c) {
  EXPECT_EQ(Name(DeriveState(GetParam().generations, GetParam().before)),
            Name(GetParam().after));
}

INSTANTIATE_TEST_SUITE_P(
    Table, DeriveStateTest,
    ::testing::Values(
        Case{"NoGeneration", {}, State::kNew, State::kNew},
        Case{"RolledBackToNothing", {}, State::kChecking, State::kNew},
        Case{"Gathering", {kFresh}, State::kNew, State::kNew},
        Case{"ARemoteCandidateStartsChecking",
             {{.remote_candidates = true}},
             State::kNew,
             State::kChecking},
        Case{"APeerReflexiveOneDoesToo",
             {{.progress = Progress::kChecking}},
             State::kNew,
             State::kChecking},
        Case{"APairWorks", {kConnected}, State::kChecking, State::kConnected},
        Case{"NominatedButMoreMayCome",
             {kReady},
             State::kConnected,
             State::kConnected},
        Case{"NothingMoreCanCome",
             {kDone},
             State::kConnected,
             State::kCompleted},
        Case{"ALatePairIsNoStepBack",
             {kConnected},
             State::kCompleted,
             State::kCompleted},
        Case{"FailedPairsAreNotFailureBeforePatienceIsOver",
             {kAllPairsFailed},
             State::kChecking,
             State::kChecking},
        Case{"FailedPairsAndNoPatience",
             {kGivenUp},
             State::kChecking,
             State::kFailed},
        Case{"StillCheckingWhenPatienceIsOver",
             {{.progress = Progress::kChecking,
               .remote_candidates = true,
               .patience_over = true}},
             State::kChecking,
             State::kChecking},
        Case{"NoCandidateAndNoneToCome",
             {{.gathered = true, .remote_ended = true, .patience_over = true}},
             State::kNew,
             State::kFailed},
        Case{"NoCandidateYetIsNoFailure",
             {{.gathered = true, .patience_over = true}},
             State::kNew,
             State::kNew},
        Case{"NoLocalCandidateYetIsNoFailure",
             {{.remote_ended = true, .patience_over = true}},
             State::kNew,
             State::kNew},
        Case{"FailedStaysFailedWhileMoreIsTried",
             {{.progress = Progress::kChecking,
               .remote_candidates = true,
               .patience_over = true,
               .called_failed = true}},
             State::kFailed,
             State::kFailed},
        Case{"ALatePairThatWorksIsBelieved",
             {{.progress = Progress::kReady, .called_failed = true}},
             State::kFailed,
             State::kConnected},
        Case{"ConsentLostNeedsNoPatience",
             {kLost},
             State::kCompleted,
             State::kFailed},
        Case{"RestartFromCompleted",
             {kDone, kFresh},
             State::kCompleted,
             State::kConnected},
        Case{"RestartFromConnected",
             {kReady, kChecking},
             State::kConnected,
             State::kConnected},
        Case{"RestartFromFailed",
             {kLost, kFresh},
             State::kFailed,
             State::kChecking},
        Case{"RestartDone",
             {kDone, kDone},
             State::kConnected,
             State::kCompleted},
        Case{"RestartFailedOverAWorkingPair",
             {kDone, kGivenUp},
             State::kConnected,
             State::kConnected},
        Case{"OldPairLostDuringRestart",
             {kLost, kChecking},
             State::kConnected,
             State::kChecking},
        Case{"SilenceIsDisconnected",
             {Silent(kDone)},
             State::kCompleted,
             State::kDisconnected},
        Case{"AlsoBeforeTheEndOfChecks",
             {Silent(kConnected)},
             State::kConnected,
             State::kDisconnected},
        Case{"TheOtherEndIsBack",
             {kDone},
             State::kDisconnected,
             State::kCompleted},
        Case{"AndMoreMayCome",
             {kReady},
             State::kDisconnected,
             State::kConnected},
        Case{"ConsentExpires", {kLost}, State::kDisconnected, State::kFailed},
        Case{"RestartFromDisconnected",
             {Silent(kDone), kFresh},
             State::kDisconnected,
             State::kChecking},
        Case{"TheOldPairIsBackDuringARestart",
             {kDone, kChecking},
             State::kChecking,
             State::kConnected},
        Case{"RestartOverASilentPair",
             {Silent(kDone), kDone},
             State::kChecking,
             State::kCompleted},
        Case{"RestartFailedOverASilentPair",
             {Silent(kDone), kGivenUp},
             State::kChecking,
             State::kDisconnected},
        Case{"NewPairSilentWhileTheOldOneWouldStillWork",
             {kDone, Silent(kDone)},
             State::kCompleted,
             State::kDisconnected},
        Case{"RestartRolledBackAfterFailure",
             {kLost},
             State::kChecking,
             State::kFailed}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace parley::ice
