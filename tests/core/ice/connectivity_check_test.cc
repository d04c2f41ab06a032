#include "core/ice/connectivity_check.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/ice/check_client.h"

namespace parley::ice {
namespace {

using testing::Bytes;
using testing::CheckClient;

const Credentials kLocal = {.ufrag = "localufrag",
                            .pwd = "a-password/of+some+length"};

TransportAddress From(const char* address, uint16_t port = 5000) {
  return {*IpAddress::Parse(address), port};
}

Bytes Of(std::string_view text) { return {text.begin(), text.end()}; }

TEST(DatagramHeaderTest, TellsKindsByTheirFirstByte) {
  CheckClient client;
  const DatagramHeader check = ReadHeader(client.Make(kLocal));
  EXPECT_EQ(check.kind, DatagramKind::kCheck);
  EXPECT_EQ(ReadHeader(CheckClient::Indication()).kind,
            DatagramKind::kOtherStun);
  EXPECT_EQ(ReadHeader(Of("\x16 a DTLS record")).kind, DatagramKind::kData);
  EXPECT_EQ(ReadHeader(Of("\x80 RTP")).kind, DatagramKind::kData);
  EXPECT_EQ(ReadHeader({}).kind, DatagramKind::kMalformed);
  EXPECT_EQ(ReadHeader(Of(std::string("\x00\x01\x00\x00", 4))).kind,
            DatagramKind::kMalformed);
}

TEST(DatagramHeaderTest, NamesWhomACheckIsFor) {
  CheckClient client;
  const Bytes check = client.Make(kLocal);
  EXPECT_EQ(ReadHeader(check).ufrag, "localufrag");
  EXPECT_EQ(ReadHeader(check).remote_ufrag, "remoteufrag");
  // A USERNAME that is none of a check.
  const Bytes none = client.Make({.ufrag = "", .pwd = kLocal.pwd});
  EXPECT_EQ(ReadHeader(none).kind, DatagramKind::kMalformed);
}

TEST(DatagramHeaderTest, WhatIsCutOrTooLongIsMalformed) {
  CheckClient client;
  const Bytes check = client.Make(kLocal);
  for (size_t size = 0; size < check.size(); ++size) {
    const Bytes cut(check.begin(), check.begin() + size);
    EXPECT_EQ(ReadHeader(cut).kind, DatagramKind::kMalformed) << size;
  }
  Bytes longer = check;
  longer.resize(check.size() + 4);
  EXPECT_EQ(ReadHeader(longer).kind, DatagramKind::kMalformed);
  Bytes cookie = check;
  cookie[4] ^= 1;
  EXPECT_EQ(ReadHeader(cookie).kind, DatagramKind::kMalformed);
}

TEST(CheckOfAnotherTest, BothHalvesHaveToBeRight) {
  CheckClient client;
  const Bytes check = client.Make(kLocal);
  EXPECT_FALSE(IsCheckOfAnother(check, "localufrag", "remoteufrag"));
  for (const char* other : {"remoteufra", "remoteufragx", "newufrag", ""}) {
    EXPECT_TRUE(IsCheckOfAnother(check, "localufrag", other)) << other;
  }
  // Not for this one, so it is not for this one to judge.
  EXPECT_FALSE(IsCheckOfAnother(check, "local", "newufrag"));
  EXPECT_FALSE(IsCheckOfAnother(check, "localufragx", "newufrag"));
}

TEST(CheckOfAnotherTest, WhatIsNoCheckIsNobodys) {
  CheckClient client;
  const Bytes check = client.Make(kLocal);
  for (size_t size = 0; size < check.size(); ++size) {
    EXPECT_FALSE(IsCheckOfAnother(std::span(check).first(size), "localufrag",
                                  "newufrag"))
        << size;
  }
  EXPECT_FALSE(
      IsCheckOfAnother(CheckClient::Indication(), "localufrag", "newufrag"));
  EXPECT_FALSE(IsCheckOfAnother(Of("\x16 DTLS"), "localufrag", "newufrag"));
}

TEST(CheckOfAnotherTest, ARelaysFramingHidesNothing) {
  CheckClient client;
  const Bytes check = client.Make(kLocal);
  const auto size = static_cast<uint8_t>(check.size());
  ASSERT_EQ(size, check.size());
  Bytes channel_data = {0x40, 0x01, 0, size};
  // Its transaction does not matter, the order of its attributes neither: here
  // DATA alone.
  Bytes indication = {0x00, 0x17, 0,    static_cast<uint8_t>(size + 4),
                      0x21, 0x12, 0xa4, 0x42,
                      1,    2,    3,    4,
                      5,    6,    7,    8,
                      9,    10,   11,   12,
                      0x00, 0x13, 0,    size};
  for (Bytes* framed : {&channel_data, &indication}) {
    framed->insert(framed->end(), check.begin(), check.end());
    EXPECT_TRUE(IsCheckOfAnother(*framed, "localufrag", "newufrag"));
    EXPECT_FALSE(IsCheckOfAnother(*framed, "localufrag", "remoteufrag"));
  }
}

class CheckResponderTest : public ::testing::Test {
 protected:
  // Answers the check and reads the answer as its sender does.
  std::optional<CheckClient::Answer> Ask(const Bytes& check,
                                         const TransportAddress& from) {
    last_ = responder_.Answer(check, kLocal, from);
    if (last_.datagram.empty()) return std::nullopt;
    EXPECT_LE(last_.datagram.size(), check.size() + 40);
    return client_.Read(last_.datagram);
  }
  std::optional<CheckClient::Answer> Ask(const CheckClient::Check& check) {
    return Ask(client_.Make(kLocal, check), From("192.0.2.7"));
  }

