// Native peers that are closed at every moment of their lives: while gathering,
// after each transition of the connection, in a restart, under traffic. Each
// close ends, and nothing is left. 1,000 times; PARLEY_FULL=1: 10,000.

#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/base/errors.h"
#include "core/ice/libnice_factory.h"
#include "tests/core/pool/engine_fixture.h"

namespace parley::pool {
namespace {

size_t Closes() {
  const char* full = std::getenv("PARLEY_FULL");
  return full != nullptr && std::string(full) == "1" ? 10'000 : 1'000;
}

constexpr int kMessages = 20;
constexpr size_t kMessageBytes = 2'000;

// Closes its peer from inside the event with that number.
class Closer final : public peer::Watcher,
                     public std::enable_shared_from_this<Closer> {
 public:
  Closer(std::shared_ptr<Peer> peer, size_t moment)
      : peer_(std::move(peer)), moment_(moment) {}

  void OnEventsAvailable() override {
    if (events_++ == moment_) Close();
  }
  void Close() {
    peer_->Close(peer::CloseReason::kRequested, "",
                 [self = shared_from_this()](const View&) {
                   // Once for each call.
                   if (!self->done_.exchange(true)) self->closed_.Notify();
                 });
  }
  bool AwaitClosed() {
    return closed_.WaitForNotificationWithTimeout(kPatience);
  }
  size_t events() const { return events_; }

 private:
  const std::shared_ptr<Peer> peer_;
  const size_t moment_;
  std::atomic<size_t> events_ = 0;
  std::atomic<bool> done_ = false;
  absl::Notification closed_;
};

bool IsClosed(Peer& peer) {
  return peer.CurrentView().info.closure.has_value();
}

// Counts the replies to calls that may end with the peer.
class Replies {
 public:
  peer::StatusReply Next() {
    ++open_;
    return [this](const absl::Status& status, const View&) {
      EXPECT_TRUE(status.ok() || HasReason(status, Reason::kPeerClosed) ||
                  HasReason(status, Reason::kChannelNotOpen) ||
                  HasReason(status, Reason::kChannelUnknown))
          << status;
      absl::MutexLock lock(&mutex_);
      --open_;
    };
  }
  bool AwaitAll() {
    absl::MutexLock lock(&mutex_);
    const auto all = [this] { return open_ == 0; };
    return mutex_.AwaitWithTimeout(absl::Condition(&all), kPatience);
  }

