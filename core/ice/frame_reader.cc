#include "core/ice/frame_reader.h"

#include <algorithm>
#include <utility>

namespace parley::ice {

bool FrameReader::Feed(std::span<const uint8_t> bytes, size_t most,
                       absl::FunctionRef<void(std::span<const uint8_t>)> take) {
  // A packet that began before is completed by itself; those that follow are
  // taken from where they are.
  while (!rest_.empty() && !bytes.empty()) {
    const size_t whole = rest_.size() < kHeaderBytes
                             ? kHeaderBytes
                             : kHeaderBytes + LengthOf(rest_);
    const size_t more = std::min(bytes.size(), whole - rest_.size());
    rest_.insert(rest_.end(), bytes.begin(), bytes.begin() + more);
    bytes = bytes.subspan(more);
    if (rest_.size() < kHeaderBytes) return true;
    const size_t length = LengthOf(rest_);
    if (length > most) return false;
    if (rest_.size() < kHeaderBytes + length) continue;
    const std::vector<uint8_t> frame = std::exchange(rest_, {});
    if (length > 0) take(std::span(frame).subspan(kHeaderBytes));
  }
  while (bytes.size() >= kHeaderBytes) {
    const size_t length = LengthOf(bytes);
    if (length > most) return false;
    if (bytes.size() < kHeaderBytes + length) break;
    if (length > 0) take(bytes.subspan(kHeaderBytes, length));
    bytes = bytes.subspan(kHeaderBytes + length);
  }
  rest_.insert(rest_.end(), bytes.begin(), bytes.end());
  return true;
}

}  // namespace parley::ice
