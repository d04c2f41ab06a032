// An engine with native peers on loopback, and what tests do with them. Test
// threads only.
#ifndef PARLEY_TESTS_CORE_POOL_ENGINE_FIXTURE_H_
#define PARLEY_TESTS_CORE_POOL_ENGINE_FIXTURE_H_

#include <dirent.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "core/pool/engine.h"
#include "gtest/gtest.h"

namespace parley::pool {

using peer::ConnectionState;
using peer::Peer;
using peer::View;

inline constexpr absl::Duration kPatience = absl::Seconds(60);

inline size_t CountEntries(const char* directory) {
  size_t count = 0;
  DIR* dir = opendir(directory);
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}
inline size_t OpenDescriptors() { return CountEntries("/proc/self/fd"); }
inline size_t Threads() { return CountEntries("/proc/self/task"); }

inline EngineOptions OnLoopback() {
  EngineOptions options;
  options.event_loops = 2;
  options.ice.addresses.addresses = {"127.0.0.1"};
  return options;
}

inline peer::PeerInit WithChannel() {
  peer::PeerInit init;
  peer::ChannelSpec spec;
  spec.init.label = "chat";
  init.channels.push_back(std::move(spec));
  init.lease_ttl = absl::ZeroDuration();
  return init;
}

inline EngineOptions WithSharedPort() {
  EngineOptions options = OnLoopback();
  options.single_port.emplace();
  return options;
}

inline peer::PeerInit SinglePort(bool with_channel) {
  peer::PeerInit init = with_channel ? WithChannel() : peer::PeerInit();
  init.configuration.ice_lite = true;
  init.lease_ttl = absl::ZeroDuration();
  return init;
}

// Waits for events of a peer until a state is reached.
class Awaiter : public peer::Watcher,
                public std::enable_shared_from_this<Awaiter> {
 public:
  using Condition = std::function<bool(Peer&)>;

  // Whether `condition`, evaluated on the strand after each event, came true.
  static bool Await(const std::shared_ptr<Peer>& peer, Condition condition) {
    auto awaiter = std::make_shared<Awaiter>(peer, std::move(condition));
    peer->AddWatcher(awaiter);
    const bool came = awaiter->done_.WaitForNotificationWithTimeout(kPatience);
    peer->RemoveWatcher(awaiter.get());
    return came;
  }

  Awaiter(std::weak_ptr<Peer> peer, Condition condition)
      : peer_(std::move(peer)), condition_(std::move(condition)) {}

  void OnEventsAvailable() override {
    const std::shared_ptr<Peer> peer = peer_.lock();
    if (peer == nullptr || done_.HasBeenNotified()) return;
    if (condition_(*peer)) done_.Notify();
  }

 private:
  const std::weak_ptr<Peer> peer_;
  const Condition condition_;
  absl::Notification done_;
};

inline bool AwaitConnected(const std::shared_ptr<Peer>& peer) {
  return Awaiter::Await(peer, [](Peer& p) {
    return p.CurrentView().state.connection_state ==
           ConnectionState::kConnected;
  });
}

class EngineTest : public ::testing::Test {
 protected:
  void Make(EngineOptions options) {
    auto engine = Engine::Create(std::move(options));
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  std::shared_ptr<Peer> MakePeer(peer::PeerInit init) {
    auto peer = engine_->pool().Create(std::move(init), "", 0);
    EXPECT_TRUE(peer.ok()) << peer.status();
    return *peer;
  }
  std::shared_ptr<Peer> MakePeer() {
    peer::PeerInit init;
    init.lease_ttl = absl::ZeroDuration();
    return MakePeer(std::move(init));
  }

  // Calls one of the peer's operations and waits for its answer.
  template <typename Start>
  static absl::Status Await(Start start) {
    absl::Notification done;
    absl::Status result;
    start([&](absl::Status status, const View&) {
      result = std::move(status);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }
  static absl::Status SetLocal(Peer& peer) {
    return Await([&](peer::StatusReply reply) {
      peer.SetLocalDescription({}, std::nullopt, "", std::move(reply));
    });
  }
  static absl::Status SetRemote(Peer& peer, jsep::SdpType type,
                                std::string text) {
    return Await([&](peer::StatusReply reply) {
      peer.SetRemoteDescription({}, type, std::move(text), "", false,
                                std::move(reply));
    });
  }
  static absl::Status CreateOffer(Peer& peer) {
    absl::Notification done;
    absl::Status result;
    peer.CreateOffer({}, {}, [&](auto created, const View&) {
      result = created.status();
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }

  // Half-trickle: the description, if its candidates are all there.
  static bool TakeGatheredText(Peer& peer, std::string& text) {
    const View view = peer.CurrentView();
    if (view.state.ice_gathering_state != ice::GatheringState::kComplete) {
      return false;
    }
    text = jsep::TextWithCandidates(view.session, jsep::Side::kLocal,
                                    *jsep::LocalDescription(view.session));
    return true;
  }

  // The same, once they are.
  static std::string GatheredText(const std::shared_ptr<Peer>& peer) {
    std::string text;
    EXPECT_TRUE(Awaiter::Await(
        peer, [&text](Peer& p) { return TakeGatheredText(p, text); }));
    return text;
  }

  static void Connect(const std::shared_ptr<Peer>& a,
                      const std::shared_ptr<Peer>& b) {
    ASSERT_EQ(SetLocal(*a), absl::OkStatus());
    ASSERT_EQ(SetRemote(*b, jsep::SdpType::kOffer, GatheredText(a)),
              absl::OkStatus());
    ASSERT_EQ(SetLocal(*b), absl::OkStatus());
    ASSERT_EQ(SetRemote(*a, jsep::SdpType::kAnswer, GatheredText(b)),
              absl::OkStatus());
    ASSERT_TRUE(AwaitConnected(a));
    ASSERT_TRUE(AwaitConnected(b));
  }

  static void Close(Peer& peer) {
    absl::Notification closed;
    peer.Close(peer::CloseReason::kRequested, "",
               [&](const View&) { closed.Notify(); });
    ASSERT_TRUE(closed.WaitForNotificationWithTimeout(kPatience));
  }

  std::unique_ptr<Engine> engine_;
};

// Reads everything that comes on one channel.
class Reader : public peer::ChannelEnd {
 public:
  explicit Reader(Peer& peer) : peer_(peer) {}
  void OnMessagesAvailable(sctp::ChannelKey channel) override {
    absl::MutexLock lock(&mutex_);
    while (auto message = peer_.channel_ends().Next(channel, last_)) {
      last_ = message->sequence;
      messages_.push_back(message->data);
      peer_.channel_ends().Acknowledge(channel, last_);
    }
  }
  void OnChannelState(const sctp::Channel&) override {}
  void OnBufferedAmountFell(const sctp::Channel&) override {}
  void OnDetached(sctp::ChannelKey, const absl::Status&) override {}

  std::vector<std::string> AwaitMessages(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count] {
      mutex_.AssertHeld();
      return messages_.size() >= count;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience);
    return messages_;
  }

 private:
  Peer& peer_;
  absl::Mutex mutex_;
  uint64_t last_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> messages_ ABSL_GUARDED_BY(mutex_);
};

inline sctp::ChannelKey AwaitOpenChannel(const std::shared_ptr<Peer>& peer) {
  sctp::ChannelKey key = 0;
  EXPECT_TRUE(Awaiter::Await(peer, [&key](Peer& p) {
    for (const sctp::Channel* channel : p.channels().All()) {
      if (channel->state == sctp::ChannelState::kOpen) key = channel->key;
    }
    return key != 0;
  }));
  return key;
}

inline std::shared_ptr<Reader> Attach(const std::shared_ptr<Peer>& peer,
                                      sctp::ChannelKey channel) {
  auto reader = std::make_shared<Reader>(*peer);
  absl::Notification attached;
  peer->Post([&] {
    EXPECT_EQ(
        peer->channel_ends().AttachReader(channel, reader, false, std::nullopt),
        absl::OkStatus());
    reader->OnMessagesAvailable(channel);
    attached.Notify();
  });
  attached.WaitForNotification();
  return reader;
}

inline absl::Status Send(Peer& peer, sctp::ChannelKey channel, bool binary,
                         std::string data) {
  absl::Notification done;
  absl::Status result;
  peer.SendMessage({}, channel, binary, std::move(data),
                   [&](absl::Status status, const View&) {
                     result = std::move(status);
                     done.Notify();
                   });
  done.WaitForNotification();
  return result;
}

// Sends numbers from one peer to the other until it is destroyed, each as soon
// as the one before has arrived.
class Flow {
 public:
  Flow(Peer& from, sctp::ChannelKey channel, std::shared_ptr<Reader> to)
      : thread_([this, &from, channel, to = std::move(to)] {
          while (!stop_) {
            const int next = arrived_;
            ASSERT_EQ(Send(from, channel, false, std::to_string(next)),
                      absl::OkStatus());
            const auto messages = to->AwaitMessages(next + 1);
            ASSERT_EQ(messages.size(), static_cast<size_t>(next + 1));
            ASSERT_EQ(messages.back(), std::to_string(next));
            ++arrived_;
          }
        }) {}
  ~Flow() {
    stop_ = true;
    thread_.join();
  }
  int arrived() const { return arrived_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<int> arrived_ = 0;
  std::thread thread_;
};

}  // namespace parley::pool

#endif  // PARLEY_TESTS_CORE_POOL_ENGINE_FIXTURE_H_
