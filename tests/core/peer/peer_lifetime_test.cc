// How peers end: by call, by lease, and in the middle of things.

#include "core/peer/peer.h"
#include "tests/core/peer/peer_fixture.h"

namespace parley::peer {
namespace {

class PeerLifetimeTest : public PeerFixture {
 protected:
  void Close(Peer& peer) {
    peer.Close(CloseReason::kRequested, "by test", [this](const View& view) {
      EXPECT_TRUE(view.info.closure.has_value());
      ++closed_;
    });
  }
  int closed_ = 0;
};

TEST_F(PeerLifetimeTest, CloseGivesEverythingBackAndSaysSo) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  Close(*a);
  EXPECT_EQ(closed_, 0) << "before its transports were closed";
  executor_.RunReady();
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(gone_, 1);
  EXPECT_EQ(network_.open(), 1u);
  const Snapshot state = StateOf(*a);
  EXPECT_EQ(state.signaling_state, jsep::SignalingState::kClosed);
  EXPECT_EQ(state.connection_state, ConnectionState::kClosed);
  const auto events = Events(*a);
  ASSERT_FALSE(events.empty());
  EXPECT_TRUE(std::holds_alternative<Closed>(events.back()->body));
  // The other side's channel closes with the association.
  EXPECT_EQ(StateOf(*b).channels[0].state, sctp::ChannelState::kClosed);
}

TEST_F(PeerLifetimeTest, CloseCanBeRepeated) {
  auto a = MakePeer();
  Close(*a);
  Close(*a);
  executor_.RunReady();
  Close(*a);
  EXPECT_EQ(closed_, 3);
  EXPECT_EQ(gone_, 1);
  EXPECT_EQ(EventsOf<Closed>(*a).size(), 1u);
}

TEST_F(PeerLifetimeTest, EveryCallOnAClosedPeerIsAnInvalidState) {
  auto a = MakePeer();
  Close(*a);
  executor_.RunReady();
  const auto offer = CreateOffer(*a);
  EXPECT_TRUE(HasReason(offer.status(), Reason::kPeerClosed));
  const auto error = GetError(offer.status());
  EXPECT_EQ(error->exception, DomException::kInvalidStateError);
  EXPECT_THAT(error->metadata, ::testing::Contains(::testing::Pair(
                                   "close_reason", "REQUESTED")));
  EXPECT_TRUE(HasReason(SetLocal(*a), Reason::kPeerClosed));
}

TEST_F(PeerLifetimeTest, CallsThatWaitOrRunEndWhenThePeerCloses) {
  hold_certificates_ = true;
  auto a = MakePeer(WithChannel());
  std::vector<absl::Status> ends;
  for (int i = 0; i < 3; ++i) {
    a->CreateOffer({}, {}, [&](auto created, const View&) {
      ends.push_back(created.status());
    });
  }
  EXPECT_TRUE(ends.empty());
  Close(*a);
  ASSERT_EQ(ends.size(), 3u);
  for (const auto& end : ends) {
    EXPECT_TRUE(HasReason(end, Reason::kPeerClosed)) << end;
  }
  waiting_certificates_[0](certificate_);
  EXPECT_EQ(ends.size(), 3u);
}

TEST_F(PeerLifetimeTest, ClosingWhileTransportsStartLeavesNone) {
  network_.AnswerStarts(false);
  auto a = MakePeer(WithChannel());
  std::optional<absl::Status> set;
  a->SetLocalDescription({}, std::nullopt, "",
                         [&](absl::Status s, const View&) { set = s; });
  executor_.RunReady();
  EXPECT_FALSE(set.has_value());
  Close(*a);
  ASSERT_TRUE(set.has_value());
  EXPECT_TRUE(HasReason(*set, Reason::kPeerClosed)) << *set;
  network_.AnswerStarts(true);
  executor_.RunReady();
  EXPECT_EQ(network_.open(), 0u);
  EXPECT_EQ(gone_, 1);
}

TEST_F(PeerLifetimeTest, TheLeaseWarnsThenCloses) {
  PeerInit init;
  init.lease_ttl = absl::Seconds(10);
  auto a = MakePeer(std::move(init));
  executor_.Advance(absl::Seconds(7));
  EXPECT_TRUE(EventsOf<LeaseWarning>(*a).empty());
  executor_.Advance(absl::Seconds(2));
  EXPECT_EQ(EventsOf<LeaseWarning>(*a).size(), 1u);
  executor_.Advance(absl::Seconds(1));
  const auto closed = EventsOf<Closed>(*a);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].reason, CloseReason::kLeaseExpired);
  EXPECT_EQ(gone_, 1);
}

TEST_F(PeerLifetimeTest, CallsThatChangeRenewTheLeaseAndReadsDoNot) {
  PeerInit init = WithChannel();
  init.lease_ttl = absl::Seconds(10);
  auto a = MakePeer(std::move(init));
  executor_.Advance(absl::Seconds(6));
  ASSERT_TRUE(CreateOffer(*a).ok());
  executor_.Advance(absl::Seconds(6));
  StateOf(*a);
  EXPECT_TRUE(EventsOf<Closed>(*a).empty());
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(EventsOf<Closed>(*a).size(), 1u);
}

TEST_F(PeerLifetimeTest, AHeldLeaseEndsOnlyAfterItsRelease) {
  PeerInit init;
  init.lease_ttl = absl::Seconds(10);
  auto a = MakePeer(std::move(init));
  a->HoldLease();
  executor_.Advance(absl::Seconds(100));
  EXPECT_TRUE(EventsOf<Closed>(*a).empty());
  a->ReleaseLease();
  executor_.Advance(absl::Seconds(11));
  EXPECT_EQ(EventsOf<Closed>(*a).size(), 1u);
}

TEST_F(PeerLifetimeTest, AClosedPeerLeavesNoTimer) {
  auto a = MakePeer();
  EXPECT_EQ(executor_.pending_timers(), 1u);
  Close(*a);
  executor_.RunReady();
  EXPECT_EQ(executor_.pending_timers(), 0u);
}

class Counter : public Watcher {
 public:
  void OnEventsAvailable() override { ++calls; }
  int calls = 0;
};

TEST_F(PeerLifetimeTest, AWatcherIsToldAndCanLeave) {
  auto a = MakePeer();
  auto watcher = std::make_shared<Counter>();
  a->AddWatcher(watcher);
  const int before = watcher->calls;
  a->Announce(Draining{});
  EXPECT_EQ(watcher->calls, before + 1);
  a->RemoveWatcher(watcher.get());
  a->Announce(Draining{});
  EXPECT_EQ(watcher->calls, before + 1);
}

}  // namespace
}  // namespace parley::peer
