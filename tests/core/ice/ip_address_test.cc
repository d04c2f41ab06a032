#include "core/ice/ip_address.h"

#include <string>

#include "gtest/gtest.h"

namespace parley::ice {
namespace {

IpAddress Ip(std::string_view text) {
  auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

TEST(IpAddressTest, TextMakesTheRoundTrip) {
  for (const char* text : {"0.0.0.0", "127.0.0.1", "255.255.255.255",
                           "::", "::1", "2001:db8::7", "fe80::1"}) {
    EXPECT_EQ(Ip(text).ToString(), text);
  }
  EXPECT_EQ(Ip("2001:DB8:0:0::7").ToString(), "2001:db8::7");
}

TEST(IpAddressTest, WhatIsNoAddressIsRefused) {
  for (std::string_view text :
       {std::string_view(""), std::string_view("1.2.3"),
        std::string_view("1.2.3.4.5"), std::string_view("01.2.3.4"),
        std::string_view("1.2.3.256"), std::string_view("a.b.c.d"),
        std::string_view("fe80::1%lo"), std::string_view("[::1]"),
        std::string_view("1:2"), std::string_view("host.local"),
        std::string_view("127.0.0.1\0x", 11),
        std::string_view("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:"
                         "bbbb")}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(IpAddressTest, KindsOfAddresses) {
  EXPECT_TRUE(Ip("127.8.9.1").IsLoopback());
  EXPECT_TRUE(Ip("::1").IsLoopback());
  EXPECT_FALSE(Ip("::2").IsLoopback());
  EXPECT_TRUE(Ip("169.254.1.1").IsLinkLocal());
  EXPECT_TRUE(Ip("febf::1").IsLinkLocal());
  EXPECT_FALSE(Ip("fec0::1").IsLinkLocal());
  for (const char* text : {"0.0.0.0", "0.1.2.3", "224.0.0.1", "240.0.0.1",
                           "255.255.255.255", "::", "ff02::1"}) {
    EXPECT_TRUE(Ip(text).IsUnusable()) << text;
  }
  EXPECT_FALSE(Ip("223.255.255.255").IsUnusable());
}

TEST(IpAddressTest, EmbeddedIpv4IsFound) {
  for (const char* text : {"::ffff:10.1.2.3", "::10.1.2.3", "64:ff9b::10.1.2.3",
                           "2002:a01:203::1"}) {
    EXPECT_EQ(Ip(text).Embedded(), Ip("10.1.2.3")) << text;
  }
  for (const char* text : {"::", "::1", "2001:db8::1", "10.1.2.3"}) {
    EXPECT_EQ(Ip(text).Embedded(), std::nullopt) << text;
  }
}

TEST(IpNetworkTest, ContainsItsPrefixAndNothingElse) {
  const auto network = IpNetwork::Parse("10.16.0.0/12");
  ASSERT_TRUE(network.has_value());
  EXPECT_TRUE(network->Contains(Ip("10.16.0.0")));
  EXPECT_TRUE(network->Contains(Ip("10.31.255.255")));
  EXPECT_FALSE(network->Contains(Ip("10.32.0.0")));
  EXPECT_FALSE(network->Contains(Ip("::ffff:10.16.0.0")));
  EXPECT_TRUE(IpNetwork::Parse("::/0")->Contains(Ip("2001:db8::1")));
  EXPECT_FALSE(IpNetwork::Parse("::/0")->Contains(Ip("10.0.0.1")));
  EXPECT_TRUE(IpNetwork::Parse("10.1.2.3")->Contains(Ip("10.1.2.3")));
  EXPECT_FALSE(IpNetwork::Parse("10.1.2.3")->Contains(Ip("10.1.2.2")));
}

TEST(IpNetworkTest, WhatIsNoNetworkIsRefused) {
  for (const char* text : {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                           "10.0.0.0/8x", "10.0.0.1/8", "fd00::1/8", "x/8"}) {
    EXPECT_FALSE(IpNetwork::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace parley::ice
