// What ICE by libnice costs on this machine: agents of one process connected in
// pairs over loopback. Usage: ice_benchmark [AGENTS...]; 50 and 2000 without.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/ice/libnice_factory.h"
#include "core/loop/event_loop_pool.h"
#include "tests/core/ice/endpoint.h"

namespace parley::ice::testing {
namespace {

constexpr absl::Duration kIdle = absl::Seconds(5);
constexpr int kStrokes = 20'000;
constexpr int kLonePairs = 20;

absl::Duration ProcessCpu() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

double ResidentKib() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * sysconf(_SC_PAGESIZE) / 1024;
}

struct Stopwatch {
  absl::Time start = absl::Now();
  absl::Duration cpu_start = ProcessCpu();
  absl::Duration wall() const { return absl::Now() - start; }
  absl::Duration cpu() const { return ProcessCpu() - cpu_start; }
};

void LetPass(absl::Duration time) {
  absl::Notification never;
  never.WaitForNotificationWithTimeout(time);
}

double Ms(absl::Duration d) { return absl::ToDoubleMilliseconds(d); }
double Us(absl::Duration d) { return absl::ToDoubleMicroseconds(d); }

class Bench {
 public:
  Bench() : fds_(64), pool_(*EventLoopPool::Create(1)) {
    factory_ = std::make_unique<LibniceFactory>(pool_->loop(0), fds_, ports_,
                                                SystemRandom());
    options_.addresses.addresses = {"127.0.0.1"};
  }
  ~Bench() {
    ends_.clear();
    On(pool_->loop(0), [&] { factory_.reset(); });
  }

  std::unique_ptr<Endpoint> Make() {
    return std::make_unique<Endpoint>(pool_->loop(0), *factory_, options_);
  }

  // Remote parameters and candidates known at once: what is left is the checks.
  absl::Duration LonePair() {
    auto a = Make();
    auto b = Make();
    Check(a->Start(Role::kControlling).ok() &&
          b->Start(Role::kControlled).ok());
    Check(a->AwaitGathered() && b->AwaitGathered());
    const Stopwatch watch;
    Exchange(*a, *b);
    Check(a->AwaitState(ConnectionState::kConnected) &&
          b->AwaitState(ConnectionState::kConnected));
    return watch.wall();
  }

  void Connect(int agents) {
    for (int i = 0; i < agents; ++i) {
      ends_.push_back(Make());
      Check(ends_.back()
                ->Start(i % 2 == 0 ? Role::kControlling : Role::kControlled)
                .ok());
    }
    for (int i = 0; i < agents; i += 2) Exchange(*ends_[i], *ends_[i + 1]);
    for (auto& end : ends_) {
      Check(end->AwaitState(ConnectionState::kCompleted));
    }
  }

  // CPU of one packet sent and received, by one pair among all.
  absl::Duration PerPacket() {
    absl::Notification done;
    int strokes = 0;
    const std::vector<uint8_t> packet(200, 0x17);
    for (Endpoint* end : {ends_[0].get(), ends_[1].get()}) {
      On(pool_->loop(0), [&] {
        end->on_packet = [&, end](std::string_view) {
          if (++strokes == kStrokes) return done.Notify();
          if (strokes < kStrokes) Check(end->transport().Send(packet));
        };
      });
    }
    const Stopwatch watch;
    ends_[0]->Do([&](IceTransport& ice) { Check(ice.Send(packet)); });
    done.WaitForNotification();
    return watch.cpu() / kStrokes;
  }

  static void Check(bool condition) {
    if (condition) return;
    std::fprintf(stderr, "the benchmark cannot go on\n");
    std::abort();
  }

 private:
  FdBudget fds_;
  PortRegistry ports_;
  std::unique_ptr<EventLoopPool> pool_;
  std::unique_ptr<LibniceFactory> factory_;
  TransportOptions options_;
  std::vector<std::unique_ptr<Endpoint>> ends_;
};

void Measure(int agents) {
  Bench bench;
  std::vector<absl::Duration> lone;
  for (int i = 0; i < kLonePairs; ++i) lone.push_back(bench.LonePair());
  std::sort(lone.begin(), lone.end());

  const double before = ResidentKib();
  const Stopwatch connect;
  bench.Connect(agents);
  const absl::Duration connect_wall = connect.wall();
  const absl::Duration connect_cpu = connect.cpu();
  const double memory = (ResidentKib() - before) / agents;

  // The timers of the checks end first.
  LetPass(absl::Seconds(5));
  const Stopwatch idle;
  LetPass(kIdle);
  const double idle_percent = 100 * idle.cpu() / kIdle;
  const absl::Duration packet = bench.PerPacket();

  std::printf(
      "%5d agents: a pair alone %.1f ms (median); all connected in %.0f ms, "
      "%.2f ms CPU a pair; %.0f KiB an agent; idle %.2f %% of a core; "
      "%.1f us CPU a packet sent and received\n",
      agents, Ms(lone[kLonePairs / 2]), Ms(connect_wall),
      2 * Ms(connect_cpu) / agents, memory, idle_percent, Us(packet));
}

}  // namespace
}  // namespace parley::ice::testing

int main(int argc, char** argv) {
  std::vector<int> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty()) sizes = {50, 2000};
  for (int size : sizes) parley::ice::testing::Measure(size);
}
