#include "core/pool/journal.h"

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

Journal::~Journal() {
  absl::MutexLock lock(&mutex_);
  room_->bytes -= bytes_;
  if (last_ > 0) --room_->journals;
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
    if (++last_ == 1) ++room_->journals;
    ++room_->entries;
    if (created != nullptr) created->created_index_ = last_;
    bytes_ += held.bytes;
    room_->bytes += held.bytes;
    ring_.push_back(std::move(held));
    while (room_->bytes > room_->max_bytes && bytes_ > room_->part() &&
           ring_.size() > 1) {
      bytes_ -= ring_.front().bytes;
      room_->bytes -= ring_.front().bytes;
      dropped.push_back(std::move(ring_.front()));
      ring_.pop_front();
    }
    woken.swap(waiting_);
  }
  for (const auto& waiter : woken) waiter->OnEntryAvailable();
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
