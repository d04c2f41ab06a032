// What Prometheus scrapes, and what the dashboard and the alerts make of it.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/method.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kRefused[] = "connection refused";

// A connection to where the metrics are.
class Connection {
 public:
  explicit Connection(const std::string& address)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    const size_t colon = address.rfind(':');
    to.sin_port =
        htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    connected_ =
        connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~Connection() { close(fd_); }

  bool connected() const { return connected_; }
  // Sends it, and gives all that comes until the end.
  std::string Ask(const std::string& request) {
    if (!connected_) return kRefused;
    EXPECT_EQ(send(fd_, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd_, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(n));
    }
    return answer;
  }

 private:
  const int fd_;
  bool connected_ = false;
};

std::string Get(const std::string& address, const std::string& path) {
  return Connection(address).Ask("GET " + path + " HTTP/1.0\r\n\r\n");
}

// The words of a text that may name metrics of the server's.
std::set<std::string> MetricNames(const std::string& text) {
  const auto belongs = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::set<std::string> names;
  for (auto at = text.begin(); at != text.end();) {
    const auto end = std::find_if_not(at, text.end(), belongs);
    const std::string word(at, end);
    if (absl::StartsWith(word, "parley_") ||
        absl::StartsWith(word, "process_")) {
      names.insert(word);
    }
    at = std::find_if(end, text.end(), belongs);
  }
  return names;
}

// A scrape, read as Prometheus would; fails where that would stumble.
class Scrape {
 public:
  struct Family {
    std::string help;
    std::string type;
  };

  explicit Scrape(const std::string& answer) {
    EXPECT_THAT(answer, HasSubstr(" 200 OK\r\n"));
    const size_t body = answer.find("\r\n\r\n");
    if (body == std::string::npos) return;
    for (const absl::string_view line :
         absl::StrSplit(answer.substr(body + 4), '\n', absl::SkipEmpty())) {
      Read(std::string(line));
    }
  }

  const std::map<std::string, Family>& families() const { return families_; }
  const std::map<std::string, double>& samples() const { return samples_; }
  // -1: there is none.
  double operator[](const std::string& sample) const {
    const auto found = samples_.find(sample);
    return found == samples_.end() ? -1 : found->second;
  }
  // Whether samples of this name are part of a family.
  bool Has(const std::string& name) const { return FamilyOf(name) != ""; }

 private:
  void Read(const std::string& line) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::MaxSplits(' ', 3));
    if (words[0] == "#") {
      ASSERT_EQ(words.size(), 4u) << line;
      Family& family = families_[words[2]];
      std::string& of = words[1] == "HELP" ? family.help : family.type;
      EXPECT_EQ(of, "") << "told twice: " << line;
      of = words[3];
      return;
    }
    const size_t space = line.rfind(' ');
    const std::string sample = line.substr(0, space);
    double value = 0;
    EXPECT_TRUE(absl::SimpleAtod(line.substr(space + 1), &value)) << line;
    EXPECT_TRUE(samples_.emplace(sample, value).second) << "twice: " << line;
    EXPECT_TRUE(Has(sample.substr(0, sample.find('{')))) << line;
  }

  std::string FamilyOf(const std::string& name) const {
    if (families_.contains(name)) return name;
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
      const std::string base(absl::StripSuffix(name, suffix));
      const auto family = families_.find(base);
      if (base != name && family != families_.end() &&
          (family->second.type == "histogram" ||
           family->second.type == "summary")) {
        return base;
      }
    }
    return "";
  }

  std::map<std::string, Family> families_;
  std::map<std::string, double> samples_;
};

class MetricsTest : public ServerTest {
 protected:
  MetricsTest() { StartServer(MetricsOptions()); }

  static Options MetricsOptions() {
    Options options = TestOptions();
    options.metrics_listen = *ParseAddress("127.0.0.1:0");
    options.engine.pool.max_peers = 8;
    // So that its metrics are there.
    options.engine.single_port.emplace();
    return options;
  }

  Scrape Take() { return Scrape(Get(server_->metrics_address(), "/metrics")); }
  double Value(const std::string& sample) { return Take()[sample]; }
  // Scrapes until a value is this that changes a moment after what causes it.
  void AwaitValue(const std::string& sample, double value) {
    const absl::Time deadline = absl::Now() + kPatience;
    double now = Value(sample);
    while (now != value && absl::Now() < deadline) now = Value(sample);
    EXPECT_EQ(now, value) << sample;
  }
};

TEST_F(MetricsTest, AreNotThereUnlessAskedFor) {
  EXPECT_NE(server_->metrics_address(), "");
  StartServer(TestOptions());
  EXPECT_EQ(server_->metrics_address(), "");
}

TEST_F(MetricsTest, KeepToTheConventions) {
  Connect();
  const Scrape scrape = Take();
  EXPECT_GT(scrape.families().size(), 30u);
  for (const auto& [family, is] : scrape.families()) {
    EXPECT_EQ(MetricNames(family), std::set<std::string>{family});
    EXPECT_FALSE(absl::StrContains(family, "__")) << family;
    EXPECT_NE(is.help, "") << family;
    EXPECT_THAT(is.type, MatchesRegex("gauge|counter|histogram")) << family;
    EXPECT_EQ(absl::EndsWith(family, "_total"), is.type == "counter") << family;
    if (is.type == "histogram") {
      EXPECT_THAT(family, ::testing::EndsWith("_seconds"));
    }
  }
}

