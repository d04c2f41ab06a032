#include "tests/core/ice/wire.h"

#include <optional>
#include <utility>

#include "gtest/gtest.h"

namespace parley::ice::testing {
namespace {

constexpr absl::Duration kWirePatience = absl::Seconds(30);
constexpr std::string_view kBindingRequest("\0\x01", 2);

sdp::Candidate OwnCandidate(Endpoint& end) {
  for (const auto& [ufrag, candidate] : end.seen().candidates) {
    if (ufrag == end.local().ufrag) return candidate;
  }
  ADD_FAILURE() << "nothing was gathered";
  return {};
}

void Tell(Endpoint& end, const Credentials& remote, sdp::Candidate candidate,
          uint16_t port) {
  candidate.port = port;
  end.Do([&](IceTransport& ice) {
    const absl::Status set = ice.SetRemote({remote.ufrag, remote.pwd});
    EXPECT_TRUE(set.ok()) << set;
    const auto use = ice.AddRemoteCandidate(candidate);
    EXPECT_TRUE(use.ok() && *use == CandidateUse::kApplied);
    ice.EndOfRemoteCandidates();
  });
}

}  // namespace

Wire::Wire(EventLoop& loop) : loop_(loop) {
  On(loop_, [&] {
    EXPECT_TRUE(loop_.Watch(for_a_.fd(), EPOLLIN, *this).ok());
    EXPECT_TRUE(loop_.Watch(for_b_.fd(), EPOLLIN, *this).ok());
  });
}

Wire::~Wire() {
  On(loop_, [&] {
    loop_.Unwatch(for_a_.fd(), *this);
    loop_.Unwatch(for_b_.fd(), *this);
  });
}

bool Wire::Join(Endpoint& a, Endpoint& b) {
  const size_t a_pairs = a.seen().pairs.size();
  const size_t b_pairs = b.seen().pairs.size();
  EXPECT_TRUE(a.Start(Role::kControlling).ok());
  EXPECT_TRUE(b.Start(Role::kControlled).ok());
  if (!a.AwaitGathered() || !b.AwaitGathered()) return false;
  const sdp::Candidate from_a = OwnCandidate(a);
  const sdp::Candidate from_b = OwnCandidate(b);
  On(loop_, [&] {
    a_port_ = from_a.port;
    b_port_ = from_b.port;
  });
  Tell(a, b.local(), from_b, for_a_.port());
  Tell(b, a.local(), from_a, for_b_.port());
  auto selected = [](size_t before) {
    return [=](const Endpoint::Seen& s) {
      return s.pairs.size() > before && !s.states.empty() &&
             s.states.back() == ConnectionState::kCompleted;
    };
  };
  return a.Await(selected(a_pairs)) && b.Await(selected(b_pairs));
}

void Wire::SetFilter(Filter filter) {
  On(loop_, [&] { filter_ = std::move(filter); });
}

void Wire::Cut() {
  SetFilter([](From, std::string&) { return false; });
}

// A packet that neither end of the moment has sent is of an earlier one.
void Wire::OnFdReady(int fd, uint32_t) {
  const From from = fd == for_a_.fd() ? From::kA : From::kB;
  const bool is_a = from == From::kA;
  auto packet = (is_a ? for_a_ : for_b_).TryReceive();
  if (!packet || packet->from != (is_a ? a_port_ : b_port_)) return;
  if (is_a) Count(packet->bytes);
  if (filter_ && !filter_(from, packet->bytes)) return;
  (is_a ? for_b_ : for_a_).Send(packet->bytes, is_a ? b_port_ : a_port_);
}

void Wire::Count(std::string_view packet) {
  absl::MutexLock lock(&mutex_);
  ++packets_;
  if (packet.substr(0, 2) == kBindingRequest) ++requests_;
}

size_t Wire::requests() {
  absl::MutexLock lock(&mutex_);
  return requests_;
}

size_t Wire::packets() {
  absl::MutexLock lock(&mutex_);
  return packets_;
}

bool Wire::AwaitRequests(size_t more) {
  absl::MutexLock lock(&mutex_);
  const size_t enough = requests_ + more;
  auto met = [&] {
    mutex_.AssertHeld();
    return requests_ >= enough;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&met), kWirePatience);
}

}  // namespace parley::ice::testing
