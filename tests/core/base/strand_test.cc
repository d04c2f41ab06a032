#include "core/base/strand.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

TEST(StrandTest, IdleStrandRunsTheTaskOnTheCallingThread) {
  Strand strand;
  std::thread::id ran;
  strand.Post([&] { ran = std::this_thread::get_id(); });
  EXPECT_EQ(ran, std::this_thread::get_id());
}

TEST(StrandTest, TaskPostedFromATaskRunsAfterIt) {
  Strand strand;
  std::vector<int> order;
  strand.Post([&] {
    strand.Post([&] { order.push_back(2); });
    order.push_back(1);
  });
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(StrandTest, TasksOfManyThreadsNeverOverlapAndKeepEachThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 5000;
  Strand strand;
  int inside = 0;
  std::vector<std::vector<int>> seen(kThreads);
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        strand.Post([&, t, i] {
          ASSERT_EQ(++inside, 1);
          seen[t].push_back(i);
          --inside;
          ++done;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(done, kThreads * kTasks);
  for (const auto& one : seen) {
    for (int i = 0; i < kTasks; ++i) ASSERT_EQ(one[i], i);
  }
}

struct Owner : std::enable_shared_from_this<Owner> {
  explicit Owner(bool& gone) : gone(gone) {}
  ~Owner() { gone = true; }
  Strand strand;
  bool& gone;
};

TEST(StrandTest, ATaskMayHoldTheLastReferenceToTheOwner) {
  bool gone = false;
  auto owner = std::make_shared<Owner>(gone);
  Strand& strand = owner->strand;
  strand.Post([held = std::move(owner), &gone]() mutable {
    held->strand.Post([again = held, &gone] { EXPECT_FALSE(gone); });
  });
  EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace parley
