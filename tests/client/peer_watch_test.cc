#include "parley/peer_watch.h"

#include <random>
#include <string>
#include <thread>
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
using ::testing::SizeIs;

v1::WatchPeerResponse EventOf(uint64_t sequence) {
  v1::WatchPeerResponse update;
  update.mutable_event()->set_sequence(sequence);
  update.mutable_event()->mutable_negotiation_needed();
  return update;
}

v1::WatchPeerResponse ClosedEvent(uint64_t sequence) {
  v1::WatchPeerResponse update;
  update.mutable_event()->set_sequence(sequence);
  update.mutable_event()->mutable_closed();
  return update;
}

v1::WatchPeerResponse SnapshotAt(uint64_t sequence) {
  v1::WatchPeerResponse update;
  update.mutable_snapshot()->mutable_state()->set_last_event_sequence(sequence);
  return update;
}

v1::WatchPeerResponse HeartbeatAt(uint64_t sequence) {
  v1::WatchPeerResponse update;
  update.mutable_heartbeat()->set_last_event_sequence(sequence);
  return update;
}

// Reads all the time, and writes down what came: "s3", "e4", "end OK" ...
class Reader : public std::enable_shared_from_this<Reader> {
 public:
  explicit Reader(std::shared_ptr<PeerWatchReader> watch)
      : watch_(std::move(watch)) {}

  void Read() {
    watch_->Next([self = shared_from_this()](PeerWatchReader::Result result) {
      if (!result.ok()) {
        self->seen.push_back(absl::StrCat(
            "end ", absl::StatusCodeToString(result.status().code())));
      } else if (!result->has_value()) {
        self->seen.push_back("end OK");
      } else {
        const v1::WatchPeerResponse& update = **result;
        self->seen.push_back(
            update.has_event()
                ? absl::StrCat("e", update.event().sequence())
                : absl::StrCat(
                      "s", update.snapshot().state().last_event_sequence()));
        self->Read();
      }
    });
  }

  std::vector<std::string> seen;

 private:
  const std::shared_ptr<PeerWatchReader> watch_;
};

class PeerWatchTest : public ::testing::Test {
 protected:
  ~PeerWatchTest() override {
    if (watch_ != nullptr) watch_->Cancel();
  }

  void Watch(WatchOptions options = {}) {
    watch_ = std::make_shared<PeerWatchReader>(connection_, "peers/a.1",
                                               options, time_);
    reader_ = std::make_shared<Reader>(watch_);
    reader_->Read();
  }

  FakeStreamServer& server() { return *connection_->servers.back(); }
  const std::vector<std::string>& seen() { return reader_->seen; }

  FakeTime time_;
  std::shared_ptr<StreamConnection<v1::WatchPeerRequest>> connection_ =
      std::make_shared<StreamConnection<v1::WatchPeerRequest>>();
  std::shared_ptr<PeerWatchReader> watch_;
  std::shared_ptr<Reader> reader_;
};

TEST_F(PeerWatchTest, AsksForWhatItWasTold) {
  WatchOptions options;
  options.after_sequence = 7;
  options.keep_alive = true;
  options.full_view = true;
  options.heartbeat_interval = absl::Milliseconds(1500);
  Watch(options);
  ASSERT_THAT(connection_->requests, SizeIs(1));
  const v1::WatchPeerRequest& request = connection_->requests[0];
  EXPECT_EQ(connection_->calls[0].method, "/parley.v1.PeerService/WatchPeer");
  EXPECT_TRUE(connection_->half_closed);
  EXPECT_EQ(request.name(), "peers/a.1");
  EXPECT_EQ(request.after_sequence(), 7u);
  EXPECT_TRUE(request.keep_alive());
  EXPECT_TRUE(request.snapshot_if_compacted());
  EXPECT_EQ(request.view(), v1::PEER_VIEW_FULL);
  EXPECT_EQ(request.heartbeat_interval().seconds(), 1);
  EXPECT_EQ(request.heartbeat_interval().nanos(), 500'000'000);
}

TEST_F(PeerWatchTest, GivesSnapshotAndEventsAndEndsAfterClosed) {
  Watch();
  EXPECT_FALSE(connection_->requests[0].has_after_sequence());
  server().Send(SnapshotAt(3));
  server().Send(EventOf(4));
  server().Send(HeartbeatAt(4));
  server().Send(ClosedEvent(5));
  server().End(absl::OkStatus());
  EXPECT_THAT(seen(), ElementsAre("s3", "e4", "e5", "end OK"));
}

