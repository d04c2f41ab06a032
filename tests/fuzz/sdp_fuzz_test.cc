#include "tests/fuzz/sdp_fuzz.h"

#include "gtest/gtest.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

TEST(SdpFuzzTest, DescriptionsOfRealStacksSurviveDamage) {
  for (const std::string& seed : ReadSeeds(PARLEY_TEST_DATA "/corpus")) {
    RunDamaged(seed, SdpDescription);
  }
}

TEST(SdpFuzzTest, DescriptionSeeds) {
  for (const std::string& seed :
       ReadSeeds(PARLEY_FUZZ_SEEDS "/sdp_description")) {
    RunDamaged(seed, SdpDescription);
  }
}

TEST(SdpFuzzTest, CandidateSeeds) {
  for (const std::string& seed :
       ReadSeeds(PARLEY_FUZZ_SEEDS "/sdp_candidate")) {
    RunDamaged(seed, SdpCandidate);
  }
}

}  // namespace
}  // namespace parley::fuzz
