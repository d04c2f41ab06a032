#include "core/ice/local_addresses.h"

#include <string>
#include <vector>

#include "core/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::ice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LocalAddress On(const char* interface, const char* address) {
  return {interface, *IpAddress::Parse(address)};
}

const std::vector<LocalAddress>& Machine() {
  static const auto& machine = *new std::vector<LocalAddress>{
      On("lo", "127.0.0.1"),        On("lo", "::1"),
      On("eth0", "192.0.2.1"),      On("eth0", "2001:db8::1"),
      On("eth0", "fe80::1"),        On("eth1", "198.51.100.1"),
      On("docker0", "203.0.113.1"), On("eth1", "192.0.2.1")};
  return machine;
}

std::vector<std::string> Select(const AddressSelection& selection,
                                const std::vector<LocalAddress>& machine) {
  auto chosen = SelectAddresses(selection, machine);
  EXPECT_TRUE(chosen.ok()) << chosen.status();
  std::vector<std::string> text;
  for (const IpAddress& address : *chosen) text.push_back(address.ToString());
  return text;
}

TEST(LocalAddressesTest, ByDefaultAllButLoopbackAndLinkLocalIpv4First) {
  EXPECT_THAT(Select({}, Machine()), ElementsAre("192.0.2.1", "198.51.100.1",
                                                 "203.0.113.1", "2001:db8::1"));
}

TEST(LocalAddressesTest, InterfacesAreChosenByNameAndPrefix) {
  EXPECT_THAT(Select({.interfaces = {"eth*"}, .ipv6 = false}, Machine()),
              ElementsAre("192.0.2.1", "198.51.100.1"));
  EXPECT_THAT(Select({.excluded_interfaces = {"eth*"}}, Machine()),
              ElementsAre("203.0.113.1"));
  EXPECT_THAT(Select({.interfaces = {"eth0"},
                      .excluded_interfaces = {"eth0"},
                      .loopback = LoopbackUse::kNever},
                     Machine()),
              IsEmpty());
}

TEST(LocalAddressesTest, FamiliesAndLinkLocalAreSwitches) {
  EXPECT_THAT(Select({.ipv4 = false, .link_local = true}, Machine()),
              ElementsAre("2001:db8::1", "fe80::1"));
}

TEST(LocalAddressesTest, LoopbackIsUsedWhenAloneAskedForOrNever) {
  const std::vector<LocalAddress> alone = {On("lo", "::1"),
                                           On("lo", "127.0.0.1")};
  EXPECT_THAT(Select({}, alone), ElementsAre("127.0.0.1", "::1"));
  EXPECT_THAT(Select({.loopback = LoopbackUse::kNever}, alone), IsEmpty());
  EXPECT_THAT(
      Select({.interfaces = {"eth0", "lo"}, .loopback = LoopbackUse::kAlways},
             Machine()),
      ElementsAre("192.0.2.1", "127.0.0.1", "2001:db8::1", "::1"));
}

TEST(LocalAddressesTest, AGivenListIsAllThereIs) {
  EXPECT_THAT(
      Select({.addresses = {"::1", "127.0.0.1", "::1"}, .interfaces = {"eth0"}},
             Machine()),
      ElementsAre("127.0.0.1", "::1"));
}

TEST(LocalAddressesTest, AnEntryThatIsNoAddressIsAnError) {
  for (const char* text : {"localhost", "0.0.0.0", "127.0.0.1:80"}) {
    EXPECT_TRUE(
        HasReason(SelectAddresses({.addresses = {text}}, Machine()).status(),
                  Reason::kArgument))
        << text;
  }
}

TEST(LocalAddressesTest, TooManyAreCutOff) {
  std::vector<LocalAddress> machine;
  for (int i = 1; i <= 100; ++i) {
    machine.push_back(On("eth0", ("192.0.2." + std::to_string(i)).c_str()));
  }
  EXPECT_EQ(Select({}, machine).size(), kMaxLocalAddresses);
}

TEST(LocalAddressesTest, TheMachineHasItsLoopback) {
  auto machine = SystemAddresses();
  ASSERT_TRUE(machine.ok());
  bool loopback = false;
  for (const LocalAddress& local : *machine) {
    loopback = loopback || local.address.IsLoopback();
  }
  EXPECT_TRUE(loopback);
}

}  // namespace
}  // namespace parley::ice
