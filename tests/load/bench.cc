// bench: what CreateOffer costs beside a call that does nothing.
//
// One run, one server process, two kinds of calls in turn: a null RPC and
// CreateOffer, with requests and replies of the same size. A process of its own
// makes the calls, so that what the server's process uses of the processor is
// the server's. Each round calls every peer once; between the rounds, outside
// of what is measured, every peer is changed (its transceivers change
// direction), and it is checked that each had made a new offer: a cached text
// would be caught.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/blocking_counter.h"
#include "core/base/clock.h"
#include "parley/v1/negotiation_calls.pb.h"
#include "service/flags.h"
#include "service/server.h"
#include "tests/load/bench.grpc.pb.h"
#include "tests/load/bench_client.h"

namespace parley::bench {
namespace {

struct Settings {
  uint64_t peers = 2000;
  uint64_t rounds = 20;
  uint64_t in_flight = 64;
  uint64_t connections = 4;
  bool tokens = false;
  bool json = false;
};

// The token that all calls show, in a file as the server reads it.
class TokenFile {
 public:
  static constexpr char kToken[] = "token-of-the-benchmark";

  TokenFile() {
    const int fd = mkstemp(path_);
    const std::string line = absl::StrCat("default admin ", kToken, "\n");
    if (fd < 0 || write(fd, line.data(), line.size()) < 0) {
      perror("bench: cannot write a file of tokens");
      exit(1);
    }
    close(fd);
  }
  ~TokenFile() { unlink(path_); }

  const char* path() const { return path_; }

 private:
  char path_[25] = "/tmp/parley_bench_XXXXXX";
};

class NullService final : public bench::NullService::CallbackService {
 public:
  void set_payload(std::string payload) { payload_ = std::move(payload); }

