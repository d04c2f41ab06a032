#include "core/ice/binding_check.h"

#include <netinet/in.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/ice/check_client.h"

namespace parley::ice {
namespace {

using Packet = std::vector<uint8_t>;

constexpr char kUser[] = "remo:loca";
constexpr char kPassword[] = "a password of the remote end";

struct Asked {
  Packet request;
  TransactionId id;
};

Asked Ask(Role role = Role::kControlling) {
  BindingRequest request;
  Asked asked;
  const size_t size =
      WriteBindingRequest(kUser, kPassword, role, request, asked.id);
  EXPECT_NE(size, 0u);
  asked.request.assign(request.begin(), request.begin() + size);
  return asked;
}

// The other end, as libnice's library is one.
class Answerer {
 public:
  explicit Answerer(std::string password = kPassword)
      : password_(std::move(password)) {
    stun_agent_init(&agent_, kAll, STUN_COMPATIBILITY_RFC5389,
                    static_cast<StunAgentUsageFlags>(
                        STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                        STUN_AGENT_USAGE_USE_FINGERPRINT));
  }

  // Validates the request by the password that it ought to have.
  StunValidationStatus Take(const Packet& request) {
    StunDefaultValidaterData known[] = {
        {Bytes(kUser), strlen(kUser), Bytes(kPassword), strlen(kPassword)},
        {nullptr, 0, nullptr, 0}};
    return stun_agent_validate(&agent_, &request_, request.data(),
                               request.size(), stun_agent_default_validater,
                               known);
  }
  const StunMessage& request() const { return request_; }

  Packet Success() {
    StunMessage message;
    Packet out(512);
    EXPECT_TRUE(stun_agent_init_response(&agent_, &message, out.data(),
                                         out.size(), &request_));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    EXPECT_EQ(
        stun_message_append_xor_addr(
            &message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
            reinterpret_cast<sockaddr_storage*>(&address), sizeof(address)),
        STUN_MESSAGE_RETURN_SUCCESS);
    return Finish(message, out);
  }
  Packet Error(StunError code, bool authentic = true) {
    StunMessage message;
    Packet out(512);
    EXPECT_TRUE(stun_agent_init_error(&agent_, &message, out.data(), out.size(),
                                      &request_, code));
    if (!authentic) message.key = nullptr;
    return Finish(message, out, authentic);
  }

 private:
  static constexpr uint16_t kAll[] = {
      STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
      STUN_ATTRIBUTE_PRIORITY, STUN_ATTRIBUTE_USE_CANDIDATE, 0};

  static uint8_t* Bytes(const char* text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text));
  }
  Packet Finish(StunMessage& message, Packet& out, bool authentic = true) {
    message.key = nullptr;
    message.key_len = 0;
    const size_t size = stun_agent_finish_message(
        &agent_, &message, authentic ? Bytes(password_.c_str()) : nullptr,
        authentic ? password_.size() : 0);
    EXPECT_NE(size, 0u);
    return Packet(out.begin(), out.begin() + size);
  }

  const std::string password_;
  StunAgent agent_;
  StunMessage request_;
};

TEST(BindingCheckTest, TheRequestIsAnAuthenticatedConnectivityCheck) {
  for (const Role role : {Role::kControlling, Role::kControlled}) {
    const Asked asked = Ask(role);
    Answerer answerer;
    ASSERT_EQ(answerer.Take(asked.request), STUN_VALIDATION_SUCCESS);
    const StunMessage& request = answerer.request();
    EXPECT_EQ(stun_message_get_class(&request), STUN_REQUEST);
    EXPECT_EQ(stun_message_get_method(&request), STUN_BINDING);
    EXPECT_TRUE(stun_message_has_attribute(&request, STUN_ATTRIBUTE_PRIORITY));
    EXPECT_TRUE(
        stun_message_has_attribute(&request, STUN_ATTRIBUTE_FINGERPRINT));
    EXPECT_FALSE(stun_usage_ice_conncheck_use_candidate(&request));
    const bool controlling = role == Role::kControlling;
    EXPECT_EQ(
        stun_message_has_attribute(&request, STUN_ATTRIBUTE_ICE_CONTROLLING),
        controlling);
    EXPECT_EQ(
        stun_message_has_attribute(&request, STUN_ATTRIBUTE_ICE_CONTROLLED),
        !controlling);
  }
}

TEST(BindingCheckTest, AnEndOfTheSameRoleKeepsItAndSaysSo) {
  for (const Role role : {Role::kControlling, Role::kControlled}) {
    const Asked asked = Ask(role);
    Answerer answerer;
    ASSERT_EQ(answerer.Take(asked.request), STUN_VALIDATION_SUCCESS);
    StunAgent agent;
    stun_agent_init(&agent, nullptr, STUN_COMPATIBILITY_RFC5389,
                    static_cast<StunAgentUsageFlags>(
                        STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                        STUN_AGENT_USAGE_USE_FINGERPRINT));
    for (const uint64_t tie : {uint64_t{1}, uint64_t{1} << 63}) {
      StunMessage request = answerer.request();
      StunMessage reply;
      Packet out(512);
      size_t size = out.size();
      const sockaddr_storage from{.ss_family = AF_INET};
      bool control = role == Role::kControlling;
      EXPECT_EQ(stun_usage_ice_conncheck_create_reply(
                    &agent, &request, &reply, out.data(), &size, &from,
                    sizeof(sockaddr_in), &control, tie,
                    STUN_USAGE_ICE_COMPATIBILITY_RFC5245),
                STUN_USAGE_ICE_RETURN_ROLE_CONFLICT);
      EXPECT_EQ(control, role == Role::kControlling);
      out.resize(size);
      EXPECT_EQ(ReadBindingAnswer(out, asked.id, kPassword),
                BindingAnswer::kRoleConflict);
    }
  }
}

