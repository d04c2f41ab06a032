// The network flags against a machine, one row a case.
#include "service/network_check.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;

ice::IpAddress Ip(const char* text) { return *ice::IpAddress::Parse(text); }

const std::vector<ice::LocalAddress> kMachine = {{"lo", Ip("127.0.0.1")},
                                                 {"eth0", Ip("192.0.2.2")},
                                                 {"eth0", Ip("fe80::1")}};

std::string Refusal(const ice::TransportOptions& options,
                    std::span<const ice::LocalAddress> machine = kMachine) {
  return std::string(CheckNetwork(options, machine).message());
}

TEST(NetworkCheckTest, WhatTheMachineHasIsAccepted) {
  EXPECT_EQ(Refusal({}), "");
  EXPECT_EQ(Refusal({.addresses = {.addresses = {"192.0.2.2"}}}), "");
  EXPECT_EQ(Refusal({.addresses = {.addresses = {"127.0.0.9"}}}), "");
  EXPECT_EQ(Refusal({.addresses = {.interfaces = {"eth*"}}}), "");
  ice::TransportOptions external;
  external.external.rules = {{Ip("192.0.2.2"), Ip("203.0.113.7")},
                             {std::nullopt, Ip("2001:db8::1")}};
  EXPECT_EQ(Refusal(external), "");
}

TEST(NetworkCheckTest, AnAddressOfAnotherMachineIsRefused) {
  EXPECT_EQ(Refusal({.addresses = {.addresses = {"192.0.2.2", "192.0.2.3"}}}),
            "--addresses: 192.0.2.3 is not of this machine, which has "
            "127.0.0.1 on lo, 192.0.2.2 on eth0, fe80::1 on eth0");
}

TEST(NetworkCheckTest, AChoiceThatLeavesNoneIsRefused) {
  EXPECT_THAT(Refusal({.addresses = {.interfaces = {"wg0"}}}),
              HasSubstr("--interfaces: no address is left"));
  EXPECT_THAT(Refusal({.addresses = {.excluded_interfaces = {"*"}}}),
              HasSubstr("--exclude-interfaces: no address is left"));
  EXPECT_THAT(Refusal({.addresses = {.loopback = ice::LoopbackUse::kNever,
                                     .ipv4 = false}}),
              HasSubstr("--ipv4, --loopback: no address is left"));
}

// Its network may come up later.
TEST(NetworkCheckTest, AMachineWithoutAddressesIsNoFaultOfTheFlags) {
  EXPECT_EQ(Refusal({}, {}), "");
  EXPECT_EQ(Refusal({.addresses = {.interfaces = {"eth0"}}}, {}), "");
}

TEST(NetworkCheckTest, AnExternalAddressOfALocalOneThatIsNotUsedIsRefused) {
  ice::TransportOptions options;
  options.external.rules = {{Ip("192.0.2.9"), Ip("203.0.113.7")}};
  EXPECT_THAT(Refusal(options),
              HasSubstr("--external-addresses: 192.0.2.9 is none of"));
  options.external.rules = {{Ip("192.0.2.2"), Ip("203.0.113.7")}};
  options.addresses.excluded_interfaces = {"eth0"};
  EXPECT_THAT(Refusal(options),
              HasSubstr("--external-addresses: 192.0.2.2 is none of"));
}

}  // namespace
}  // namespace parley::service
