#include "core/loop/event_loop.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

// Runs on the loop, waits for it.
void On(EventLoop& loop, std::function<void()> work) {
  absl::Notification done;
  ASSERT_TRUE(loop.Post([&] {
    work();
    done.Notify();
  }));
  done.WaitForNotification();
}

struct Handler : EventLoop::FdHandler {
  explicit Handler(std::function<void(int, uint32_t)> f) : f(std::move(f)) {}
  void OnFdReady(int fd, uint32_t events) override { f(fd, events); }
  std::function<void(int, uint32_t)> f;
};

struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0); }
  ~Pipe() {
    CloseRead();
    if (fds[1] >= 0) close(fds[1]);
  }
  void Write() { ASSERT_EQ(write(fds[1], "x", 1), 1); }
  void Read() {
    char c;
    ASSERT_EQ(read(fds[0], &c, 1), 1);
  }
  void CloseRead() {
    if (fds[0] >= 0) close(std::exchange(fds[0], -1));
  }
  int fds[2];
};

class EventLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loop = EventLoop::Create("test");
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
  }

  std::unique_ptr<EventLoop> loop_;
};

TEST_F(EventLoopTest, TasksRunOnTheLoopInTheOrderPosted) {
  EXPECT_FALSE(loop_->OnExecutor());
  std::vector<int> order;
  On(*loop_, [&] {
    EXPECT_TRUE(loop_->OnExecutor());
    loop_->Post([&] {
      loop_->Post([&] { order.push_back(3); });
      order.push_back(1);
    });
    loop_->Post([&] { order.push_back(2); });
    EXPECT_THAT(order, ElementsAre()) << "inside Post";
  });
  On(*loop_, [] {});
  On(*loop_, [] {});
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST_F(EventLoopTest, TasksOfManyThreadsAllRunAndKeepEachThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 5000;
  std::vector<std::vector<int>> seen(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        loop_->Post([&, t, i] { seen[t].push_back(i); });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  On(*loop_, [] {});
  for (const auto& one : seen) {
    ASSERT_EQ(one.size(), size_t{kTasks});
    for (int i = 0; i < kTasks; ++i) ASSERT_EQ(one[i], i);
  }
}

TEST_F(EventLoopTest, TimersRunInOrderAndNotEarly) {
  std::vector<int> order;
  absl::Notification done;
  const absl::Duration start = loop_->clock().Monotonic();
  absl::Duration end;
  On(*loop_, [&] {
    loop_->RunAfter(absl::Milliseconds(20), [&] {
      order.push_back(3);
      end = loop_->clock().Monotonic();
      done.Notify();
    });
    loop_->RunAfter(absl::Milliseconds(10), [&] { order.push_back(2); });
    loop_->RunAfter(-absl::Seconds(1), [&] { order.push_back(1); });
  });
  done.WaitForNotification();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
  EXPECT_GE(end - start, absl::Milliseconds(20));
}

TEST_F(EventLoopTest, ACancelledTimerDoesNotRun) {
  absl::Notification done;
  On(*loop_, [&] {
    auto timer = loop_->RunAfter(absl::Milliseconds(1), [] { FAIL(); });
    EXPECT_TRUE(loop_->Cancel(timer));
    EXPECT_FALSE(loop_->Cancel(timer));
    loop_->RunAfter(absl::Milliseconds(5), [&] { done.Notify(); });
  });
  done.WaitForNotification();
}

TEST_F(EventLoopTest, AWatchedDescriptorIsReportedUntilUnwatched) {
  Pipe pipe;
  absl::Notification ready;
  Handler handler([&](int fd, uint32_t events) {
    EXPECT_EQ(fd, pipe.fds[0]);
    EXPECT_TRUE(events & EPOLLIN);
    loop_->Unwatch(fd, handler);
    ready.Notify();
  });
  On(*loop_,
     [&] { EXPECT_TRUE(loop_->Watch(pipe.fds[0], EPOLLIN, handler).ok()); });
  pipe.Write();
  ready.WaitForNotification();
  On(*loop_, [] {});
}

// Two descriptors become ready in one turn; whichever handler runs first ends
// the watch of the other, and gives its number to a new descriptor.
TEST_F(EventLoopTest, EventsOfAnEarlierWatchNeverReachALaterOneOfItsNumber) {
  Pipe a;
  Pipe b;
  int calls = 0;
  std::unique_ptr<Handler> first;
  std::unique_ptr<Handler> second;
  Handler fresh([](int, uint32_t) { FAIL() << "a stale event"; });
  Pipe quiet;
  int reused = -1;
  auto react = [&](Pipe& mine, Pipe& other, Handler& mine_h, Handler& other_h) {
    ++calls;
    loop_->Unwatch(mine.fds[0], mine_h);
    const int number = other.fds[0];
    loop_->Unwatch(number, other_h);
    other.CloseRead();
    reused = dup3(quiet.fds[0], number, O_CLOEXEC);
    ASSERT_EQ(reused, number);
    EXPECT_TRUE(loop_->Watch(reused, EPOLLPRI, fresh).ok());
  };
  first = std::make_unique<Handler>(
      [&](int, uint32_t) { react(a, b, *first, *second); });
  second = std::make_unique<Handler>(
      [&](int, uint32_t) { react(b, a, *second, *first); });
  On(*loop_, [&] {
    // Both become ready before the loop looks again.
    ASSERT_TRUE(loop_->Watch(a.fds[0], EPOLLIN, *first).ok());
    ASSERT_TRUE(loop_->Watch(b.fds[0], EPOLLIN, *second).ok());
    a.Write();
    b.Write();
  });
  On(*loop_, [] {});
  On(*loop_, [&] { loop_->Unwatch(reused, fresh); });
  EXPECT_EQ(calls, 1);
  close(reused);
}

TEST_F(EventLoopTest, AClosedDescriptorsNumberCanBeWatchedAgain) {
  Pipe old_pipe;
  Handler stale([](int, uint32_t) { FAIL(); });
  absl::Notification ready;
  Handler handler([&](int fd, uint32_t) {
    loop_->Unwatch(fd, handler);
    ready.Notify();
  });
  Pipe pipe;
  On(*loop_, [&] {
    ASSERT_TRUE(loop_->Watch(old_pipe.fds[0], EPOLLIN, stale).ok());
    // Closed without Unwatch, as libraries do; the number goes to another.
    ASSERT_EQ(dup3(pipe.fds[0], old_pipe.fds[0], O_CLOEXEC), old_pipe.fds[0]);
    ASSERT_TRUE(loop_->Watch(old_pipe.fds[0], EPOLLIN, handler).ok());
    loop_->Unwatch(old_pipe.fds[0], stale);  // not its watch any more
  });
  pipe.Write();
  ready.WaitForNotification();
}

TEST_F(EventLoopTest, WatchingWhatIsNoDescriptorIsAnError) {
  Handler handler([](int, uint32_t) { FAIL(); });
  On(*loop_, [&] { EXPECT_FALSE(loop_->Watch(1'000, EPOLLIN, handler).ok()); });
}

struct TurnCounter : EventLoop::TurnHandler {
  explicit TurnCounter(std::function<bool()> f) : f(std::move(f)) {}
  bool OnTurnEnd() override { return f(); }
  std::function<bool()> f;
};

TEST_F(EventLoopTest, ATurnHandlerRunsEveryTurnAndMayAskForAnother) {
  int turns = 0;
  absl::Notification enough;
  TurnCounter handler([&] {
    if (++turns < 5) return true;
    loop_->RemoveTurnHandler(handler);
    enough.Notify();
    return false;
  });
  On(*loop_, [&] { loop_->AddTurnHandler(handler); });
  enough.WaitForNotification();
  On(*loop_, [] {});
  EXPECT_EQ(turns, 5);
}

TEST_F(EventLoopTest, StopDestroysTasksAndTimersOnTheLoopsThread) {
  struct Token {
    ~Token() {
      EXPECT_TRUE(loop.OnExecutor());
      EXPECT_FALSE(loop.Post([] { FAIL(); }));
      EXPECT_EQ(loop.RunAfter(absl::ZeroDuration(), [] { FAIL(); }),
                Executor::TimerId::kNone);
      ++gone;
    }
    EventLoop& loop;
    std::atomic<int>& gone;
  };
  std::atomic<int> gone = 0;
  absl::Notification stopping;
  absl::Notification running;
  loop_->Post([&] {
    loop_->RunAfter(absl::Hours(1),
                    [t = std::make_unique<Token>(*loop_, gone)] { FAIL(); });
    running.Notify();
    stopping.WaitForNotification();
    // Accepted by a loop that will not come to run it.
    loop_->RunAfter(absl::ZeroDuration(),
                    [t = std::make_unique<Token>(*loop_, gone)] { FAIL(); });
  });
  running.WaitForNotification();
  std::thread stopper([&] { loop_->Stop(); });
  while (loop_->Post([] {})) std::this_thread::yield();
  stopping.Notify();
  stopper.join();
  EXPECT_EQ(gone, 2);
  EXPECT_FALSE(loop_->Post([] { FAIL(); }));
  loop_->Stop();
}

TEST_F(EventLoopTest, ARefusedTaskIsDestroyedInsideTheCall) {
  loop_->Stop();
  auto token = std::make_shared<int>(0);
  EXPECT_FALSE(loop_->Post([token] { FAIL(); }));
  EXPECT_EQ(token.use_count(), 1);
}

TEST(EventLoopCreateTest, WithoutDescriptorsThereIsAStatusAndNoLoop) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  ASSERT_GE(next, 0);
  close(next);
  for (int spare : {0, 1}) {
    rlimit tight = before;
    tight.rlim_cur = next + spare;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    auto loop = EventLoop::Create("none");
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(HasReason(loop.status(), Reason::kFileDescriptors));
  }
  const int after = dup(0);
  EXPECT_EQ(after, next) << "a descriptor was left behind";
  close(after);
}

}  // namespace
}  // namespace parley
