#include "core/sdp/candidate.h"

#include <string>
#include <string_view>

#include "core/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Printed(const Candidate& candidate) {
  std::string out;
  PrintCandidate(candidate, out);
  return out;
}

TEST(CandidateTest, ReadsWhatBrowsersSend) {
  auto parsed = ParseCandidate(
      "candidate:842163049 1 udp 1677729535 203.0.113.1 46154 typ srflx raddr "
      "10.77.0.2 rport 46154 generation 0 ufrag M6IL network-id 1 "
      "network-cost 999");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const Candidate expected = {
      .foundation = "842163049",
      .component = 1,
      .transport = CandidateTransport::kUdp,
      .priority = 1677729535,
      .address = "203.0.113.1",
      .port = 46154,
      .type = CandidateType::kServerReflexive,
      .related_address = "10.77.0.2",
      .related_port = 46154,
      .ufrag = "M6IL",
      .extensions = {{"generation", "0"},
                     {"network-id", "1"},
                     {"network-cost", "999"}},
  };
  EXPECT_EQ(*parsed, expected);
}

TEST(CandidateTest, PrintsTypedFieldsBeforeExtensions) {
  const Candidate candidate = {
      .foundation = "1",
      .transport = CandidateTransport::kTcp,
      .priority = 5,
      .address = "2001:db8::1",
      .port = 9,
      .type = CandidateType::kHost,
      .tcp_type = TcpType::kSimultaneousOpen,
      .ufrag = "abcd",
      .extensions = {{"generation", "0"}},
  };
  EXPECT_EQ(Printed(candidate),
            "candidate:1 1 tcp 5 2001:db8::1 9 typ host tcptype so ufrag abcd "
            "generation 0");
}

TEST(CandidateTest, TakesTheAttributeFormAndLineEnds) {
  auto plain = ParseCandidate("candidate:1 1 udp 1 192.0.2.1 2 typ host");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(*ParseCandidate("a=candidate:1 1 UDP 1 192.0.2.1 2 typ host\r\n"),
            *plain);
}

TEST(CandidateTest, KeepsUnknownTransportsAndTypesForTheirUserToIgnore) {
  constexpr std::string_view kLine =
      "candidate:1 1 sctp 2 host.example 3 typ tunnelled";
  auto parsed = ParseCandidate(kLine);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->transport, CandidateTransport::kOther);
  EXPECT_EQ(parsed->type, CandidateType::kOther);
  EXPECT_EQ(Printed(*parsed), kLine);
}

TEST(CandidateTest, KeepsExtensionsThatHaveNoUsableValue) {
  auto parsed = ParseCandidate(
      "candidate:1 1 tcp 2 192.0.2.1 3 typ relay rport x tcptype odd raddr "
      "192.0.2.2 raddr 192.0.2.3 generation");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->related_address, "192.0.2.2");
  EXPECT_FALSE(parsed->related_port);
  EXPECT_FALSE(parsed->tcp_type);
  EXPECT_THAT(parsed->extensions,
              ElementsAre(CandidateExtension{"rport", "x"},
                          CandidateExtension{"tcptype", "odd"},
                          CandidateExtension{"raddr", "192.0.2.3"},
                          CandidateExtension{"generation", ""}));
  EXPECT_EQ(*ParseCandidate(Printed(*parsed)), *parsed);
}

struct BadCandidate {
  const char* name;
  std::string line;
};

class BadCandidateTest : public testing::TestWithParam<BadCandidate> {};

TEST_P(BadCandidateTest, IsRefused) {
  auto parsed = ParseCandidate(GetParam().line);
  EXPECT_TRUE(HasReason(parsed.status(), Reason::kCandidateSyntax))
      << parsed.status();
}

INSTANTIATE_TEST_SUITE_P(
    All, BadCandidateTest,
    testing::Values(
        BadCandidate{"Empty", ""}, BadCandidate{"OtherText", "hello"},
        BadCandidate{"NothingAfterTheColon", "candidate:"},
        BadCandidate{"ComponentNotANumber",
                     "candidate:1 x udp 1 192.0.2.1 2 typ host"},
        BadCandidate{"PriorityOf33Bits",
                     "candidate:1 1 udp 4294967296 192.0.2.1 2 typ host"},
        BadCandidate{"PriorityNegative",
                     "candidate:1 1 udp -1 192.0.2.1 2 typ host"},
        BadCandidate{"PortTooHigh",
                     "candidate:1 1 udp 1 192.0.2.1 65536 typ host"},
        BadCandidate{"PortMissing", "candidate:1 1 udp 1 192.0.2.1 typ host"},
        BadCandidate{"TypMissing", "candidate:1 1 udp 1 192.0.2.1 2"},
        BadCandidate{"TypMisspelt",
                     "candidate:1 1 udp 1 192.0.2.1 2 type host"},
        BadCandidate{"TypeMissing", "candidate:1 1 udp 1 192.0.2.1 2 typ"},
        BadCandidate{"LineBreakInside",
                     "candidate:1 1 udp 1 192.0.2.1 2 typ host\r\na=x"},
        BadCandidate{
            "NulInside",
            std::string("candidate:1 1 udp 1 192.0.2.1 2 typ host\0", 41) +
                "x"},
        BadCandidate{"TooLong",
                     "candidate:" + std::string(kMaxCandidateBytes, '1')}),
    [](const auto& info) { return info.param.name; });

TEST(CandidateTest, AddressesAreOfFourKinds) {
  EXPECT_EQ(KindOfAddress("192.0.2.1"), AddressKind::kIp4);
  EXPECT_EQ(KindOfAddress("2001:db8::1"), AddressKind::kIp6);
  EXPECT_EQ(KindOfAddress("7c9a1c1e-6b5f.local"), AddressKind::kMdnsName);
  EXPECT_EQ(KindOfAddress("HOST.LOCAL"), AddressKind::kMdnsName);
  EXPECT_EQ(KindOfAddress("turn.example"), AddressKind::kName);
  EXPECT_EQ(KindOfAddress("999.1.1.1"), AddressKind::kName);
  EXPECT_EQ(KindOfAddress("1.2.3"), AddressKind::kName);
  EXPECT_EQ(KindOfAddress("1.2.3.4.5"), AddressKind::kName);
  EXPECT_EQ(KindOfAddress("1.2.3.0004"), AddressKind::kName);
}

}  // namespace
}  // namespace parley::sdp
