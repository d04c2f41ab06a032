// Hostile packets at the ports of connected native peers while messages flow:
// from strangers, and from the very address of the other end. Nothing is lost,
// nothing ends, and nothing grows.

#include <malloc.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <random>
#include <string>

#include "tests/core/ice/check_client.h"
#include "tests/core/pool/engine_fixture.h"
#include "tests/testing/loopback_socket.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace parley::pool {
namespace {

using parley::testing::LoopbackSocket;

size_t HeapBytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
#endif
}

int Rounds() {
  const char* full = std::getenv("PARLEY_FULL");
  return full != nullptr && std::string(full) == "1" ? 3'000 : 300;
}

// What is sent in a round; the flow of messages gets its turn between two.
constexpr int kPacketsPerRound = 64;

// The way between two peers, which are told its ports instead of each other's.
// It remembers what went over it, and sends anything in the name of either.
class Way {
 public:
  enum End { kA, kB };

  Way() : thread_([this] { Carry(); }) {}
  ~Way() {
    stop_ = true;
    for (LoopbackSocket& socket : sockets_) socket.Send("", socket.port());
    thread_.join();
  }

  // The description with the way's port for that of the end, which is noted.
  std::string Redirect(End end, const std::string& description) {
    constexpr std::string_view kBefore = " 127.0.0.1 ";
    constexpr std::string_view kAfter = " typ host";
    const size_t after = description.find(kAfter);
    const size_t before = description.rfind(kBefore, after) + kBefore.size();
    EXPECT_NE(after, std::string::npos);
    EXPECT_EQ(description.find(kAfter, after + 1), std::string::npos);
    ports_[end] = static_cast<uint16_t>(
        std::stoi(description.substr(before, after - before)));
    // What the one sends here leaves there.
    return description.substr(0, before) +
           std::to_string(sockets_[1 - end].port()) + description.substr(after);
  }

  uint16_t port(End end) const { return ports_[end]; }
  // In the other's name.
  void Forge(End to, const std::string& packet) {
    sockets_[to].Send(packet, ports_[to]);
  }
  // Of those that went to the end, the first and the last ones.
  std::vector<std::string> Recorded(End to) {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> packets = first_[to];
    packets.insert(packets.end(), last_[to].begin(), last_[to].end());
    return packets;
  }

 private:
  static constexpr size_t kKept = 100;

  // sockets_[kA] is what A gets packets from, and what it sends to.
  void Carry() {
    pollfd polled[] = {{sockets_[kA].fd(), POLLIN, 0},
                       {sockets_[kB].fd(), POLLIN, 0}};
    while (!stop_) {
      poll(polled, 2, -1);
      for (const End from : {kA, kB}) {
        while (auto packet = sockets_[from].TryReceive()) {
          if (packet->from != ports_[from]) continue;
          const End to = from == kA ? kB : kA;
          Record(to, packet->bytes);
          sockets_[to].Send(packet->bytes, ports_[to]);
        }
      }
    }
  }
  void Record(End to, const std::string& packet) {
    absl::MutexLock lock(&mutex_);
    if (first_[to].size() < kKept) {
      first_[to].push_back(packet);
      return;
    }
    last_[to].push_back(packet);
    if (last_[to].size() > kKept) last_[to].pop_front();
  }

  LoopbackSocket sockets_[2];
  std::atomic<uint16_t> ports_[2] = {0, 0};
  absl::Mutex mutex_;
  std::vector<std::string> first_[2] ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> last_[2] ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// Makes packets that nobody should believe.
class Forger {
 public:
  // With checks for ufrags that nobody has.
  Forger() {
    ice::testing::CheckClient client;
    for (int i = 0; i < 100; ++i) {
      const ice::testing::Bytes check =
          client.Make({.ufrag = "nobody" + std::to_string(i),
                       .pwd = "no-password-of-anybody"});
      checks_.emplace_back(check.begin(), check.end());
    }
  }

  // From what was recorded, or from nothing.
  std::string Make(const std::vector<std::string>& recorded) {
    const std::string& packet = recorded[random_() % recorded.size()];
    switch (random_() % 6) {
      case 0:
        return Noise();
      case 1:
        return packet;
      case 2:
        return Damaged(packet);
      case 3:
        return Cut(packet);
      case 4:
        return checks_[random_() % checks_.size()];
      default:
        return PlainRecord();
    }
  }

