// What the log says of streams: how long each was open.

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

// What follows " KEY=" in the line, up to a space.
std::string ValueOf(const std::string& line, const std::string& key) {
  const size_t at = line.find(" " + key + "=");
  if (at == line.npos) return "";
  const size_t begin = at + key.size() + 2;
  return line.substr(begin, line.find_first_of(" \n", begin) - begin);
}

class StreamLogTest : public ServerTest {
 protected:
  StreamLogTest() {
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    log_ = fdopen(ends[0], "r");
    writer_ = ends[1];
    Options options = TestOptions();
    options.log.level = LogLevel::kDebug;
    options.log.descriptor = writer_;
    StartServer(std::move(options));
  }
  ~StreamLogTest() override {
    StopServer();
    // The log goes with the fixture; it loses what it then has to say.
    fclose(log_);
    close(writer_);
  }

  // How long these streams were open, as the next lines of the log have it.
  std::map<std::string, double> NextTimes(size_t count) {
    std::map<std::string, double> times;
    char line[4096];
    while (times.size() < count && fgets(line, sizeof(line), log_)) {
      const std::string method = ValueOf(line, "method");
      if (method != "WatchPeer" && method != "WatchPeers" &&
          method != "Exchange" && method != "ReceiveMessages") {
        continue;
      }
      EXPECT_TRUE(absl::SimpleAtod(ValueOf(line, "ms"), &times[method]));
    }
    return times;
  }

  FILE* log_ = nullptr;
  int writer_ = -1;
};

// Not since the last thing they said.
TEST_F(StreamLogTest, AStreamLastsSinceItBegan) {
  const v1::Peer peer = CreateChannelPeer();
  const std::string channel = peer.state().data_channels(0).name();
  grpc::ClientContext contexts[4];
  v1::ReceiveMessagesRequest receive;
  receive.set_name(channel);
  const auto receiving = channels_->ReceiveMessages(&contexts[0], receive);
  const auto exchange = channels_->Exchange(&contexts[1]);
  v1::ExchangeRequest frames;
  frames.add_frames()->set_name(channel);
  frames.mutable_frames(0)->mutable_attach()->set_mode(v1::ATTACH_MODE_SEND);
  exchange->Write(frames);
  v1::ExchangeResponse attached;
  ASSERT_TRUE(exchange->Read(&attached));
  const auto all = peers_->WatchPeers(&contexts[2], {});
  v1::WatchPeersResponse snapshot;
  while (!snapshot.has_snapshots_complete()) ASSERT_TRUE(all->Read(&snapshot));

  v1::WatchPeerRequest watch;
  watch.set_name(peer.name());
  watch.mutable_heartbeat_interval()->set_seconds(1);
  const auto one = peers_->WatchPeer(&contexts[3], watch);
  v1::WatchPeerResponse update;
  ASSERT_TRUE(one->Read(&update));
  const absl::Time begin = absl::Now();
  // Each beat is a write, and the last thing said.
  while (!update.has_heartbeat()) ASSERT_TRUE(one->Read(&update));
  const double open = absl::ToDoubleMilliseconds(absl::Now() - begin);
  for (grpc::ClientContext& context : contexts) context.TryCancel();
  receiving->Finish();
  exchange->Finish();
  all->Finish();
  one->Finish();

  const auto times = NextTimes(4);
  ASSERT_EQ(times.size(), 4u);
  for (const auto& [method, ms] : times) EXPECT_GE(ms, open) << method;
}

}  // namespace
}  // namespace parley::service
