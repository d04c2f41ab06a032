// The data channel establishment protocol (RFC 8832) and the payload protocol
// identifiers of data channels (RFC 8831 8). Pure functions.
#ifndef PARLEY_CORE_SCTP_DCEP_H_
#define PARLEY_CORE_SCTP_DCEP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parley::sctp {

// RFC 8831 8. The deprecated 52 and 54 (parts of messages) are not used.
enum Ppid : uint32_t {
  kPpidDcep = 50,
  kPpidString = 51,
  kPpidBinary = 53,
  kPpidStringEmpty = 56,
  kPpidBinaryEmpty = 57,
};

// RFC 8832 5.1, DATA_CHANNEL_OPEN.
struct DcepOpen {
  std::string label;
  std::string protocol;
  bool ordered = true;
  // At most one of the two. A channel with neither is reliable. The wire holds
  // 32 bits, W3C's API 16: larger values are read as 65535.
  std::optional<uint16_t> max_retransmits;
  std::optional<uint16_t> max_packet_life_time;  // ms
  uint16_t priority = 256;

  friend bool operator==(const DcepOpen&, const DcepOpen&) = default;
};

enum class DcepType { kOpen, kAck };

// The type of a message on PPID 50; ARGUMENT for an unknown or empty one.
absl::StatusOr<DcepType> ReadDcepType(std::string_view message);

// ARGUMENT for a message that is too short, has an unknown channel type, or
// lengths that do not add up to the message's size.
absl::StatusOr<DcepOpen> ParseDcepOpen(std::string_view message);

// Label and protocol have at most 65,535 bytes each.
std::string PrintDcepOpen(const DcepOpen& open);
std::string PrintDcepAck();

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_DCEP_H_
