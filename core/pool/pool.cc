#include "core/pool/pool.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/hash/hash.h"
#include "core/base/errors.h"
#include "core/base/strings.h"

namespace parley::pool {
namespace {

using peer::Peer;

// What one connected peer needs of descriptors: an agent with a socket per
// address and its wake-up.
constexpr int kDescriptorsPerPeer = 4;

constexpr absl::Duration kRetryDelay = absl::Seconds(1);

absl::Status Full(size_t limit) {
  return MakeRetryableError(
      Reason::kPeers,
      "the pool has as many peers as it may have; close some, wait, or go to "
      "another node",
      kRetryDelay, {{"limit", std::to_string(limit)}});
}

absl::Status TenantFull(size_t limit) {
  return MakeRetryableError(
      Reason::kTenantQuota,
      "this tenant has as many peers as it may have; close some", kRetryDelay,
      {{"limit", std::to_string(limit)}, {"quota", "peers"}});
}

absl::Status NoSinglePort() {
  return MakeError(Reason::kNotSupported,
                   "this server has no UDP port that its peers share "
                   "(parleyd's --udp-port); create the peer with "
                   "ICE_MODE_FULL",
                   {{"field", "ice_mode"}});
}

absl::Status Unknown(std::string_view name) {
  return MakeError(Reason::kPeerUnknown,
                   "there is no peer '" + std::string(name) +
                       "'; it never was, or closed long ago",
                   {{"peer", std::string(name)}});
}

}  // namespace

// Writes down in the journal what happens to one peer, and counts it.
class Pool::Scribe : public peer::EventSink {
 public:
  Scribe(TenantPtr tenant, Tally& tally, std::shared_ptr<Subject> subject)
      : tenant_(std::move(tenant)),
        tally_(tally),
        subject_(std::move(subject)) {}

  void OnJoined(const peer::View& view) override {
    tally_.CountCreated();
    // A pool that ends may have closed it before.
    if (view.info.closure) tally_.CountClosed(view.info.closure->reason);
    tenant_->journal().Create(subject_, view);
  }
  void OnEvent(const std::shared_ptr<const peer::Event>& event) override {
    tally_.Count(*event, progress_);
    tenant_->journal().Append(subject_, event);
  }
  void OnMessageSent(size_t bytes) override { tally_.CountSent(bytes); }
  void OnMessageReceived(size_t bytes) override { tally_.CountReceived(bytes); }
  void OnCandidateNameIgnored() override { tally_.CountCandidateName(); }

