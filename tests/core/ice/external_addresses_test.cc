#include "core/ice/external_addresses.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::ice {
namespace {

using sdp::Candidate;
using sdp::CandidateTransport;
using sdp::CandidateType;
using sdp::TcpType;
using ::testing::ElementsAre;

ExternalAddresses Rules(std::vector<std::string> texts, bool keep = false) {
  ExternalAddresses out;
  out.keep_local = keep;
  for (const std::string& text : texts) {
    out.rules.push_back(ExternalAddress::Parse(text).value());
  }
  return out;
}

Candidate Host(std::string address) {
  return {.foundation = "1",
          .priority = (126u << 24) | (1000u << 8) | 255u,
          .address = std::move(address),
          .port = 4000};
}

std::vector<std::string> AddressesOf(const std::vector<Candidate>& all) {
  std::vector<std::string> out;
  for (const Candidate& one : all) out.push_back(one.address);
  return out;
}

TEST(ExternalAddressesTest, Parse) {
  const auto both = ExternalAddress::Parse("10.0.0.1=203.0.113.7");
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->local, IpAddress::Parse("10.0.0.1"));
  EXPECT_EQ(both->external, IpAddress::Parse("203.0.113.7"));
  const auto one = ExternalAddress::Parse("2001:db8::7");
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->local, std::nullopt);
  for (const char* bad :
       {"", "=", "a", "10.0.0.1=", "=203.0.113.7", "10.0.0.1=2001:db8::7",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "203.0.113.7/32",
        "10.0.0.1=203.0.113.7=203.0.113.8", "203.0.113.7 "}) {
    EXPECT_EQ(ExternalAddress::Parse(bad), std::nullopt) << bad;
  }
}

TEST(ExternalAddressesTest, WithoutRulesNothingChanges) {
  const Candidate host = Host("10.0.0.1");
  EXPECT_THAT(Advertised({}, host), ElementsAre(host));
  EXPECT_THAT(Advertised({.keep_local = true}, host), ElementsAre(host));
}

TEST(ExternalAddressesTest, WhichRuleConcernsWhichAddress) {
  const auto rules =
      Rules({"203.0.113.1", "10.0.0.2=203.0.113.2", "10.0.0.2=203.0.113.3",
             "127.0.0.1=203.0.113.4", "2001:db8::1"});
  const struct {
    const char* local;
    std::vector<std::string> shown;
  } cases[] = {
      {"10.0.0.1", {"203.0.113.1"}},
      // Its own go first, all of them.
      {"10.0.0.2", {"203.0.113.2", "203.0.113.3"}},
      {"fd00::1", {"2001:db8::1"}},
      // Only by name.
      {"127.0.0.1", {"203.0.113.4"}},
      {"127.0.0.2", {"127.0.0.2"}},
      {"::1", {"::1"}},
      {"169.254.1.1", {"169.254.1.1"}},
      {"fe80::1", {"fe80::1"}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(AddressesOf(Advertised(rules, Host(c.local))), c.shown);
  }
}

TEST(ExternalAddressesTest, InPlaceOfTheLocalOneNothingOfItShows) {
  Candidate expected = Host("203.0.113.1");
  EXPECT_THAT(Advertised(Rules({"203.0.113.1"}), Host("10.0.0.1")),
              ElementsAre(expected));
  Candidate reflexive = Host("198.51.100.1");
  reflexive.type = CandidateType::kServerReflexive;
  reflexive.related_address = "10.0.0.1";
  reflexive.related_port = 4000;
  expected = reflexive;
  expected.related_address = "203.0.113.1";
  EXPECT_THAT(Advertised(Rules({"203.0.113.1"}), reflexive),
              ElementsAre(expected));
  EXPECT_THAT(Advertised(Rules({"203.0.113.1"}, true), reflexive),
              ElementsAre(reflexive));
}

TEST(ExternalAddressesTest, BesidesTheLocalOneItIsReflexive) {
  const Candidate host = Host("10.0.0.1");
  const auto shown = Advertised(Rules({"203.0.113.1"}, true), host);
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[0], host);
  EXPECT_EQ(shown[1].type, CandidateType::kServerReflexive);
  EXPECT_EQ(shown[1].address, "203.0.113.1");
  EXPECT_EQ(shown[1].port, 4000);
  EXPECT_EQ(shown[1].related_address, "10.0.0.1");
  EXPECT_EQ(shown[1].related_port, 4000);
  EXPECT_EQ(shown[1].priority, (100u << 24) | (1000u << 8) | 255u);
  EXPECT_NE(shown[1].foundation, host.foundation);
}

TEST(ExternalAddressesTest, OverTcpTheLocalOneIsPreferred) {
  Candidate host = Host("10.0.0.1");
  host.transport = CandidateTransport::kTcp;
  host.tcp_type = TcpType::kPassive;
  host.priority = 90u << 24 | 1000u << 8 | 255u;
  const auto shown = Advertised(Rules({"203.0.113.1"}, true), host);
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[1].tcp_type, TcpType::kPassive);
  EXPECT_EQ(shown[1].priority, 80u << 24 | 1000u << 8 | 255u);
}

}  // namespace
}  // namespace parley::ice
