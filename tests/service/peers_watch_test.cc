// WatchPeers: what a stream begins with, how it goes on, resumes at any point
// and ends.

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/service/harness.h"

namespace parley::service {
namespace {

// What a caller knows who has seen these messages. Fails where one is missing
// or comes twice.
class PoolMirror {
 public:
  void Take(const v1::WatchPeersResponse& message) {
    EXPECT_FALSE(message.resume_token().empty());
    if (message.has_snapshots_begin()) {
      complete_ = false;
    } else if (message.has_snapshots_complete()) {
      EXPECT_FALSE(complete_) << "completed twice";
      complete_ = true;
    } else if (message.has_snapshot()) {
      const v1::Peer& peer = message.snapshot();
      EXPECT_EQ(peer.name(), message.name());
      const bool fresh =
          peers_.emplace(peer.name(), peer.state().last_event_sequence())
              .second;
      EXPECT_TRUE(fresh) << "a second snapshot of " << peer.name();
    } else if (message.has_event()) {
      const auto peer = peers_.find(message.name());
      ASSERT_NE(peer, peers_.end()) << "an event before the snapshot";
      EXPECT_EQ(message.event().sequence(), ++peer->second);
      if (message.event().has_closed()) closed_.insert(message.name());
    }
  }

  bool complete() const { return complete_; }
  // The last sequence, by name.
  const std::map<std::string, uint64_t>& peers() const { return peers_; }
  const std::set<std::string>& closed() const { return closed_; }

 private:
  bool complete_ = false;
  std::map<std::string, uint64_t> peers_;
  std::set<std::string> closed_;
};

class PeersWatchTest : public ServerTest {
 protected:
  PeersWatchTest() { StartServer(PoolOptions()); }

  static Options PoolOptions() {
    Options options = TestOptions();
    options.engine.pool.max_peers = 20000;
    options.engine.pool.max_tombstones = 20000;
    return options;
  }

  class Stream {
   public:
    Stream(Peers& stub, const v1::WatchPeersRequest& request) {
      context_.set_deadline(absl::ToChronoTime(absl::Now() + 4 * kPatience));
      reader_ = stub.WatchPeers(&context_, request);
    }
    ~Stream() {
      if (finished_) return;
      context_.TryCancel();
      Finish();
    }
    // An empty message once the stream has ended.
    v1::WatchPeersResponse Next() {
      v1::WatchPeersResponse response;
      if (!reader_->Read(&response)) response.Clear();
      return response;
    }
    std::string Finish() {
      v1::WatchPeersResponse response;
      while (reader_->Read(&response)) {
      }
      finished_ = true;
      status_ = reader_->Finish();
      return ErrorText(status_);
    }
    const grpc::Status& status() const { return status_; }

   private:
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReader<v1::WatchPeersResponse>> reader_;
    grpc::Status status_;
    bool finished_ = false;
  };

  Stream Watch(const v1::WatchPeersRequest& request = {}) {
    return Stream(*peers_, request);
  }
  static v1::WatchPeersRequest From(const std::string& token) {
    v1::WatchPeersRequest request;
    request.set_resume_token(token);
    return request;
  }

  // Reads until it holds.
  template <typename Condition>
  v1::WatchPeersResponse ReadUntil(Stream& stream, PoolMirror& mirror,
                                   Condition condition) {
    for (;;) {
      v1::WatchPeersResponse message = stream.Next();
      if (message.resume_token().empty()) {
        ADD_FAILURE() << "the stream has ended: " << stream.Finish();
        return message;
      }
      mirror.Take(message);
      if (condition(message)) return message;
    }
  }
  static bool IsComplete(const v1::WatchPeersResponse& message) {
    return message.has_snapshots_complete();
  }

