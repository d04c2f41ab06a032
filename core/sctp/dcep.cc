#include "core/sctp/dcep.h"

#include <algorithm>
#include <cstddef>

#include "core/base/errors.h"

namespace parley::sctp {
namespace {

// RFC 8832 5.1 and 5.2: message types, channel types and the bit that makes a
// type unordered.
constexpr uint8_t kTypeAck = 0x02;
constexpr uint8_t kTypeOpen = 0x03;
constexpr uint8_t kReliable = 0x00;
constexpr uint8_t kLimitedRetransmits = 0x01;
constexpr uint8_t kLimitedLifetime = 0x02;
constexpr uint8_t kUnordered = 0x80;
// type, channel type, priority (2), parameter (4), lengths (2 and 2)
constexpr size_t kOpenHeader = 12;

uint8_t Byte(std::string_view message, size_t at) {
  return static_cast<uint8_t>(message[at]);
}

uint32_t Number(std::string_view message, size_t at, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value = value << 8 | Byte(message, at + i);
  return value;
}

void AppendNumber(uint32_t value, int bytes, std::string& out) {
  for (int i = bytes - 1; i >= 0; --i) {
    out += static_cast<char>(value >> (8 * i));
  }
}

absl::Status Malformed(std::string what) {
  return MakeError(Reason::kArgument, "malformed DCEP message: " + what);
}

}  // namespace

absl::StatusOr<DcepType> ReadDcepType(std::string_view message) {
  if (message.empty()) return Malformed("it is empty");
  if (Byte(message, 0) == kTypeOpen) return DcepType::kOpen;
  if (Byte(message, 0) == kTypeAck) return DcepType::kAck;
  return Malformed("unknown type " + std::to_string(Byte(message, 0)));
}

absl::StatusOr<DcepOpen> ParseDcepOpen(std::string_view message) {
  if (message.size() < kOpenHeader || Byte(message, 0) != kTypeOpen) {
    return Malformed("no whole DATA_CHANNEL_OPEN");
  }
  const size_t label = Number(message, 8, 2);
  const size_t protocol = Number(message, 10, 2);
  if (message.size() != kOpenHeader + label + protocol) {
    return Malformed("its lengths do not add up to its size");
  }
  DcepOpen open;
  const uint8_t type = Byte(message, 1);
  open.ordered = (type & kUnordered) == 0;
  open.priority = static_cast<uint16_t>(Number(message, 2, 2));
  const auto parameter =
      static_cast<uint16_t>(std::min<uint32_t>(Number(message, 4, 4), 65535));
  switch (type & ~kUnordered) {
    case kReliable:
      break;
    case kLimitedRetransmits:
      open.max_retransmits = parameter;
      break;
    case kLimitedLifetime:
      open.max_packet_life_time = parameter;
      break;
    default:
      return Malformed("unknown channel type " + std::to_string(type));
  }
  open.label = message.substr(kOpenHeader, label);
  open.protocol = message.substr(kOpenHeader + label, protocol);
  return open;
}

std::string PrintDcepOpen(const DcepOpen& open) {
  uint8_t type = kReliable;
  uint32_t parameter = 0;
  if (open.max_retransmits) {
    type = kLimitedRetransmits;
    parameter = *open.max_retransmits;
  } else if (open.max_packet_life_time) {
    type = kLimitedLifetime;
    parameter = *open.max_packet_life_time;
  }
  if (!open.ordered) type |= kUnordered;
  std::string message;
  message.reserve(kOpenHeader + open.label.size() + open.protocol.size());
  AppendNumber(kTypeOpen, 1, message);
  AppendNumber(type, 1, message);
  AppendNumber(open.priority, 2, message);
  AppendNumber(parameter, 4, message);
  AppendNumber(static_cast<uint32_t>(open.label.size()), 2, message);
  AppendNumber(static_cast<uint32_t>(open.protocol.size()), 2, message);
  return message.append(open.label).append(open.protocol);
}

std::string PrintDcepAck() { return std::string(1, kTypeAck); }

}  // namespace parley::sctp