 private:
  const TenantPtr tenant_;
  Tally& tally_;
  const std::shared_ptr<Subject> subject_;
  Tally::Progress progress_;
};

Pool::Pool(Options options, Identity identity,
           const peer::Environment& environment, EventLoopPool& loops,
           FdBudget& descriptors, const ice::PortRegistry& ports,
           const CertificateStore& certificates, Tenants& tenants)
    : options_(options),
      identity_(std::move(identity)),
      environment_(environment),
      loops_(loops),
      descriptors_(descriptors),
      ports_(ports),
      certificates_(certificates),
      tenants_(tenants),
      memory_(static_cast<int64_t>(options.max_memory_bytes),
              kServerBytes + static_cast<int64_t>(options.journal_bytes)) {}

Pool::~Pool() = default;

size_t Pool::ShardOf(std::string_view name) const {
  return absl::Hash<absl::string_view>()(ToAbsl(name)) % kShards;
}

absl::StatusOr<MemoryBudget::Lease> Pool::Admit(Tenant& tenant,
                                                const peer::PeerInit& init) {
  if (draining_ || shut_down_) {
    return MakeRetryableError(
        Reason::kDraining,
        "the server takes no new peers any more; go to another node",
        kRetryDelay);
  }
  if (!tenant.peers().Take()) return TenantFull(tenant.peers().limit());
  if (live_.fetch_add(1) >= options_.max_peers) {
    --live_;
    tenant.peers().Give();
    return Full(options_.max_peers);
  }
  absl::StatusOr<MemoryBudget::Lease> memory = memory_.Reserve(BytesOf(init));
  // The sockets of a single-port peer are the server's, and open already.
  const absl::Status network = memory.ok() && !init.configuration.ice_lite
                                   ? CheckNetwork()
                                   : absl::OkStatus();
  if (!network.ok()) memory = network;
  if (!memory.ok()) {
    --live_;
    tenant.peers().Give();
  }
  return memory;
}

// Whether a peer could gather now. What it needs is set aside when it does: one
// that never gathers needs nothing.
absl::Status Pool::CheckNetwork() const {
  if (options_.max_port != 0) {
    absl::Status room = ports_.CheckRoom(options_.min_port, options_.max_port);
    if (!room.ok()) return room;
  }
  return descriptors_.Reserve(kDescriptorsPerPeer).status();
}

absl::StatusOr<std::shared_ptr<Peer>> Pool::Create(const TenantPtr& tenant,
                                                   peer::PeerInit init,
                                                   std::string request_id,
                                                   uint64_t request_hash,
                                                   bool* made) {
  if (request_id.empty()) {
    auto created = CreateNew(tenant, std::move(init));
    if (made != nullptr) *made = created.ok();
    return created;
  }
  RequestKey key(tenant.get(), std::move(request_id));
  std::string before;
  {
    absl::MutexLock lock(&mutex_);
    const auto it = requests_.find(key);
    if (it != requests_.end() && it->second.hash != request_hash) {
      return MakeError(Reason::kRequestIdConflict,
                       "this request_id was used before with another request; "
                       "choose a fresh one for each request",
                       {{"field", "request_id"}});
    }
    // Empty while the first call is still at work on another thread.
    if (it != requests_.end()) {
      before = it->second.name;
      if (before.empty()) {
        return MakeRetryableError(
            Reason::kRate, "the same request is being carried out right now",
            absl::Milliseconds(100), {{"field", "request_id"}});
      }
    } else {
      requests_[key] = {"", request_hash};
    }
  }
  if (!before.empty()) return Find(*tenant, before);
  auto created = CreateNew(tenant, std::move(init));
  const std::string name = created.ok() ? (*created)->name() : "";
  {
    absl::MutexLock lock(&mutex_);
    if (!created.ok()) {
      requests_.erase(key);
      return created;
    }
    requests_[key].name = name;
    request_of_peer_[name] = std::move(key);
  }
  // Others see it before: who closed it, so that it is forgotten by now, has
  // not forgotten the request.
  if (!Find(*tenant, name).ok()) ForgetRequestOf(name);
  if (made != nullptr) *made = true;
  return created;
}

absl::StatusOr<std::shared_ptr<Peer>> Pool::CreateNew(const TenantPtr& tenant,
                                                      peer::PeerInit init) {
  if (init.lease_ttl == absl::ZeroDuration()) {
    init.lease_ttl = options_.default_lease_ttl;
  }
  if (init.lease_ttl < absl::ZeroDuration() ||
      init.lease_ttl > options_.max_lease_ttl) {
    return MakeError(Reason::kLimitExceeded,
                     "lease_ttl must be positive and at most " +
                         absl::FormatDuration(options_.max_lease_ttl),
                     {{"field", "lease_ttl"}});
  }
  if (init.configuration.ice_lite && !options_.single_port) {
    return NoSinglePort();
  }
  const absl::Status resolved =
      certificates_.Resolve(*tenant, init.certificates);
  if (!resolved.ok()) return resolved;
  absl::StatusOr<MemoryBudget::Lease> memory = Admit(*tenant, init);
  if (!memory.ok()) return memory.status();

  PurgeTombstones();
  std::string name = NewPeerName(identity_, environment_.random);
  EventLoopPool::Seat seat = loops_.Take();
  EventLoop& loop = seat.loop();
  auto created = Peer::Create(name, std::move(init), environment_, loop,
                              [this, name, tenant, seat = std::move(seat),
                               memory = *std::move(memory)]() mutable {
                                seat = EventLoopPool::Seat();
                                memory = MemoryBudget::Lease();
                                OnGone(name, *tenant);
                              });
  if (!created.ok()) {
    tenant->peers().Give();
    Release();
    return created;
  }
  auto subject = std::make_shared<Subject>(name, (*created)->labels());
  bool late = false;
  {
    Shard& shard = shards_[ShardOf(name)];
    absl::MutexLock lock(&shard.mutex);
    shard.peers.emplace(name, Member{*created, subject, tenant});
    late = shut_down_;
  }
  (*created)->Join(
      std::make_shared<Scribe>(tenant, tally_, std::move(subject)));
  // A shutdown may have gone through the shards just before.
  if (late)
    (*created)->Close(peer::CloseReason::kDrained, "the server stops",
                      [](const peer::View&) {});
  return created;
}

absl::StatusOr<std::shared_ptr<Peer>> Pool::Find(const Tenant& tenant,
                                                 std::string_view name) {
  auto member = FindAny(name);
  if (!member.ok()) return member.status();
  if (member->tenant.get() != &tenant) return Unknown(name);
  return std::move(member->peer);
}

absl::StatusOr<Member> Pool::FindAny(std::string_view name) {
  const auto parsed = ParsePeerName(name);
  if (!parsed.ok()) return parsed.status();
  const absl::Status home = CheckHome(identity_, *parsed);
  if (!home.ok()) return home;
  const Shard& shard = shards_[ShardOf(name)];
  absl::MutexLock lock(&shard.mutex);
  const auto it = shard.peers.find(ToAbsl(name));
  if (it == shard.peers.end()) return Unknown(name);
  return it->second;
}

bool Pool::Precedes(std::string_view name, std::string_view other) const {
  return std::pair(ShardOf(name), name) < std::pair(ShardOf(other), other);
}

absl::StatusOr<Page> Pool::List(const Tenant& tenant, size_t page_size,
                                std::string_view from, bool closed_too) {
  size_t first = 0;
  if (!from.empty()) {
    const auto parsed = ParsePeerName(from);
    if (!parsed.ok() || !CheckHome(identity_, *parsed).ok()) {
      return MakeError(Reason::kPageToken,
                       "the page_token is not one of this list; begin again",
                       {{"field", "page_token"}});
    }
    first = ShardOf(from);
  }
  PurgeTombstones();
  Page page;
  for (size_t i = first; i < kShards; ++i) {
    const Shard& shard = shards_[i];
    absl::MutexLock lock(&shard.mutex);
    auto it = i == first && !from.empty()
                  ? shard.peers.lower_bound(ToAbsl(from))
                  : shard.peers.begin();
    for (; it != shard.peers.end(); ++it) {
      if (it->second.tenant.get() != &tenant) continue;
      if (!closed_too && it->second.peer->gone()) continue;
      if (page.members.size() == page_size) {
        page.next = it->first;
        return page;
      }
      page.members.push_back(it->second);
    }
  }
  return page;
}

void Pool::ForgetRequestOf(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  const auto request = request_of_peer_.find(name);
  if (request == request_of_peer_.end()) return;
  requests_.erase(request->second);
  request_of_peer_.erase(request);
}

void Pool::Release() {
  std::vector<absl::AnyInvocable<void()>> done;
  if (--live_ == 0) {
    absl::MutexLock lock(&mutex_);
    done.swap(on_empty_);
  }
  for (auto& call : done) call();
}

void Pool::OnGone(const std::string& name, Tenant& tenant) {
  tenant.peers().Give();
  {
    absl::MutexLock lock(&mutex_);
    tombstones_.push_back(
        {name, environment_.clock.Monotonic() + options_.tombstone_ttl});
  }
  PurgeTombstones();
  Release();
}

void Pool::PurgeTombstones() {
  const absl::Duration now = environment_.clock.Monotonic();
  std::vector<std::string> purged;
  {
    absl::MutexLock lock(&mutex_);
    while (!tombstones_.empty() &&
           (tombstones_.size() > options_.max_tombstones ||
            tombstones_.front().purge_at <= now)) {
      purged.push_back(std::move(tombstones_.front().name));
      tombstones_.pop_front();
    }
  }
  for (const std::string& name : purged) {
    ForgetRequestOf(name);
    Forget(name);
  }
}

void Pool::Forget(const std::string& name) {
  // Destroyed without the lock held.
  Member member;
  Shard& shard = shards_[ShardOf(name)];
  absl::MutexLock lock(&shard.mutex);
  const auto it = shard.peers.find(name);
  if (it == shard.peers.end()) return;
  member = std::move(it->second);
  shard.peers.erase(it);
}

std::vector<std::shared_ptr<Peer>> Pool::All() {
  std::vector<std::shared_ptr<Peer>> all;
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    for (const auto& [name, member] : shard.peers) all.push_back(member.peer);
  }
  return all;
}

