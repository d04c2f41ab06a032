#include "core/jsep/numbers.h"

#include <cstddef>
#include <functional>

namespace parley::jsep {
namespace {

constexpr uint16_t kLastOneByteId = 14;  // RFC 8285 section 4.2

uint64_t HashUri(std::string_view uri) {
  return std::hash<std::string_view>()(uri) | 1;  // 0 stands for a free id
}

bool IsFree(const CodecIdentity& identity) { return identity.name == 0; }

}  // namespace

const NumberBook& Numbering::Book() const {
  static constexpr NumberBook kEmpty{};
  return book_ ? *book_ : kEmpty;
}

NumberBook& Numbering::Writable() {
  if (writable_ == nullptr) {
    auto copy = std::make_shared<NumberBook>(Book());
    writable_ = copy.get();
    book_ = std::move(copy);
  }
  return *writable_;
}

std::optional<uint8_t> Numbering::PayloadTypeFor(const CodecIdentity& codec,
                                                 uint8_t preferred,
                                                 const PayloadTypes& avoid) {
  const auto& taken = Book().payload_types;
  if (taken[preferred] == codec && !avoid[preferred]) return preferred;
  for (size_t number = 0; number < taken.size(); ++number) {
    if (taken[number] == codec && !avoid[number]) {
      return static_cast<uint8_t>(number);
    }
  }
  const auto give = [&](uint8_t number) {
    Writable().payload_types[number] = codec;
    return number;
  };
  const auto is_free = [&](uint8_t number) {
    return IsFree(taken[number]) && !avoid[number];
  };
  if (is_free(preferred)) return give(preferred);
  // The dynamic range, then what rtcp-mux leaves of the unassigned one (RFC
  // 5761 section 4).
  for (uint8_t number = 96; number < 128; ++number) {
    if (is_free(number)) return give(number);
  }
  for (uint8_t number = 35; number < 64; ++number) {
    if (is_free(number)) return give(number);
  }
  return std::nullopt;
}

std::optional<uint16_t> Numbering::ExtensionIdFor(std::string_view uri,
                                                  uint16_t preferred) {
  const uint64_t hash = HashUri(uri);
  const auto& taken = Book().extensions;
  if (taken[preferred] == hash) return preferred;
  for (size_t id = 1; id < taken.size(); ++id) {
    if (taken[id] == hash) return static_cast<uint16_t>(id);
  }
  const auto give = [&](uint16_t id) {
    Writable().extensions[id] = hash;
    return id;
  };
  if (taken[preferred] == 0) return give(preferred);
  for (uint16_t id = 1; id <= kLastOneByteId; ++id) {
    if (taken[id] == 0) return give(id);
  }
  return std::nullopt;
}

bool Numbering::Learn(uint8_t payload_type, const CodecIdentity& codec) {
  if (payload_type >= NumberBook::kPayloadTypes) return true;
  const CodecIdentity& meaning = Book().payload_types[payload_type];
  if (meaning == codec) return true;
  if (!IsFree(meaning)) return false;
  Writable().payload_types[payload_type] = codec;
  return true;
}

bool Numbering::LearnExtension(uint16_t id, std::string_view uri) {
  if (id >= NumberBook::kExtensionIds) return true;
  const uint64_t hash = HashUri(uri);
  const uint64_t meaning = Book().extensions[id];
  if (meaning == hash) return true;
  if (meaning != 0) return false;
  Writable().extensions[id] = hash;
  return true;
}

void Numbering::Relearn(uint8_t payload_type, const CodecIdentity& codec) {
  if (payload_type >= NumberBook::kPayloadTypes) return;
  Writable().payload_types[payload_type] = codec;
}

void Numbering::RelearnExtension(uint16_t id, std::string_view uri) {
  if (id < NumberBook::kExtensionIds) Writable().extensions[id] = HashUri(uri);
}

void Numbering::LearnAll(const NumberBook& other) {
  for (size_t i = 0; i < other.payload_types.size(); ++i) {
    const CodecIdentity& codec = other.payload_types[i];
    if (!IsFree(codec)) Learn(static_cast<uint8_t>(i), codec);
  }
  for (size_t id = 0; id < other.extensions.size(); ++id) {
    if (other.extensions[id] != 0 && Book().extensions[id] == 0) {
      Writable().extensions[id] = other.extensions[id];
    }
  }
}

}  // namespace parley::jsep
