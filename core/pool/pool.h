// The pool: every peer of this process, by name.
//
// Safe for concurrent use. The map is sharded; its mutexes are the only ones,
// and none is held while a peer is called.
#ifndef PARLEY_CORE_POOL_POOL_H_
#define PARLEY_CORE_POOL_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/ice/port_registry.h"
#include "core/loop/event_loop_pool.h"
#include "core/loop/fd_budget.h"
#include "core/peer/peer.h"
#include "core/pool/certificate_store.h"
#include "core/pool/journal.h"
#include "core/pool/memory_budget.h"
#include "core/pool/names.h"
#include "core/pool/tally.h"
#include "core/pool/tenant.h"

namespace parley::pool {

struct Options {
  // Peers that are not given back yet; CreatePeer is refused beyond.
  size_t max_peers = 10'000;
  // Closed peers that can still be read, and for how long.
  size_t max_tombstones = 1'000;
  absl::Duration tombstone_ttl = absl::Minutes(5);
  absl::Duration default_lease_ttl = absl::Minutes(5);
  absl::Duration max_lease_ttl = absl::Hours(24);
  // There is a port for single-port peers; they are refused without one.
  bool single_port = false;
  // What the journals hold of the events of all peers together.
  size_t journal_bytes = 16 << 20;
  // Of the process; 0: no limit. See MemoryBudget.
  uint64_t max_memory_bytes = 0;
  // UDP ports of full peers; 0 and 0: any.
  uint16_t min_port = 0;
  uint16_t max_port = 0;
};

struct Usage {
  size_t peers = 0;
  size_t tombstones = 0;
  size_t connected_peers = 0;
  size_t data_channels = 0;  // that are not closed
};

struct Member {
  std::shared_ptr<peer::Peer> peer;
  std::shared_ptr<const Subject> subject;  // of the tenant's journal
  TenantPtr tenant;                        // whose it is
};

struct Page {
  std::vector<Member> members;
  // Where the next page begins; empty: there is none.
  std::string next;
};

class Pool {
 public:
  // What it is given must outlive it.
  Pool(Options options, Identity identity, const peer::Environment& environment,
       EventLoopPool& loops, FdBudget& descriptors,
       const ice::PortRegistry& ports, const CertificateStore& certificates,
       Tenants& tenants);
  // All peers must be gone: call Shutdown first.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Creates a peer of the tenant, with the certificates that `init` names.
  // Errors: TENANT_QUOTA, PEERS, MEMORY, PORTS, FILE_DESCRIPTORS,
  // RESOURCE_INSPECTION (each before anything is made), DRAINING,
  // LIMIT_EXCEEDED (the lease; zero means the default), NOT_SUPPORTED
  // (single-port where there is no port for it), REQUEST_ID_CONFLICT, RATE (the
  // same request is at work on another thread), and those of
  // CertificateStore::Resolve and peer::Peer::Create. With a request_id used
  // before by the same request of the tenant: the same peer, as long as it or
  // its tombstone is there. `made` says whether this call has made it.
  absl::StatusOr<std::shared_ptr<peer::Peer>> Create(const TenantPtr& tenant,
                                                     peer::PeerInit init,
                                                     std::string request_id,
                                                     uint64_t request_hash,
                                                     bool* made = nullptr);
  // The same for the common tenant: of a process that knows no others.
  absl::StatusOr<std::shared_ptr<peer::Peer>> Create(peer::PeerInit init,
                                                     std::string request_id,
                                                     uint64_t request_hash,
                                                     bool* made = nullptr) {
    return Create(tenants_.common(), std::move(init), std::move(request_id),
                  request_hash, made);
  }

  // The tenant's peer of this name, or its tombstone. One of another tenant is
  // as unknown as one that never was. Errors: ARGUMENT, WRONG_NODE, PEER_LOST,
  // PEER_UNKNOWN.
  absl::StatusOr<std::shared_ptr<peer::Peer>> Find(const Tenant& tenant,
                                                   std::string_view name);
  // The same of whatever tenant: not for its callers to see.
  absl::StatusOr<Member> FindAny(std::string_view name);

  // The tenant's peers in an order that does not change while they live, from
  // `from` on (empty: the first). PAGE_TOKEN when `from` was not given by a
  // Page.
  absl::StatusOr<Page> List(const Tenant& tenant, size_t page_size,
                            std::string_view from, bool closed_too);
  // Whether a name comes before another in that order.
  bool Precedes(std::string_view name, std::string_view other) const;

  // A peer that Create made for a request failed it, and was closed: the
  // request may be tried again.
  void ForgetRequestOf(const std::string& name);

  // Every peer is in the list before it is in its tenant's journal.
  Tenants& tenants() const { return tenants_; }
  const Tally& tally() const { return tally_; }

  // Refuses new peers from now on, and tells those that there are that they
  // live until the deadline at most. Again: moves the deadline.
  void Drain(absl::Time deadline);
  // Takes new peers again.
  void EndDrain() { draining_ = false; }
  bool draining() const { return draining_; }

  // Closes every peer that there is now.
  void CloseAll(peer::CloseReason reason, const std::string& detail);
  // Calls `done` once, on any thread, when there is no peer that has not given
  // everything back; perhaps inside the call.
  void NotifyWhenEmpty(absl::AnyInvocable<void()> done);

  // Refuses new peers for ever, closes every peer, and calls `done` when all
  // are given back.
  void Shutdown(peer::CloseReason reason, const std::string& detail,
                absl::AnyInvocable<void()> done);

  Usage usage() const;
  const MemoryBudget& memory() const { return memory_; }
  const Options& options() const { return options_; }
  const Identity& identity() const { return identity_; }

 private:
  struct Shard {
    mutable absl::Mutex mutex;
    absl::btree_map<std::string, Member> peers ABSL_GUARDED_BY(mutex);
  };
  struct Tombstone {
    std::string name;
    absl::Duration purge_at;  // monotonic
  };
  // The peer of the request holds the tenant.
  using RequestKey = std::pair<const Tenant*, std::string>;
  struct Remembered {
    std::string name;
    uint64_t hash = 0;
  };
  class Scribe;
  static constexpr size_t kShards = 16;

  size_t ShardOf(std::string_view name) const;
  absl::StatusOr<MemoryBudget::Lease> Admit(Tenant& tenant,
                                            const peer::PeerInit& init);
  absl::Status CheckNetwork() const;
  absl::StatusOr<std::shared_ptr<peer::Peer>> CreateNew(const TenantPtr& tenant,
                                                        peer::PeerInit init);
  void Release();
  std::vector<std::shared_ptr<peer::Peer>> All();
  void OnGone(const std::string& name, Tenant& tenant);
  void PurgeTombstones();
  void Forget(const std::string& name);

  const Options options_;
  const Identity identity_;
  const peer::Environment& environment_;
  EventLoopPool& loops_;
  FdBudget& descriptors_;
  const ice::PortRegistry& ports_;
  const CertificateStore& certificates_;
  Tenants& tenants_;

  MemoryBudget memory_;
  Tally tally_;
  Shard shards_[kShards];
  std::atomic<size_t> live_ = 0;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> shut_down_ = false;

  mutable absl::Mutex mutex_;
  std::deque<Tombstone> tombstones_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<RequestKey, Remembered> requests_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, RequestKey> request_of_peer_
      ABSL_GUARDED_BY(mutex_);
  std::vector<absl::AnyInvocable<void()>> on_empty_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_POOL_H_
