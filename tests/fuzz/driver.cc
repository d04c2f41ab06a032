// libFuzzer's entry to one of our fuzz entry points, which the build names by
// PARLEY_FUZZ_HEADER and PARLEY_FUZZ_ENTRY.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include PARLEY_FUZZ_HEADER

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  parley::fuzz::PARLEY_FUZZ_ENTRY(
      std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
