#include "core/dtls/dtls_record.h"

#include <cstddef>

namespace parley::dtls {
namespace {

constexpr size_t kRecordHeader = 13;
constexpr size_t kHandshakeHeader = 12;
constexpr uint8_t kAlertRecord = 21;
constexpr uint8_t kHandshakeRecord = 22;

}  // namespace

bool IsRecord(std::span<const uint8_t> packet) {
  if (packet.size() < kRecordHeader) return false;
  const bool known_type = packet[0] >= 20 && packet[0] <= 23;
  const bool known_version =
      packet[1] == 0xfe && (packet[2] == 0xff || packet[2] == 0xfd);
  const size_t length = static_cast<size_t>(packet[11]) << 8 | packet[12];
  return known_type && known_version && length > 0 &&
         length <= packet.size() - kRecordHeader;
}

std::span<const uint8_t> BeforeShortRecord(std::span<const uint8_t> packet,
                                           size_t least) {
  size_t at = 0;
  while (packet.size() - at >= kRecordHeader) {
    const uint8_t* const record = packet.data() + at;
    const bool is_protected = record[3] != 0 || record[4] != 0;  // the epoch
    const size_t length = static_cast<size_t>(record[11]) << 8 | record[12];
    if (is_protected && length < least) return packet.first(at);
    if (length > packet.size() - at - kRecordHeader) break;
    at += kRecordHeader + length;
  }
  return packet;
}

// RFC 6347 4.2.2 has the header of a handshake message.
bool CanBeFirst(std::span<const uint8_t> packet, Role role) {
  if (packet[0] == kAlertRecord) return role == Role::kClient;
  if (packet[0] != kHandshakeRecord ||
      packet.size() < kRecordHeader + kHandshakeHeader) {
    return false;
  }
  const auto number = [&](size_t at) {
    const uint8_t* begin = packet.data() + kRecordHeader + at;
    return static_cast<size_t>(begin[0]) << 16 | begin[1] << 8 | begin[2];
  };
  constexpr uint8_t kClientHello = 1;
  constexpr uint8_t kServerHello = 2;
  constexpr uint8_t kHelloVerifyRequest = 3;
  constexpr uint8_t kCertificate = 11;
  constexpr uint8_t kServerHelloDone = 14;
  const uint8_t type = packet[kRecordHeader];
  // What overtook the ServerHello has a later number: OpenSSL keeps it.
  const bool overtook = type >= kCertificate && type <= kServerHelloDone &&
                        packet[kRecordHeader + 5] > 0;
  const bool expected =
      role == Role::kServer
          ? type == kClientHello
          : type == kServerHello || type == kHelloVerifyRequest || overtook;
  const size_t length = number(1);
  const size_t fragment_offset = number(6);
  const size_t fragment_length = number(9);
  return expected && fragment_length > 0 &&
         fragment_offset + fragment_length <= length &&
         fragment_length <= packet.size() - kRecordHeader - kHandshakeHeader;
}

bool SaysNonsense(std::span<const uint8_t> packet) {
  if (packet.size() < kRecordHeader + 2 || packet[0] != kAlertRecord) {
    return false;
  }
  constexpr uint8_t kUnexpectedMessage = 10;
  constexpr uint8_t kIllegalParameter = 47;
  constexpr uint8_t kDecodeError = 50;
  const uint8_t description = packet[kRecordHeader + 1];
  return description == kUnexpectedMessage ||
         description == kIllegalParameter || description == kDecodeError;
}

}  // namespace parley::dtls
