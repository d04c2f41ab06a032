// Who showed which token lately, so that its signature is looked at once: a
// bounded number of callers by the digest of what they showed. Only what was
// verified gets in, so nobody can push others out without tokens of his own.
//
// Safe for concurrent use; sharded.
#ifndef PARLEY_SERVICE_VERIFIED_CALLERS_H_
#define PARLEY_SERVICE_VERIFIED_CALLERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/caller.h"
#include "service/token_digest.h"

namespace parley::service {

class VerifiedCallers {
 public:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMaxOfShard = 1024;

  struct Entry {
    Caller caller;
    absl::Time expires;
    // Of the keys and tokens that it was verified by.
    uint64_t generation = 0;
  };

  // nullopt: never seen, forgotten, expired, or of another generation.
  std::optional<Caller> Find(const TokenDigest& digest, uint64_t generation,
                             absl::Time now);
  void Add(const TokenDigest& digest, Entry entry, absl::Time now);
  size_t size() const;

 private:
  struct Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<TokenDigest, Entry> entries ABSL_GUARDED_BY(mutex);
  };

  Shard& ShardOf(const TokenDigest& digest) {
    return shards_[digest.bytes.back() % kShards];
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_VERIFIED_CALLERS_H_
