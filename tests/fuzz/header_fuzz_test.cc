#include "tests/fuzz/header_fuzz.h"

#include "gtest/gtest.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

TEST(HeaderFuzzTest, Seeds) {
  for (const std::string& seed : ReadSeeds(PARLEY_FUZZ_SEEDS "/headers")) {
    RunDamaged(seed, HeaderWords);
  }
}

}  // namespace
}  // namespace parley::fuzz