  void AddTransceiver(const std::string& name) {
    v1::AddTransceiverRequest request;
    request.set_name(name);
    request.mutable_transceiver()->set_kind(v1::MEDIA_KIND_AUDIO);
    EXPECT_OK(Call(&Peers::AddTransceiver, request));
  }
  v1::Peer CreateLabelled(const std::string& room) {
    v1::CreatePeerRequest request;
    (*request.mutable_labels())["room"] = room;
    (*request.mutable_labels())["all"] = "yes";
    return CreatePeer(request);
  }
  static bool Full() { return getenv("PARLEY_FULL") != nullptr; }
};

TEST_F(PeersWatchTest, BeginsWithSnapshotsAndGoesOnWithoutAGap) {
  std::set<std::string> names;
  for (int i = 0; i < 5; ++i) names.insert(CreateChannelPeer().name());
  Stream stream = Watch();
  const v1::WatchPeersResponse begin = stream.Next();
  ASSERT_TRUE(begin.has_snapshots_begin());
  EXPECT_FALSE(begin.snapshots_begin().compacted());
  EXPECT_EQ(begin.name(), "");
  PoolMirror mirror;
  ReadUntil(stream, mirror, IsComplete);
  std::set<std::string> seen;
  for (const auto& [name, sequence] : mirror.peers()) {
    seen.insert(name);
    EXPECT_EQ(sequence, GetPeer(name).state().last_event_sequence());
  }
  EXPECT_EQ(seen, names);

  // One that comes later begins with its snapshot too.
  const v1::Peer late = CreateLabelled("7");
  v1::WatchPeersResponse message = stream.Next();
  ASSERT_TRUE(message.has_snapshot());
  mirror.Take(message);
  EXPECT_EQ(message.snapshot().state().SerializeAsString(),
            late.state().SerializeAsString());
  EXPECT_EQ(message.snapshot().labels_size(), 2);
  SetLocal(*names.begin());
  ClosePeer(late.name());
  bool gathered = false;
  ReadUntil(stream, mirror, [&](const v1::WatchPeersResponse& m) {
    gathered = gathered ||
               m.event().ice_gathering_state_change().ice_gathering_state() ==
                   v1::ICE_GATHERING_STATE_COMPLETE;
    return gathered && !mirror.closed().empty();
  });
  EXPECT_EQ(mirror.closed(), std::set<std::string>{late.name()});
  // Nobody who comes now has known it.
  Stream next = Watch();
  PoolMirror without;
  ReadUntil(next, without, IsComplete);
  EXPECT_FALSE(without.peers().contains(late.name()));
}

TEST_F(PeersWatchTest, AnEmptyPoolIsCompleteAtOnce) {
  Stream stream = Watch();
  EXPECT_TRUE(stream.Next().has_snapshots_begin());
  EXPECT_TRUE(stream.Next().has_snapshots_complete());
}

TEST_F(PeersWatchTest, HasTheEventsOfWatchPeer) {
  const std::string name = CreatePeer().name();
  Stream stream = Watch();
  PoolMirror mirror;
  ReadUntil(stream, mirror, IsComplete);
  const uint64_t before = mirror.peers().at(name);
  AddTransceiver(name);
  AddTransceiver(name);
  v1::WatchPeerRequest one;
  one.set_name(name);
  one.set_after_sequence(before);
  grpc::ClientContext context;
  const auto reader = peers_->WatchPeer(&context, one);
  for (int i = 0; i < 2; ++i) {
    v1::WatchPeerResponse expected;
    ASSERT_TRUE(reader->Read(&expected));
    EXPECT_EQ(stream.Next().event().SerializeAsString(),
              expected.event().SerializeAsString());
  }
  context.TryCancel();
  reader->Finish();
}

// A stream is recorded that is read while its peers change, from its first
// snapshot on; then one is resumed after each of its messages. What was seen
// before and what comes then have no gap and nothing twice.
TEST_F(PeersWatchTest, ResumesAfterAnyMessageWithoutLossAndWithoutDouble) {
  const int count = Full() ? 300 : 60;
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(CreatePeer().name());

  std::vector<std::string> tokens;
  std::vector<PoolMirror> mirrors;
  PoolMirror mirror;
  Stream stream = Watch();
  std::string sentinel;
  int turn = 0;
  const auto change = [&] {
    ++turn;
    // Each is one that the stream will tell of.
    if (turn % 7 == 0) {
      names.push_back(CreatePeer().name());
    } else if (turn % 11 == 0) {
      ClosePeer(names.front());
      names.erase(names.begin());
    } else {
      AddTransceiver(names[static_cast<size_t>(turn * 37) % names.size()]);
    }
  };
  const auto ends = [&sentinel](const v1::WatchPeersResponse& message) {
    return message.event().has_closed() && message.name() == sentinel;
  };
  for (bool ended = false; !ended || !mirror.complete();) {
    const v1::WatchPeersResponse message = stream.Next();
    ASSERT_FALSE(message.resume_token().empty()) << stream.Finish();
    mirror.Take(message);
    tokens.push_back(message.resume_token());
    mirrors.push_back(mirror);
    ended = ended || ends(message);
    if (turn < 2 * count) change();
    if (turn == 2 * count && sentinel.empty()) {
      sentinel = CreatePeer().name();
      ClosePeer(sentinel);
    }
  }
  ASSERT_GE(mirror.closed().size(), 1u);
  std::map<std::string, uint64_t> live;
  for (const auto& [name, sequence] : mirror.peers()) {
    if (mirror.closed().contains(name)) continue;
    live[name] = sequence;
    EXPECT_EQ(sequence, GetPeer(name).state().last_event_sequence());
  }

  for (size_t i = 0; i < tokens.size(); ++i) {
    PoolMirror resumed = mirrors[i];
    Stream rest = Watch(From(tokens[i]));
    bool ended = resumed.closed().contains(sentinel);
    while (!(ended && resumed.complete())) {
      const v1::WatchPeersResponse message = rest.Next();
      ASSERT_FALSE(message.resume_token().empty()) << rest.Finish();
      ASSERT_FALSE(message.has_snapshots_begin());
      resumed.Take(message);
      ended = ended || ends(message);
    }
    std::map<std::string, uint64_t> left;
    for (const auto& [name, sequence] : resumed.peers()) {
      if (!resumed.closed().contains(name)) left[name] = sequence;
    }
    ASSERT_EQ(left, live) << "resumed after message " << i;
    if (::testing::Test::HasFailure()) return;
  }
}

TEST_F(PeersWatchTest, ShowsOnlyPeersCreatedWithTheLabels) {
  const std::string a = CreateLabelled("a").name();
  const std::string b = CreateLabelled("b").name();
  v1::WatchPeersRequest request;
  (*request.mutable_labels())["room"] = "a";
  (*request.mutable_labels())["all"] = "yes";
  Stream stream = Watch(request);
  PoolMirror mirror;
  const auto complete = ReadUntil(stream, mirror, IsComplete);
  AddTransceiver(b);
  CreateLabelled("b");
  const std::string late = CreateLabelled("a").name();
  EXPECT_EQ(stream.Next().name(), late);
  AddTransceiver(a);
  EXPECT_EQ(stream.Next().name(), a);
  EXPECT_EQ(mirror.peers().size(), 1u);

  // Other labels are another stream.
  request.set_resume_token(complete.resume_token());
  EXPECT_EQ(Watch(request).Next().name(), late);
  (*request.mutable_labels())["room"] = "b";
  EXPECT_EQ(Watch(request).Finish(), "INVALID_ARGUMENT ARGUMENT TypeError");
}

TEST_F(PeersWatchTest, RefusesWhatIsNoTokenAndNamesTheField) {
  CreatePeer();
  Stream stream = Watch();
  const std::string good = stream.Next().resume_token();
  const std::string epoch = good.substr(0, good.find('~'));
  const std::string labels = good.substr(0, good.find('~', epoch.size() + 1));
  for (const std::string& bad :
       {std::string("junk"), std::string("~~~~"), std::string(10000, '~'),
        good + "x", good + "~", labels + "~1~fffff~", labels + "~2~1~",
        labels + "~-1~1~", labels + "~1~1~peers/x",
        labels + "~1~1~peers/far." + std::string(30, 'a')}) {
    Stream refused = Watch(From(bad));
    EXPECT_EQ(refused.Finish(), "INVALID_ARGUMENT ARGUMENT TypeError") << bad;
    EXPECT_EQ(Metadata(refused.status(), "field"), "resume_token");
  }
  v1::WatchPeersRequest request;
  request.mutable_heartbeat_interval()->set_nanos(1);
  EXPECT_EQ(Watch(request).Finish(),
            "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
}

TEST_F(PeersWatchTest, ATokenOfAnotherProcessIsTooOld) {
  const std::string name = CreatePeer().name();
  std::string token;
  {
    Stream stream = Watch();
    token = stream.Next().resume_token();
  }
  token[0] = token[0] == 'x' ? 'y' : 'x';
  v1::WatchPeersRequest request = From(token);
  EXPECT_EQ(Watch(request).Finish(), "OUT_OF_RANGE EVENTS_COMPACTED");
  request.set_snapshot_if_compacted(true);
  Stream stream = Watch(request);
  EXPECT_TRUE(stream.Next().snapshots_begin().compacted());
  EXPECT_EQ(stream.Next().name(), name);
}

TEST_F(PeersWatchTest, AHeartbeatIsASignOfLifeAndMovesTheToken) {
  v1::WatchPeersRequest request;
  request.mutable_heartbeat_interval()->set_seconds(1);
  (*request.mutable_labels())["room"] = "none";
  Stream stream = Watch(request);
  PoolMirror mirror;
  const auto complete = ReadUntil(stream, mirror, IsComplete);
  // Nothing that this stream shows.
  CreatePeer();
  v1::WatchPeersResponse beat;
  do {  // one may come before the peer
    beat = stream.Next();
    ASSERT_TRUE(beat.has_heartbeat());
    EXPECT_TRUE(beat.heartbeat().has_time());
  } while (beat.resume_token() == complete.resume_token());
  EXPECT_TRUE(stream.Next().has_heartbeat());
}

TEST_F(PeersWatchTest, RenewsNoLease) {
  const v1::Peer peer = CreatePeer();
  Stream stream = Watch();
  PoolMirror mirror;
  ReadUntil(stream, mirror, IsComplete);
  EXPECT_EQ(GetPeer(peer.name()).lease().expire_time().SerializeAsString(),
            peer.lease().expire_time().SerializeAsString());
}

// Peers come and go while a stream sends its snapshots.
TEST_F(PeersWatchTest, PeersThatComeAndGoMeanwhileAreSeenOnce) {
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back(CreatePeer().name());
  std::thread changes([this, &names] {
    for (size_t i = 0; i < 100; ++i) {
      ClosePeer(names[i * 2]);
      CreatePeer();
    }
  });
  PoolMirror mirror;
  Stream stream = Watch();
  ReadUntil(stream, mirror, IsComplete);
  changes.join();
  const std::string last = CreatePeer().name();
  ReadUntil(stream, mirror,
            [&last](const auto& message) { return message.name() == last; });
  std::set<std::string> live;
  for (const auto& [name, sequence] : mirror.peers()) {
    if (!mirror.closed().contains(name)) live.insert(name);
  }
  EXPECT_EQ(live.size(), 201u);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_FALSE(live.contains(names[i * 2]));
    EXPECT_TRUE(live.contains(names[i * 2 + 1]));
  }
}

TEST_F(PeersWatchTest, ManyPeersOnOneStream) {
  const size_t count = Full() ? 10000 : 1000;
  for (size_t i = 0; i < count; ++i) CreatePeer();
  PoolMirror mirror;
  std::string token;
  for (bool complete = false; !complete;) {
    // Broken off again and again.
    v1::WatchPeersRequest request = From(token);
    Stream stream = Watch(request);
    for (size_t i = 0; i < count / 7 && !complete; ++i) {
      const v1::WatchPeersResponse message = stream.Next();
      ASSERT_FALSE(message.resume_token().empty()) << stream.Finish();
      mirror.Take(message);
      token = message.resume_token();
      complete = message.has_snapshots_complete();
    }
  }
  EXPECT_EQ(mirror.peers().size(), count);
}

class ShortHistoryTest : public PeersWatchTest {
 protected:
  ShortHistoryTest() {
    Options options = PoolOptions();
    options.engine.pool.journal_bytes = 32 << 10;
    StartServer(std::move(options));
    name_ = CreatePeer().name();
  }

