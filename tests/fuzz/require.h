// What the fuzz entry points hold readers to.
#ifndef PARLEY_TESTS_FUZZ_REQUIRE_H_
#define PARLEY_TESTS_FUZZ_REQUIRE_H_

#include <cstdio>
#include <cstdlib>

namespace parley::fuzz {

// Ends the process, after saying which promise was broken, unless it holds.
inline void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_REQUIRE_H_
