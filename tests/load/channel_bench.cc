// channel_bench: what it takes to connect through the API, and what messages
// through it cost.
//
// A parleyd of its own holds both ends of each connection, over the loopback,
// so that the server's processor time is that of two peers. This process is
// their backend: it makes the calls, and carries every message over gRPC on
// both sides. First with full peers on both ends, then with a single-port one
// that answers, then with full ones over TCP alone.

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "parley/client.h"
#include "parley/messages.h"
#include "service/flags.h"
#include "tests/client/parleyd.h"

namespace parley::bench {
namespace {

struct Settings {
  uint64_t connections = 200;
  uint64_t pairs = 8;
  uint64_t echoes = 20'000;
  uint64_t megabytes = 64;
};

enum class Kind { kFull, kSinglePort, kTcpAlone };

// The description without its candidates for UDP.
v1::SessionDescription OverTcpAlone(v1::SessionDescription description) {
  std::string kept;
  for (const absl::string_view line :
       absl::StrSplit(description.sdp(), '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "a=candidate:") &&
        !absl::StrContains(line, " tcp ")) {
      continue;
    }
    absl::StrAppend(&kept, line, "\n");
  }
  description.set_sdp(kept);
  return description;
}

// What has to happen at all happens in this time.
constexpr absl::Duration kPatience = absl::Seconds(60);

// The server, as long as there is one: it must not outlive this process.
std::atomic<Parleyd*> running = nullptr;

// From any thread.
[[noreturn]] void Die(const absl::Status& status) {
  fprintf(stderr, "channel_bench: %s\n", status.ToString().c_str());
  if (Parleyd* const server = running.exchange(nullptr)) server->Terminate();
  _exit(1);
}

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) Die(value.status());
  return *std::move(value);
}

// Processor time of a process.
absl::Duration ProcessorTime(pid_t pid) {
  clockid_t clock;
  timespec time = {};
  if (clock_getcpuclockid(pid, &clock) != 0 ||
      clock_gettime(clock, &time) != 0) {
    Die(absl::InternalError("the server's processor time is not to be had"));
  }
  return absl::DurationFromTimespec(time);
}

// Time that passes, here and on the server's processors.
class Stopwatch {
 public:
  explicit Stopwatch(pid_t server)
      : server_(server), began_(absl::Now()), used_(ProcessorTime(server)) {}

  double seconds() const { return absl::ToDoubleSeconds(absl::Now() - began_); }
  double server_us() const {
    return absl::ToDoubleMicroseconds(ProcessorTime(server_) - used_);
  }

 private:
  const pid_t server_;
  const absl::Time began_;
  const absl::Duration used_;
};

double Percentile(std::vector<double>& values, double part) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(
                           part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Two peers of the server, connected, and both ends of their channel.
struct Pair {
  std::string offerer;
  std::string answerer;
  std::string offerers_channel;
  std::string answerers_channel;
};

// The backend of all peers of one server.
class Backend {
 public:
  explicit Backend(const std::string& target)
      : client_(client::MakeConnection({.server = target})),
        watch_(client_.WatchPeers()) {
    AwaitUpdate([](const v1::WatchPeersResponse& update) {
      return update.has_snapshots_complete();
    });
  }

  const client::Client& client() const { return client_; }

  // Returns when the channel is open on both ends.
  Pair Connect(Kind kind) {
    const bool tcp = kind == Kind::kTcpAlone;
    v1::OfferRequest offer;
    offer.mutable_create()->mutable_configuration()->set_ice_tcp(tcp);
    offer.mutable_create()->add_data_channels()->set_label("bench");
    offer.mutable_gathering_timeout()->set_seconds(10);
    const v1::OfferResponse offered = Must(client_.Offer(offer));
    v1::AnswerRequest answer;
    answer.mutable_create()->set_ice_mode(kind == Kind::kSinglePort
                                              ? v1::ICE_MODE_SINGLE_PORT
                                              : v1::ICE_MODE_FULL);
    answer.mutable_create()->mutable_configuration()->set_ice_tcp(tcp);
    *answer.mutable_offer() =
        tcp ? OverTcpAlone(offered.description()) : offered.description();
    answer.mutable_gathering_timeout()->set_seconds(10);
    const v1::AnswerResponse answered = Must(client_.Answer(answer));
    Pair pair = {.offerer = offered.peer().name(),
                 .answerer = answered.peer().name()};
    Must(client_.SetRemoteDescription(
        pair.offerer,
        tcp ? OverTcpAlone(answered.description()) : answered.description()));
    AwaitUpdate([&pair](const v1::WatchPeersResponse& update) {
      std::string channel = OpenedChannel(update);
      if (update.name() == pair.offerer) {
        pair.offerers_channel += channel;
      } else if (update.name() == pair.answerer) {
        pair.answerers_channel += channel;
      }
      return !pair.offerers_channel.empty() && !pair.answerers_channel.empty();
    });
    return pair;
  }

  void Close(const Pair& pair) {
    Must(client_.ClosePeer(pair.offerer));
    Must(client_.ClosePeer(pair.answerer));
  }

 private:
  // The channel that the update shows open; else empty.
  static std::string OpenedChannel(const v1::WatchPeersResponse& update) {
    const v1::Event& event = update.event();
    const v1::DataChannel& channel =
        event.has_data_channel()
            ? event.data_channel().data_channel()
            : event.data_channel_state_change().data_channel();
    return channel.ready_state() == v1::DATA_CHANNEL_STATE_OPEN ? channel.name()
                                                                : "";
  }

  void AwaitUpdate(
      const std::function<bool(const v1::WatchPeersResponse&)>& wanted) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (true) {
      const auto update = Must(watch_.Next(deadline - absl::Now()));
      if (!update) Die(absl::UnavailableError("the watch has ended"));
      if (wanted(*update)) return;
    }
  }

  client::Client client_;
  client::PeersWatch watch_;
};

