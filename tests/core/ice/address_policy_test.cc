#include "core/ice/address_policy.h"

#include <string>

#include "gtest/gtest.h"

namespace parley::ice {
namespace {

bool Pass(const AddressPolicy& policy, std::string_view text) {
  auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return Permits(policy, *address);
}

TEST(AddressPolicyTest, ByDefaultTheMachineItsLinkAndMetadataAreOutOfReach) {
  const AddressPolicy policy;
  for (const char* text :
       {"127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1",
        "169.254.169.254", "fe80::1", "64:ff9b::169.254.169.254",
        "2002:7f00:1::", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
        "192.0.0.192", "0.0.0.0", "::ffff:0.0.0.0", "224.0.0.251",
        "255.255.255.255", "ff02::fb"}) {
    EXPECT_FALSE(Pass(policy, text)) << text;
  }
  for (const char* text :
       {"192.0.2.1", "10.0.0.1", "100.64.0.1", "2001:db8::1", "fd00::1"}) {
    EXPECT_TRUE(Pass(policy, text)) << text;
  }
}

TEST(AddressPolicyTest, LoopbackAndLinkLocalAreSwitches) {
  EXPECT_TRUE(Pass({.loopback = true}, "127.0.0.1"));
  EXPECT_TRUE(Pass({.loopback = true}, "::1"));
  EXPECT_FALSE(Pass({.loopback = true}, "fe80::1"));
  EXPECT_TRUE(Pass({.link_local = true}, "fe80::1"));
  EXPECT_FALSE(Pass({.link_local = true}, "127.0.0.1"));
}

TEST(AddressPolicyTest, TheLongestPrefixDecidesAndDeniedWinsATie) {
  AddressPolicy policy;
  policy.denied = {*IpNetwork::Parse("10.0.0.0/8"),
                   *IpNetwork::Parse("10.1.2.3")};
  policy.allowed = {*IpNetwork::Parse("10.1.0.0/16"),
                    *IpNetwork::Parse("10.1.2.3"),
                    *IpNetwork::Parse("169.254.10.0/24")};
  EXPECT_FALSE(Pass(policy, "10.2.0.1"));
  EXPECT_TRUE(Pass(policy, "10.1.9.9"));
  EXPECT_FALSE(Pass(policy, "10.1.2.3"));
  EXPECT_TRUE(Pass(policy, "169.254.10.1"));
  EXPECT_FALSE(Pass(policy, "169.254.11.1"));
  EXPECT_FALSE(Pass(policy, "::ffff:10.2.0.1"));
}

TEST(AddressPolicyTest, AllowedOverADenialOfEverythingIsAnAllowList) {
  AddressPolicy policy;
  policy.denied = {*IpNetwork::Parse("0.0.0.0/0"), *IpNetwork::Parse("::/0")};
  policy.allowed = {*IpNetwork::Parse("192.0.2.0/24")};
  EXPECT_TRUE(Pass(policy, "192.0.2.9"));
  EXPECT_FALSE(Pass(policy, "198.51.100.1"));
  EXPECT_FALSE(Pass(policy, "2001:db8::1"));
}

}  // namespace
}  // namespace parley::ice
