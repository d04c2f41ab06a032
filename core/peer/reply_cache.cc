#include "core/peer/reply_cache.h"

#include <utility>

#include "core/base/errors.h"

namespace parley::peer {

const ReplyCache::Entry* ReplyCache::Lookup(std::string_view request_id) const {
  if (first_.id == request_id) return &first_;
  for (const Entry& entry : entries_) {
    if (entry.id == request_id) return &entry;
  }
  return nullptr;
}

absl::StatusOr<const std::string*> ReplyCache::Find(
    std::string_view request_id, uint64_t request_hash) const {
  const Entry* entry = Lookup(request_id);
  if (entry == nullptr) return nullptr;
  if (entry->hash == request_hash) return &entry->reply;
  return MakeError(Reason::kRequestIdConflict,
                   "this request_id was used before with another request; "
                   "choose a fresh one for each request",
                   {{"field", "request_id"}});
}

void ReplyCache::Store(std::string request_id, uint64_t request_hash,
                       std::string reply) {
  if (capacity_ == 0) return;
  for (Entry& known : entries_) {
    if (known.id != request_id || known.hash != request_hash) continue;
    known.reply = std::move(reply);
    return;
  }
  Entry entry{std::move(request_id), request_hash, std::move(reply)};
  if (entries_.size() < capacity_) {
    entries_.push_back(std::move(entry));
    return;
  }
  entries_[oldest_] = std::move(entry);
  oldest_ = (oldest_ + 1) % capacity_;
}

}  // namespace parley::peer
