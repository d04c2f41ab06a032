// What connected peers cost the process that has them: memory, descriptors and
// processor time, for both kinds of ICE, and how long they take to connect, one
// after the other. Their other ends, full peers, live in a process of their
// own. Usage: engine_benchmark [PEERS]; 500 without.

#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/time/clock.h"
#include "tests/core/pool/engine_fixture.h"

namespace parley::pool {
namespace {

constexpr int kEchoes = 20;  // of each peer
// What ends with the checks ends in the first of them.
constexpr absl::Duration kSettling = absl::Seconds(8);
constexpr absl::Duration kIdle = absl::Seconds(10);

double Kib(size_t bytes) { return static_cast<double>(bytes) / 1024; }

struct Use {
  size_t heap = 0;
  size_t resident = 0;
  size_t descriptors = 0;
  absl::Duration processor;
  absl::Time time;
};

Use Measure() {
  Use use;
  const struct mallinfo2 heap = mallinfo2();
  use.heap = heap.uordblks + heap.hblkhd;
  std::ifstream statm("/proc/self/statm");
  size_t size = 0;
  statm >> size >> use.resident;
  use.resident *= static_cast<size_t>(sysconf(_SC_PAGESIZE));
  use.descriptors = OpenDescriptors();
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  use.processor = absl::DurationFromTimeval(usage.ru_utime) +
                  absl::DurationFromTimeval(usage.ru_stime);
  use.time = absl::Now();
  return use;
}

void LetPass(absl::Duration time) {
  absl::Notification never;
  never.WaitForNotificationWithTimeout(time);
}

// Texts between the two processes.
class Line {
 public:
  explicit Line(int fd) : fd_(fd) {}
  void Write(const std::string& text) const {
    const size_t size = text.size();
    WriteAll(&size, sizeof(size));
    WriteAll(text.data(), size);
  }
  // "" at the end.
  std::string Read() const {
    size_t size = 0;
    if (!ReadAll(&size, sizeof(size))) return "";
    std::string text(size, ' ');
    return ReadAll(text.data(), size) ? text : "";
  }

 private:
  void WriteAll(const void* data, size_t size) const {
    if (write(fd_, data, size) != static_cast<ssize_t>(size)) abort();
  }
  bool ReadAll(void* data, size_t size) const {
    return recv(fd_, data, size, MSG_WAITALL) == static_cast<ssize_t>(size);
  }
  const int fd_;
};

// Sends back what it reads.
class Mirror final : public peer::ChannelEnd,
                     public std::enable_shared_from_this<Mirror> {
 public:
  explicit Mirror(Peer& peer) : peer_(peer) {}
  void OnMessagesAvailable(sctp::ChannelKey channel) override {
    while (auto message = peer_.channel_ends().Next(channel, last_)) {
      last_ = message->sequence;
      peer_.SendMessage({}, channel, message->binary, message->data,
                        [](absl::Status, const View&) {});
      peer_.channel_ends().Acknowledge(channel, last_);
    }
  }
  void OnChannelState(const sctp::Channel&) override {}
  void OnBufferedAmountFell(const sctp::Channel&) override {}
  void OnDetached(sctp::ChannelKey, const absl::Status&) override {}

 private:
  Peer& peer_;
  uint64_t last_ = 0;
};

class Benchmark : public EngineTest {
 public:
  void TestBody() override {}

  // The other ends, until the line ends.
  void Answer(const Line& line) {
    Make(OnLoopback());
    std::vector<std::shared_ptr<Peer>> peers;
    for (;;) {
      std::string offer = line.Read();
      if (offer.empty()) break;
      auto peer = MakePeer();
      peers.push_back(peer);
      EXPECT_EQ(SetRemote(*peer, jsep::SdpType::kOffer, std::move(offer)),
                absl::OkStatus());
      EXPECT_EQ(SetLocal(*peer), absl::OkStatus());
      line.Write(GatheredText(peer));
      const auto channel = AwaitOpenChannel(peer);
      absl::Notification attached;
      peer->Post([&] {
        EXPECT_EQ(
            peer->channel_ends().AttachReader(
                channel, std::make_shared<Mirror>(*peer), false, std::nullopt),
            absl::OkStatus());
        attached.Notify();
      });
      attached.WaitForNotification();
      line.Write("echoes");
    }
  }

