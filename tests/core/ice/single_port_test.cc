// The shared port with real sockets and loops: clients that speak STUN by hand,
// and a full libnice agent.

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/base/errors.h"
#include "core/ice/libnice_factory.h"
#include "core/ice/single_port_factory.h"
#include "core/ice/single_port_hub.h"
#include "core/loop/event_loop_pool.h"
#include "gtest/gtest.h"
#include "tests/core/ice/check_client.h"
#include "tests/core/ice/endpoint.h"
#include "tests/core/ice/libnice_fixture.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice::testing {
namespace {

const RemoteParameters kRemote = {.ufrag = "remoteufrag",
                                  .pwd = "remote+password+of/length"};

std::string Text(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

std::span<const uint8_t> Span(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Whose waits end.
class Client : public parley::testing::LoopbackSocket {
 public:
  Client() {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  // "" when nothing came.
  std::string Await() {
    const auto datagram = Receive();
    return datagram ? datagram->bytes : "";
  }
};

class SinglePortTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { StartGlib(); }

  void SetUp() override {
    fds_before_ = CountFds();
    auto pool = EventLoopPool::Create(2);
    ASSERT_TRUE(pool.ok()) << pool.status();
    pool_ = *std::move(pool);
    options_.addresses.addresses = {"127.0.0.1", "::1"};
  }
  void TearDown() override {
    for (size_t i = 0; i < libnice_.size(); ++i) {
      On(pool_->loop(i), [&] { libnice_[i].reset(); });
    }
    pool_->Stop();
    EXPECT_EQ(hub_->ufrags(), 0u);
    EXPECT_EQ(hub_->paths(), 0u);
    factories_.clear();
    hub_.reset();
    pool_.reset();
    EXPECT_EQ(fds_.in_use(), 0);
    EXPECT_EQ(CountFds(), fds_before_);
  }

  void Open(SinglePortOptions options = {}) {
    auto hub = SinglePortHub::Create(options, options_.addresses, fds_);
    ASSERT_TRUE(hub.ok()) << hub.status();
    hub_ = *std::move(hub);
    for (size_t i = 0; i < pool_->size(); ++i) {
      factories_.push_back(
          std::make_unique<SinglePortFactory>(pool_->loop(i), *hub_));
    }
    const absl::Status started = hub_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  LibniceFactory& Libnice(size_t loop) {
    while (libnice_.size() < pool_->size()) {
      libnice_.push_back(std::make_unique<LibniceFactory>(
          pool_->loop(libnice_.size()), fds_, ports_, SystemRandom()));
    }
    return *libnice_[loop];
  }

  std::unique_ptr<Endpoint> MakeEnd(size_t loop) {
    return std::make_unique<Endpoint>(pool_->loop(loop), *factories_[loop],
                                      options_);
  }
  std::unique_ptr<Endpoint> MakeStarted(size_t loop) {
    auto end = MakeEnd(loop);
    const absl::Status started = end->Start(Role::kControlled);
    EXPECT_TRUE(started.ok()) << started;
    end->Do([](IceTransport& ice) {
      const absl::Status set = ice.SetRemote(kRemote);
      EXPECT_TRUE(set.ok()) << set;
    });
    return end;
  }

  // Checks until there is an answer: a flood may have filled the socket.
  bool Nominate(Client& client, const Endpoint& end) {
    for (int i = 0; i < 10; ++i) {
      client.Send(Text(stun_.Make(end.local())), hub_->port());
      const std::string datagram = client.Await();
      const auto answer = stun_.Read(Span(datagram));
      if (!answer) continue;
      EXPECT_EQ(answer->mapped.port, client.port());
      return answer->error == 0;
    }
    return false;
  }
  // Waits for the counters, whose changes nobody tells.
  bool AwaitCounters(
      absl::FunctionRef<bool(const SinglePortCounters&)> condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (!condition(hub_->counters())) {
      if (absl::Now() > deadline) return false;
      // A turn of the loop that reads.
      On(pool_->loop(0), [] {});
    }
    return true;
  }

  size_t fds_before_ = 0;
  FdBudget fds_{64};
  PortRegistry ports_;
  TransportOptions options_;
  std::unique_ptr<EventLoopPool> pool_;
  std::unique_ptr<SinglePortHub> hub_;
  std::vector<std::unique_ptr<SinglePortFactory>> factories_;
  std::vector<std::unique_ptr<LibniceFactory>> libnice_;
  CheckClient stun_;
};

TEST_F(SinglePortTest, OnePortOnEveryAddressForPeersOfEveryLoop) {
  Open();
  EXPECT_EQ(fds_.in_use(), 2);
  ASSERT_EQ(hub_->sockets().size(), 2u);
  EXPECT_EQ(hub_->sockets()[0].port, hub_->sockets()[1].port);
  std::vector<std::unique_ptr<Endpoint>> ends;
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < 6; ++i) {
    ends.push_back(MakeStarted(i % 2));
    clients.push_back(std::make_unique<Client>());
    ASSERT_TRUE(Nominate(*clients[i], *ends[i]));
    ASSERT_TRUE(ends[i]->AwaitState(ConnectionState::kConnected));
  }
  for (size_t i = 0; i < 6; ++i) {
    const std::string text = "\x16 for " + std::to_string(i);
    clients[i]->Send(text, hub_->port());
    EXPECT_TRUE(ends[i]->AwaitPacket(text));
    EXPECT_TRUE(ends[i]->Send(text));
    EXPECT_EQ(clients[i]->Await(), text);
  }
  for (auto& end : ends) EXPECT_EQ(end->seen().packets.size(), 1u);
}

TEST_F(SinglePortTest, EveryCheckOfABurstIsAnswered) {
  Open();
  constexpr int kChecks = 100;
  for (size_t loop : {0, 1}) {
    auto end = MakeStarted(loop);
    Client client;
    ASSERT_TRUE(Nominate(client, *end));
    absl::Notification stuck;
    absl::Notification go_on;
    pool_->loop(0).Post([&] {
      stuck.Notify();
      go_on.WaitForNotification();
    });
    stuck.WaitForNotification();
    for (int i = 0; i < kChecks; ++i) {
      client.Send(Text(stun_.Make(end->local())), hub_->port());
    }
    go_on.Notify();
    for (int i = 0; i < kChecks; ++i) {
      const std::string datagram = client.Await();
      const auto answer = stun_.Read(Span(datagram));
      ASSERT_TRUE(answer.has_value()) << i;
      ASSERT_EQ(answer->error, 0);
    }
  }
  EXPECT_EQ(hub_->counters().unsent, 0u);
}

TEST_F(SinglePortTest, AFloodOfStrangersLeavesNothing) {
  Open();
  auto end = MakeStarted(1);
  Client stranger;
  const Credentials nobody = MakeCredentials(SystemRandom());
  const std::string check = Text(stun_.Make(nobody));
  for (int i = 0; i < 2000; ++i) {
    stranger.Send(check, hub_->port());
    stranger.Send("\x16 data", hub_->port());
    stranger.Send(std::string_view("\x00\x01 not STUN", 11), hub_->port());
  }
  ASSERT_TRUE(AwaitCounters([](const SinglePortCounters& c) {
    return c.unknown_ufrag > 0 && c.unknown_path > 0 && c.malformed > 0;
  }));
  Client client;
  EXPECT_TRUE(Nominate(client, *end));
  EXPECT_FALSE(stranger.TryReceive().has_value());
  EXPECT_EQ(hub_->ufrags(), 1u);
  EXPECT_EQ(hub_->paths(), 1u);
}

TEST_F(SinglePortTest, AClosedTransportIsForgottenAtOnce) {
  Open();
  auto end = MakeStarted(0);
  Client client;
  ASSERT_TRUE(Nominate(client, *end));
  end->CloseAndWait();
  EXPECT_EQ(hub_->ufrags(), 0u);
  EXPECT_EQ(hub_->paths(), 0u);
  client.Send(Text(stun_.Make(end->local())), hub_->port());
  client.Send("\x16 data", hub_->port());
  EXPECT_TRUE(AwaitCounters([](const SinglePortCounters& c) {
    return c.unknown_ufrag == 1 && c.unknown_path == 1;
  }));
  EXPECT_FALSE(client.TryReceive().has_value());
}

TEST_F(SinglePortTest, ALoopThatDoesNotFollowLosesDatagramsNotMemory) {
  Open({.queue_bytes = 4096});
  auto end = MakeStarted(1);
  Client client;
  ASSERT_TRUE(Nominate(client, *end));
  ASSERT_TRUE(end->AwaitState(ConnectionState::kConnected));
  absl::Notification stuck;
  absl::Notification go_on;
  pool_->loop(1).Post([&] {
    stuck.Notify();
    go_on.WaitForNotification();
  });
  stuck.WaitForNotification();
  const std::string text = "\x16" + std::string(999, 'x');
  for (int i = 0; i < 20; ++i) client.Send(text, hub_->port());
  EXPECT_TRUE(AwaitCounters(
      [](const SinglePortCounters& c) { return c.queue_full == 17; }));
  go_on.Notify();
  EXPECT_TRUE(end->Await(
      [](const Endpoint::Seen& seen) { return seen.packets.size() == 3; }));
  client.Send("\x16 on it goes", hub_->port());
  EXPECT_TRUE(end->AwaitPacket("\x16 on it goes"));
}

TEST_F(SinglePortTest, AClientWhoseAddressChangesGoesOn) {
  Open();
  auto end = MakeStarted(1);
  Client before;
  Client after;
  ASSERT_TRUE(Nominate(before, *end));
  ASSERT_TRUE(end->AwaitState(ConnectionState::kConnected));
  ASSERT_TRUE(end->Send("\x16 here"));
  EXPECT_EQ(before.Await(), "\x16 here");
  ASSERT_TRUE(Nominate(after, *end));
  after.Send("\x16 moved", hub_->port());
  ASSERT_TRUE(end->AwaitPacket("\x16 moved"));
  ASSERT_TRUE(end->Send("\x16 there"));
  EXPECT_EQ(after.Await(), "\x16 there");
  EXPECT_EQ(end->seen().states, std::vector{ConnectionState::kConnected});
}

TEST_F(SinglePortTest, LargeDatagramsComeWhole) {
  Open();
  auto end = MakeStarted(0);
  Client client;
  ASSERT_TRUE(Nominate(client, *end));
  const std::string text = "\x16" + std::string(60000, 'x');
  client.Send(text, hub_->port());
  EXPECT_TRUE(end->AwaitPacket(text));
}

TEST_F(SinglePortTest, APortInUseIsToldWithItsAddress) {
  Open();
  const auto second =
      SinglePortHub::Create({.port = hub_->port()}, options_.addresses, fds_);
  EXPECT_TRUE(HasReason(second.status(), Reason::kPorts)) << second.status();
  EXPECT_NE(second.status().message().find("127.0.0.1:" +
                                           std::to_string(hub_->port())),
            absl::string_view::npos)
      << second.status();
  EXPECT_EQ(fds_.in_use(), 2);
  const auto foreign =
      SinglePortHub::Create({}, {.addresses = {"192.0.2.1"}}, fds_);
  EXPECT_TRUE(HasReason(foreign.status(), Reason::kArgument))
      << foreign.status();
}

// Told of each other as by descriptions: the full one knows that the other one
// is lite.
void ExchangeWithLite(Endpoint& full, Endpoint& lite) {
  full.Do([&](IceTransport& ice) {
    const absl::Status set = ice.SetRemote(
        {.ufrag = lite.local().ufrag, .pwd = lite.local().pwd, .lite = true});
    EXPECT_TRUE(set.ok()) << set;
  });
  lite.Do([&](IceTransport& ice) {
    const absl::Status set =
        ice.SetRemote({.ufrag = full.local().ufrag, .pwd = full.local().pwd});
    EXPECT_TRUE(set.ok()) << set;
  });
  for (auto [from, to] : {std::pair(&full, &lite), std::pair(&lite, &full)}) {
    ASSERT_TRUE(from->AwaitGathered());
    to->Do([&](IceTransport& ice) {
      for (const auto& [ufrag, candidate] : from->seen().candidates) {
        if (ufrag != from->local().ufrag) continue;
        EXPECT_TRUE(ice.AddRemoteCandidate(candidate).ok());
      }
      ice.EndOfRemoteCandidates();
    });
  }
}

// Until the newest generation carries the data, which nobody tells.
bool AwaitNewest(Endpoint& end) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  bool newest = false;
  while (!newest && absl::Now() < deadline) {
    end.Do([&](IceTransport& ice) {
      newest = ice.Measure().ufrag == end.local().ufrag;
    });
  }
  return newest;
}

TEST_F(SinglePortTest, ConnectsToAFullAgentAndRestarts) {
  Open();
  for (size_t loop : {0, 1}) {
    Endpoint full(pool_->loop(0), Libnice(0), options_);
    auto lite = MakeEnd(loop);
    for (const char* text : {"first", "after a restart"}) {
      ASSERT_TRUE(full.Start(Role::kControlling).ok());
      ASSERT_TRUE(lite->Start(Role::kControlled).ok());
      ASSERT_NO_FATAL_FAILURE(ExchangeWithLite(full, *lite));
      ASSERT_TRUE(lite->AwaitState(ConnectionState::kCompleted));
      ASSERT_TRUE(full.AwaitState(ConnectionState::kCompleted));
      // Both now send over the newest generation.
      ASSERT_TRUE(AwaitNewest(full));
      ASSERT_TRUE(AwaitNewest(*lite));
      ASSERT_TRUE(full.Send(std::string("\x16 to lite ") + text));
      ASSERT_TRUE(lite->Send(std::string("\x16 to full ") + text));
      EXPECT_TRUE(lite->AwaitPacket(std::string("\x16 to lite ") + text));
      EXPECT_TRUE(full.AwaitPacket(std::string("\x16 to full ") + text));
    }
    lite->Do([&](IceTransport& ice) {
      EXPECT_EQ(ice.SelectedPair()->local.port, hub_->port());
      EXPECT_EQ(ice.counters().restarts, 1u);
    });
  }
}

}  // namespace
}  // namespace parley::ice::testing
