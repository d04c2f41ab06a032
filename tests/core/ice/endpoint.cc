#include "tests/core/ice/endpoint.h"

#include <algorithm>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace parley::ice::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

void On(EventLoop& loop, absl::FunctionRef<void()> work) {
  absl::Notification done;
  ASSERT_TRUE(loop.Post([&] {
    work();
    done.Notify();
  }));
  done.WaitForNotification();
}

Endpoint::Endpoint(EventLoop& loop, IceTransportFactory& factory,
                   TransportOptions options,
                   GatheringConfiguration configuration)
    : loop_(loop) {
  On(loop_, [&] {
    transport_ =
        factory.Create(std::make_shared<TransportOptions>(std::move(options)),
                       std::move(configuration), *this);
  });
}

Endpoint::~Endpoint() {
  if (!close_called_) Close();
  EXPECT_TRUE(Await([](const Seen& s) { return s.closed; }))
      << "the transport did not close";
  On(loop_, [&] { transport_.reset(); });
}

void Endpoint::Do(absl::FunctionRef<void(IceTransport&)> work) {
  On(loop_, [&] { work(*transport_); });
}

absl::Status Endpoint::Start(Role role) {
  local_ = MakeCredentials(SystemRandom());
  absl::Status status;
  Do([&](IceTransport& ice) {
    const size_t before = seen().gathering.size();
    status = ice.Start(local_, role);
    EXPECT_EQ(seen().gathering.size(), before) << "told from inside a method";
  });
  return status;
}

bool Endpoint::Send(std::string packet) {
  bool sent = false;
  Do([&](IceTransport& ice) { sent = ice.Send(Bytes(packet)); });
  return sent;
}

void Endpoint::Close() {
  close_called_ = true;
  loop_.Post([this] {
    transport_->Close([this] {
      absl::MutexLock lock(&mutex_);
      seen_.closed = true;
    });
  });
}

void Endpoint::CloseAndWait() {
  Close();
  EXPECT_TRUE(Await([](const Seen& s) { return s.closed; }));
}

bool Endpoint::Await(absl::FunctionRef<bool(const Seen&)> condition) {
  absl::MutexLock lock(&mutex_);
  auto met = [&] {
    mutex_.AssertHeld();
    return condition(seen_);
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&met), kPatience);
}

bool Endpoint::AwaitState(ConnectionState state) {
  return Await([=](const Seen& s) {
    return std::find(s.states.begin(), s.states.end(), state) != s.states.end();
  });
}

bool Endpoint::AwaitGathered() {
  return Await([this](const Seen& s) {
    return !s.gathering.empty() &&
           s.gathering.back() ==
               std::pair(local_.ufrag, GatheringState::kComplete);
  });
}

bool Endpoint::AwaitPacket(std::string_view packet) {
  return Await([=](const Seen& s) {
    return std::find(s.packets.begin(), s.packets.end(), packet) !=
           s.packets.end();
  });
}

Endpoint::Seen Endpoint::seen() {
  absl::MutexLock lock(&mutex_);
  return seen_;
}

void Endpoint::OnLocalCandidate(std::string_view ufrag,
                                const sdp::Candidate& candidate) {
  EXPECT_TRUE(loop_.OnExecutor());
  if (on_candidate) on_candidate(candidate);
  absl::MutexLock lock(&mutex_);
  seen_.candidates.emplace_back(ufrag, candidate);
}

void Endpoint::OnGatheringState(std::string_view ufrag, GatheringState state) {
  absl::MutexLock lock(&mutex_);
  seen_.gathering.emplace_back(ufrag, state);
}

void Endpoint::OnGatheringError(std::string_view, const absl::Status& error) {
  absl::MutexLock lock(&mutex_);
  seen_.errors.push_back(error);
}

void Endpoint::OnConnectionState(ConnectionState state) {
  EXPECT_TRUE(loop_.OnExecutor());
  if (on_state) on_state(state);
  absl::MutexLock lock(&mutex_);
  seen_.states.push_back(state);
}

void Endpoint::OnPacket(std::span<const uint8_t> packet) {
  std::string text(packet.begin(), packet.end());
  if (on_packet) on_packet(text);
  absl::MutexLock lock(&mutex_);
  seen_.packets.push_back(std::move(text));
}

void Endpoint::OnSelectedPair(const CandidatePair& pair) {
  absl::MutexLock lock(&mutex_);
  seen_.pairs.push_back(pair);
}

namespace {

void Tell(Endpoint& from, Endpoint& to) {
  const Credentials local = from.local();
  to.Do([&](IceTransport& ice) {
    const absl::Status set =
        ice.SetRemote({.ufrag = local.ufrag, .pwd = local.pwd});
    EXPECT_TRUE(set.ok()) << set;
  });
  ASSERT_TRUE(from.AwaitGathered());
  to.Do([&](IceTransport& ice) {
    for (const auto& [ufrag, candidate] : from.seen().candidates) {
      if (ufrag != local.ufrag) continue;
      const auto use = ice.AddRemoteCandidate(candidate);
      ASSERT_TRUE(use.ok()) << use.status();
      EXPECT_EQ(*use, CandidateUse::kApplied);
    }
    ice.EndOfRemoteCandidates();
  });
}

}  // namespace

void Exchange(Endpoint& a, Endpoint& b) {
  Tell(a, b);
  Tell(b, a);
}

bool Connect(Endpoint& a, Endpoint& b) {
  const absl::Status a_started = a.Start(Role::kControlling);
  const absl::Status b_started = b.Start(Role::kControlled);
  EXPECT_TRUE(a_started.ok()) << a_started;
  EXPECT_TRUE(b_started.ok()) << b_started;
  if (!a_started.ok() || !b_started.ok()) return false;
  Exchange(a, b);
  return a.AwaitState(ConnectionState::kCompleted) &&
         b.AwaitState(ConnectionState::kCompleted);
}

}  // namespace parley::ice::testing