  // Far more than this server keeps.
  void Overflow() {
    for (int i = 0; i < 100; ++i) AddTransceiver(name_);
  }

  std::string name_;
};

TEST_F(ShortHistoryTest, SaysWhenTheHistoryIsGoneOrBeginsAfresh) {
  std::string token;
  {
    Stream stream = Watch();
    PoolMirror mirror;
    token = ReadUntil(stream, mirror, IsComplete).resume_token();
  }
  Overflow();
  v1::WatchPeersRequest request = From(token);
  EXPECT_EQ(Watch(request).Finish(), "OUT_OF_RANGE EVENTS_COMPACTED");
  request.set_snapshot_if_compacted(true);
  Stream stream = Watch(request);
  EXPECT_TRUE(stream.Next().snapshots_begin().compacted());
  const v1::WatchPeersResponse snapshot = stream.Next();
  EXPECT_EQ(snapshot.snapshot().state().transceivers_size(), 100);
  EXPECT_TRUE(stream.Next().has_snapshots_complete());
}

// Watchers that read nothing cost a few numbers: the peers go on, and they
// learn that what they missed is gone.
TEST_F(ShortHistoryTest, ASlowWatcherHoldsNobodyUp) {
  std::vector<std::unique_ptr<Stream>> slow;
  v1::WatchPeersRequest afresh;
  afresh.set_snapshot_if_compacted(true);
  for (int i = 0; i < 10; ++i) {
    slow.push_back(std::make_unique<Stream>(
        *peers_, i == 0 ? afresh : v1::WatchPeersRequest()));
    PoolMirror mirror;
    ReadUntil(*slow.back(), mirror, IsComplete);
  }
  for (int i = 0; i < 4; ++i) Overflow();
  EXPECT_EQ(GetPeer(name_).state().transceivers_size(), 400);
  bool again = false;
  v1::WatchPeersResponse message;
  while (!(again && message.has_snapshots_complete())) {
    message = slow[0]->Next();
    ASSERT_FALSE(message.resume_token().empty()) << slow[0]->Finish();
    again = again || message.snapshots_begin().compacted();
  }
  for (size_t i = 1; i < slow.size(); ++i) {
    EXPECT_EQ(slow[i]->Finish(), "OUT_OF_RANGE EVENTS_COMPACTED");
  }
}

TEST_F(PeersWatchTest, EndsWithTheServerAfterTheLastEvent) {
  for (int i = 0; i < 10; ++i) CreatePeer();
  Stream stream = Watch();
  PoolMirror mirror;
  ReadUntil(stream, mirror, IsComplete);
  std::thread stop([this] { server_->Stop(absl::ZeroDuration()); });
  while (mirror.closed().size() < 10) {
    const v1::WatchPeersResponse message = stream.Next();
    if (message.resume_token().empty()) break;
    mirror.Take(message);
  }
  EXPECT_EQ(mirror.closed().size(), 10u);
  EXPECT_EQ(stream.Finish(), "UNAVAILABLE DRAINING");
  stop.join();
}

}  // namespace
}  // namespace parley::service
