#include "core/pool/journal.h"

#include <algorithm>

#include "core/base/errors.h"

namespace parley::pool {
namespace {

// About what a new peer costs here.
size_t PortraitBytes(const Portrait& portrait) {
  size_t bytes = sizeof(Portrait) + peer::SnapshotBytes(portrait.state) +
                 peer::TransceiverBytes(portrait.session.transceivers);
  for (const ice::Server& server : portrait.info.gathering.servers) {
    bytes += sizeof(server) + server.host.size() + server.username.size();
  }
  for (const auto& [key, value] : *portrait.info.labels) {
    bytes += sizeof(key) + key.size() + sizeof(value) + value.size();
  }
  return bytes;
}

}  // namespace

void JournalRoom::Enter(Journal* journal) {
  absl::MutexLock lock(&mutex_);
  journals_.insert(journal);
}

void JournalRoom::Leave(Journal* journal) {
  absl::MutexLock lock(&mutex_);
  journals_.erase(journal);
}

// To half of it, so that this is seldom: what all hold is too much only while
// the average is more than a part.
void JournalRoom::MakeRoom(const Journal* writer) {
  std::vector<Journal::Held> dropped;  // destroyed without the locks
  absl::MutexLock lock(&mutex_);
  const size_t part = this->part();
  for (Journal* journal : journals_) {
    absl::MutexLock journal_lock(&journal->mutex_);
    if (journal->bytes_ <= part) continue;
    journal->Cut(part / 2, journal == writer ? 1 : 0, dropped);
  }
}

Journal::Journal(std::shared_ptr<JournalRoom> room) : room_(std::move(room)) {
  room_->Enter(this);
}

Journal::~Journal() {
  room_->Leave(this);
  absl::MutexLock lock(&mutex_);
  room_->bytes_ -= bytes_;
  if (last_ > 0) --room_->holding_;
}

void Journal::Create(const std::shared_ptr<Subject>& subject,
                     const peer::View& view) {
  auto portrait = std::make_shared<Portrait>(view);
  // Nobody sees them, so they need not be kept.
  for (ice::Server& server : portrait->info.gathering.servers) {
    server.credential.clear();
  }
  const size_t bytes = sizeof(Held) + PortraitBytes(*portrait);
  Push({{subject, std::move(portrait), nullptr}, bytes}, subject.get());
}

void Journal::Append(const std::shared_ptr<Subject>& subject,
                     std::shared_ptr<const peer::Event> event) {
  const size_t bytes = sizeof(Held) + EventBytes(*event);
  Push({{subject, nullptr, std::move(event)}, bytes}, nullptr);
}

void Journal::Push(Held held, Subject* created) {
  // Freed, and called, without the lock.
  std::vector<Held> dropped;
  std::vector<std::shared_ptr<Waiter>> woken;
  {
    absl::MutexLock lock(&mutex_);
    if (++last_ == 1) ++room_->holding_;
    ++room_->entries_;
    if (created != nullptr) created->created_index_ = last_;
    bytes_ += held.bytes;
    room_->bytes_ += held.bytes;
    ring_.push_back(std::move(held));
    // Who is noisy pays for it alone.
    const size_t excess = room_->excess();
    const size_t part = room_->part();
    if (excess > 0 && bytes_ > part) {
      Cut(std::max(part, bytes_ - std::min(bytes_, excess)), 1, dropped);
    }
    woken.swap(waiting_);
  }
  if (room_->excess() > 0) room_->MakeRoom(this);
  for (const auto& waiter : woken) waiter->OnEntryAvailable();
}

void Journal::Cut(size_t bytes, size_t entries, std::vector<Held>& dropped) {
  while (bytes_ > bytes && ring_.size() > entries) {
    bytes_ -= ring_.front().bytes;
    room_->bytes_ -= ring_.front().bytes;
    dropped.push_back(std::move(ring_.front()));
    ring_.pop_front();
  }
}

uint64_t Journal::last() const {
  absl::MutexLock lock(&mutex_);
  return last_;
}

absl::StatusOr<Journal::Entry> Journal::Next(uint64_t after) const {
  absl::MutexLock lock(&mutex_);
  if (after == last_) return Entry();
  if (after > last_) {
    return MakeError(Reason::kArgument, "the journal is not there yet");
  }
  const uint64_t first_held = last_ - ring_.size() + 1;
  if (after + 1 < first_held) {
    return MakeError(Reason::kEventsCompacted,
                     "what happened since is not held any more; ask for "
                     "snapshots and go on from these");
  }
  return ring_[after + 1 - first_held].entry;
}

bool Journal::Await(uint64_t after, std::shared_ptr<Waiter> waiter) {
  absl::MutexLock lock(&mutex_);
  if (after != last_ || ended_) return false;
  waiting_.push_back(std::move(waiter));
  return true;
}

void Journal::Forget(const Waiter* waiter) {
  absl::MutexLock lock(&mutex_);
  // What is erased is not the last reference: who calls has one.
  std::erase_if(waiting_,
                [waiter](const auto& w) { return w.get() == waiter; });
}

void Journal::End() {
  std::vector<std::shared_ptr<Waiter>> woken;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    woken.swap(waiting_);
  }
  for (const auto& waiter : woken) waiter->OnEntryAvailable();
}

bool Journal::ended() const {
  absl::MutexLock lock(&mutex_);
  return ended_;
}

}  // namespace parley::pool
