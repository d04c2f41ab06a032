#include "tests/testing/fake_random.h"

namespace parley::testing {

void FakeRandom::Fill(std::span<uint8_t> out) {
  absl::MutexLock lock(&mutex_);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(engine_());
}

}  // namespace parley::testing