TEST(BindingCheckTest, EachRequestHasATransactionOfItsOwn) {
  EXPECT_NE(Ask().id, Ask().id);
}

TEST(BindingCheckTest, TheLongestCredentialsFit) {
  BindingRequest out;
  TransactionId id;
  const std::string user = std::string(256, 'u') + ":" + std::string(256, 'v');
  EXPECT_EQ(WriteBindingRequest(user, std::string(256, 'p'), Role::kControlled,
                                out, id),
            592u);
}

TEST(BindingCheckTest, AnAuthenticAnswerIsBelieved) {
  const Asked asked = Ask();
  Answerer answerer;
  ASSERT_EQ(answerer.Take(asked.request), STUN_VALIDATION_SUCCESS);
  const Packet success = answerer.Success();
  EXPECT_TRUE(IsStun(success));
  EXPECT_EQ(TransactionOf(success), asked.id);
  EXPECT_EQ(ReadBindingAnswer(success, asked.id, kPassword),
            BindingAnswer::kSuccess);
  EXPECT_EQ(ReadBindingAnswer(answerer.Error(STUN_ERROR_FORBIDDEN), asked.id,
                              kPassword),
            BindingAnswer::kForbidden);
  EXPECT_EQ(ReadBindingAnswer(answerer.Error(STUN_ERROR_ROLE_CONFLICT),
                              asked.id, kPassword),
            BindingAnswer::kRoleConflict);
  EXPECT_EQ(ReadBindingAnswer(answerer.Error(STUN_ERROR_SERVER_ERROR), asked.id,
                              kPassword),
            BindingAnswer::kError);
}

TEST(BindingCheckTest, ASuccessAnswerTellsTheAddressThatIsMeant) {
  const Asked asked = Ask();
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    const TransportAddress mapped{*IpAddress::Parse(text), 4711};
    BindingSuccess success;
    const size_t size =
        WriteBindingSuccess(asked.id, mapped, kPassword, success);
    ASSERT_NE(size, 0u);
    const auto packet = std::span(success).first(size);
    EXPECT_EQ(ReadBindingAnswer(packet, asked.id, kPassword),
              BindingAnswer::kSuccess);
    EXPECT_EQ(ReadBindingAnswer(packet, asked.id, "another password, of none"),
              BindingAnswer::kNone);
    EXPECT_EQ(testing::MappedAddress(packet), mapped);
  }
}

TEST(BindingCheckTest, AnAnswerIsFoundInsideOtherBytes) {
  const Asked asked = Ask();
  Answerer answerer;
  ASSERT_EQ(answerer.Take(asked.request), STUN_VALIDATION_SUCCESS);
  const Packet success = answerer.Success();
  const auto found = [](const Packet& bytes) {
    const auto answer = FindAnswer(bytes);
    return Packet(answer.begin(), answer.end());
  };
  EXPECT_EQ(found(success), success);
  // A channel's header before it, padding after it, a request before both.
  Packet framed = {0x40, 0, 0, static_cast<uint8_t>(success.size())};
  framed.insert(framed.begin(), asked.request.begin(), asked.request.end());
  framed.insert(framed.end(), success.begin(), success.end());
  framed.insert(framed.end(), {0, 0, 0});
  EXPECT_EQ(found(framed), success);
  EXPECT_EQ(found(asked.request), Packet());
  EXPECT_EQ(found({}), Packet());
  for (size_t i = 0; i < success.size(); ++i) {
    EXPECT_EQ(found(Packet(success.begin(), success.begin() + i)), Packet());
  }
}

TEST(BindingCheckTest, NothingElseIs) {
  const Asked asked = Ask();
  Answerer answerer;
  ASSERT_EQ(answerer.Take(asked.request), STUN_VALIDATION_SUCCESS);
  const Packet success = answerer.Success();
  const auto read = [&](const Packet& packet) {
    return ReadBindingAnswer(packet, asked.id, kPassword);
  };
  // Another transaction, another password, another's answer.
  EXPECT_EQ(ReadBindingAnswer(success, Ask().id, kPassword),
            BindingAnswer::kNone);
  EXPECT_EQ(ReadBindingAnswer(success, asked.id, "another password"),
            BindingAnswer::kNone);
  Answerer liar("not the password of the remote end");
  ASSERT_EQ(liar.Take(asked.request), STUN_VALIDATION_SUCCESS);
  EXPECT_EQ(read(liar.Success()), BindingAnswer::kNone);
  EXPECT_EQ(read(liar.Error(STUN_ERROR_FORBIDDEN)), BindingAnswer::kNone);
  // Errors that carry no integrity, also those which may go without.
  for (const StunError code :
       {STUN_ERROR_FORBIDDEN, STUN_ERROR_ROLE_CONFLICT, STUN_ERROR_BAD_REQUEST,
        STUN_ERROR_UNAUTHORIZED, STUN_ERROR_STALE_NONCE}) {
    EXPECT_EQ(read(answerer.Error(code, /*authentic=*/false)),
              BindingAnswer::kNone)
        << code;
  }
  // The request itself, sent back.
  EXPECT_EQ(read(asked.request), BindingAnswer::kNone);
  // Cut or changed anywhere.
  for (size_t i = 0; i < success.size(); ++i) {
    EXPECT_EQ(read(Packet(success.begin(), success.begin() + i)),
              BindingAnswer::kNone)
        << i;
    Packet damaged = success;
    damaged[i] ^= 0x10;
    EXPECT_EQ(read(damaged), BindingAnswer::kNone) << i;
  }
}

}  // namespace
}  // namespace parley::ice
