// Random walks: two sessions with applications that do whatever they may, and
// much that they may not, over a network that delivers candidates in any order
// and descriptions late and twice. Whatever happens, a refusal changes nothing,
// what was promised for ever stays, and both ends come to agree.
//
// PARLEY_SEED=N repeats one walk; PARLEY_FULL=1 walks ten times as many.
#include "tests/core/jsep/walk.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace parley::jsep::testing {
namespace {

constexpr uint64_t kWalks = 1000;
constexpr uint64_t kFullWalks = 10000;

TEST(Walk, EndsInAgreement) {
  uint64_t first = 1;
  uint64_t last = std::getenv("PARLEY_FULL") ? kFullWalks : kWalks;
  if (const char* seed = std::getenv("PARLEY_SEED")) {
    first = last = std::strtoull(seed, nullptr, 10);
  }
  WalkCounts counts;
  for (uint64_t seed = first; seed <= last; ++seed) {
    Walk walk(seed, counts);
    walk.Run();
    if (HasFailure()) {
      FAIL() << "PARLEY_SEED=" << seed << "\n" << walk.History();
    }
  }
  if (first == last) return;
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
