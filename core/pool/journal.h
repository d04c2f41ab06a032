// What happened to all peers of a tenant, in one order: for each peer what it
// was at its creation, then each of its events. A ring bounded in bytes, from
// which any number of watchers read at their own pace; a watcher keeps only a
// number, and one that falls behind the ring is told so.
//
// Safe for concurrent use.
#ifndef PARLEY_CORE_POOL_JOURNAL_H_
#define PARLEY_CORE_POOL_JOURNAL_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/peer/peer.h"

namespace parley::pool {

// A peer as it was at one moment: a View that owns what it shows.
struct Portrait {
  explicit Portrait(const peer::View& view)
      : info(view.info), session(view.session), state(view.state) {}
  peer::View view() const { return {info, session, state}; }

  peer::PeerInfo info;
  jsep::Session session;
  peer::Snapshot state;
};

// What the journal says of a peer with each entry.
class Subject {
 public:
  Subject(std::string name, std::shared_ptr<const peer::Labels> labels)
      : name_(std::move(name)), labels_(std::move(labels)) {}

  const std::string& name() const { return name_; }
  // Those of its creation.
  const peer::Labels& labels() const { return *labels_; }
  // The index of its first entry; 0: it has none yet.
  uint64_t created_index() const { return created_index_; }

 private:
  friend class Journal;

  const std::string name_;
  const std::shared_ptr<const peer::Labels> labels_;
  std::atomic<uint64_t> created_index_ = 0;
};

class Journal;

// What the journals of all tenants may hold together. When it is used up, those
// that hold more than their part drop their oldest entries: so nobody's noise
// costs another's history more than that, and nobody's silence keeps more.
class JournalRoom {
 public:
  explicit JournalRoom(size_t max_bytes) : max_bytes_(max_bytes) {}
  JournalRoom(const JournalRoom&) = delete;
  JournalRoom& operator=(const JournalRoom&) = delete;

  size_t bytes() const { return bytes_; }
  // Since the start.
  uint64_t entries() const { return entries_; }

 private:
  friend class Journal;

  // What they hold beyond what they may.
  size_t excess() const {
    const size_t bytes = bytes_;
    return bytes > max_bytes_ ? bytes - max_bytes_ : 0;
  }
  size_t part() const { return max_bytes_ / std::max<size_t>(holding_, 1); }
  void Enter(Journal* journal) ABSL_LOCKS_EXCLUDED(mutex_);
  void Leave(Journal* journal) ABSL_LOCKS_EXCLUDED(mutex_);
  // Cuts those that hold more than their part; the newest entry of this one
  // stays.
  void MakeRoom(const Journal* writer) ABSL_LOCKS_EXCLUDED(mutex_);

  const size_t max_bytes_;
  std::atomic<size_t> bytes_ = 0;
  std::atomic<size_t> holding_ = 0;  // journals that hold something
  std::atomic<uint64_t> entries_ = 0;

  // Before that of any journal.
  absl::Mutex mutex_;
  absl::flat_hash_set<Journal*> journals_ ABSL_GUARDED_BY(mutex_);
};

class Journal {
 public:
  // Either the peer at its creation or one event of it.
  struct Entry {
    std::shared_ptr<const Subject> subject;
    std::shared_ptr<const Portrait> created;
    std::shared_ptr<const peer::Event> event;
  };

  // Waits for an entry. Called once per Await, by the thread that appends,
  // which may hold a peer's strand: to be quick, and to take no lock that is
  // held while a peer is called.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    virtual void OnEntryAvailable() = 0;
  };

  // Its newest entry stays, whatever the room, until another writes.
  explicit Journal(std::shared_ptr<JournalRoom> room);
  // With a room of its own.
  explicit Journal(size_t max_bytes)
      : Journal(std::make_shared<JournalRoom>(max_bytes)) {}
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // To be called on the peer's strand, so that its entries are in the order of
  // its events: Create first, once.
  void Create(const std::shared_ptr<Subject>& subject, const peer::View& view)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Append(const std::shared_ptr<Subject>& subject,
              std::shared_ptr<const peer::Event> event)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // The index of the newest entry, 0 before the first. The first is 1.
  uint64_t last() const ABSL_LOCKS_EXCLUDED(mutex_);

  // The entry with the index after + 1; one without subject when there is none
  // yet. EVENTS_COMPACTED when it is no longer held, ARGUMENT when `after` is
  // the index of no entry yet.
  absl::StatusOr<Entry> Next(uint64_t after) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Calls the waiter when there is an entry after this one, or the journal has
  // ended. False: that is so already, and the waiter is not called.
  bool Await(uint64_t after, std::shared_ptr<Waiter> waiter)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // It waits no more. It may be called once more if it was about to be.
  void Forget(const Waiter* waiter) ABSL_LOCKS_EXCLUDED(mutex_);

  // No peer will come any more: who has read everything is to end.
  void End() ABSL_LOCKS_EXCLUDED(mutex_);
  bool ended() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Held {
    Entry entry;
    size_t bytes = 0;
  };

  friend class JournalRoom;

  void Push(Held held, Subject* created) ABSL_LOCKS_EXCLUDED(mutex_);
  // Drops the oldest, but for so many entries, until no more than these bytes
  // are left. What was dropped is for the caller to free, without the locks.
  void Cut(size_t bytes, size_t entries, std::vector<Held>& dropped)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<JournalRoom> room_;
  mutable absl::Mutex mutex_;
  std::deque<Held> ring_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<Waiter>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_JOURNAL_H_