void Pool::Drain(absl::Time deadline) {
  draining_ = true;
  for (const auto& peer : All()) peer->Announce(peer::Draining{deadline});
}

void Pool::CloseAll(peer::CloseReason reason, const std::string& detail) {
  for (const auto& peer : All()) {
    peer->Close(reason, detail, [](const peer::View&) {});
  }
}

void Pool::NotifyWhenEmpty(absl::AnyInvocable<void()> done) {
  // Counts as a peer itself, so that the last one cannot go unseen.
  ++live_;
  {
    absl::MutexLock lock(&mutex_);
    on_empty_.push_back(std::move(done));
  }
  Release();
}

void Pool::Shutdown(peer::CloseReason reason, const std::string& detail,
                    absl::AnyInvocable<void()> done) {
  shut_down_ = true;
  CloseAll(reason, detail);
  NotifyWhenEmpty(std::move(done));
}

Usage Pool::usage() const {
  Usage usage{.peers = live_};
  for (const Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    for (const auto& [name, member] : shard.peers) {
      usage.connected_peers += member.peer->connected() ? 1 : 0;
      usage.data_channels += member.peer->live_channels();
    }
  }
  absl::MutexLock lock(&mutex_);
  usage.tombstones = tombstones_.size();
  return usage;
}

}  // namespace parley::pool
