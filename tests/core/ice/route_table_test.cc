#include "core/ice/route_table.h"

#include "gtest/gtest.h"

namespace parley::ice {
namespace {

using Route = SharedPort::Route;
using Path = SharedPort::Path;

constexpr Route kAlice = {.loop = 0, .transport = 1};
constexpr Route kBob = {.loop = 1, .transport = 1};
constexpr DatagramHeader kData = {.kind = DatagramKind::kData};

Path PathFrom(uint16_t port, uint32_t socket = 0) {
  return {socket, {*IpAddress::Parse("192.0.2.1"), port}};
}
DatagramHeader CheckFor(std::string_view ufrag) {
  return {.kind = DatagramKind::kCheck, .ufrag = ufrag};
}

TEST(RouteTableTest, ChecksGoByTheirUfragWhateverThePath) {
  RouteTable table;
  EXPECT_TRUE(table.Claim("alice", kAlice));
  EXPECT_TRUE(table.Claim("bob", kBob));
  table.Bind(PathFrom(1000), kAlice);
  EXPECT_EQ(table.Find(CheckFor("alice"), PathFrom(1)), kAlice);
  EXPECT_EQ(table.Find(CheckFor("bob"), PathFrom(1000)), kBob);
  EXPECT_EQ(table.Find(CheckFor("carol"), PathFrom(1000)), std::nullopt);
}

TEST(RouteTableTest, AUfragHasOneOwnerUntilItIsReleased) {
  RouteTable table;
  EXPECT_TRUE(table.Claim("alice", kAlice));
  EXPECT_FALSE(table.Claim("alice", kBob));
  EXPECT_EQ(table.Find(CheckFor("alice"), PathFrom(1)), kAlice);
  table.Release("alice");
  EXPECT_EQ(table.Find(CheckFor("alice"), PathFrom(1)), std::nullopt);
  EXPECT_TRUE(table.Claim("alice", kBob));
}

TEST(RouteTableTest, EverythingElseGoesByItsPath) {
  RouteTable table;
  table.Bind(PathFrom(1000), kAlice);
  EXPECT_EQ(table.Find(kData, PathFrom(1000)), kAlice);
  EXPECT_EQ(table.Find({.kind = DatagramKind::kOtherStun}, PathFrom(1000)),
            kAlice);
  EXPECT_EQ(table.Find(kData, PathFrom(1001)), std::nullopt);
  EXPECT_EQ(table.Find(kData, PathFrom(1000, /*socket=*/1)), std::nullopt);
  EXPECT_EQ(table.Find({}, PathFrom(1000)), std::nullopt);
}

TEST(RouteTableTest, APathIsTheLastOnesWhoBoundIt) {
  RouteTable table;
  table.Bind(PathFrom(1000), kAlice);
  table.Bind(PathFrom(1000), kBob);
  EXPECT_EQ(table.Find(kData, PathFrom(1000)), kBob);
  // Who had it before cannot take it away.
  table.Unbind(PathFrom(1000), kAlice);
  EXPECT_EQ(table.Find(kData, PathFrom(1000)), kBob);
  table.Unbind(PathFrom(1000), kBob);
  EXPECT_EQ(table.Find(kData, PathFrom(1000)), std::nullopt);
  EXPECT_EQ(table.paths(), 0u);
}

}  // namespace
}  // namespace parley::ice
