#include "core/ice/stun_query.h"

#include <stun/stunagent.h>
#include <stun/usages/bind.h>
#include <sys/socket.h>

#include <algorithm>

namespace parley::ice {
namespace {

constexpr size_t kTransactionOffset = 8;  // behind type, length and cookie

// The comprehension-required attributes that may stand in an answer. Servers
// that also know RFC 3489 add where they sent it from.
constexpr uint16_t kExpected[] = {STUN_ATTRIBUTE_MAPPED_ADDRESS,
                                  STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
                                  STUN_ATTRIBUTE_SOURCE_ADDRESS,
                                  STUN_ATTRIBUTE_CHANGED_ADDRESS,
                                  STUN_ATTRIBUTE_ERROR_CODE,
                                  STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
                                  0};

// On the stack for each use, as for checks.
StunAgent MakeQueryAgent() {
  StunAgent agent;
  stun_agent_init(&agent, kExpected, STUN_COMPATIBILITY_RFC5389,
                  STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
  return agent;
}

}  // namespace

TransactionId WriteStunQuery(StunQuery& out) {
  StunAgent agent = MakeQueryAgent();
  StunMessage message;
  stun_usage_bind_create(&agent, &message, out.data(), out.size());
  TransactionId id;
  std::copy_n(out.begin() + kTransactionOffset, id.size(), id.begin());
  return id;
}

std::optional<StunReply> ReadStunReply(std::span<const uint8_t> packet,
                                       const TransactionId& id) {
  if (TransactionOf(packet) != id) return std::nullopt;
  StunAgent agent = MakeQueryAgent();
  StunAgentSavedIds& sent = agent.sent_ids[0];
  sent = {};
  std::copy_n(packet.begin() + 4, sizeof(sent.id), sent.id);
  sent.method = STUN_BINDING;
  sent.valid = true;
  StunMessage message;
  if (stun_agent_validate(&agent, &message, packet.data(), packet.size(),
                          nullptr, nullptr) != STUN_VALIDATION_SUCCESS) {
    return std::nullopt;
  }
  StunReply reply;
  if (stun_message_get_class(&message) == STUN_ERROR) {
    if (stun_message_find_error(&message, &reply.error) !=
        STUN_MESSAGE_RETURN_SUCCESS) {
      return std::nullopt;
    }
    return reply;
  }
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (stun_usage_bind_process(&message, reinterpret_cast<sockaddr*>(&address),
                              &size, nullptr,
                              nullptr) != STUN_USAGE_BIND_RETURN_SUCCESS) {
    return std::nullopt;
  }
  reply.mapped = FromSockaddr(address);
  if (!reply.mapped) return std::nullopt;
  return reply;
}

}  // namespace parley::ice