 private:
  std::string Noise() {
    std::string bytes(random_() % 1'300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    // Of STUN, DTLS, TURN or RTP (RFC 7983 section 7), or of nothing.
    constexpr uint8_t kFirst[] = {0, 1, 20, 22, 23, 64, 128, 255};
    if (!bytes.empty()) {
      bytes[0] = static_cast<char>(kFirst[random_() % std::size(kFirst)]);
    }
    return bytes;
  }
  std::string Damaged(std::string packet) {
    for (int i = 0; i < 3 && !packet.empty(); ++i) {
      packet[random_() % packet.size()] ^=
          static_cast<char>(1 << (random_() % 8));
    }
    return packet;
  }
  std::string Cut(std::string packet) {
    packet.resize(random_() % (packet.size() + 1));
    return packet;
  }
  // A DTLS 1.2 record of epoch 0: a fatal alert, or a ChangeCipherSpec.
  std::string PlainRecord() {
    const bool alert = random_() % 2 == 0;
    std::string record("\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02",
                       13);
    record[0] = alert ? '\x15' : '\x14';
    record[10] = static_cast<char>(random_());
    record[12] = alert ? '\x02' : '\x01';
    return record + (alert ? std::string("\x02\x28", 2) : "\x01");
  }

  std::vector<std::string> checks_;
  std::minstd_rand random_{1};
};

class HostileTest : public EngineTest,
                    public ::testing::WithParamInterface<bool> {
 protected:
  void Connect(bool single_port) {
    Make(WithSharedPort());
    a_ = MakePeer(single_port ? SinglePort(true) : WithChannel());
    b_ = MakePeer();
    ASSERT_EQ(SetLocal(*a_), absl::OkStatus());
    ASSERT_EQ(SetRemote(*b_, jsep::SdpType::kOffer,
                        way_.Redirect(Way::kA, GatheredText(a_))),
              absl::OkStatus());
    ASSERT_EQ(SetLocal(*b_), absl::OkStatus());
    ASSERT_EQ(SetRemote(*a_, jsep::SdpType::kAnswer,
                        way_.Redirect(Way::kB, GatheredText(b_))),
              absl::OkStatus());
    from_a_ = AwaitOpenChannel(a_);
    from_b_ = AwaitOpenChannel(b_);
    at_a_ = Attach(a_, from_a_);
    at_b_ = Attach(b_, from_b_);
  }

  Way way_;
  std::shared_ptr<Peer> a_;
  std::shared_ptr<Peer> b_;
  sctp::ChannelKey from_a_ = 0;
  sctp::ChannelKey from_b_ = 0;
  std::shared_ptr<Reader> at_a_;
  std::shared_ptr<Reader> at_b_;
};

TEST_P(HostileTest, NothingIsLostAndNothingGrows) {
  ASSERT_NO_FATAL_FAILURE(Connect(GetParam()));
  size_t heap = 0;
  size_t descriptors = 0;
  {
    Flow there(*a_, from_a_, at_b_);
    Flow home(*b_, from_b_, at_a_);
    const auto await_flow = [&] {
      for (const auto& [flow, end] :
           {std::pair(&there, at_b_), std::pair(&home, at_a_)}) {
        const size_t enough = flow->arrived() + 1;
        ASSERT_GE(end->AwaitMessages(enough).size(), enough)
            << "the messages do not arrive any more";
      }
    };
    // So that there is something to be repeated.
    for (int i = 0; i < 100; ++i) ASSERT_NO_FATAL_FAILURE(await_flow());
    LoopbackSocket stranger;
    Forger forger;
    const int rounds = Rounds();
    for (int round = 0; round < rounds; ++round) {
      for (const auto to : {Way::kA, Way::kB}) {
        const std::vector<std::string> recorded = way_.Recorded(to);
        for (int i = 0; i < kPacketsPerRound / 2; ++i) {
          const std::string packet = forger.Make(recorded);
          if (i % 2 == 0) stranger.Send(packet, way_.port(to));
          if (i % 2 == 1) way_.Forge(to, packet);
        }
      }
      ASSERT_NO_FATAL_FAILURE(await_flow());
      // Whatever is made for the first of them has been made.
      if (round == rounds / 10) {
        heap = HeapBytes();
        descriptors = OpenDescriptors();
      }
    }
    EXPECT_LE(OpenDescriptors(), descriptors);
    // The messages that arrived are kept by the test itself.
    constexpr size_t kOwn = 128;
    const size_t own =
        kOwn * static_cast<size_t>(there.arrived() + home.arrived());
    EXPECT_LT(HeapBytes(), heap + own + (1 << 20));
  }
  for (const auto& peer : {a_, b_}) {
    EXPECT_TRUE(AwaitConnected(peer));
  }
  const ice::SinglePortHub& hub = *engine_->single_port();
  EXPECT_EQ(hub.ufrags(), GetParam() ? 1u : 0u);
  EXPECT_LE(hub.paths(), GetParam() ? 1u : 0u);
  Close(*a_);
  Close(*b_);
}

INSTANTIATE_TEST_SUITE_P(Kinds, HostileTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "SinglePort" : "Full";
                         });

}  // namespace
}  // namespace parley::pool
