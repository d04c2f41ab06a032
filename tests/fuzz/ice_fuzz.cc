#include "tests/fuzz/ice_fuzz.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ice/binding_check.h"
#include "core/ice/frame_reader.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

constexpr size_t kMostOfAFrame = 300;

struct Taken {
  std::vector<std::vector<uint8_t>> packets;
  bool whole = true;  // nothing too long came

  friend bool operator==(const Taken&, const Taken&) = default;
};

Taken TakeInPieces(std::string_view stream, size_t size) {
  Taken taken;
  ice::FrameReader reader;
  while (taken.whole && !stream.empty()) {
    // On the heap to the byte, so that a read beyond it is seen.
    const std::string_view head = stream.substr(0, size);
    const std::vector<uint8_t> piece(head.begin(), head.end());
    stream.remove_prefix(piece.size());
    taken.whole = reader.Feed(piece, kMostOfAFrame, [&](auto packet) {
      taken.packets.emplace_back(packet.begin(), packet.end());
    });
    Require(reader.kept_bytes() < 2 + kMostOfAFrame || !taken.whole,
            "less than one packet is kept");
  }
  return taken;
}

}  // namespace

void IceBindingAnswer(std::string_view input) {
  using ice::BindingAnswer;
  // On the heap to the byte, so that a read beyond it is seen.
  const std::vector<uint8_t> packet(input.begin(), input.end());
  const std::optional<ice::TransactionId> id = ice::TransactionOf(packet);
  const auto found = ice::FindAnswer(packet);
  Require(found.empty() || ice::TransactionOf(found).has_value(),
          "what is found looks like an answer");
  const BindingAnswer answer = ice::ReadBindingAnswer(
      packet, id.value_or(ice::TransactionId{}), kBindingPassword);
  if (answer == BindingAnswer::kNone) return;
  Require(id.has_value(), "an answer has a transaction");
  Require(ice::IsStun(packet), "an answer is STUN by its first byte");
  ice::TransactionId other = *id;
  other[0] ^= 1;
  Require(ice::ReadBindingAnswer(packet, other, kBindingPassword) ==
              BindingAnswer::kNone,
          "an answer is to one transaction");
  Require(ice::ReadBindingAnswer(packet, *id, "another password") ==
              BindingAnswer::kNone,
          "an answer has one password");
  ice::BindingSuccess anew;
  const size_t size = ice::WriteBindingSuccess(
      *id, {ice::IpAddress::V4({192, 0, 2, 1}), 9}, kBindingPassword, anew);
  Require(ice::ReadBindingAnswer(std::span(anew).first(size), *id,
                                 kBindingPassword) == BindingAnswer::kSuccess,
          "an answer can be written anew");
}

void IceFrames(std::string_view input) {
  if (input.empty()) return;
  const size_t size = static_cast<uint8_t>(input[0]) + size_t{1};
  const std::string_view stream = input.substr(1);
  const Taken taken = TakeInPieces(stream, stream.size());
  Require(TakeInPieces(stream, size) == taken, "pieces make no difference");
  for (const auto& packet : taken.packets) {
    Require(!packet.empty() && packet.size() <= kMostOfAFrame,
            "a packet has bytes, not too many");
  }
}

}  // namespace parley::fuzz
