// WatchPeer: what a stream begins with, how it goes on, resumes and ends.

#include <string>
#include <vector>

#include "tests/service/harness.h"

namespace parley::service {
namespace {

class WatchTest : public ServerTest {
 protected:
  WatchTest() {
    Options options = TestOptions();
    options.engine.limits.event_history_bytes = 32 << 10;
    StartServer(std::move(options));
  }

  class Stream {
   public:
    Stream(Peers& stub, const v1::WatchPeerRequest& request) {
      context_.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
      reader_ = stub.WatchPeer(&context_, request);
    }
    ~Stream() { Cancel(); }
    // An empty message once the stream has ended.
    v1::WatchPeerResponse Next() {
      v1::WatchPeerResponse response;
      if (!reader_->Read(&response)) response.Clear();
      return response;
    }
    std::string Finish() {
      v1::WatchPeerResponse response;
      while (reader_->Read(&response)) {
      }
      finished_ = true;
      return ErrorText(reader_->Finish());
    }
    void Cancel() {
      if (finished_) return;
      context_.TryCancel();
      Finish();
    }

   private:
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReader<v1::WatchPeerResponse>> reader_;
    bool finished_ = false;
  };

  static v1::WatchPeerRequest For(const std::string& name) {
    v1::WatchPeerRequest request;
    request.set_name(name);
    return request;
  }
  static v1::WatchPeerRequest After(const std::string& name,
                                    uint64_t sequence) {
    v1::WatchPeerRequest request = For(name);
    request.set_after_sequence(sequence);
    return request;
  }

