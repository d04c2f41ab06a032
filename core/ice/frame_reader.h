// Packets out of a stream: RFC 4571, as ICE over TCP uses it (RFC 6544 section
// 3). Each is behind its length, two bytes, the more significant one first.
#ifndef PARLEY_CORE_ICE_FRAME_READER_H_
#define PARLEY_CORE_ICE_FRAME_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"

namespace parley::ice {

class FrameReader {
 public:
  static constexpr size_t kHeaderBytes = 2;

  // What the header at the beginning says of the packet behind it.
  static size_t LengthOf(std::span<const uint8_t> frame) {
    return static_cast<size_t>(frame[0]) << 8 | frame[1];
  }

  // Each packet of `bytes` and of what was left before, in order; empty ones
  // are left out. Nothing but the beginning of a packet is kept. False: the
  // next one has more than `most` bytes, and nothing behind it can be read.
  bool Feed(std::span<const uint8_t> bytes, size_t most,
            absl::FunctionRef<void(std::span<const uint8_t>)> take);

  size_t kept_bytes() const { return rest_.size(); }
  void Clear() { rest_ = {}; }

 private:
  std::vector<uint8_t> rest_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_FRAME_READER_H_