TEST_F(MetricsTest, BucketsAddUpToTheCount) {
  CreatePeer();
  CreatePeer();
  const Scrape scrape = Take();
  const std::string bucket =
      "parley_call_seconds_bucket{method=\"CreatePeer\",le=\"";
  double last = 0;
  int buckets = 0;
  std::map<double, double> by_bound;
  for (const auto& [sample, value] : scrape.samples()) {
    if (!absl::StartsWith(sample, bucket)) continue;
    double bound = 0;
    EXPECT_TRUE(absl::SimpleAtod(
        sample.substr(bucket.size(),
                      sample.find('"', bucket.size()) - bucket.size()),
        &bound));
    by_bound[bound] = value;
    ++buckets;
  }
  EXPECT_EQ(buckets, 15);
  for (const auto& [bound, value] : by_bound) {
    EXPECT_GE(value, last) << bound;
    last = value;
  }
  EXPECT_EQ(last, 2);
  EXPECT_EQ(scrape["parley_call_seconds_count{method=\"CreatePeer\"}"], 2);
  EXPECT_GT(scrape["parley_call_seconds_sum{method=\"CreatePeer\"}"], 0);
}

TEST_F(MetricsTest, CountPeersAndCalls) {
  const Scrape before = Take();
  EXPECT_EQ(before["parley_peers"], 0);
  EXPECT_EQ(before["parley_peers_created_total"], 0);
  EXPECT_LT(before["parley_pool_utilization_ratio"], 0.125);
  // The zero that a rate begins with.
  EXPECT_EQ(before["parley_calls_total{method=\"CreatePeer\",code=\"OK\"}"], 0);

  const std::string name = CreatePeer().name();
  CreatePeer();
  ClosePeer(name);
  EXPECT_FALSE(Call(&Peers::GetPeer, v1::GetPeerRequest()).ok());
  const Scrape after = Take();
  EXPECT_EQ(after["parley_peers"], 1);
  EXPECT_EQ(after["parley_peers_limit"], 8);
  EXPECT_EQ(after["parley_pool_utilization_ratio"], 0.125);
  EXPECT_EQ(after["parley_tombstones"], 1);
  EXPECT_EQ(after["parley_peers_created_total"], 2);
  EXPECT_EQ(after["parley_peers_closed_total{reason=\"requested\"}"], 1);
  EXPECT_EQ(after["parley_peers_closed_total{reason=\"failed\"}"], 0);
  EXPECT_EQ(after["parley_calls_total{method=\"CreatePeer\",code=\"OK\"}"], 2);
  EXPECT_EQ(
      after["parley_calls_total{method=\"GetPeer\",code=\"INVALID_ARGUMENT\"}"],
      1);
  // Two came, one ended.
  EXPECT_GE(after["parley_events_total"], 3);
}

TEST_F(MetricsTest, CountConnectionsAndTraffic) {
  const Pair pair = Connect();
  v1::SendMessageRequest send;
  send.set_name(pair.channel_a);
  send.set_text("hello");
  ASSERT_OK(Call(&Channels::SendMessage, send));
  v1::ReceiveMessagesRequest receive;
  receive.set_name(pair.channel_b);
  receive.set_max_messages(1);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  const auto stream = channels_->ReceiveMessages(&context, receive);
  v1::ReceiveMessagesResponse message;
  ASSERT_TRUE(stream->Read(&message));
  stream->Finish();

  const Scrape scrape = Take();
  EXPECT_EQ(scrape["parley_peers_connected"], 2);
  EXPECT_EQ(scrape["parley_data_channels"], 2);
  EXPECT_EQ(scrape["parley_connect_seconds_count"], 2);
  EXPECT_EQ(scrape["parley_dtls_failures_total"], 0);
  EXPECT_EQ(
      scrape["parley_connection_state_changes_total{state=\"connected\"}"], 2);
  EXPECT_GE(
      scrape["parley_ice_connection_state_changes_total{state=\"checking\"}"],
      2);
  EXPECT_EQ(scrape["parley_data_channels_opened_total"], 2);
  for (const std::string direction : {"sent", "received"}) {
    const std::string label = "{direction=\"" + direction + "\"}";
    EXPECT_EQ(scrape["parley_data_channel_messages_total" + label], 1);
    EXPECT_EQ(scrape["parley_data_channel_bytes_total" + label], 5);
  }
  EXPECT_GT(scrape["process_open_fds"], 0);
  EXPECT_GT(scrape["process_max_fds"], scrape["process_open_fds"]);
  EXPECT_GT(scrape["process_resident_memory_bytes"], 1 << 20);
  EXPECT_GT(scrape["process_cpu_seconds_total"], 0);
  // A name in a label would be a series for each peer.
  for (const auto& [sample, value] : scrape.samples()) {
    EXPECT_THAT(sample, Not(HasSubstr("peers/")));
    EXPECT_THAT(sample, Not(HasSubstr("local.")));
  }
}

