// A fixed number of event loops, handed out so that each carries about as many
// users as the others. Safe for concurrent use.
#ifndef PARLEY_CORE_LOOP_EVENT_LOOP_POOL_H_
#define PARLEY_CORE_LOOP_EVENT_LOOP_POOL_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/loop/event_loop.h"

namespace parley {

class EventLoopPool {
  struct Place {
    std::unique_ptr<EventLoop> loop;
    std::atomic<int> users = 0;
  };

 public:
  // A user's place on a loop, given back when it is destroyed. The pool must
  // outlive it.
  class Seat {
   public:
    Seat() = default;
    explicit Seat(Place& place) : place_(&place) { ++place.users; }
    Seat(Seat&& other) noexcept
        : place_(std::exchange(other.place_, nullptr)) {}
    Seat& operator=(Seat&& other) noexcept {
      std::swap(place_, other.place_);
      return *this;
    }
    ~Seat() {
      if (place_ != nullptr) --place_->users;
    }
    EventLoop& loop() const { return *place_->loop; }

   private:
    Place* place_ = nullptr;
  };

  // `count` 0: as many as the machine has processors. Errors: those of
  // EventLoop::Create; then no thread is left behind.
  static absl::StatusOr<std::unique_ptr<EventLoopPool>> Create(
      size_t count = 0);

  // A place on the loop with the fewest users.
  Seat Take();

  // For what every loop needs one of.
  size_t size() const { return places_.size(); }
  EventLoop& loop(size_t index) { return *places_[index].loop; }

  // Stops all loops; see EventLoop::Stop.
  void Stop();

 private:
  explicit EventLoopPool(size_t count) : places_(count) {}

  std::vector<Place> places_;  // constant after construction
};

}  // namespace parley

#endif  // PARLEY_CORE_LOOP_EVENT_LOOP_POOL_H_
