#include "core/ice/port_registry.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::ice {
namespace {

const std::vector<IpAddress>& Loopback() {
  static const auto& list =
      *new std::vector<IpAddress>{*IpAddress::Parse("127.0.0.1")};
  return list;
}

TEST(PortRegistryTest, GivesEachPortOnceAndSaysWhenNoneIsLeft) {
  PortRegistry registry([](const IpAddress&, uint16_t) { return true; });
  std::vector<PortRegistry::Lease> leases;
  std::set<uint16_t> ports;
  for (int i = 0; i < 10; ++i) {
    auto lease = registry.Take(50000, 50009, Loopback());
    ASSERT_TRUE(lease.ok());
    EXPECT_GE(lease->port(), 50000);
    EXPECT_LE(lease->port(), 50009);
    ports.insert(lease->port());
    leases.push_back(*std::move(lease));
  }
  EXPECT_EQ(ports.size(), 10u);
  auto none = registry.Take(50000, 50009, Loopback());
  EXPECT_TRUE(HasReason(none.status(), Reason::kPorts));
  EXPECT_TRUE(GetError(none.status())->retry_delay.has_value());

  const uint16_t back = leases[3].port();
  leases.erase(leases.begin() + 3);
  EXPECT_EQ(registry.Take(50000, 50009, Loopback())->port(), back);
}

TEST(PortRegistryTest, APortRestsBeforeItIsUsedAgain) {
  PortRegistry registry([](const IpAddress&, uint16_t) { return true; });
  std::set<uint16_t> ports;
  for (int i = 0; i < 100; ++i) {
    ports.insert(registry.Take(1, 100, Loopback())->port());
  }
  EXPECT_EQ(ports.size(), 100u);
}

TEST(PortRegistryTest, TheRangeMayReachTheLastPort) {
  PortRegistry registry([](const IpAddress&, uint16_t) { return true; });
  auto a = registry.Take(65534, 65535, Loopback());
  auto b = registry.Take(65534, 65535, Loopback());
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(a->port(), b->port());
  EXPECT_FALSE(registry.Take(65534, 65535, Loopback()).ok());
}

TEST(PortRegistryTest, APortMustBeFreeOnEveryAddress) {
  const IpAddress second = *IpAddress::Parse("127.0.0.2");
  PortRegistry registry([&](const IpAddress& address, uint16_t port) {
    return address != second || port == 7003;
  });
  const std::vector<IpAddress> both = {Loopback()[0], second};
  EXPECT_EQ(registry.Take(7000, 7005, both)->port(), 7003);
}

TEST(PortRegistryTest, ForTcpAPortMustBeFreeOnBoth) {
  PortRegistry registry(
      [](const IpAddress&, uint16_t port) { return port != 50000; },
      [](const IpAddress&, uint16_t port) { return port != 50001; });
  EXPECT_EQ(registry.Take(50000, 50002, Loopback(), true)->port(), 50002);
  EXPECT_EQ(registry.Take(50000, 50002, Loopback())->port(), 50001);
}

TEST(PortRegistryTest, APortThatAnotherSocketHoldsIsPassedOver) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(fd, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  socklen_t size = sizeof(name);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  const uint16_t held = ntohs(name.sin_port);

  PortRegistry registry;
  auto refused = registry.Take(held, held, Loopback());
  EXPECT_TRUE(HasReason(refused.status(), Reason::kPorts));
  close(fd);
  EXPECT_TRUE(registry.Take(held, held, Loopback()).ok());
}

}  // namespace
}  // namespace parley::ice
