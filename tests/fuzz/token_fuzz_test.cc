#include "tests/fuzz/token_fuzz.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

void RunSeeds(const std::string& folder, void (*entry)(std::string_view)) {
  for (const std::string& seed : ReadSeeds(PARLEY_FUZZ_SEEDS + folder)) {
    RunDamaged(seed, entry);
  }
}

TEST(TokenFuzzTest, Tokens) { RunSeeds("/tokens", StrangeToken); }
TEST(TokenFuzzTest, Claims) { RunSeeds("/claims", TokenClaims); }
TEST(TokenFuzzTest, TokenFiles) { RunSeeds("/token_files", TokenFile); }
TEST(TokenFuzzTest, KeyFiles) { RunSeeds("/key_files", KeyFile); }

}  // namespace
}  // namespace parley::fuzz
