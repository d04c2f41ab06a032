#include "service/verified_callers.h"

#include <utility>

namespace parley::service {

std::optional<Caller> VerifiedCallers::Find(const TokenDigest& digest,
                                            uint64_t generation,
                                            absl::Time now) {
  Shard& shard = ShardOf(digest);
  absl::MutexLock lock(&shard.mutex);
  const auto it = shard.entries.find(digest);
  if (it == shard.entries.end()) return std::nullopt;
  if (it->second.generation == generation && now < it->second.expires) {
    return it->second.caller;
  }
  shard.entries.erase(it);
  return std::nullopt;
}

void VerifiedCallers::Add(const TokenDigest& digest, Entry entry,
                          absl::Time now) {
  Shard& shard = ShardOf(digest);
  absl::MutexLock lock(&shard.mutex);
  auto& entries = shard.entries;
  if (entries.size() >= kMaxOfShard) {
    absl::erase_if(entries, [&entry, now](const auto& one) {
      return one.second.generation != entry.generation ||
             one.second.expires <= now;
    });
  }
  // Any one: the order of the map is random.
  if (entries.size() >= kMaxOfShard) entries.erase(entries.begin());
  entries.insert_or_assign(digest, std::move(entry));
}

size_t VerifiedCallers::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    size += shard.entries.size();
  }
  return size;
}

}  // namespace parley::service
