// Two loops with a libnice factory each; afterwards nothing is left of what the
// test used: no agent, no descriptor, no thread, no byte of the budgets.
#ifndef PARLEY_TESTS_CORE_ICE_LIBNICE_FIXTURE_H_
#define PARLEY_TESTS_CORE_ICE_LIBNICE_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "core/ice/libnice_factory.h"
#include "core/loop/event_loop_pool.h"
#include "core/loop/fd_budget.h"
#include "gtest/gtest.h"
#include "tests/core/ice/endpoint.h"

namespace parley::ice::testing {

// Entries of /proc/self/fd and /proc/self/task.
size_t CountFds();
size_t CountThreads();

// A UDP port of 127.0.0.1 that nobody has.
uint16_t FreeUdpPort();

// GLib's first socket starts a thread of GLib's own, which then stays, with its
// descriptors: to be called before these are counted.
void StartGlib();

class LibniceFixture : public ::testing::Test {
 public:
  static TransportOptions With(std::vector<std::string> addresses);

 protected:
  static void SetUpTestSuite() { StartGlib(); }
  void SetUp() override;
  void TearDown() override;

  EventLoop& loop(size_t i = 0) { return pool_->loop(i); }
  LibniceFactory& factory(size_t i = 0) { return *factories_[i]; }
  FdBudget& fds() { return *fds_; }
  PortRegistry& ports() { return ports_; }

  static TransportOptions Loopback() { return With({"127.0.0.1"}); }
  static TransportOptions Both() { return With({"127.0.0.1", "::1"}); }

 private:
  void AwaitEndOfThreads();

  size_t fds_before_ = 0;
  size_t threads_before_ = 0;
  std::unique_ptr<FdBudget> fds_;
  PortRegistry ports_;
  std::unique_ptr<EventLoopPool> pool_;
  std::vector<std::unique_ptr<LibniceFactory>> factories_;
};

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_LIBNICE_FIXTURE_H_
