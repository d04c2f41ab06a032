// The journal: one order for all peers, bounded, read at any pace.

#include "core/pool/journal.h"

#include <atomic>
#include <map>
#include <thread>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::pool {
namespace {

constexpr size_t kPlenty = 64 << 20;

class Counter : public Journal::Waiter {
 public:
  void OnEntryAvailable() override { ++calls; }
  std::atomic<int> calls = 0;
};

class JournalTest : public ::testing::Test {
 protected:
  // A peer that has just joined.
  static std::shared_ptr<Subject> Join(Journal& journal,
                                       const std::string& name) {
    const auto labels =
        std::make_shared<const peer::Labels>(peer::Labels{{"name", name}});
    auto subject = std::make_shared<Subject>(name, labels);
    peer::PeerInfo info{.name = name, .labels = labels};
    info.gathering.servers.push_back({.credential = "secret"});
    const jsep::Session session;
    const peer::Snapshot state{.last_event_sequence = 1};
    journal.Create(subject, {info, session, state});
    return subject;
  }

  static std::shared_ptr<const peer::Event> NewEvent(uint64_t sequence) {
    return std::make_shared<const peer::Event>(peer::Event{
        sequence, absl::UnixEpoch(), peer::Closed{.detail = "test"}});
  }
};

TEST_F(JournalTest, HasWhatHappenedInOneOrder) {
  Journal journal(kPlenty);
  EXPECT_EQ(journal.last(), 0u);
  EXPECT_EQ(journal.Next(0)->subject, nullptr);
  const auto a = Join(journal, "a");
  const auto b = Join(journal, "b");
  journal.Append(a, NewEvent(2));
  EXPECT_EQ(a->created_index(), 1u);
  EXPECT_EQ(b->created_index(), 2u);
  EXPECT_EQ(journal.last(), 3u);

  const auto first = journal.Next(0);
  ASSERT_TRUE(first.ok() && first->created);
  EXPECT_EQ(first->subject, a);
  EXPECT_EQ(first->event, nullptr);
  EXPECT_EQ(first->created->view().info.name, "a");
  EXPECT_EQ(first->created->view().state.last_event_sequence, 1u);
  EXPECT_EQ(journal.Next(1)->subject, b);
  EXPECT_EQ(journal.Next(2)->event->sequence, 2u);
  EXPECT_EQ(journal.Next(3)->subject, nullptr);
  EXPECT_TRUE(HasReason(journal.Next(4).status(), Reason::kArgument));
}

TEST_F(JournalTest, KeepsNoSecrets) {
  Journal journal(kPlenty);
  Join(journal, "a");
  const auto entry = journal.Next(0);
  ASSERT_EQ(entry->created->info.gathering.servers.size(), 1u);
  EXPECT_EQ(entry->created->info.gathering.servers[0].credential, "");
}

TEST_F(JournalTest, ForgetsTheOldestAndSaysSo) {
  Journal journal(32 << 10);
  const auto subject = Join(journal, "a");
  for (uint64_t i = 0; i < 1000; ++i) journal.Append(subject, NewEvent(i + 2));
  EXPECT_EQ(journal.last(), 1001u);
  EXPECT_TRUE(HasReason(journal.Next(0).status(), Reason::kEventsCompacted));
  uint64_t first = 0;
  while (!journal.Next(first).ok()) ++first;
  // Bounded, and of what it may hold it holds the most.
  EXPECT_GT(first, 800u);
  EXPECT_LT(first, 990u);
  for (uint64_t at = first; at < journal.last(); ++at) {
    EXPECT_EQ(journal.Next(at)->event->sequence, at + 1);
  }
}

// Labels of channels are the other end's choice.
TEST_F(JournalTest, CountsWhatASnapshotHolds) {
  Journal journal(1 << 20);
  const auto subject = Join(journal, "a");
  peer::Snapshot state;
  state.channels.resize(4);
  for (sctp::Channel& channel : state.channels) {
    channel.init.label.assign(60 << 10, 'x');
  }
  const auto shared = std::make_shared<const peer::Snapshot>(state);
  for (uint64_t i = 0; i < 100; ++i) {
    journal.Append(subject,
                   std::make_shared<peer::Event>(peer::Event{
                       i + 2, {}, peer::DescriptionApplied{.state = shared}}));
  }
  // Four of 240 KiB each.
  EXPECT_TRUE(HasReason(journal.Next(96).status(), Reason::kEventsCompacted));
  EXPECT_TRUE(journal.Next(97).ok());
}

TEST_F(JournalTest, TheNewestEntryStaysHoweverBig) {
  Journal journal(1);
  Join(journal, "a");
  Join(journal, "b");
  EXPECT_TRUE(HasReason(journal.Next(0).status(), Reason::kEventsCompacted));
  EXPECT_EQ(journal.Next(1)->subject->name(), "b");
}

TEST_F(JournalTest, WakesOnceThoseWhoWait) {
  Journal journal(kPlenty);
  const auto waiting = std::make_shared<Counter>();
  const auto idle = std::make_shared<Counter>();
  const auto left = std::make_shared<Counter>();
  ASSERT_TRUE(journal.Await(0, waiting));
  ASSERT_TRUE(journal.Await(0, left));
  journal.Forget(left.get());
  const auto subject = Join(journal, "a");
  journal.Append(subject, NewEvent(2));
  EXPECT_EQ(waiting->calls, 1);
  EXPECT_EQ(idle->calls, 0);
  EXPECT_EQ(left->calls, 0);
  // Who has not read everything need not wait.
  EXPECT_FALSE(journal.Await(1, waiting));
  EXPECT_TRUE(journal.Await(2, waiting));
  EXPECT_FALSE(journal.ended());
  journal.End();
  EXPECT_EQ(waiting->calls, 2);
  EXPECT_TRUE(journal.ended());
  EXPECT_FALSE(journal.Await(2, waiting));
  EXPECT_EQ(waiting.use_count(), 1);
}

// Reads all there is, whenever it is woken, until the end.
class Reader : public Journal::Waiter,
               public std::enable_shared_from_this<Reader> {
 public:
  explicit Reader(Journal& journal) : journal_(journal) {}

  void OnEntryAvailable() override {
    absl::MutexLock lock(&mutex_);
    woken_ = true;
  }

  // Returns when the journal has ended.
  void Run() {
    for (;;) {
      const auto entry = journal_.Next(cursor_);
      ASSERT_TRUE(entry.ok()) << entry.status();
      if (entry->subject != nullptr) {
        ++cursor_;
        Take(*entry);
      } else if (journal_.Await(cursor_, shared_from_this())) {
        absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(&woken_));
        woken_ = false;
      } else if (journal_.ended() && journal_.last() == cursor_) {
        return;
      }
    }
  }