  CheckClient client_;
  CheckResponder responder_;
  CheckAnswer last_;
};

TEST_F(CheckResponderTest, AnAuthenticCheckIsToldWhereItCameFrom) {
  for (const char* address : {"192.0.2.7", "2001:db8::7"}) {
    const auto answer = Ask(client_.Make(kLocal), From(address, 4321));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->error, 0);
    EXPECT_TRUE(answer->authentic);
    EXPECT_EQ(answer->mapped, From(address, 4321));
    EXPECT_EQ(last_.verdict, CheckVerdict::kAuthentic);
    EXPECT_TRUE(last_.use_candidate);
    EXPECT_EQ(last_.priority, 0x6e001effu);
  }
  ASSERT_TRUE(Ask({.use_candidate = false}).has_value());
  EXPECT_FALSE(last_.use_candidate);
}

TEST_F(CheckResponderTest, AControlledSenderIsInConflict) {
  const auto answer = Ask({.controlling = false});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error, 487);
  EXPECT_TRUE(answer->authentic);
  EXPECT_EQ(last_.verdict, CheckVerdict::kRoleConflict);
}

TEST_F(CheckResponderTest, AWrongPasswordIs401AndNoneIs400) {
  auto answer = Ask(client_.Make({.ufrag = kLocal.ufrag,
                                  .pwd = "another-password-of-length"}),
                    From("192.0.2.7"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error, 401);
  EXPECT_FALSE(answer->authentic);
  EXPECT_EQ(last_.verdict, CheckVerdict::kUnauthenticated);

  answer = Ask(client_.Make({.ufrag = kLocal.ufrag}), From("192.0.2.7"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error, 400);
  EXPECT_EQ(last_.verdict, CheckVerdict::kUnauthenticated);
}

TEST_F(CheckResponderTest, AUfragThatOnlyBeginsAlikeIsAnother) {
  const auto answer =
      Ask(client_.Make({.ufrag = kLocal.ufrag + "x", .pwd = kLocal.pwd}),
          From("192.0.2.7"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error, 401);
}

TEST_F(CheckResponderTest, WithoutTheRightFingerprintThereIsNoAnswer) {
  EXPECT_FALSE(Ask({.fingerprint = false}).has_value());
  EXPECT_EQ(last_.verdict, CheckVerdict::kNotACheck);
  Bytes damaged = client_.Make(kLocal);
  damaged.back() ^= 1;
  EXPECT_FALSE(Ask(damaged, From("192.0.2.7")).has_value());
  EXPECT_EQ(last_.verdict, CheckVerdict::kNotACheck);
}

TEST_F(CheckResponderTest, WhatMustBeUnderstoodAndIsNotIs420) {
  const auto answer = Ask({.unknown_attribute = true});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error, 420);
  EXPECT_TRUE(answer->authentic);
  EXPECT_EQ(last_.verdict, CheckVerdict::kUnknownRequired);
}

TEST_F(CheckResponderTest, NoByteCanBeChanged) {
  const Bytes check = client_.Make(kLocal);
  for (size_t i = 0; i < check.size(); ++i) {
    Bytes damaged = check;
    damaged[i] ^= 0x01;
    const CheckAnswer answer =
        responder_.Answer(damaged, kLocal, From("192.0.2.7"));
    EXPECT_NE(answer.verdict, CheckVerdict::kAuthentic) << i;
  }
}

}  // namespace
}  // namespace parley::ice