  void AddTransceiver(const std::string& name) {
    v1::AddTransceiverRequest request;
    request.set_name(name);
    request.mutable_transceiver()->set_kind(v1::MEDIA_KIND_AUDIO);
    EXPECT_OK(Call(&Peers::AddTransceiver, request));
  }
};

TEST_F(WatchTest, BeginsWithASnapshotAndGoesOnWithoutAGap) {
  const v1::Peer peer = CreateChannelPeer();
  Stream stream(*peers_, For(peer.name()));
  const v1::WatchPeerResponse first = stream.Next();
  ASSERT_TRUE(first.has_snapshot());
  uint64_t sequence = first.snapshot().state().last_event_sequence();
  EXPECT_EQ(sequence, peer.state().last_event_sequence());
  AddTransceiver(peer.name());
  SetLocal(peer.name());
  bool transceiver = false;
  bool applied = false;
  bool gathered = false;
  while (!gathered) {
    const v1::WatchPeerResponse next = stream.Next();
    ASSERT_TRUE(next.has_event());
    const v1::Event& event = next.event();
    EXPECT_EQ(event.sequence(), ++sequence);
    EXPECT_TRUE(event.has_time());
    transceiver = transceiver || event.has_transceiver_change();
    if (event.has_description_applied()) {
      applied = true;
      EXPECT_EQ(event.description_applied().state().last_event_sequence(),
                event.sequence());
      EXPECT_EQ(event.description_applied().state().signaling_state(),
                v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
    }
    // W3C: candidates come after the description they belong to.
    if (event.has_local_candidate()) {
      EXPECT_TRUE(applied);
    }
    gathered = event.ice_gathering_state_change().ice_gathering_state() ==
               v1::ICE_GATHERING_STATE_COMPLETE;
  }
  EXPECT_TRUE(transceiver);
}

TEST_F(WatchTest, ResumesExactlyWhereItBroke) {
  const std::string name = CreatePeer().name();
  for (int i = 0; i < 20; ++i) AddTransceiver(name);
  const uint64_t last = GetPeer(name).state().last_event_sequence();
  ASSERT_GE(last, 20u);
  std::vector<std::string> whole;
  Stream all(*peers_, After(name, 0));
  for (uint64_t i = 0; i < last; ++i) {
    whole.push_back(all.Next().SerializeAsString());
  }
  std::vector<std::string> pieces;
  while (pieces.size() < last) {
    Stream piece(*peers_, After(name, pieces.size()));
    for (int i = 0; i < 3 && pieces.size() < last; ++i) {
      pieces.push_back(piece.Next().SerializeAsString());
    }
  }
  EXPECT_EQ(pieces, whole);
}

TEST_F(WatchTest, EndsWithTheClosedEventWhichATombstoneStillGives) {
  const std::string name = CreatePeer().name();
  Stream live(*peers_, For(name));
  ASSERT_TRUE(live.Next().has_snapshot());
  ClosePeer(name);
  v1::WatchPeerResponse response;
  while (!response.event().has_closed()) {
    response = live.Next();
    ASSERT_TRUE(response.has_event());
  }
  EXPECT_EQ(response.event().closed().reason(), v1::CLOSE_REASON_REQUESTED);
  EXPECT_EQ(live.Finish(), "OK");
  const uint64_t last = response.event().sequence();

  Stream late(*peers_, After(name, last - 1));
  EXPECT_TRUE(late.Next().event().has_closed());
  EXPECT_EQ(late.Finish(), "OK");
  EXPECT_EQ(Stream(*peers_, After(name, last)).Finish(), "OK");
  Stream snapshot(*peers_, For(name));
  EXPECT_TRUE(snapshot.Next().snapshot().has_closure());
  EXPECT_EQ(snapshot.Finish(), "OK");
}

TEST_F(WatchTest, RefusesWhatItCannotServe) {
  const std::string name = CreatePeer().name();
  EXPECT_EQ(Stream(*peers_, After(name, 1000)).Finish(),
            "INVALID_ARGUMENT ARGUMENT TypeError");
  EXPECT_EQ(Stream(*peers_, For("peers/x")).Finish(),
            "INVALID_ARGUMENT ARGUMENT TypeError");
  v1::WatchPeerRequest request = For(name);
  request.mutable_heartbeat_interval()->set_nanos(1);
  EXPECT_EQ(Stream(*peers_, request).Finish(),
            "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
}

TEST_F(WatchTest, SaysWhenTheHistoryIsGoneOrBeginsAfresh) {
  const std::string name = CreatePeer().name();
  // Far more than the 32 KiB of history that this server keeps of a peer.
  for (int i = 0; i < 100; ++i) AddTransceiver(name);
  EXPECT_EQ(Stream(*peers_, After(name, 0)).Finish(),
            "OUT_OF_RANGE EVENTS_COMPACTED");
  v1::WatchPeerRequest request = After(name, 0);
  request.set_snapshot_if_compacted(true);
  Stream stream(*peers_, request);
  const v1::WatchPeerResponse response = stream.Next();
  ASSERT_TRUE(response.has_snapshot());
  EXPECT_EQ(response.snapshot().state().transceivers_size(), 100);
}

TEST_F(WatchTest, AHeartbeatIsASignOfLife) {
  const std::string name = CreatePeer().name();
  v1::WatchPeerRequest request = For(name);
  request.mutable_heartbeat_interval()->set_seconds(1);
  Stream stream(*peers_, request);
  const v1::WatchPeerResponse first = stream.Next();
  for (int i = 0; i < 2; ++i) {
    const v1::WatchPeerResponse beat = stream.Next();
    ASSERT_TRUE(beat.has_heartbeat());
    EXPECT_EQ(beat.heartbeat().last_event_sequence(),
              first.snapshot().state().last_event_sequence());
    EXPECT_TRUE(beat.heartbeat().has_time());
  }
}

TEST_F(WatchTest, OnlyKeepAliveHoldsTheLease) {
  v1::CreatePeerRequest create;
  create.mutable_lease_ttl()->set_seconds(1);
  const std::string watched = CreatePeer(create).name();
  const std::string held = CreatePeer(create).name();
  Stream watch(*peers_, For(watched));
  v1::WatchPeerRequest keep = For(held);
  keep.set_keep_alive(true);
  keep.mutable_heartbeat_interval()->set_seconds(1);
  Stream hold(*peers_, keep);
  ASSERT_TRUE(hold.Next().has_snapshot());
  EXPECT_FALSE(GetPeer(held).lease().has_expire_time());
  v1::WatchPeerResponse response = watch.Next();
  while (!response.event().has_closed()) {
    response = watch.Next();
    ASSERT_TRUE(response.has_event());
  }
  EXPECT_EQ(response.event().closed().reason(), v1::CLOSE_REASON_LEASE_EXPIRED);
  // The other one has lived as long, and longer; once let go it ends too.
  EXPECT_TRUE(hold.Next().has_heartbeat());
  EXPECT_FALSE(GetPeer(held).has_closure());
  hold.Cancel();
  AwaitEvent(held, 0,
             [](const v1::Event& event) { return event.has_closed(); });
}

// Watchers that read nothing cost a cursor: the peer goes on, and they find
// what they missed, or learn that it is gone.
TEST_F(WatchTest, ASlowWatcherHoldsNobodyUp) {
  const std::string name = CreatePeer().name();
  std::vector<std::unique_ptr<Stream>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<Stream>(*peers_, For(name)));
  }
  for (int i = 0; i < 50; ++i) AddTransceiver(name);
  EXPECT_EQ(GetPeer(name).state().transceivers_size(), 50);
  ClosePeer(name);
  for (const auto& stream : slow) {
    EXPECT_THAT(stream->Finish(),
                ::testing::AnyOf("OK", "OUT_OF_RANGE EVENTS_COMPACTED"));
  }
}

}  // namespace
}  // namespace parley::service