  std::map<std::string, uint64_t> sequences;

 private:
  void Take(const Journal::Entry& entry) {
    uint64_t& sequence = sequences[entry.subject->name()];
    if (entry.created) {
      EXPECT_EQ(sequence, 0u);
      sequence = 1;
    } else {
      EXPECT_EQ(entry.event->sequence, ++sequence);
    }
  }

  Journal& journal_;
  uint64_t cursor_ = 0;
  absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST_F(JournalTest, ManyWriteAndManyReadAtOnce) {
  constexpr int kWriters = 3;
  constexpr uint64_t kEvents = 2000;
  Journal journal(kPlenty);
  std::vector<std::shared_ptr<Reader>> readers;
  std::vector<std::thread> reading;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(std::make_shared<Reader>(journal));
    reading.emplace_back([reader = readers.back()] { reader->Run(); });
  }
  std::vector<std::thread> writing;
  for (int i = 0; i < kWriters; ++i) {
    writing.emplace_back([&journal, i] {
      const auto subject = Join(journal, "p" + std::to_string(i));
      for (uint64_t n = 2; n <= kEvents; ++n) {
        journal.Append(subject, NewEvent(n));
      }
    });
  }
  for (std::thread& thread : writing) thread.join();
  journal.End();
  for (std::thread& thread : reading) thread.join();
  for (const auto& reader : readers) {
    ASSERT_EQ(reader->sequences.size(), size_t{kWriters});
    for (const auto& [name, sequence] : reader->sequences) {
      EXPECT_EQ(sequence, kEvents) << name;
    }
  }
}

}  // namespace
}  // namespace parley::pool
