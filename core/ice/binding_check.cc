#include "core/ice/binding_check.h"

#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <algorithm>
#include <limits>

namespace parley::ice {
namespace {

constexpr size_t kHeaderBytes = 20;
constexpr size_t kIdOffset = 8;  // behind type, length and magic cookie
constexpr uint8_t kCookie[] = {0x21, 0x12, 0xa4, 0x42};
constexpr uint16_t kRequestType = 0x0001;
constexpr uint16_t kSuccessType = 0x0101;
constexpr uint16_t kErrorType = 0x0111;

// What the path would get as a peer-reflexive candidate (RFC 8445 section
// 7.1.1); it is known already, so only those who insist on it look at it.
constexpr uint32_t kPriority = (110u << 24) | (65535u << 8) | 255u;

// The comprehension-required attributes that may stand in an answer.
constexpr uint16_t kKnown[] = {STUN_ATTRIBUTE_MAPPED_ADDRESS,
                               STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
                               STUN_ATTRIBUTE_USERNAME,
                               STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
                               STUN_ATTRIBUTE_ERROR_CODE,
                               STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
                               0};

// 13 KB, so it is made on the stack for each use instead of kept with each
// transport.
StunAgent MakeAgent() {
  StunAgent agent;
  stun_agent_init(
      &agent, kKnown, STUN_COMPATIBILITY_RFC5389,
      static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                       STUN_AGENT_USAGE_USE_FINGERPRINT));
  return agent;
}

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

uint16_t TypeOf(std::span<const uint8_t> packet) {
  return static_cast<uint16_t>(packet[0] << 8 | packet[1]);
}

bool HasCookie(std::span<const uint8_t> packet) {
  return packet.size() >= kHeaderBytes &&
         std::equal(std::begin(kCookie), std::end(kCookie), packet.begin() + 4);
}

bool IsRequest(std::span<const uint8_t> packet) {
  return HasCookie(packet) && TypeOf(packet) == kRequestType;
}

bool IsAnswer(std::span<const uint8_t> packet) {
  return HasCookie(packet) &&
         (TypeOf(packet) == kSuccessType || TypeOf(packet) == kErrorType);
}

// The first message of which `is_one` is true, wherever it stands.
std::span<const uint8_t> Find(std::span<const uint8_t> bytes,
                              bool (*is_one)(std::span<const uint8_t>)) {
  for (auto cookie = bytes.begin();; ++cookie) {
    cookie = std::search(cookie, bytes.end(), std::begin(kCookie),
                         std::end(kCookie));
    if (cookie == bytes.end()) return {};
    const size_t at = cookie - bytes.begin();
    if (at < 4) continue;
    const std::span<const uint8_t> rest = bytes.subspan(at - 4);
    if (!is_one(rest)) continue;
    const size_t size = kHeaderBytes + (rest[2] << 8 | rest[3]);
    if (size <= rest.size()) return rest.first(size);
  }
}

}  // namespace

size_t WriteBindingRequest(std::string_view username, std::string_view password,
                           Role role, BindingRequest& out, TransactionId& id) {
  StunAgent agent = MakeAgent();
  StunMessage message;
  // The tie-breaker that loses: the least against another controlling end, the
  // greatest against another controlled one.
  const bool controlling = role == Role::kControlling;
  const uint64_t tie = controlling ? 0 : std::numeric_limits<uint64_t>::max();
  const size_t size = stun_usage_ice_conncheck_create(
      &agent, &message, out.data(), out.size(), Bytes(username),
      username.size(), Bytes(password), password.size(), /*cand_use=*/false,
      controlling, kPriority, tie, nullptr,
      STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
  if (size != 0) std::copy_n(out.begin() + kIdOffset, id.size(), id.begin());
  return size;
}

size_t WriteBindingSuccess(const TransactionId& id,
                           const TransportAddress& mapped,
                           std::string_view password, BindingSuccess& out) {
  StunAgent agent = MakeAgent();
  StunMessage message{};
  message.agent = &agent;
  message.buffer = out.data();
  message.buffer_len = out.size();
  StunTransactionId transaction;
  std::copy(std::begin(kCookie), std::end(kCookie), transaction);
  std::copy(id.begin(), id.end(), transaction + sizeof(kCookie));
  sockaddr_storage address{};
  const socklen_t size = ToSockaddr(mapped, address);
  if (!stun_message_init(&message, STUN_RESPONSE, STUN_BINDING, transaction) ||
      stun_message_append_xor_addr(&message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
                                   &address,
                                   size) != STUN_MESSAGE_RETURN_SUCCESS) {
    return 0;
  }
  return stun_agent_finish_message(&agent, &message, Bytes(password),
                                   password.size());
}

std::optional<TransactionId> TransactionOf(std::span<const uint8_t> packet) {
  if (!IsAnswer(packet)) return std::nullopt;
  TransactionId id;
  std::copy_n(packet.begin() + kIdOffset, id.size(), id.begin());
  return id;
}

std::span<const uint8_t> FindAnswer(std::span<const uint8_t> bytes) {
  return Find(bytes, IsAnswer);
}

std::span<const uint8_t> FindRequest(std::span<const uint8_t> bytes) {
  return Find(bytes, IsRequest);
}

BindingAnswer ReadBindingAnswer(std::span<const uint8_t> packet,
                                const TransactionId& id,
                                std::string_view password) {
  if (TransactionOf(packet) != id) return BindingAnswer::kNone;
  StunAgent agent = MakeAgent();
  StunAgentSavedIds& sent = agent.sent_ids[0];
  sent = {};
  std::copy_n(packet.begin() + 4, sizeof(sent.id), sent.id);
  sent.method = STUN_BINDING;
  sent.key = const_cast<uint8_t*>(Bytes(password));
  sent.key_len = password.size();
  sent.valid = true;
  StunMessage message;
  if (stun_agent_validate(&agent, &message, packet.data(), packet.size(),
                          nullptr, nullptr) != STUN_VALIDATION_SUCCESS ||
      // libnice lets some errors pass without it.
      !stun_message_has_attribute(&message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY)) {
    return BindingAnswer::kNone;
  }
  if (TypeOf(packet) == kSuccessType) return BindingAnswer::kSuccess;
  int code = 0;
  if (stun_message_find_error(&message, &code) != STUN_MESSAGE_RETURN_SUCCESS) {
    return BindingAnswer::kNone;
  }
  if (code == STUN_ERROR_ROLE_CONFLICT) return BindingAnswer::kRoleConflict;
  return code == 403 ? BindingAnswer::kForbidden : BindingAnswer::kError;
}

}  // namespace parley::ice
