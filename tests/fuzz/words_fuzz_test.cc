#include "tests/fuzz/words_fuzz.h"

#include "gtest/gtest.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

TEST(WordsFuzzTest, Seeds) {
  for (const std::string& seed : ReadSeeds(PARLEY_FUZZ_SEEDS "/words")) {
    RunDamaged(seed, Words);
  }
}

}  // namespace
}  // namespace parley::fuzz
