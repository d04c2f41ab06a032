#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "core/ice/libnice_factory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/ice/endpoint.h"
#include "tests/core/ice/libnice_fixture.h"

// The fixture checks after each test that no agent, descriptor, thread or lease
// is left.
namespace parley::ice::testing {
namespace {

using ::testing::SizeIs;

using State = ConnectionState;

class LibniceCloseTest : public LibniceFixture {};

TEST_F(LibniceCloseTest, BeforeStart) {
  Endpoint a(loop(), factory(), Loopback());
  a.CloseAndWait();
  a.Do([](IceTransport& ice) { EXPECT_EQ(ice.state(), State::kClosed); });
}

TEST_F(LibniceCloseTest, NeverStartedAndNeverClosed) {
  Endpoint a(loop(), factory(), Loopback());
}

TEST_F(LibniceCloseTest, RightAfterStart) {
  Endpoint a(loop(), factory(), Both());
  absl::Notification closed;
  bool inside = true;
  a.Do([&](IceTransport& ice) {
    ASSERT_TRUE(
        ice.Start(MakeCredentials(SystemRandom()), Role::kControlled).ok());
    ice.Close([&] {
      EXPECT_FALSE(inside);
      closed.Notify();
    });
    inside = false;
    EXPECT_EQ(ice.state(), State::kClosed);
  });
  closed.WaitForNotification();
  EXPECT_THAT(a.seen().gathering, SizeIs(0));
}

TEST_F(LibniceCloseTest, AfterGathering) {
  Endpoint a(loop(), factory(), Both());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(a.AwaitGathered());
}

TEST_F(LibniceCloseTest, WhileChecking) {
  Endpoint a(loop(), factory(), Loopback());
  Endpoint b(loop(), factory(), Loopback());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  ASSERT_TRUE(b.AwaitGathered());
  a.Do([&](IceTransport& ice) {
    ASSERT_TRUE(ice.SetRemote({"abcd", std::string(22, 'p')}).ok());
    sdp::Candidate candidate = b.seen().candidates[0].second;
    candidate.ufrag = "";
    ASSERT_TRUE(ice.AddRemoteCandidate(candidate).ok());
  });
  ASSERT_TRUE(a.AwaitState(State::kChecking));
  a.CloseAndWait();
}

TEST_F(LibniceCloseTest, Connected) {
  Endpoint a(loop(), factory(), Both());
  Endpoint b(loop(1), factory(1), Both());
  ASSERT_TRUE(Connect(a, b));
  const size_t states = a.seen().states.size();
  a.CloseAndWait();
  EXPECT_FALSE(a.Send("x"));
  EXPECT_EQ(a.seen().states.size(), states) << "close tells no event";
}

TEST_F(LibniceCloseTest, InTheMiddleOfARestart) {
  Endpoint a(loop(), factory(), Loopback());
  Endpoint b(loop(), factory(), Loopback());
  ASSERT_TRUE(Connect(a, b));
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  EXPECT_EQ(LibniceFactory::LiveAgents(), 4);
  a.CloseAndWait();
  EXPECT_EQ(LibniceFactory::LiveAgents(), 2);
}

TEST_F(LibniceCloseTest, FromInsideAPacketAndAStateAndACandidate) {
  for (int from = 0; from < 3; ++from) {
    Endpoint a(loop(), factory(), Loopback());
    Endpoint b(loop(), factory(), Loopback());
    auto close = [&] { a.Close(); };
    auto close_now = [&] {
      a.transport().Close([] {});
      close();
    };
    if (from == 0) a.on_packet = [&](std::string_view) { close_now(); };
    if (from == 1) {
      a.on_state = [&](State state) {
        if (state == State::kConnected) close_now();
      };
    }
    if (from == 2) a.on_candidate = [&](const sdp::Candidate&) { close_now(); };
    ASSERT_TRUE(a.Start(Role::kControlling).ok());
    ASSERT_TRUE(b.Start(Role::kControlled).ok());
    if (from != 2) {
      Exchange(a, b);
      ASSERT_TRUE(b.AwaitState(State::kConnected));
    }
    if (from == 0) {
      EXPECT_TRUE(b.Send("close"));
    }
    EXPECT_TRUE(a.Await([](const Endpoint::Seen& s) { return s.closed; }))
        << from;
  }
}

TEST_F(LibniceCloseTest, AClosedTransportRefusesEverything) {
  Endpoint a(loop(), factory(), Loopback());
  a.CloseAndWait();
  a.Do([](IceTransport& ice) {
    auto closed = [](const absl::Status& status) {
      return HasReason(status, Reason::kPeerClosed);
    };
    EXPECT_TRUE(
        closed(ice.Start(MakeCredentials(SystemRandom()), Role::kControlled)));
    EXPECT_TRUE(closed(ice.SetRemote({"abcd", std::string(22, 'p')})));
    EXPECT_TRUE(closed(ice.AddRemoteCandidate({}).status()));
    ice.EndOfRemoteCandidates();
    ice.Rollback();
    const uint8_t byte = 0;
    EXPECT_FALSE(ice.Send({&byte, 1}));
    EXPECT_EQ(ice.SelectedPair(), std::nullopt);
  });
}

TEST_F(LibniceCloseTest, EveryCloseIsAnsweredAlsoALateOne) {
  Endpoint a(loop(), factory(), Loopback());
  ASSERT_TRUE(a.Start(Role::kControlling).ok());
  absl::Notification first;
  absl::Notification second;
  a.Do([&](IceTransport& ice) {
    ice.Close([&] { first.Notify(); });
    ice.Close([&] { second.Notify(); });
  });
  first.WaitForNotification();
  second.WaitForNotification();
}

TEST_F(LibniceCloseTest, AThousandLivesLeaveNothing) {
  size_t fds = 0;
  for (int i = 0; i < 1000; ++i) {
    Endpoint a(loop(i % 2), factory(i % 2), Loopback());
    ASSERT_TRUE(a.Start(Role::kControlling).ok());
    a.CloseAndWait();
    if (i == 10) fds = CountFds();
  }
  EXPECT_EQ(CountFds(), fds);
}

TEST_F(LibniceCloseTest, StoppingTheLoopUnderOpenTransportsFreesThem) {
  FdBudget budget(64);
  PortRegistry registry;
  auto own = EventLoop::Create("own");
  ASSERT_TRUE(own.ok());
  auto ends =
      std::make_unique<LibniceFactory>(**own, budget, registry, SystemRandom());
  struct Deaf : IceTransport::Observer {
    void OnLocalCandidate(std::string_view, const sdp::Candidate&) override {}
    void OnGatheringState(std::string_view, GatheringState) override {}
    void OnGatheringError(std::string_view, const absl::Status&) override {}
    void OnConnectionState(State) override {}
    void OnPacket(std::span<const uint8_t>) override {}
    void OnSelectedPair(const CandidatePair&) override {}
  } observer;
  std::unique_ptr<IceTransport> ice;
  On(**own, [&] {
    ice = ends->Create(std::make_shared<TransportOptions>(Loopback()), {},
                       observer);
    EXPECT_TRUE(
        ice->Start(MakeCredentials(SystemRandom()), Role::kControlled).ok());
  });
  (*own)->Stop();
  ice.reset();
  ends.reset();
  EXPECT_EQ(LibniceFactory::LiveAgents(), 0);
  EXPECT_EQ(budget.in_use(), 0);
}

class LibniceLimitsTest : public LibniceFixture {};

TEST_F(LibniceLimitsTest, PortsOfTheRangeAreUsedOnceAndGivenBack) {
  TransportOptions options = Loopback();
  options.min_port = FreeUdpPort();
  options.max_port = options.min_port;
  {
    Endpoint a(loop(), factory(), options);
    Endpoint b(loop(1), factory(1), options);
    ASSERT_TRUE(a.Start(Role::kControlling).ok());
    ASSERT_TRUE(a.AwaitGathered());
    EXPECT_EQ(a.seen().candidates[0].second.port, options.min_port);
    EXPECT_TRUE(HasReason(b.Start(Role::kControlled), Reason::kPorts));
    a.CloseAndWait();
    EXPECT_TRUE(b.Start(Role::kControlled).ok());
  }
}

TEST_F(LibniceLimitsTest, AnAddressThatIsNotOursIsSaidSo) {
  // TEST-NET-1: nobody's.
  Endpoint a(loop(), factory(), With({"192.0.2.1"}));
  const absl::Status status = a.Start(Role::kControlling);
  EXPECT_TRUE(HasReason(status, Reason::kResourceInspection)) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("192.0.2.1"));
  a.Do([](IceTransport& ice) {
    EXPECT_EQ(ice.gathering_state(), GatheringState::kNew);
  });
  EXPECT_THAT(a.seen().gathering, SizeIs(0));
}

TEST_F(LibniceLimitsTest, WithoutAddressesThereIsNoGathering) {
  TransportOptions options;
  options.addresses.interfaces = {"no such interface"};
  Endpoint a(loop(), factory(), options);
  EXPECT_TRUE(
      HasReason(a.Start(Role::kControlling), Reason::kResourceInspection));
}

TEST_F(LibniceLimitsTest, DescriptorsThatRunOutAreAnErrorNotAnAbort) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = 128;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  std::vector<std::unique_ptr<Endpoint>> ends;
  absl::Status status;
  while (status.ok() && ends.size() < 128) {
    ends.push_back(std::make_unique<Endpoint>(loop(), factory(), Loopback()));
    status = ends.back()->Start(Role::kControlled);
  }
  EXPECT_TRUE(HasReason(status, Reason::kFileDescriptors)) << status;
  EXPECT_GT(ends.size(), 10u);
  // The others live.
  ASSERT_TRUE(ends[0]->AwaitGathered());
  ends.clear();
  setrlimit(RLIMIT_NOFILE, &before);
}

// The budget says that there are enough; each number of descriptors less than
// an agent needs has to be found out before GLib aborts for it.
TEST_F(LibniceLimitsTest, DescriptorsThatOthersUsedUpAreAnErrorToo) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  FdBudget generous(0);
  auto own = std::make_unique<LibniceFactory>(loop(), generous, ports(),
                                              SystemRandom());
  int refused = 0;
  bool started = false;
  for (int spare = 0; !started && spare < 32; ++spare) {
    Endpoint a(loop(), *own, Loopback());
    const int next = dup(0);
    close(next);
    rlimit tight = before;
    tight.rlim_cur = next + spare;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const absl::Status status = a.Start(Role::kControlled);
    setrlimit(RLIMIT_NOFILE, &before);
    started = status.ok();
    if (started) continue;
    ++refused;
    EXPECT_TRUE(HasReason(status, Reason::kFileDescriptors)) << status;
    EXPECT_EQ(LibniceFactory::LiveAgents(), 0);
  }
  EXPECT_TRUE(started);
  EXPECT_GE(refused, 3);
  On(loop(), [&] { own.reset(); });
}

}  // namespace
}  // namespace parley::ice::testing
