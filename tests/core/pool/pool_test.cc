// The pool on real event loops, with peers that never touch the network.

#include "core/pool/pool.h"

#include <set>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_random.h"
#include "tests/testing/fake_transport.h"

namespace parley::pool {
namespace {

using peer::CloseReason;
using peer::View;

// Descriptors as a test wants them.
class FakeFds : public FdSystem {
 public:
  absl::StatusOr<int64_t> Limit() override { return limit; }
  bool CanOpen(int) override { return true; }
  absl::StatusOr<int64_t> limit = 1'000'000;
};

class PoolTest : public ::testing::Test {
 protected:
  PoolTest() { MakePool({.max_peers = 8, .max_tombstones = 3}); }
  ~PoolTest() override {
    if (pool_ != nullptr) ShutdownPool();
  }

  void MakePool(Options options) {
    if (pool_ != nullptr) ShutdownPool();
    pool_ = std::make_unique<Pool>(options, *Identity::Make("local", random_),
                                   environment_, *loops_, budget_, ports_,
                                   store_, tenants_);
  }
  const Tenant& common() { return *tenants_.common(); }
  void ShutdownPool() {
    absl::Notification done;
    pool_->Shutdown(CloseReason::kDrained, "test ends",
                    [&done] { done.Notify(); });
    done.WaitForNotification();
    pool_.reset();
  }

  absl::StatusOr<std::shared_ptr<peer::Peer>> Create(std::string id = "",
                                                     uint64_t hash = 0) {
    return pool_->Create({.lease_ttl = absl::ZeroDuration()}, std::move(id),
                         hash);
  }
  void Close(peer::Peer& peer) {
    absl::Notification closed;
    peer.Close(CloseReason::kRequested, "",
               [&closed](const View&) { closed.Notify(); });
    closed.WaitForNotification();
  }

