// Payload types and header extension ids over the life of a session: within a
// bundle a number means one thing, for ever (RFC 9143 section 9).
#ifndef PARLEY_CORE_JSEP_NUMBERS_H_
#define PARLEY_CORE_JSEP_NUMBERS_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/jsep/codecs.h"

namespace parley::jsep {

// What numbers have come to mean, by either end's descriptions. Plain data; all
// zeros is an empty book. URIs are kept as hashes.
struct NumberBook {
  static constexpr size_t kPayloadTypes = 128;
  static constexpr size_t kExtensionIds = 256;

  std::array<CodecIdentity, kPayloadTypes> payload_types{};
  std::array<uint64_t, kExtensionIds> extensions{};
};

// A book in the making. Copies the book it began with only when something new
// is written. Thread-compatible.
class Numbering {
 public:
  // null: an empty book.
  explicit Numbering(std::shared_ptr<const NumberBook> book)
      : book_(std::move(book)) {}

  using PayloadTypes = std::bitset<NumberBook::kPayloadTypes>;

  // The number that means this codec, given now if need be: `preferred` when it
  // is free, else one of the dynamic range; none of `avoid`, which the other
  // end has taken for something else in the same section. nullopt: no number is
  // left.
  std::optional<uint8_t> PayloadTypeFor(const CodecIdentity& codec,
                                        uint8_t preferred,
                                        const PayloadTypes& avoid);
  // The same for a header extension, within 1 to 14 unless preferred is larger.
  std::optional<uint16_t> ExtensionIdFor(std::string_view uri,
                                         uint16_t preferred);

  // A description of the other end uses the number like this. The first meaning
  // stays: false when there is another one.
  bool Learn(uint8_t payload_type, const CodecIdentity& codec);
  bool LearnExtension(uint16_t id, std::string_view uri);

  // The same, whatever the number meant before.
  void Relearn(uint8_t payload_type, const CodecIdentity& codec);
  void RelearnExtension(uint16_t id, std::string_view uri);

  // Learns a whole book.
  void LearnAll(const NumberBook& other);

  // The book with what was added; the one it began with when nothing was.
  std::shared_ptr<const NumberBook> Take() && { return std::move(book_); }

 private:
  NumberBook& Writable();
  const NumberBook& Book() const;

  std::shared_ptr<const NumberBook> book_;
  NumberBook* writable_ = nullptr;  // book_, once it is a copy of ours
};

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_NUMBERS_H_
