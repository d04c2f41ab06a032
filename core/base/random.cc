#include "core/base/random.h"

#include <errno.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace parley {
namespace {

// The kernel gives up to 256 bytes whole, whatever signals arrive.
constexpr size_t kBufferBytes = 256;

void ReadKernel(std::span<uint8_t> out) {
  for (size_t done = 0; done < out.size();) {
    const ssize_t n = getrandom(out.data() + done, out.size() - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      std::perror("getrandom");
      std::abort();
    }
    done += static_cast<size_t>(n);
  }
}

class KernelRandom final : public Random {
 public:
  void Fill(std::span<uint8_t> out) override {
    thread_local std::array<uint8_t, kBufferBytes> buffer;
    thread_local size_t used = kBufferBytes;
    if (out.size() > kBufferBytes) return ReadKernel(out);
    if (kBufferBytes - used < out.size()) {
      ReadKernel(buffer);
      used = 0;
    }
    std::memcpy(out.data(), buffer.data() + used, out.size());
    // A byte is handed out once, and forgotten.
    std::fill_n(buffer.begin() + used, out.size(), 0);
    used += out.size();
  }
};

}  // namespace

uint64_t Random::Uint64() {
  uint64_t value;
  Fill({reinterpret_cast<uint8_t*>(&value), sizeof value});
  return value;
}

std::string Random::Token(size_t length) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string token(length, '\0');
  Fill({reinterpret_cast<uint8_t*>(token.data()), length});
  for (char& c : token) c = kAlphabet[static_cast<uint8_t>(c) & 31];
  return token;
}

Random& SystemRandom() {
  static KernelRandom random;
  return random;
}

}  // namespace parley