 private:
  absl::Mutex mutex_;
  std::atomic<int> open_ = 0;
};

enum class Kind { kFull, kSinglePort };

class CloseTest : public EngineTest,
                  public ::testing::WithParamInterface<Kind> {
 protected:
  std::shared_ptr<Peer> Offerer() {
    return MakePeer(GetParam() == Kind::kFull ? WithChannel()
                                              : SinglePort(true));
  }

  // One life, in which one of the two is closed at the moment if it comes to
  // that, else at the end, under traffic. Returns the events of that one.
  size_t Live(bool offerer, size_t moment) {
    const auto a = Offerer();
    const auto b = MakePeer();
    const auto& victim = offerer ? a : b;
    const auto& other = offerer ? b : a;
    auto closer = std::make_shared<Closer>(victim, moment);
    victim->AddWatcher(closer);
    Replies replies;
    if (Negotiate(a, b) && AwaitOpen(victim)) {
      Talk(a, b, replies);
      if (Succeeds(Await([&](peer::StatusReply reply) {
            a->RestartIce({}, std::move(reply));
          }))) {
        Negotiate(a, b);
      }
      Talk(a, b, replies);
    }
    closer->Close();
    EXPECT_TRUE(closer->AwaitClosed()) << "a close has not ended";
    Close(*other);
    EXPECT_TRUE(replies.AwaitAll()) << "a call has not ended";
    victim->RemoveWatcher(closer.get());
    return closer->events();
  }

 private:
  // Whether it did; it may only fail by the end of the peer.
  static bool Succeeds(const absl::Status& status) {
    EXPECT_TRUE(status.ok() || HasReason(status, Reason::kPeerClosed))
        << status;
    return status.ok();
  }

  // "" once it is closed.
  static std::string TextUnlessClosed(const std::shared_ptr<Peer>& peer) {
    std::string text;
    EXPECT_TRUE(Awaiter::Await(peer, [&text](Peer& p) {
      return IsClosed(p) || TakeGatheredText(p, text);
    }));
    return text;
  }

  // False when one of them was closed before it was over.
  static bool Negotiate(const std::shared_ptr<Peer>& a,
                        const std::shared_ptr<Peer>& b) {
    if (!Succeeds(SetLocal(*a))) return false;
    std::string offer = TextUnlessClosed(a);
    if (offer.empty() ||
        !Succeeds(SetRemote(*b, jsep::SdpType::kOffer, std::move(offer)))) {
      return false;
    }
    if (!Succeeds(SetLocal(*b))) return false;
    std::string answer = TextUnlessClosed(b);
    return !answer.empty() &&
           Succeeds(SetRemote(*a, jsep::SdpType::kAnswer, std::move(answer)));
  }

  static sctp::ChannelKey OpenChannel(Peer& peer) {
    for (const sctp::Channel* channel : peer.channels().All()) {
      if (channel->state == sctp::ChannelState::kOpen) return channel->key;
    }
    return 0;
  }

  // False when it was closed before, or its channel with the other end.
  static bool AwaitOpen(const std::shared_ptr<Peer>& peer) {
    bool open = false;
    EXPECT_TRUE(Awaiter::Await(peer, [&open](Peer& p) {
      open = OpenChannel(p) != 0;
      if (open || IsClosed(p)) return true;
      const auto channels = p.channels().All();
      return std::any_of(channels.begin(), channels.end(),
                         [](const sctp::Channel* channel) {
                           return channel->state == sctp::ChannelState::kClosed;
                         });
    }));
    return open;
  }

  // Both send, and wait for nothing.
  static void Talk(const std::shared_ptr<Peer>& a,
                   const std::shared_ptr<Peer>& b, Replies& replies) {
    for (int i = 0; i < kMessages; ++i) {
      for (const auto& peer : {a, b}) {
        peer->Post([peer, &replies, reply = replies.Next()]() mutable {
          const sctp::ChannelKey channel = OpenChannel(*peer);
          peer->SendMessage({}, channel, true, std::string(kMessageBytes, 'x'),
                            std::move(reply));
        });
      }
    }
  }
};

TEST_P(CloseTest, AtEveryMomentItLeavesNothing) {
  Make(GetParam() == Kind::kFull ? OnLoopback() : WithSharedPort());
  // What is made once, for whoever comes first; and how many moments there are.
  size_t moments[2];
  for (const bool offerer : {false, true}) {
    moments[offerer] = Live(offerer, SIZE_MAX);
    ASSERT_FALSE(HasFailure());
  }
  const size_t descriptors = OpenDescriptors();
  const size_t threads = Threads();
  const int64_t budget = engine_->descriptors().in_use();
  for (size_t i = 0; i < Closes() / 2; ++i) {
    const bool offerer = i % 2 == 0;
    const size_t moment = (i / 2) % (moments[offerer] + 1);
    SCOPED_TRACE((offerer ? "offerer, event " : "answerer, event ") +
                 std::to_string(moment));
    Live(offerer, moment);
    ASSERT_FALSE(HasFailure());
    ASSERT_EQ(engine_->pool().usage().peers, 0u);
  }
  EXPECT_LE(OpenDescriptors(), descriptors);
  EXPECT_EQ(Threads(), threads);
  EXPECT_EQ(engine_->descriptors().in_use(), budget);
  if (const ice::SinglePortHub* hub = engine_->single_port()) {
    EXPECT_EQ(hub->ufrags(), 0u);
    EXPECT_EQ(hub->paths(), 0u);
  }
  engine_.reset();
  EXPECT_EQ(ice::LibniceFactory::LiveAgents(), 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, CloseTest,
                         ::testing::Values(Kind::kFull, Kind::kSinglePort),
                         [](const auto& info) {
                           return info.param == Kind::kFull ? "Full"
                                                            : "SinglePort";
                         });

}  // namespace
}  // namespace parley::pool