  parley::testing::FakeClock clock_;
  parley::testing::FakeRandom random_;
  parley::testing::FakeNetwork network_;
  peer::Environment environment_{clock_, random_, network_, {}, {}};
  std::unique_ptr<EventLoopPool> loops_ = *EventLoopPool::Create(2);
  FakeFds fds_;
  FdBudget budget_{0, fds_};
  ice::PortRegistry ports_{[](const auto&, uint16_t) { return true; }};
  Tenants tenants_{{}, 16 << 20, clock_};
  CertificateStore store_{
      {}, *Identity::Make("local", random_), clock_, random_};
  std::unique_ptr<Pool> pool_;
};

TEST_F(PoolTest, APeerIsFoundByItsNameAndLeavesATombstone) {
  const auto created = Create();
  ASSERT_TRUE(created.ok()) << created.status();
  const std::string name = (*created)->name();
  ASSERT_TRUE(pool_->Find(common(), name).ok());
  EXPECT_EQ(pool_->usage().peers, 1u);
  Close(**created);
  EXPECT_EQ(pool_->usage().peers, 0u);
  EXPECT_EQ(pool_->usage().tombstones, 1u);
  ASSERT_TRUE(pool_->Find(common(), name).ok());
  clock_.Advance(absl::Minutes(6));
  pool_->List(common(), 10, "", true).IgnoreError();
  EXPECT_TRUE(
      HasReason(pool_->Find(common(), name).status(), Reason::kPeerUnknown));
  EXPECT_EQ(pool_->usage().tombstones, 0u);
}

TEST_F(PoolTest, TheLimitOfPeersIsToldWithAWayOutAndFreedByClosing) {
  std::vector<std::shared_ptr<peer::Peer>> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(*Create());
  const auto refused = Create();
  EXPECT_TRUE(HasReason(refused.status(), Reason::kPeers));
  EXPECT_EQ(GetError(refused.status())->exception,
            DomException::kOperationError);
  EXPECT_TRUE(GetError(refused.status())->retry_delay.has_value());
  Close(*peers[0]);
  EXPECT_TRUE(Create().ok());
}

TEST_F(PoolTest, DescriptorsAreLookedAtBeforeAPeerIsMade) {
  fds_.limit = 1;
  EXPECT_TRUE(HasReason(Create().status(), Reason::kFileDescriptors));
  fds_.limit = MakeError(Reason::kResourceInspection, "cannot look");
  EXPECT_TRUE(HasReason(Create().status(), Reason::kResourceInspection));
  EXPECT_EQ(pool_->usage().peers, 0u);
}

TEST_F(PoolTest, PortsAreLookedAtBeforeAPeerIsMade) {
  MakePool({.max_peers = 8, .min_port = 5000, .max_port = 5001});
  const auto first = ports_.Take(5000, 5001, {});
  EXPECT_TRUE(Create().ok());
  {
    const auto last = ports_.Take(5000, 5001, {});
    const auto refused = Create();
    EXPECT_TRUE(HasReason(refused.status(), Reason::kPorts));
    EXPECT_TRUE(GetError(refused.status())->retry_delay.has_value());
    EXPECT_EQ(pool_->usage().peers, 1u);
  }
  EXPECT_TRUE(Create().ok());
}

TEST_F(PoolTest, MemoryIsSetAsideForEachPeerAndGivenBack) {
  constexpr size_t kJournal = 1 << 20;
  const int64_t own = kServerBytes + kJournal;
  const int64_t each = BytesOf({});
  MakePool({.max_peers = 8,
            .journal_bytes = kJournal,
            .max_memory_bytes = static_cast<uint64_t>(own + 2 * each)});
  EXPECT_EQ(pool_->memory().in_use(), own);
  const auto first = Create();
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(Create().ok());
  const auto refused = Create();
  EXPECT_TRUE(HasReason(refused.status(), Reason::kMemory));
  EXPECT_TRUE(GetError(refused.status())->retry_delay.has_value());
  EXPECT_EQ(pool_->usage().peers, 2u);
  EXPECT_EQ(pool_->memory().in_use(), own + 2 * each);
  Close(**first);
  EXPECT_EQ(pool_->memory().in_use(), own + each);
  EXPECT_TRUE(Create().ok());
}

TEST_F(PoolTest, ARefusalGivesBackWhatWasSetAsideBefore) {
  const int64_t before = pool_->memory().in_use();
  fds_.limit = 1;
  EXPECT_FALSE(Create().ok());
  EXPECT_EQ(pool_->memory().in_use(), before);
}

TEST_F(PoolTest, TombstonesAreBounded) {
  std::vector<std::string> names;
  for (int i = 0; i < 10; ++i) {
    const auto peer = *Create();
    names.push_back(peer->name());
    Close(*peer);
  }
  EXPECT_EQ(pool_->usage().tombstones, 3u);
  EXPECT_FALSE(pool_->Find(common(), names[0]).ok());
  EXPECT_TRUE(pool_->Find(common(), names[9]).ok());
}

TEST_F(PoolTest, ARequestIdMakesOnePeer) {
  const auto first = Create("id", 1);
  const auto again = Create("id", 1);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ((*first)->name(), (*again)->name());
  EXPECT_TRUE(HasReason(Create("id", 2).status(), Reason::kRequestIdConflict));
  EXPECT_EQ(pool_->usage().peers, 1u);
}

TEST_F(PoolTest, PagesCoverEveryPeerOnce) {
  std::set<std::string> names;
  for (int i = 0; i < 8; ++i) names.insert((*Create())->name());
  std::set<std::string> listed;
  std::string from;
  int pages = 0;
  do {
    const auto page = pool_->List(common(), 3, from, false);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const Member& member : page->members) {
      EXPECT_TRUE(listed.insert(member.peer->name()).second);
    }
    from = page->next;
    ++pages;
  } while (!from.empty());
  EXPECT_EQ(listed, names);
  EXPECT_EQ(pages, 3);
  EXPECT_TRUE(HasReason(pool_->List(common(), 3, "junk", false).status(),
                        Reason::kPageToken));
}

TEST_F(PoolTest, ADrainingPoolTakesNoNewPeers) {
  const auto before = Create();
  pool_->Drain(absl::InfiniteFuture());
  EXPECT_TRUE(HasReason(Create().status(), Reason::kDraining));
  EXPECT_TRUE(pool_->Find(common(), (*before)->name()).ok());
}

TEST_F(PoolTest, ALeaseIsBounded) {
  const auto refused = pool_->Create({.lease_ttl = absl::Hours(25)}, "", 0);
  EXPECT_TRUE(HasReason(refused.status(), Reason::kLimitExceeded));
  EXPECT_EQ(pool_->usage().peers, 0u);
}

TEST_F(PoolTest, APeerOfAnotherTenantIsAsUnknownAsNone) {
  const TenantPtr a = *tenants_.Get("a");
  const TenantPtr b = *tenants_.Get("b");
  const peer::PeerInit init{.lease_ttl = absl::ZeroDuration()};
  const auto mine = pool_->Create(a, init, "the same", 1);
  const auto theirs = pool_->Create(b, init, "the same", 2);
  ASSERT_TRUE(mine.ok() && theirs.ok()) << "request_ids are each one's own";
  EXPECT_EQ(*pool_->Create(a, init, "the same", 1), *mine);
  const std::string name = (*mine)->name();
  EXPECT_TRUE(pool_->Find(*a, name).ok());
  EXPECT_EQ(pool_->FindAny(name)->tenant, a);
  const absl::Status unknown = pool_->Find(*b, name).status();
  EXPECT_TRUE(HasReason(unknown, Reason::kPeerUnknown));

  for (const TenantPtr& tenant : {a, b}) {
    const auto page = pool_->List(*tenant, 1, "", true);
    ASSERT_EQ(page->members.size(), 1u);
    EXPECT_EQ(page->members[0].tenant, tenant);
    EXPECT_EQ(page->next, "") << "not the name of another's peer";
  }
  EXPECT_EQ(a->journal().last(), 1u);

  // Nor its tombstone; and once that is gone there is no difference at all.
  Close(**mine);
  EXPECT_TRUE(pool_->Find(*a, name).ok());
  EXPECT_EQ(pool_->Find(*b, name).status(), unknown);
  clock_.Advance(absl::Minutes(6));
  pool_->List(*b, 1, "", true).IgnoreError();
  EXPECT_EQ(pool_->Find(*a, name).status(), unknown);
  EXPECT_EQ(a->peers().used(), 0u);
  EXPECT_EQ(b->peers().used(), 1u);
}

}  // namespace
}  // namespace parley::pool