TEST_F(MetricsTest, CountStreamsWhileTheyAreOpen) {
  const std::string watchers = "parley_watchers{method=\"WatchPeers\"}";
  EXPECT_EQ(Value(watchers), 0);
  grpc::ClientContext context;
  const auto stream = peers_->WatchPeers(&context, v1::WatchPeersRequest());
  v1::WatchPeersResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(Value(watchers), 1);
  EXPECT_EQ(Value("parley_watchers{method=\"WatchPeer\"}"), 0);
  context.TryCancel();
  stream->Finish();
  AwaitValue(watchers, 0);
  EXPECT_EQ(
      Value("parley_calls_total{method=\"WatchPeers\",code=\"CANCELLED\"}"), 1);
  // One that was refused is counted too, and how long streams took is not.
  v1::WatchPeersRequest bad;
  bad.set_resume_token("junk");
  grpc::ClientContext refused;
  EXPECT_FALSE(peers_->WatchPeers(&refused, bad)->Finish().ok());
  EXPECT_EQ(Value("parley_calls_total{method=\"WatchPeers\",code=\"INVALID_"
                  "ARGUMENT\"}"),
            1);
  EXPECT_EQ(Value("parley_call_seconds_count{method=\"WatchPeers\"}"), -1);
}

TEST_F(MetricsTest, TellOfADrain) {
  EXPECT_EQ(Value("parley_draining"), 0);
  ASSERT_OK(Call(&v1::PoolService::Stub::Drain, v1::DrainRequest()));
  EXPECT_EQ(Value("parley_draining"), 1);
  v1::DrainRequest cancel;
  cancel.set_cancel(true);
  ASSERT_OK(Call(&v1::PoolService::Stub::Drain, cancel));
  EXPECT_EQ(Value("parley_draining"), 0);
}

TEST_F(MetricsTest, NothingElseIsServed) {
  for (const char* path : {"/", "/metrics/../etc/passwd", "/index.html"}) {
    EXPECT_THAT(Get(server_->metrics_address(), path), HasSubstr(" 404 "))
        << path;
  }
}

TEST_F(MetricsTest, WhoSaysNothingHoldsNobodyUp) {
  std::vector<std::unique_ptr<Connection>> silent;
  for (int i = 0; i < 8; ++i) {
    silent.push_back(std::make_unique<Connection>(server_->metrics_address()));
    EXPECT_TRUE(silent.back()->connected());
  }
  EXPECT_EQ(Value("parley_peers"), 0);
}

TEST_F(MetricsTest, TakesNothingIn) {
  EXPECT_THAT(
      Connection(server_->metrics_address())
          .Ask("POST /metrics HTTP/1.0\r\nContent-Length: 4\r\n\r\nabcd"),
      HasSubstr(" 405 "));
}

TEST_F(MetricsTest, APortInUseIsAnErrorThatNamesTheFlag) {
  StopServer();
  const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  ASSERT_EQ(bind(other, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(listen(other, 1), 0);
  getsockname(other, reinterpret_cast<sockaddr*>(&at), &size);
  Options options = TestOptions();
  options.metrics_listen =
      *ParseAddress("127.0.0.1:" + std::to_string(ntohs(at.sin_port)));
  Log log(options.log, SystemClock());
  const auto second = Server::Start(std::move(options), log);
  close(other);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("(--metrics-listen): the address is in use"));
}

TEST_F(MetricsTest, TheMethodsAreThoseOfTheContract) {
  std::map<std::string, bool> contract;
  for (const char* service :
       {"parley.v1.PeerService", "parley.v1.DataChannelService",
        "parley.v1.CertificateService", "parley.v1.PoolService"}) {
    const auto* is =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            service);
    ASSERT_NE(is, nullptr) << service;
    for (int i = 0; i < is->method_count(); ++i) {
      EXPECT_TRUE(
          contract
              .emplace(is->method(i)->name(), is->method(i)->server_streaming())
              .second)
          << "two methods are called " << is->method(i)->name();
    }
  }
  std::map<std::string, bool> known;
  for (size_t i = 0; i < Method::kCount; ++i) {
    known.emplace(Method::At(i).name(), Method::At(i).streams());
  }
  EXPECT_EQ(known, contract);
}

// A dashboard or an alert that asks for what there is not is silent for ever.
TEST_F(MetricsTest, TheDashboardAndTheAlertsAskForWhatThereIs) {
  Connect();
  const Scrape scrape = Take();
  for (const char* file : {"dashboard.json", "alerts.yaml"}) {
    std::ifstream in(std::string(PARLEY_OBSERVABILITY) + "/" + file);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const std::set<std::string> asked = MetricNames(text);
    EXPECT_GT(asked.size(), 5u) << file;
    for (const std::string& metric : asked) {
      EXPECT_TRUE(scrape.Has(metric)) << file << " asks for " << metric;
    }
  }
}

}  // namespace
}  // namespace parley::service
