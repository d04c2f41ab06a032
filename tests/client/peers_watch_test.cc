// The resuming stream of WatchPeers; what it shares with that of WatchPeer is
// tested there.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/src/peer_watch_reader.h"
#include "gmock/gmock.h"
#include "tests/client/errors.h"
#include "tests/client/fake_time.h"
#include "tests/client/stream_connection.h"

namespace parley::client::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class PeersWatchTest : public ::testing::Test {
 protected:
  ~PeersWatchTest() override {
    if (watch_ != nullptr) watch_->Cancel();
  }

  void Watch(PeersWatchOptions options = {}) {
    watch_ = std::make_shared<PeersWatchReader>(connection_, options, time_);
    Read();
  }

  // Reads all the time, and writes down the tokens of what came.
  void Read() {
    watch_->Next([this](PeersWatchReader::Result result) {
      if (!result.ok()) {
        seen_.push_back(absl::StrCat(
            "end ", absl::StatusCodeToString(result.status().code())));
        return;
      }
      seen_.push_back((*result)->resume_token());
      Read();
    });
  }

  FakeStreamServer& server() { return *connection_->servers.back(); }
  void SendEvent(const std::string& token) {
    v1::WatchPeersResponse update;
    update.set_name("peers/a.1");
    update.mutable_event()->mutable_negotiation_needed();
    update.set_resume_token(token);
    server().Send(update);
  }
  void SendHeartbeat(const std::string& token) {
    v1::WatchPeersResponse update;
    update.mutable_heartbeat();
    update.set_resume_token(token);
    server().Send(update);
  }

  FakeTime time_;
  std::shared_ptr<StreamConnection<v1::WatchPeersRequest>> connection_ =
      std::make_shared<StreamConnection<v1::WatchPeersRequest>>();
  std::shared_ptr<PeersWatchReader> watch_;
  std::vector<std::string> seen_;
};

TEST_F(PeersWatchTest, AsksForWhatItWasTold) {
  PeersWatchOptions options;
  options.labels = {{"room", "7"}};
  options.resume_token = "t0";
  options.full_view = true;
  options.heartbeat_interval = absl::Seconds(2);
  Watch(options);
  ASSERT_THAT(connection_->requests, SizeIs(1));
  const v1::WatchPeersRequest& request = connection_->requests[0];
  EXPECT_EQ(connection_->calls[0].method, "/parley.v1.PeerService/WatchPeers");
  EXPECT_TRUE(connection_->half_closed);
  EXPECT_THAT(request.labels(), UnorderedElementsAre(Pair("room", "7")));
  EXPECT_EQ(request.resume_token(), "t0");
  EXPECT_TRUE(request.snapshot_if_compacted());
  EXPECT_EQ(request.view(), v1::PEER_VIEW_FULL);
  EXPECT_EQ(request.heartbeat_interval().seconds(), 2);
}

TEST_F(PeersWatchTest, ResumesWithTheLastTokenAlsoOfAHeartbeat) {
  Watch();
  v1::WatchPeersResponse begin;
  begin.mutable_snapshots_begin();
  begin.set_resume_token("begin");
  server().Send(begin);
  SendEvent("1");
  server().End(absl::UnavailableError("the connection broke"));
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->requests, SizeIs(2));
  EXPECT_EQ(connection_->requests[1].resume_token(), "1");
  SendHeartbeat("2");
  server().End(absl::OkStatus());
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->requests, SizeIs(3));
  EXPECT_EQ(connection_->requests[2].resume_token(), "2");
  SendEvent("3");
  EXPECT_THAT(seen_, ElementsAre("begin", "1", "3"));
}

TEST_F(PeersWatchTest, OfANewerServerOnlyTheTokenIsKept) {
  Watch();
  v1::WatchPeersResponse unknown;
  unknown.set_resume_token("1");
  server().Send(unknown);
  server().End(absl::UnavailableError("gone"));
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->requests, SizeIs(2));
  EXPECT_EQ(connection_->requests[1].resume_token(), "1");
  EXPECT_THAT(seen_, SizeIs(0));
}

TEST_F(PeersWatchTest, ARefusalIsTheEnd) {
  Watch();
  SendEvent("1");
  server().End(MakeStatus(absl::StatusCode::kInvalidArgument, "ARGUMENT"));
  time_.Advance(absl::Minutes(10));
  EXPECT_THAT(connection_->requests, SizeIs(1));
  EXPECT_THAT(seen_, ElementsAre("1", "end INVALID_ARGUMENT"));
}

TEST_F(PeersWatchTest, AQuietStreamThatBreaksLaterIsResumed) {
  Watch();
  SendEvent("1");
  for (const char* token : {"2", "3", "4"}) {
    server().End(absl::UnavailableError("gone"));
    time_.Advance(absl::Milliseconds(100));
    SendHeartbeat(token);
    time_.Advance(absl::Minutes(1));
  }
  EXPECT_THAT(connection_->requests, SizeIs(4));
  EXPECT_THAT(seen_, ElementsAre("1"));
}

TEST_F(PeersWatchTest, GivesUpInTime) {
  PeersWatchOptions options;
  options.reconnect_timeout = absl::Seconds(10);
  connection_->on_open = [](FakeStreamServer& server) {
    server.End(absl::UnavailableError("gone"));
  };
  Watch(options);
  time_.Advance(absl::Minutes(1));
  EXPECT_THAT(seen_, ElementsAre("end UNAVAILABLE"));
}

}  // namespace
}  // namespace parley::client::internal
