// How long gathering takes from Start on, with Prepare before it and without: a
// STUN server and coturn on the loopback, which answer at once.
// Usage: gathering_benchmark [ROUNDS]; 20 without.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/ice/libnice_factory.h"
#include "core/loop/event_loop_pool.h"
#include "tests/core/ice/endpoint.h"
#include "tests/core/ice/libnice_fixture.h"
#include "tests/core/ice/stun_server.h"
#include "tests/core/ice/turn_server.h"

namespace parley::ice::testing {
namespace {

void Measure(EventLoop& loop, LibniceFactory& factory, const char* what,
             const GatheringConfiguration& configuration, int rounds) {
  for (const bool prepares : {false, true}) {
    std::vector<std::unique_ptr<Endpoint>> ends;
    for (int i = 0; i < rounds; ++i) {
      ends.push_back(std::make_unique<Endpoint>(
          loop, factory, LibniceFixture::With({"127.0.0.1"}), configuration));
      if (!prepares) continue;
      ends.back()->Do([](IceTransport& ice) {
        if (!ice.Prepare().ok()) std::abort();
      });
    }
    // As long as an application takes to ask for its offer.
    absl::Notification never;
    if (prepares) never.WaitForNotificationWithTimeout(absl::Seconds(3));
    std::vector<double> times;
    for (const auto& end : ends) {
      const absl::Time start = absl::Now();
      if (!end->Start(Role::kControlling).ok() || !end->AwaitGathered()) {
        std::abort();
      }
      times.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
    }
    std::sort(times.begin(), times.end());
    std::printf("%-14s %-16s %zu candidates, median %.2f ms, worst %.2f ms\n",
                what, prepares ? "prepared:" : "not prepared:",
                ends[0]->seen().candidates.size(), times[times.size() / 2],
                times.back());
  }
}

void Run(int rounds) {
  StunServer stun;
  TurnServer turn;
  FdBudget fds(64);
  PortRegistry ports;
  auto pool = *EventLoopPool::Create(1);
  auto factory = std::make_unique<LibniceFactory>(pool->loop(0), fds, ports,
                                                  SystemRandom());
  const Server asked = stun.At("127.0.0.1");
  const Server relay = turn.At(Server::Protocol::kUdp);
  Measure(pool->loop(0), *factory, "no server", {}, rounds);
  Measure(pool->loop(0), *factory, "STUN", {.servers = {asked}}, rounds);
  Measure(pool->loop(0), *factory, "STUN and TURN", {.servers = {asked, relay}},
          rounds);
  On(pool->loop(0), [&] { factory.reset(); });
}

}  // namespace
}  // namespace parley::ice::testing

int main(int argc, char** argv) {
  parley::ice::testing::Run(argc > 1 ? std::atoi(argv[1]) : 20);
}
