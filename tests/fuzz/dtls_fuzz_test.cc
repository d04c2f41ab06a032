#include "tests/fuzz/dtls_fuzz.h"

#include "gtest/gtest.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

TEST(DtlsFuzzTest, StrangerSeeds) {
  for (const std::string& seed : ReadSeeds(PARLEY_FUZZ_SEEDS "/dtls")) {
    RunDamaged(seed, DtlsStranger);
  }
}

TEST(DtlsFuzzTest, NoiseSeeds) {
  for (const std::string& seed : ReadSeeds(PARLEY_FUZZ_SEEDS "/dtls")) {
    RunDamaged(seed, DtlsNoise);
  }
}

}  // namespace
}  // namespace parley::fuzz
