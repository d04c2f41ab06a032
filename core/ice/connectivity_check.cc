#include "core/ice/connectivity_check.h"

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <algorithm>

namespace parley::ice {
namespace {

constexpr size_t kStunHeaderBytes = 20;
constexpr size_t kTransactionOffset = 8;
constexpr uint8_t kLastStunByte = 3;  // RFC 7983 section 7

// The comprehension-required attributes of a check.
constexpr uint16_t kAttributesOfChecks[] = {
    STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
    STUN_ATTRIBUTE_PRIORITY, STUN_ATTRIBUTE_USE_CANDIDATE, 0};

// For reading only.
StunMessage View(std::span<const uint8_t> datagram) {
  StunMessage message{};
  message.buffer = const_cast<uint8_t*>(datagram.data());
  message.buffer_len = datagram.size();
  return message;
}

// Malformed when its USERNAME is no check's.
DatagramHeader HeaderOfCheck(const StunMessage& message) {
  uint16_t size = 0;
  const void* const found =
      stun_message_find(&message, STUN_ATTRIBUTE_USERNAME, &size);
  if (found == nullptr) return {};
  const std::string_view username(static_cast<const char*>(found), size);
  const size_t colon = username.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  return {.kind = DatagramKind::kCheck,
          .ufrag = username.substr(0, colon),
          .remote_ufrag = username.substr(colon + 1)};
}

// Itself, or within what a TURN server puts around a datagram: a Data
// indication (RFC 8656 section 11.4) or ChannelData (section 12.4).
bool MayHoldRequest(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2) return false;
  if (bytes[0] == 0) return bytes[1] == 0x01 || bytes[1] == 0x17;
  return bytes[0] >= 0x40 && bytes[0] < 0x50;
}

bool GivePassword(StunAgent*, StunMessage*, uint8_t* username, uint16_t size,
                  uint8_t** password, size_t* password_size, void* data) {
  const auto& local = *static_cast<const Credentials*>(data);
  const std::string_view name(reinterpret_cast<const char*>(username), size);
  if (name.size() <= local.ufrag.size() || !name.starts_with(local.ufrag) ||
      name[local.ufrag.size()] != ':') {
    return false;
  }
  *password = reinterpret_cast<uint8_t*>(const_cast<char*>(local.pwd.data()));
  *password_size = local.pwd.size();
  return true;
}

}  // namespace

DatagramHeader ReadHeader(std::span<const uint8_t> datagram) {
  if (datagram.empty()) return {};
  if (datagram[0] > kLastStunByte) return {.kind = DatagramKind::kData};
  if (datagram.size() < kStunHeaderBytes) return {};
  const int size = stun_message_validate_buffer_length(
      datagram.data(), datagram.size(), /*has_padding=*/true);
  if (size < 0 || static_cast<size_t>(size) != datagram.size()) return {};
  const StunMessage message = View(datagram);
  if (!stun_message_has_cookie(&message)) return {};
  if (stun_message_get_class(&message) != STUN_REQUEST) {
    return {.kind = DatagramKind::kOtherStun};
  }
  if (stun_message_get_method(&message) != STUN_BINDING) return {};
  return HeaderOfCheck(message);
}

bool IsCheckOfAnother(std::span<const uint8_t> datagram,
                      std::string_view local_ufrag,
                      std::string_view remote_ufrag) {
  if (!MayHoldRequest(datagram)) return false;
  const DatagramHeader header = ReadHeader(FindRequest(datagram));
  return header.kind == DatagramKind::kCheck && header.ufrag == local_ufrag &&
         header.remote_ufrag != remote_ufrag;
}

struct CheckResponder::Agent {
  Agent() {
    stun_agent_init(&stun, kAttributesOfChecks, STUN_COMPATIBILITY_RFC5389,
                    static_cast<StunAgentUsageFlags>(
                        STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                        STUN_AGENT_USAGE_USE_FINGERPRINT));
  }
  StunAgent stun;
};

CheckResponder::CheckResponder() : agent_(std::make_unique<Agent>()) {}

CheckResponder::~CheckResponder() = default;

CheckAnswer CheckResponder::Answer(std::span<const uint8_t> check,
                                   const Credentials& local,
                                   const TransportAddress& from) {
  if (ReadHeader(check).kind != DatagramKind::kCheck) return {};
  StunAgent& agent = agent_->stun;
  StunMessage request;
  StunMessage answer;
  auto refuse = [&](CheckVerdict verdict, StunError error) -> CheckAnswer {
    if (!stun_agent_init_error(&agent, &answer, answer_.data(), answer_.size(),
                               &request, error)) {
      return {.verdict = verdict};
    }
    const size_t size = stun_agent_finish_message(&agent, &answer, nullptr, 0);
    return {.verdict = verdict, .datagram = std::span(answer_).first(size)};
  };
  switch (stun_agent_validate(&agent, &request, check.data(), check.size(),
                              GivePassword, const_cast<Credentials*>(&local))) {
    case STUN_VALIDATION_SUCCESS:
      break;
    case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST:
      return refuse(CheckVerdict::kUnauthenticated, STUN_ERROR_BAD_REQUEST);
    case STUN_VALIDATION_UNAUTHORIZED:
      return refuse(CheckVerdict::kUnauthenticated, STUN_ERROR_UNAUTHORIZED);
    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE: {
      const size_t size = stun_agent_build_unknown_attributes_error(
          &agent, &answer, answer_.data(), answer_.size(), &request);
      return {.verdict = CheckVerdict::kUnknownRequired,
              .datagram = std::span(answer_).first(size)};
    }
    default:  // without the fingerprint it is not STUN (RFC 8489 section 7.3)
      return {};
  }
  if (stun_message_has_attribute(&request, STUN_ATTRIBUTE_ICE_CONTROLLED)) {
    CheckAnswer refusal =
        refuse(CheckVerdict::kRoleConflict, STUN_ERROR_ROLE_CONFLICT);
    refusal.priority = stun_usage_ice_conncheck_priority(&request);
    return refusal;
  }

  sockaddr_storage mapped{};
  const socklen_t mapped_size = ToSockaddr(from, mapped);
  if (!stun_agent_init_response(&agent, &answer, answer_.data(), answer_.size(),
                                &request) ||
      stun_message_append_xor_addr(&answer, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
                                   &mapped, mapped_size) !=
          STUN_MESSAGE_RETURN_SUCCESS) {
    return {};
  }
  const size_t size = stun_agent_finish_message(&agent, &answer, nullptr, 0);
  CheckAnswer result{
      .verdict = CheckVerdict::kAuthentic,
      .use_candidate = stun_usage_ice_conncheck_use_candidate(&request),
      .priority = stun_usage_ice_conncheck_priority(&request),
      .datagram = std::span(answer_).first(size)};
  std::copy_n(check.begin() + kTransactionOffset, result.transaction.size(),
              result.transaction.begin());
  return result;
}

}  // namespace parley::ice
