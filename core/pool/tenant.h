// Tenants: whose a peer or certificate is, what each may have of everything,
// and what happened to the peers of each.
//
// Safe for concurrent use. Counting takes no lock; finding a tenant by its name
// takes one, so a caller who comes again keeps the pointer.
#ifndef PARLEY_CORE_POOL_TENANT_H_
#define PARLEY_CORE_POOL_TENANT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/base/rate_limit.h"
#include "core/pool/journal.h"

namespace parley::pool {

// Each tenant's own; 0: none but the server's.
struct TenantLimits {
  size_t max_peers = 0;
  size_t max_certificates = 0;
  size_t max_streams = 0;
  Rate calls;
};

// A number of things in use, and how many there may be.
class Quota {
 public:
  explicit Quota(size_t limit) : limit_(limit) {}

  // False: there are as many as there may be.
  bool Take() {
    if (used_.fetch_add(1) < limit_ || limit_ == 0) return true;
    --used_;
    return false;
  }
  void Give() { --used_; }

  size_t used() const { return used_; }
  size_t limit() const { return limit_; }  // 0: none

 private:
  const size_t limit_;
  std::atomic<size_t> used_ = 0;
};

class Tenant {
 public:
  // `life` differs from those of all others of this process that have, or had,
  // the name.
  Tenant(std::string name, uint64_t life, const TenantLimits& limits,
         std::shared_ptr<JournalRoom> room)
      : name_(std::move(name)),
        life_(life),
        call_rate_(limits.calls),
        journal_(std::move(room)),
        peers_(limits.max_peers),
        certificates_(limits.max_certificates),
        streams_(limits.max_streams) {}
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  const std::string& name() const { return name_; }
  uint64_t life() const { return life_; }
  // What happened to its peers.
  Journal& journal() { return journal_; }

  // Peers that are not given back yet.
  Quota& peers() { return peers_; }
  // Certificates by name, also those being made.
  Quota& certificates() { return certificates_; }
  // Calls that stay open.
  Quota& streams() { return streams_; }
  const Rate& call_rate() const { return call_rate_; }

  // Counts a call. RATE when there are too many.
  absl::Status CountCall(absl::Duration now);

 private:
  friend class Tenants;

  const std::string name_;
  const uint64_t life_;
  const Rate call_rate_;
  RateLimit calls_;
  Journal journal_;
  Quota peers_;
  Quota certificates_;
  Quota streams_;
};

using TenantPtr = std::shared_ptr<Tenant>;

class Tenants {
 public:
  // Printable ASCII of 1 to this many bytes, without blanks at its ends.
  static constexpr size_t kMaxNameBytes = 128;
  // Whose the callers are that nobody asks who they are.
  static constexpr std::string_view kCommon = "default";
  // More at a time are refused.
  static constexpr size_t kMaxTenants = 100'000;

  // The clock must outlive it. The journals of all together hold this much.
  Tenants(TenantLimits limits, size_t journal_bytes, const Clock& clock);
  Tenants(const Tenants&) = delete;
  Tenants& operator=(const Tenants&) = delete;

  const TenantPtr& common() const { return common_; }
  // The tenant of this name, which begins to be if it is not there: it lasts as
  // long as something of it does. ARGUMENT unless it is a name; RATE when there
  // are too many.
  absl::StatusOr<TenantPtr> Get(std::string_view name)
      ABSL_LOCKS_EXCLUDED(mutex_);

  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);
  // What stood in their journals since the start.
  uint64_t journal_entries() const { return room_->entries(); }
  size_t journal_bytes() const { return room_->bytes(); }

  // Ends the journals of all, also of those to come.
  void EndJournals() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  TenantPtr Make(std::string_view name);
  void ForgetUnused() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TenantLimits limits_;
  const std::shared_ptr<JournalRoom> room_;
  const Clock& clock_;
  std::atomic<uint64_t> lives_ = 0;
  const TenantPtr common_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, TenantPtr> by_name_ ABSL_GUARDED_BY(mutex_);
  // Beyond this number those that are not used any more are looked for.
  size_t forget_beyond_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// ARGUMENT unless a tenant can have this name.
absl::Status CheckTenantName(std::string_view name);

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_TENANT_H_
