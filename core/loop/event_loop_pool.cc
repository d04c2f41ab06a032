#include "core/loop/event_loop_pool.h"

#include <algorithm>
#include <string>
#include <thread>

namespace parley {

absl::StatusOr<std::unique_ptr<EventLoopPool>> EventLoopPool::Create(
    size_t count) {
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
  auto pool = std::unique_ptr<EventLoopPool>(new EventLoopPool(count));
  for (size_t i = 0; i < count; ++i) {
    auto loop = EventLoop::Create("loop-" + std::to_string(i));
    if (!loop.ok()) return loop.status();
    pool->places_[i].loop = *std::move(loop);
  }
  return pool;
}

EventLoopPool::Seat EventLoopPool::Take() {
  auto least = std::min_element(
      places_.begin(), places_.end(), [](const Place& a, const Place& b) {
        return a.users.load(std::memory_order_relaxed) <
               b.users.load(std::memory_order_relaxed);
      });
  return Seat(*least);
}

void EventLoopPool::Stop() {
  for (Place& place : places_) place.loop->Stop();
}

}  // namespace parley