TEST_F(PeerWatchTest, ResumesAfterTheLastEvent) {
  Watch();
  server().Send(SnapshotAt(3));
  server().Send(EventOf(4));
  server().End(absl::UnavailableError("the connection broke"));
  EXPECT_THAT(connection_->servers, SizeIs(1));
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->servers, SizeIs(2));
  EXPECT_EQ(connection_->requests[1].after_sequence(), 4u);
  server().Send(EventOf(5));
  EXPECT_THAT(seen(), ElementsAre("s3", "e4", "e5"));
}

TEST_F(PeerWatchTest, DropsWhatCameBefore) {
  WatchOptions options;
  options.after_sequence = 0;
  Watch(options);
  server().Send(EventOf(1));
  server().Send(EventOf(2));
  server().Send(EventOf(1));
  server().Send(EventOf(2));
  server().Send(EventOf(3));
  EXPECT_THAT(seen(), ElementsAre("e1", "e2", "e3"));
}

TEST_F(PeerWatchTest, AGapIsNotPassedOn) {
  Watch();
  server().Send(SnapshotAt(3));
  server().Send(EventOf(5));
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->servers, SizeIs(2));
  EXPECT_EQ(connection_->requests[1].after_sequence(), 3u);
  EXPECT_THAT(seen(), ElementsAre("s3"));
}

TEST_F(PeerWatchTest, AHeartbeatThatIsAheadIsAGap) {
  Watch();
  server().Send(SnapshotAt(3));
  server().Send(HeartbeatAt(4));
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->servers, SizeIs(2));
  EXPECT_EQ(connection_->requests[1].after_sequence(), 3u);
}

TEST_F(PeerWatchTest, WhenHistoryIsGoneASnapshotFollows) {
  Watch();
  server().Send(SnapshotAt(3));
  server().End(MakeStatus(absl::StatusCode::kOutOfRange, "EVENTS_COMPACTED"));
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->servers, SizeIs(2));
  EXPECT_TRUE(connection_->requests[1].snapshot_if_compacted());
  server().Send(SnapshotAt(90));
  server().Send(EventOf(91));
  EXPECT_THAT(seen(), ElementsAre("s3", "s90", "e91"));
}

TEST_F(PeerWatchTest, TheTombstoneOfAClosedPeerEndsTheWatch) {
  Watch();
  v1::WatchPeerResponse tombstone = SnapshotAt(0);
  tombstone.mutable_snapshot()->mutable_closure();
  server().Send(tombstone);
  server().Send(ClosedEvent(17));
  server().End(absl::OkStatus());
  EXPECT_THAT(seen(), ElementsAre("s0", "e17", "end OK"));
}

TEST_F(PeerWatchTest, RefusalsAreFinal) {
  Watch();
  server().Send(SnapshotAt(3));
  server().End(absl::UnavailableError("broke"));
  time_.Advance(absl::Milliseconds(100));
  server().End(MakeStatus(absl::StatusCode::kNotFound, "PEER_LOST"));
  EXPECT_THAT(seen(), ElementsAre("s3", "end NOT_FOUND"));
  time_.Advance(absl::Hours(1));
  EXPECT_THAT(connection_->servers, SizeIs(2));
}

TEST_F(PeerWatchTest, AServerThatWasNeverReachedEndsItSoon) {
  connection_->on_open = [](FakeStreamServer& server) {
    server.End(absl::UnavailableError("refused"));
  };
  Watch();
  time_.Advance(absl::Seconds(2));
  EXPECT_THAT(seen(), ElementsAre("end UNAVAILABLE"));
  EXPECT_THAT(connection_->servers, SizeIs(4));
}

TEST_F(PeerWatchTest, AServerThatDoesNotComeBackEndsItInTheEnd) {
  WatchOptions options;
  options.reconnect_timeout = absl::Seconds(30);
  Watch(options);
  server().Send(SnapshotAt(3));
  connection_->on_open = [](FakeStreamServer& server) {
    server.End(absl::UnavailableError("refused"));
  };
  server().End(absl::UnavailableError("broke"));
  time_.Advance(absl::Seconds(20));
  EXPECT_THAT(seen(), ElementsAre("s3"));
  time_.Advance(absl::Seconds(11));
  EXPECT_THAT(seen(), ElementsAre("s3", "end UNAVAILABLE"));
}

TEST_F(PeerWatchTest, AStreamCutShortIsResumedAlsoWhenItEndsWithOk) {
  Watch();
  server().Send(SnapshotAt(3));
  server().End(absl::OkStatus());
  time_.Advance(absl::Milliseconds(100));
  EXPECT_THAT(connection_->servers, SizeIs(2));
}