  grpc::ServerUnaryReactor* Null(grpc::CallbackServerContext* context,
                                 const NullRequest*,
                                 NullResponse* response) override {
    response->set_payload(payload_);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  std::string payload_;
};

// User and system time of this process, which is the server's.
double ServerSeconds() {
  rusage use;
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

// What all rounds of one kind of call came to.
struct Total {
  uint64_t calls = 0;
  uint64_t failed = 0;
  uint64_t reply_bytes = 0;
  double seconds = 0;
  double server_seconds = 0;
  std::vector<uint32_t> latencies_ns;

  void Add(const BatchResult& result, double server) {
    calls += result.latencies_ns.size();
    failed += result.failed;
    reply_bytes += result.reply_bytes;
    seconds += result.seconds;
    server_seconds += server;
    latencies_ns.insert(latencies_ns.end(), result.latencies_ns.begin(),
                        result.latencies_ns.end());
  }

  double rate() const { return static_cast<double>(calls) / seconds; }
  double server_us() const {
    return server_seconds * 1e6 / static_cast<double>(calls);
  }
  double bytes() const {
    return static_cast<double>(reply_bytes) / static_cast<double>(calls);
  }
  double PercentileUs(double part) {
    const auto at = latencies_ns.begin() +
                    static_cast<std::ptrdiff_t>(
                        part * static_cast<double>(latencies_ns.size() - 1));
    std::nth_element(latencies_ns.begin(), at, latencies_ns.end());
    return *at / 1e3;
  }
};

// The peers that are called, as the server's process has them.
class Subjects {
 public:
  Subjects(pool::Pool& pool, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      peer::PeerInit init;
      for (const auto kind :
           {jsep::MediaKind::kAudio, jsep::MediaKind::kVideo}) {
        init.transceivers.push_back({.kind = kind});
      }
      init.channels.emplace_back();
      auto peer = pool.Create(std::move(init), "", 0);
      if (!peer.ok()) {
        fprintf(stderr, "bench: %s\n", peer.status().ToString().c_str());
        exit(1);
      }
      peers_.push_back(*std::move(peer));
    }
    offers_.resize(count);
  }

  std::vector<std::string> Requests() const {
    std::vector<std::string> requests;
    for (const auto& peer : peers_) {
      v1::CreateOfferRequest request;
      request.set_name(peer->name());
      requests.push_back(request.SerializeAsString());
    }
    return requests;
  }

  // Changes every peer. Returns how many had not made a new offer since the
  // last time.
  uint64_t Change() {
    direction_ = direction_ == jsep::Direction::kSendRecv
                     ? jsep::Direction::kRecvOnly
                     : jsep::Direction::kSendRecv;
    std::atomic<uint64_t> stale = 0;
    absl::BlockingCounter left(static_cast<int>(peers_.size()));
    for (size_t i = 0; i < peers_.size(); ++i) {
      peer::Peer& peer = *peers_[i];
      peer.Post([&, i] {
        const auto& offer = peer.CurrentView().session.last_offer;
        const std::string id = offer ? offer->id() : std::string();
        if (id.empty() || id == offers_[i]) ++stale;
        offers_[i] = id;
      });
      peer.ChangeTransceiver(
          {},
          [this](jsep::Session& session,
                 Random&) -> absl::StatusOr<jsep::TransceiverId> {
            for (const auto& one : std::vector(session.transceivers)) {
              const absl::Status set =
                  jsep::SetDirection(session, one.id, direction_);
              if (!set.ok()) return set;
            }
            return session.transceivers[0].id;
          },
          [&left](absl::StatusOr<jsep::TransceiverId>, const peer::View&) {
            left.DecrementCount();
          });
    }
    left.Wait();
    return stale;
  }

 private:
  std::vector<std::shared_ptr<peer::Peer>> peers_;
  std::vector<std::string> offers_;
  jsep::Direction direction_ = jsep::Direction::kSendRecv;
};

BatchResult Measure(BenchClient& client, const Batch& batch, Total* total) {
  const double before = ServerSeconds();
  BatchResult result = client.Run(batch);
  if (total) total->Add(result, ServerSeconds() - before);
  return result;
}

void Print(const Settings& settings, Total& null, Total& offer,
           uint64_t stale) {
  if (settings.json) {
    const auto one = [](Total& total) {
      return absl::StrFormat(
          "{\"calls\":%d,\"failed\":%d,\"reply_bytes\":%.0f,"
          "\"requests_per_second\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,"
          "\"server_cpu_us_per_call\":%.2f}",
          total.calls, total.failed, total.bytes(), total.rate(),
          total.PercentileUs(0.5), total.PercentileUs(0.99), total.server_us());
    };
    printf(
        "{\"in_flight\":%lu,\"connections\":%lu,\"peers\":%lu,\"null\":%s,"
        "\"create_offer\":%s,\"rate_ratio\":%.3f,\"cpu_ratio\":%.3f,"
        "\"stale_offers\":%lu}\n",
        settings.in_flight, settings.connections, settings.peers,
        one(null).c_str(), one(offer).c_str(), offer.rate() / null.rate(),
        offer.server_us() / null.server_us(), stale);
    return;
  }
  printf(
      "%lu calls in flight on %lu connections, %lu peers, changed between "
      "their calls\n\n",
      settings.in_flight, settings.connections, settings.peers);
  printf("%-12s %9s %9s %9s %9s %10s %8s\n", "", "calls/s", "p50 us", "p99 us",
         "cpu us", "reply B", "failed");
  const auto row = [](const char* name, Total& total) {
    printf("%-12s %9.0f %9.0f %9.0f %9.2f %10.0f %8lu\n", name, total.rate(),
           total.PercentileUs(0.5), total.PercentileUs(0.99), total.server_us(),
           total.bytes(), total.failed);
  };
  row("null", null);
  row("CreateOffer", offer);
  printf("\nrate ratio %.3f, server CPU ratio %.3f (%+.2f us a call)\n",
         offer.rate() / null.rate(), offer.server_us() / null.server_us(),
         offer.server_us() - null.server_us());
}

int Run(const Settings& settings) {
  BenchClient client(static_cast<int>(settings.in_flight),
                     static_cast<int>(settings.connections),
                     settings.tokens ? TokenFile::kToken : "");
  service::Options options;
  options.listen = *service::ParseAddress("127.0.0.1:0");
  options.admin_listen.reset();
  options.engine.pool.max_peers = settings.peers;
  options.log.level = service::LogLevel::kWarning;
  std::optional<TokenFile> tokens;
  if (settings.tokens) options.access.tokens_path = tokens.emplace().path();
  service::Log log(options.log, SystemClock());
  NullService null_service;
  auto server = service::Server::Start(options, log, {&null_service});
  if (!server.ok()) {
    fprintf(stderr, "bench: %s\n", server.status().ToString().c_str());
    return 1;
  }
  client.Connect((*server)->address());

  uint64_t stale = 0;
  Total null;
  Total offer;
  {
    Subjects subjects((*server)->engine().pool(), settings.peers);
    const Batch offers = {"/parley.v1.PeerService/CreateOffer",
                          subjects.Requests()};
    Batch nulls = {"/parley.bench.NullService/Null", {}};
    for (const std::string& request : offers.requests) {
      NullRequest same_size;
      same_size.set_name(std::string(request.size() - 2, 'n'));
      nulls.requests.push_back(same_size.SerializeAsString());
    }
    // Warms everything up, makes the certificates, and tells the reply's size.
    const BatchResult first = Measure(client, offers, nullptr);
    subjects.Change();
    // Tag and length of the only field.
    null_service.set_payload(
        std::string(first.reply_bytes / settings.peers - 3, 'p'));
    Measure(client, nulls, nullptr);
    for (uint64_t round = 0; round < settings.rounds; ++round) {
      Measure(client, nulls, &null);
      Measure(client, offers, &offer);
      stale += subjects.Change();
    }
  }
  Print(settings, null, offer, stale);
  if (null.failed + offer.failed > 0 || stale > 0) {
    fprintf(stderr, "bench: %lu calls failed, %lu offers were not new\n",
            null.failed + offer.failed, stale);
    return 1;
  }
  return 0;
}

int Main(int argc, char** argv) {
  Settings settings;
  const auto number = [](uint64_t& out, uint64_t max) {
    return [&out, max](std::string_view text) {
      return service::ReadNumber(text, {1, max}, out);
    };
  };
  const std::vector<service::FlagGroup> flags = {
      {"Flags",
       {{"peers", "N", "", "2000", "Peers, each called once a round.",
         number(settings.peers, 100000)},
        {"rounds", "N", "", "20", "Rounds of both kinds of calls.",
         number(settings.rounds, 100000)},
        {"in-flight", "N", "", "64", "Calls in flight.",
         number(settings.in_flight, 10000)},
        {"connections", "N", "", "4", "Connections of the client.",
         number(settings.connections, 100)},
        {"tokens", "BOOL", "true", "",
         "Calls show a token, and the server asks for it.",
         [&settings](std::string_view text) {
           return service::ReadBool(text, settings.tokens);
         }},
        {"json", "BOOL", "true", "", "One line of JSON instead of a table.",
         [&settings](std::string_view text) {
           return service::ReadBool(text, settings.json);
         }}}}};
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (std::find(arguments.begin(), arguments.end(), "--help") !=
      arguments.end()) {
    printf(
        "bench: what CreateOffer costs beside a call that does nothing.\n\n"
        "%s",
        service::DescribeFlags(flags).c_str());
    return 0;
  }
  const absl::Status parsed = service::ParseFlags(
      flags, arguments, [](const std::string&) { return nullptr; });
  if (!parsed.ok()) {
    fprintf(stderr, "bench: %s\n", std::string(parsed.message()).c_str());
    return 2;
  }
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return Run(settings);
}

}  // namespace
}  // namespace parley::bench

int main(int argc, char** argv) { return parley::bench::Main(argc, argv); }