// One stream that attends to one end of each pair: what it receives is given to
// `take`, one after the other.
class End {
 public:
  using Take = std::function<void(const std::string& channel,
                                  const v1::DataMessage& message)>;

  End(const client::Client& client, const std::vector<std::string>& channels,
      Take take)
      : session_(client.OpenDataSession(channels.front())),
        take_(std::move(take)) {
    for (size_t i = 1; i < channels.size(); ++i) session_.Attach(channels[i]);
    for (size_t attached = 0; attached < channels.size();) {
      if (Must(session_.Receive(kPatience)).has_attached()) ++attached;
    }
    Read();
  }
  // In order, so that what was received does not come again to the next.
  ~End() {
    if (const absl::Status end = session_.Finish(kPatience); !end.ok()) {
      Die(end);
    }
    ended_.WaitForNotification();
  }

  void Send(
      const std::string& channel, v1::DataMessage message,
      std::function<void()> accepted = [] {}) {
    message.clear_sequence();
    session_.Send(channel, std::move(message),
                  [accepted = std::move(accepted)](const absl::Status& status) {
                    if (!status.ok()) Die(status);
                    accepted();
                  });
  }

 private:
  // Not by recursion: what waits already comes before Receive returns.
  void Read() {
    session_.Receive([this](absl::StatusOr<v1::ServerFrame> frame) {
      if (!frame.ok()) return ended_.Notify();
      if (frame->has_message()) take_(frame->name(), frame->message());
      Read();
    });
  }

  client::DataSession session_;
  const Take take_;
  absl::Notification ended_;
};

// A UDP port of the loopback that nobody has.
std::string FreeUdpPort() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (socket < 0 || bind(socket, any, size) != 0 ||
      getsockname(socket, any, &size) != 0) {
    Die(absl::UnavailableError("there is no UDP port"));
  }
  close(socket);
  return absl::StrCat(ntohs(address.sin_port));
}

v1::DataMessage Message(size_t bytes) {
  v1::DataMessage message;
  message.set_binary(std::string(bytes, 'm'));
  return message;
}

class Bench {
 public:
  explicit Bench(const Settings& settings)
      : settings_(settings),
        server_({"--udp-port=" + FreeUdpPort(), "--lease-ttl=1h"}),
        backend_(server_.target()) {
    running = &server_;
  }
  ~Bench() { running = nullptr; }