TEST_F(PeerWatchTest, ASilentStreamCountsAsBroken) {
  WatchOptions options;
  options.heartbeat_interval = absl::Seconds(10);
  Watch(options);
  server().Send(SnapshotAt(3));
  time_.Advance(absl::Seconds(25));
  server().Send(HeartbeatAt(3));
  time_.Advance(absl::Seconds(25));
  EXPECT_FALSE(server().cancelled());
  time_.Advance(absl::Seconds(30));
  EXPECT_TRUE(connection_->servers[0]->cancelled());
  ASSERT_GE(connection_->servers.size(), 2u);
  EXPECT_EQ(connection_->requests[1].after_sequence(), 3u);
  EXPECT_THAT(seen(), ElementsAre("s3"));
}

TEST_F(PeerWatchTest, WrongNodeIsFollowedOnce) {
  const absl::Status wrong = MakeStatus(absl::StatusCode::kFailedPrecondition,
                                        "WRONG_NODE", {{"node", "b"}});
  connection_->on_open = [&](FakeStreamServer& server) { server.End(wrong); };
  Watch();
  EXPECT_THAT(seen(), ElementsAre("end FAILED_PRECONDITION"));
  ASSERT_THAT(connection_->calls, SizeIs(2));
  EXPECT_EQ(connection_->calls[1].node, "b");
}

TEST_F(PeerWatchTest, CancelEndsThePendingNext) {
  Watch();
  watch_->Cancel();
  EXPECT_THAT(seen(), ElementsAre("end CANCELLED"));
  EXPECT_TRUE(server().cancelled());
  EXPECT_EQ(time_.timers(), 0u);
}

TEST_F(PeerWatchTest, CancelEndsTheWaitForTheNextAttempt) {
  Watch();
  server().End(absl::UnavailableError("broke"));
  watch_->Cancel();
  EXPECT_THAT(seen(), ElementsAre("end CANCELLED"));
  time_.Advance(absl::Hours(1));
  EXPECT_THAT(connection_->servers, SizeIs(1));
}

TEST_F(PeerWatchTest, ATimedOutNextLosesNothing) {
  auto impl = std::make_shared<PeerWatchReader>(connection_, "peers/a.1",
                                                WatchOptions(), time_);
  PeerWatch watch(impl);
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(watch.Next(absl::Milliseconds(1)).status()));
  server().Send(SnapshotAt(3));  // meets nobody
  server().Send(EventOf(4));
  const auto first = watch.Next(absl::Seconds(10));
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE((*first)->has_snapshot());
  const auto second = watch.Next(absl::Seconds(10));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ((*second)->event().sequence(), 4u);
}

TEST_F(PeerWatchTest, ABlockedNextIsEndedByCancel) {
  PeerWatch watch(std::make_shared<PeerWatchReader>(connection_, "peers/a.1",
                                                    WatchOptions(), time_));
  std::thread other([&] { watch.Cancel(); });
  EXPECT_TRUE(absl::IsCancelled(watch.Next().status()));
  other.join();
}

// A server that keeps `kept` events and breaks the stream when it likes.
TEST_F(PeerWatchTest, WhateverBreaksTheSequenceIsDense) {
  std::mt19937 random(1);
  constexpr uint64_t kLast = 400;
  int complete = 0;
  for (int run = 0; run < 50; ++run) {
    auto connection =
        std::make_shared<StreamConnection<v1::WatchPeerRequest>>();
    connection->on_open = [&](FakeStreamServer& server) {
      uint64_t next = connection->requests.back().after_sequence() + 1;
      next -= std::min<uint64_t>(next - 1, random() % 3);  // doubles
      for (uint64_t n = random() % 20; n > 0 && next <= kLast; --n, ++next) {
        if (random() % 11 == 0) continue;  // a gap
        server.Send(next == kLast ? ClosedEvent(next) : EventOf(next));
      }
      server.End(random() % 2 ? absl::UnavailableError("broke")
                              : absl::OkStatus());
    };
    WatchOptions options;
    options.after_sequence = 0;
    options.reconnect_timeout = absl::Hours(10);
    auto watch = std::make_shared<PeerWatchReader>(connection, "peers/a.1",
                                                   options, time_);
    auto reader = std::make_shared<Reader>(watch);
    reader->Read();
    // The first attempts are few; a stream that gave nothing may end it.
    time_.Advance(absl::Hours(1));
    if (reader->seen == std::vector<std::string>{"end UNAVAILABLE"}) continue;
    std::vector<std::string> expected;
    for (uint64_t i = 1; i <= kLast; ++i)
      expected.push_back(absl::StrCat("e", i));
    expected.push_back("end OK");
    EXPECT_EQ(reader->seen, expected);
    ++complete;
  }
  EXPECT_GT(complete, 40);
}

}  // namespace
}  // namespace parley::client::internal
