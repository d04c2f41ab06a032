// Randomness that a seed repeats. Safe for concurrent use.
#ifndef PARLEY_TESTS_TESTING_FAKE_RANDOM_H_
#define PARLEY_TESTS_TESTING_FAKE_RANDOM_H_

#include <random>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/base/random.h"

namespace parley::testing {

class FakeRandom : public Random {
 public:
  explicit FakeRandom(uint64_t seed = 1) : engine_(seed) {}
  void Fill(std::span<uint8_t> out) override;

 private:
  absl::Mutex mutex_;
  std::mt19937_64 engine_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::testing

#endif  // PARLEY_TESTS_TESTING_FAKE_RANDOM_H_