  void Run(const char* name, Kind kind) {
    printf("%s\n", name);
    MeasureConnecting(kind);
    pairs_.clear();
    for (uint64_t i = 0; i < settings_.pairs; ++i) {
      pairs_.push_back(backend_.Connect(kind));
    }
    MeasureEchoes(1);
    MeasureEchoes(settings_.pairs * 8);
    for (const size_t bytes : {100, 1'000, 16'000, 256'000}) {
      MeasureThroughput(bytes);
    }
    for (const Pair& pair : pairs_) backend_.Close(pair);
  }

 private:
  void MeasureConnecting(Kind kind) {
    std::vector<double> milliseconds;
    backend_.Close(backend_.Connect(kind));  // what happens once
    const Stopwatch all(server_.pid());
    for (uint64_t i = 0; i < settings_.connections; ++i) {
      const Stopwatch one(server_.pid());
      const Pair pair = backend_.Connect(kind);
      milliseconds.push_back(one.seconds() * 1e3);
      backend_.Close(pair);
    }
    printf(
        "  Offer to open channel      %8.1f ms p50, %.1f ms p99, "
        "%.2f ms of the server\n",
        Percentile(milliseconds, 0.5), Percentile(milliseconds, 0.99),
        all.server_us() / 1e3 / static_cast<double>(settings_.connections));
  }

  std::vector<std::string> Channels(std::string Pair::*end) const {
    std::vector<std::string> channels;
    for (const Pair& pair : pairs_) channels.push_back(pair.*end);
    return channels;
  }

  // 100 bytes there and back, so many of them on their way.
  void MeasureEchoes(uint64_t window) {
    std::atomic<uint64_t> sent = 0;
    std::atomic<uint64_t> back = 0;
    absl::Notification done;
    End* far = nullptr;
    End* near = nullptr;
    absl::Mutex ready;  // held until both are there
    ready.Lock();
    const auto return_it = [&](const std::string& channel,
                               const v1::DataMessage& message) {
      { absl::MutexLock lock(&ready); }
      far->Send(channel, message);
    };
    const auto send_next = [&](const std::string& channel,
                               const v1::DataMessage& message) {
      { absl::MutexLock lock(&ready); }
      if (++back == settings_.echoes) done.Notify();
      if (sent++ < settings_.echoes) near->Send(channel, message);
    };
    End far_end(backend_.client(), Channels(&Pair::answerers_channel),
                return_it);
    End near_end(backend_.client(), Channels(&Pair::offerers_channel),
                 send_next);
    far = &far_end;
    near = &near_end;
    ready.Unlock();
    const Stopwatch watch(server_.pid());
    for (uint64_t i = 0; i < window; ++i) {
      if (sent++ < settings_.echoes) {
        near_end.Send(pairs_[i % pairs_.size()].offerers_channel, Message(100));
      }
    }
    if (!done.WaitForNotificationWithTimeout(kPatience)) {
      Die(absl::DeadlineExceededError(
          absl::StrCat(back.load(), " of the echoes came")));
    }
    const double seconds = watch.seconds();
    const double count = static_cast<double>(settings_.echoes);
    printf(
        "  echoes, %3lu on their way   %8.0f /s, %.2f ms each, %.1f us of the "
        "server\n",
        window, count / seconds,
        seconds * 1e3 * static_cast<double>(window) / count,
        watch.server_us() / count);
  }

  void MeasureThroughput(size_t bytes) {
    const uint64_t count =
        std::max<uint64_t>(settings_.megabytes * 1'000'000 / bytes / 10,
                           pairs_.size()) *
        (bytes > 1'000 ? 10 : 1);
    std::atomic<uint64_t> sent = 0;
    std::atomic<uint64_t> received = 0;
    std::function<void()> send;
    absl::Notification done;
    End far(backend_.client(), Channels(&Pair::answerers_channel),
            [&](const std::string&, const v1::DataMessage& message) {
              if (message.binary().size() != bytes) {
                Die(absl::DataLossError("a message of another size"));
              }
              if (++received == count) done.Notify();
            });
    End near(backend_.client(), Channels(&Pair::offerers_channel),
             [](const std::string&, const v1::DataMessage&) {});
    const Stopwatch watch(server_.pid());
    // So much waits to be accepted by the server.
    const uint64_t window = std::max<uint64_t>(1, 2'000'000 / bytes);
    send = [&] {
      const uint64_t i = sent++;
      if (i >= count) return;
      near.Send(pairs_[i % pairs_.size()].offerers_channel, Message(bytes),
                send);
    };
    for (uint64_t i = 0; i < window; ++i) send();
    if (!done.WaitForNotificationWithTimeout(kPatience)) {
      Die(absl::DeadlineExceededError(
          absl::StrCat(received.load(), " of ", count, " messages came")));
    }
    const double seconds = watch.seconds();
    printf(
        "  one way, %6zu bytes each  %8.1f MB/s, %.0f messages/s, %.1f us of "
        "the server\n",
        bytes, static_cast<double>(count * bytes) / 1e6 / seconds,
        static_cast<double>(count) / seconds,
        watch.server_us() / static_cast<double>(count));
  }

  const Settings settings_;
  Parleyd server_;
  Backend backend_;
  std::vector<Pair> pairs_;
};

int Main(int argc, char** argv) {
  Settings settings;
  const auto number = [](uint64_t& out, uint64_t max) {
    return [&out, max](std::string_view text) {
      return service::ReadNumber(text, {1, max}, out);
    };
  };
  const std::vector<service::FlagGroup> flags = {
      {"Flags",
       {{"connections", "N", "", "200", "Connections, one after the other.",
         number(settings.connections, 100'000)},
        {"pairs", "N", "", "8", "Pairs of peers that exchange messages.",
         number(settings.pairs, 1'000)},
        {"echoes", "N", "", "20000", "Messages there and back.",
         number(settings.echoes, 10'000'000)},
        {"megabytes", "N", "", "64",
         "One way, a tenth of it in small messages.",
         number(settings.megabytes, 100'000)}}}};
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (std::find(arguments.begin(), arguments.end(), "--help") !=
      arguments.end()) {
    printf(
        "channel_bench: what it takes to connect through the API, and what "
        "messages cost.\n\n%s",
        service::DescribeFlags(flags).c_str());
    return 0;
  }
  const absl::Status parsed = service::ParseFlags(
      flags, arguments, [](const std::string&) { return nullptr; });
  if (!parsed.ok()) {
    fprintf(stderr, "channel_bench: %s\n",
            std::string(parsed.message()).c_str());
    return 2;
  }
  Bench bench(settings);
  bench.Run("full peers", Kind::kFull);
  bench.Run("the answerer a single-port peer", Kind::kSinglePort);
  bench.Run("full peers over TCP alone", Kind::kTcpAlone);
  return 0;
}

}  // namespace
}  // namespace parley::bench

int main(int argc, char** argv) { return parley::bench::Main(argc, argv); }
