#include "tests/fuzz/jsep_fuzz.h"

#include "gtest/gtest.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

TEST(JsepFuzzTest, DescriptionsOfRealStacksSurviveDamage) {
  for (const std::string& seed : ReadSeeds(PARLEY_TEST_DATA "/corpus")) {
    RunDamaged(seed, JsepRemoteDescription);
  }
}

TEST(JsepFuzzTest, DescriptionSeeds) {
  for (const std::string& seed :
       ReadSeeds(PARLEY_FUZZ_SEEDS "/jsep_description")) {
    RunDamaged(seed, JsepRemoteDescription);
  }
}

TEST(JsepFuzzTest, CandidateSeeds) {
  for (const std::string& seed :
       ReadSeeds(PARLEY_FUZZ_SEEDS "/sdp_candidate")) {
    RunDamaged(seed, JsepCandidate);
  }
}

}  // namespace
}  // namespace parley::fuzz
