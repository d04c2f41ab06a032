#include "core/loop/event_loop_pool.h"

#include <map>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(EventLoopPoolTest, SeatsGoToTheLoopWithTheFewestUsers) {
  auto pool = EventLoopPool::Create(3);
  ASSERT_TRUE(pool.ok());
  std::vector<EventLoopPool::Seat> seats;
  for (int i = 0; i < 9; ++i) seats.push_back((*pool)->Take());
  std::map<EventLoop*, int> users;
  for (const auto& seat : seats) ++users[&seat.loop()];
  ASSERT_EQ(users.size(), 3u);
  for (const auto& [loop, count] : users) EXPECT_EQ(count, 3);

  EventLoop* left = &seats[4].loop();
  seats.erase(seats.begin() + 4);
  EXPECT_EQ(&(*pool)->Take().loop(), left);
}

TEST(EventLoopPoolTest, ByDefaultThereIsOneLoopPerProcessor) {
  auto pool = EventLoopPool::Create();
  ASSERT_TRUE(pool.ok());
  EXPECT_EQ((*pool)->size(), std::thread::hardware_concurrency());
  (*pool)->Stop();
  EXPECT_FALSE((*pool)->loop(0).Post([] {}));
}

}  // namespace
}  // namespace parley
