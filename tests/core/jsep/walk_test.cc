// Random walks: two sessions with applications that do whatever they may, and
// much that they may not, over a network that delivers candidates in any order
// and descriptions late and twice. Whatever happens, a refusal changes nothing,
// what was promised for ever stays, and both ends come to agree.
//
// PARLEY_SEED=N repeats one walk; PARLEY_WALKS=N walks so many, of seeds 1 to
// N.
#include "tests/core/jsep/walk.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

namespace parley::jsep::testing {
namespace {

constexpr uint64_t kWalks = 1000;

// A number of the environment.
uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Walk, EndsInAgreement) {
  const uint64_t seed = Setting("PARLEY_SEED", 0);
  const uint64_t first = seed == 0 ? 1 : seed;
  const uint64_t last = seed == 0 ? Setting("PARLEY_WALKS", kWalks) : seed;
  std::cout << "walks of the seeds " << first << " to " << last << std::endl;
  WalkCounts counts;
  for (uint64_t i = first; i <= last; ++i) {
    Walk walk(i, counts);
    walk.Run();
    if (HasFailure()) {
      FAIL() << "PARLEY_SEED=" << i << "\n" << walk.History();
    }
  }
  if (seed != 0) return;
  // A walk that only ever meets refusals, or never one, proves little.
  const uint64_t walks = last - first + 1;
  EXPECT_GT(counts.exchanges, walks);
  EXPECT_GT(counts.rollbacks, walks / 2);
  EXPECT_GT(counts.provisional, walks / 4);
  EXPECT_GT(counts.refused, walks * 5);
  EXPECT_GT(counts.damaged_but_applied, walks);
}

}  // namespace
}  // namespace parley::jsep::testing
