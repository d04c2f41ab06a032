#include "service/utf8.h"

#include <cstdint>
#include <cstring>

namespace parley::service {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The first code point of the bytes, or the maximal part of one that is
// ill-formed (The Unicode Standard, table 3-7).
struct Step {
  size_t size;
  bool valid;
};

Step First(std::string_view bytes) {
  const auto at = [bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t lead = at(0);
  if (lead < 0x80) return {1, true};
  size_t trailing = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    trailing = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    trailing = 2;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    trailing = 3;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (size_t i = 1; i <= trailing; ++i) {
    if (i >= bytes.size() || at(i) < low || at(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {trailing + 1, true};
}

// How many bytes at the start are UTF-8.
size_t ValidPrefix(std::string_view bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    uint64_t eight;
    if (bytes.size() - i >= sizeof(eight)) {
      std::memcpy(&eight, bytes.data() + i, sizeof(eight));
      if ((eight & 0x8080808080808080) == 0) {
        i += sizeof(eight);
        continue;
      }
    }
    const Step step = First(bytes.substr(i));
    if (!step.valid) break;
    i += step.size;
  }
  return i;
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  return ValidPrefix(bytes) == bytes.size();
}

std::string ToUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (true) {
    const size_t valid = ValidPrefix(bytes);
    out += bytes.substr(0, valid);
    bytes.remove_prefix(valid);
    if (bytes.empty()) return out;
    out += kReplacement;
    bytes.remove_prefix(First(bytes).size);
  }
}

std::string ToBoundedUtf8(std::string_view bytes, size_t max_bytes) {
  constexpr std::string_view kCut = "...";
  // What lies beyond cannot show, so it need not be looked at.
  const bool longer = bytes.size() > max_bytes;
  std::string out = ToUtf8(bytes.substr(0, max_bytes));
  if (!longer && out.size() <= max_bytes) return out;
  const std::string_view cut = max_bytes >= kCut.size() ? kCut : "";
  size_t end = max_bytes - cut.size();
  if (end > out.size()) end = out.size();
  while (end > 0 && end < out.size() &&
         (static_cast<uint8_t>(out[end]) & 0xC0) == 0x80) {
    --end;
  }
  out.resize(end);
  out += cut;
  return out;
}

}  // namespace parley::service
