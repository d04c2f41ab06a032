#include "tests/core/ice/check_client.h"

#include <stun/usages/bind.h>

#include "gtest/gtest.h"

namespace parley::ice::testing {
namespace {

constexpr uint32_t kPriority = 0x6e001eff;
constexpr auto kUnknown = static_cast<StunAttribute>(0x7ffe);

void Init(StunAgent& agent, int more) {
  stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                  static_cast<StunAgentUsageFlags>(
                      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | more));
}

}  // namespace

CheckClient::CheckClient() {
  Init(agent_, STUN_AGENT_USAGE_USE_FINGERPRINT);
  Init(without_fingerprint_, 0);
}

Bytes CheckClient::Make(const Credentials& to, const Check& check) {
  StunAgent& agent = check.fingerprint ? agent_ : without_fingerprint_;
  Bytes bytes(1300);
  StunMessage message;
  EXPECT_TRUE(stun_agent_init_request(&agent, &message, bytes.data(),
                                      bytes.size(), STUN_BINDING));
  if (check.use_candidate) {
    stun_message_append_flag(&message, STUN_ATTRIBUTE_USE_CANDIDATE);
  }
  if (check.unknown_attribute) stun_message_append32(&message, kUnknown, 1);
  stun_message_append32(&message, STUN_ATTRIBUTE_PRIORITY, kPriority);
  stun_message_append64(&message,
                        check.controlling ? STUN_ATTRIBUTE_ICE_CONTROLLING
                                          : STUN_ATTRIBUTE_ICE_CONTROLLED,
                        /*tie=*/1);
  const std::string username = to.ufrag + ":" + check.remote_ufrag;
  stun_message_append_bytes(&message, STUN_ATTRIBUTE_USERNAME, username.data(),
                            username.size());
  const auto* pwd = reinterpret_cast<const uint8_t*>(to.pwd.data());
  const size_t size = stun_agent_finish_message(
      &agent, &message, to.pwd.empty() ? nullptr : pwd, to.pwd.size());
  EXPECT_GT(size, 0u);
  bytes.resize(size);
  return bytes;
}

std::optional<CheckClient::Answer> CheckClient::Read(
    std::span<const uint8_t> datagram) {
  StunMessage message;
  if (stun_agent_validate(&agent_, &message, datagram.data(), datagram.size(),
                          nullptr, nullptr) != STUN_VALIDATION_SUCCESS) {
    return std::nullopt;
  }
  Answer answer;
  answer.authentic =
      stun_message_has_attribute(&message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY);
  if (stun_message_get_class(&message) == STUN_ERROR) {
    EXPECT_EQ(stun_message_find_error(&message, &answer.error),
              STUN_MESSAGE_RETURN_SUCCESS);
    return answer;
  }
  sockaddr_storage mapped{};
  socklen_t size = sizeof(mapped);
  EXPECT_EQ(stun_message_find_xor_addr(
                &message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &mapped, &size),
            STUN_MESSAGE_RETURN_SUCCESS);
  answer.mapped = FromSockaddr(mapped).value_or(TransportAddress());
  return answer;
}

std::optional<TransportAddress> MappedAddress(
    std::span<const uint8_t> message) {
  StunMessage view{};
  view.buffer = const_cast<uint8_t*>(message.data());
  view.buffer_len = message.size();
  sockaddr_storage mapped{};
  socklen_t size = sizeof(mapped);
  if (stun_message_find_xor_addr(&view, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
                                 &mapped,
                                 &size) != STUN_MESSAGE_RETURN_SUCCESS) {
    return std::nullopt;
  }
  return FromSockaddr(mapped);
}

Bytes CheckClient::Indication() {
  StunAgent agent;
  Init(agent, STUN_AGENT_USAGE_USE_FINGERPRINT);
  Bytes bytes(1300);
  StunMessage message;
  bytes.resize(
      stun_usage_bind_keepalive(&agent, &message, bytes.data(), bytes.size()));
  return bytes;
}

}  // namespace parley::ice::testing
