#include "tests/core/ice/libnice_fixture.h"

#include <filesystem>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice::testing {
namespace {

size_t CountEntries(const char* directory) {
  return std::distance(std::filesystem::directory_iterator(directory), {});
}

}  // namespace

size_t CountFds() { return CountEntries("/proc/self/fd"); }

uint16_t FreeUdpPort() { return parley::testing::LoopbackSocket().port(); }

size_t CountThreads() { return CountEntries("/proc/self/task"); }

void StartGlib() {
  static bool started = false;
  if (std::exchange(started, true)) return;
  FdBudget fds(64);
  PortRegistry ports;
  auto loop = EventLoop::Create("first");
  ASSERT_TRUE(loop.ok()) << loop.status();
  LibniceFactory factory(**loop, fds, ports, SystemRandom());
  {
    Endpoint end(**loop, factory, LibniceFixture::With({"127.0.0.1"}));
    ASSERT_TRUE(end.Start(Role::kControlled).ok());
    ASSERT_TRUE(end.AwaitGathered());
  }
  (*loop)->Stop();
}

void LibniceFixture::SetUp() {
  fds_before_ = CountFds();
  threads_before_ = CountThreads();
  fds_ = std::make_unique<FdBudget>(64);
  auto pool = EventLoopPool::Create(2);
  ASSERT_TRUE(pool.ok()) << pool.status();
  pool_ = *std::move(pool);
  for (size_t i = 0; i < pool_->size(); ++i) {
    factories_.push_back(std::make_unique<LibniceFactory>(
        pool_->loop(i), *fds_, ports_, SystemRandom()));
  }
}

void LibniceFixture::TearDown() {
  EXPECT_EQ(LibniceFactory::LiveAgents(), 0);
  for (size_t i = 0; i < pool_->size(); ++i) {
    On(pool_->loop(i), [&] { factories_[i].reset(); });
  }
  EXPECT_EQ(fds_->in_use(), 0);
  pool_.reset();
  EXPECT_EQ(CountFds(), fds_before_);
  AwaitEndOfThreads();
}

// The kernel lists a thread for a moment after it was joined; one of an earlier
// test may so have been counted before.
void LibniceFixture::AwaitEndOfThreads() {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (CountThreads() > threads_before_ && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_LE(CountThreads(), threads_before_);
}

TransportOptions LibniceFixture::With(std::vector<std::string> addresses) {
  TransportOptions options;
  options.addresses.addresses = std::move(addresses);
  return options;
}

}  // namespace parley::ice::testing
