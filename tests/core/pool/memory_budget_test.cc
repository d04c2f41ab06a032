#include "core/pool/memory_budget.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::pool {
namespace {

TEST(MemoryBudgetTest, ReservesUntilTheLimitAndTakesBack) {
  MemoryBudget budget(1000, 100);
  auto first = budget.Reserve(600);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(budget.in_use(), 700);
  const auto refused = budget.Reserve(301);
  EXPECT_TRUE(HasReason(refused.status(), Reason::kMemory));
  EXPECT_EQ(budget.in_use(), 700);
  {
    const auto second = budget.Reserve(300);
    EXPECT_TRUE(second.ok());
    EXPECT_FALSE(budget.Reserve(1).ok());
  }
  *first = MemoryBudget::Lease();
  EXPECT_EQ(budget.in_use(), 100);
}

TEST(MemoryBudgetTest, WithoutALimitItOnlyCounts) {
  MemoryBudget budget(0, 100);
  const auto lease = budget.Reserve(int64_t{1} << 50);
  EXPECT_TRUE(lease.ok());
  EXPECT_EQ(budget.in_use(), (int64_t{1} << 50) + 100);
}

TEST(MemoryBudgetTest, ManyChannelsAndDescriptorsOfItsOwnCostMore) {
  peer::PeerInit full;
  peer::PeerInit lite;
  lite.configuration.ice_lite = true;
  peer::PeerInit wide;
  wide.max_data_channels = 1024;
  EXPECT_LT(BytesOf(lite), BytesOf(full));
  EXPECT_GT(BytesOf(wide), BytesOf(full) + (80 << 10));
}

class CgroupMemoryLimitTest : public ::testing::Test {
 protected:
  CgroupMemoryLimitTest() {
    std::string name = ::testing::TempDir() + "cgroupXXXXXX";
    root_ = mkdtemp(name.data());
  }
  ~CgroupMemoryLimitTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::optional<int64_t> Read() {
    return CgroupMemoryLimit(root_ + "/self", root_ + "/mount");
  }

  std::string root_;
};

TEST_F(CgroupMemoryLimitTest, TheLeastOfTheGroupsOnTheWayUp) {
  Write("self", "0::/a/b\n");
  Write("mount/a/b/memory.max", "max\n");
  Write("mount/a/memory.max", "3000\n");
  Write("mount/memory.max", "4000\n");
  EXPECT_EQ(Read(), 3000);
}

TEST_F(CgroupMemoryLimitTest, InAContainerTheMountIsTheGroup) {
  Write("self", "0::/\n");
  Write("mount/memory.max", "2147483648\n");
  EXPECT_EQ(Read(), 2147483648);
  Write("self", "0::/../../kubepods/pod\n");
  EXPECT_EQ(Read(), 2147483648);
}

TEST_F(CgroupMemoryLimitTest, Version1HasAFolderForEachController) {
  Write("self", "5:cpu,cpuacct:/a\n4:blkio,memory:/a\n0::/\n");
  Write("mount/memory/a/memory.limit_in_bytes", "5000\n");
  Write("mount/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(Read(), 5000);
  Write("mount/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(Read(), std::nullopt);
}

TEST_F(CgroupMemoryLimitTest, WithoutAGroupThereIsNoLimit) {
  EXPECT_EQ(Read(), std::nullopt);
  Write("self", "nonsense\n::\n0::/a\n");
  EXPECT_EQ(Read(), std::nullopt);
  Write("mount/a/memory.max", "0\n");
  EXPECT_EQ(Read(), std::nullopt);
}

}  // namespace
}  // namespace parley::pool
