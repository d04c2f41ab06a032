// Randomness as an argument, so that tests can repeat it.
// Implementations are safe for concurrent use.
#ifndef PARLEY_CORE_BASE_RANDOM_H_
#define PARLEY_CORE_BASE_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace parley {

class Random {
 public:
  virtual ~Random() = default;

  // Fills the buffer with bytes fit for keys and passwords.
  virtual void Fill(std::span<uint8_t> out) = 0;

  uint64_t Uint64();
  // Letters and digits of the ice-char set without '+' and '/', so that they
  // also pass through URLs and names; each carries 5 bits.
  std::string Token(size_t length);
};

// The kernel's generator, buffered per thread. Lives for ever.
Random& SystemRandom();

}  // namespace parley

#endif  // PARLEY_CORE_BASE_RANDOM_H_