  void Offer(const Line& line, bool single_port, size_t count) {
    Make(WithSharedPort());
    const Use before = Measure();
    std::vector<std::shared_ptr<Peer>> peers;
    std::vector<sctp::ChannelKey> channels;
    std::vector<std::shared_ptr<Reader>> readers;
    for (size_t i = 0; i < count; ++i) {
      auto peer = MakePeer(single_port ? SinglePort(true) : WithChannel());
      const absl::Time start = absl::Now();
      EXPECT_EQ(SetLocal(*peer), absl::OkStatus());
      line.Write(GatheredText(peer));
      EXPECT_EQ(SetRemote(*peer, jsep::SdpType::kAnswer, line.Read()),
                absl::OkStatus());
      channels.push_back(AwaitOpenChannel(peer));
      times_.push_back(absl::Now() - start);
      line.Read();
      readers.push_back(Attach(peer, channels.back()));
      peers.push_back(std::move(peer));
    }
    const Use connected = Measure();
    LetPass(kSettling);
    const Use calm = Measure();
    LetPass(kIdle);
    const Use idle = Measure();
    const std::string message(100, 'x');
    for (int round = 0; round < kEchoes; ++round) {
      for (size_t i = 0; i < count; ++i) {
        EXPECT_EQ(Send(*peers[i], channels[i], true, message),
                  absl::OkStatus());
      }
      for (const auto& reader : readers) {
        reader->AwaitMessages(static_cast<size_t>(round) + 1);
      }
    }
    const Use echoed = Measure();
    Print(single_port, count, before, connected);
    printf("  idle: %.2f %% of a processor, all together\n",
           100 * absl::FDivDuration(idle.processor - calm.processor,
                                    idle.time - calm.time));
    const double echoes = static_cast<double>(count) * kEchoes;
    printf(
        "  an echo of 100 bytes: %.1f us of processor time, %.0f/s\n",
        absl::ToDoubleMicroseconds(echoed.processor - idle.processor) / echoes,
        echoes / absl::ToDoubleSeconds(echoed.time - idle.time));
    for (const auto& peer : peers) Close(*peer);
    const Use closed = Measure();
    printf("  closed: %zu descriptors more than before\n",
           closed.descriptors - before.descriptors);
  }

 private:
  void Print(bool single_port, size_t count, const Use& before,
             const Use& connected) {
    const auto peers = static_cast<double>(count);
    printf("%s, %zu connected peers, each:\n",
           single_port ? "single-port" : "full", count);
    printf("  %.1f KiB heap, %.1f KiB resident, %.2f descriptors\n",
           Kib(connected.heap - before.heap) / peers,
           Kib(connected.resident - before.resident) / peers,
           static_cast<double>(connected.descriptors - before.descriptors) /
               peers);
    printf("  %.2f ms of processor time to connect\n",
           absl::ToDoubleMilliseconds(connected.processor - before.processor) /
               peers);
    std::sort(times_.begin(), times_.end());
    printf("  from the offer to the open channel: %.1f ms, %.1f ms for 1 %%\n",
           absl::ToDoubleMilliseconds(times_[count / 2]),
           absl::ToDoubleMilliseconds(times_[count * 99 / 100]));
  }

  std::vector<absl::Duration> times_;
};

int Run(bool single_port, size_t count) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return 1;
  // Before any thread.
  const pid_t other = fork();
  if (other < 0) return 1;
  Benchmark benchmark;
  if (other == 0) {
    close(fds[0]);
    benchmark.Answer(Line(fds[1]));
    return 0;
  }
  close(fds[1]);
  benchmark.Offer(Line(fds[0]), single_port, count);
  close(fds[0]);
  int status = 0;
  waitpid(other, &status, 0);
  return status;
}

}  // namespace
}  // namespace parley::pool

// Each kind in a process of its own.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const auto count = static_cast<size_t>(argc > 1 ? atoi(argv[1]) : 500);
  for (const bool single_port : {false, true}) {
    const pid_t child = fork();
    if (child == 0) return parley::pool::Run(single_port, count);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) return 1;
  }
  return 0;
}
