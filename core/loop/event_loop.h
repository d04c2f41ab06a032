// One thread that waits for descriptors, timers and tasks (epoll, an eventfd to
// wake it, a heap of deadlines). Everything that lives on a loop is used by its
// thread only and so needs no locks.
//
// Threads: Post, OnExecutor and clock are safe everywhere; Stop and destruction
// are for any thread but the loop's; everything else is for the loop's thread.
#ifndef PARLEY_CORE_LOOP_EVENT_LOOP_H_
#define PARLEY_CORE_LOOP_EVENT_LOOP_H_

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/loop/executor.h"
#include "core/loop/timer_queue.h"

namespace parley {

class EventLoop final : public Executor {
 public:
  class FdHandler {
   public:
    // `events` are epoll's: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP... Level
    // triggered.
    virtual void OnFdReady(int fd, uint32_t events) = 0;

   protected:
    ~FdHandler() = default;
  };

  // Called at the end of every turn of the loop, after descriptors, timers and
  // tasks, before it waits again: for work that is cheaper done once a turn.
  class TurnHandler {
   public:
    // True: the loop is not to wait before the next turn.
    virtual bool OnTurnEnd() = 0;

   protected:
    ~TurnHandler() = default;
  };

  // Starts the thread; `name` (at most 15 bytes are shown) is for debuggers.
  // Errors: FILE_DESCRIPTORS, MEMORY (no thread).
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create(
      const std::string& name);

  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Ends the thread after the turn it is in, and waits for that. Tasks and
  // timers that have not run are destroyed on the loop's thread; Post refuses
  // from then on. Does nothing the second time.
  void Stop();

  bool Post(Task task) override ABSL_LOCKS_EXCLUDED(mutex_);
  // Once the loop is stopping the task is destroyed and kNone returned.
  TimerId RunAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId timer) override;
  bool OnExecutor() const override;
  const Clock& clock() const override;

  // Watches a descriptor; on one already watched it changes events and handler.
  // The handler must outlive the watch. A descriptor may be closed before
  // Unwatch, and its number watched again by someone else, whose watch then
  // replaces this one. Errors: MEMORY (the kernel refused).
  absl::Status Watch(int fd, uint32_t events, FdHandler& handler);
  // After this the handler is not called for the descriptor again, also not
  // for what is already known. Ignored when `handler` does not watch it.
  void Unwatch(int fd, FdHandler& handler);

  void AddTurnHandler(TurnHandler& handler);
  void RemoveTurnHandler(TurnHandler& handler);

 private:
  struct Slot {
    FdHandler* handler = nullptr;
    // Tells the events of this watch from those of an earlier one of the same
    // number.
    uint32_t generation = 0;
  };
  struct Fds;

  explicit EventLoop(std::unique_ptr<Fds> fds);

  void Run();
  void Turn();
  int WaitMilliseconds();
  void Dispatch(int ready);
  void RunTimers();
  void RunTasks() ABSL_LOCKS_EXCLUDED(mutex_);
  void RunTurnHandlers();
  void DestroyPending() ABSL_LOCKS_EXCLUDED(mutex_);
  void Wake();

  // Constant once the thread runs.
  const std::unique_ptr<Fds> fds_;
  std::thread thread_;

  absl::Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  // The loop's thread only.
  std::array<epoll_event, 256> ready_;
  std::vector<Slot> slots_;  // by descriptor
  std::vector<TurnHandler*> turn_handlers_;
  std::vector<Task> running_;
  TimerQueue timers_;
  uint32_t last_generation_ = 0;
  bool again_ = false;   // a turn handler asked for another turn
  bool ending_ = false;  // takes no timers any more
};

}  // namespace parley

#endif  // PARLEY_CORE_LOOP_EVENT_LOOP_H_
