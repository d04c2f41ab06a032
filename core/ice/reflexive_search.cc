#include "core/ice/reflexive_search.h"

#include <algorithm>

namespace parley::ice {
namespace {

// Ta: between the first requests of two queries (RFC 8445 section 14.2).
constexpr absl::Duration kPacing = absl::Milliseconds(5);
// RTO, which doubles, and Rc: 4.5 s for a server that does not answer (RFC 8489
// section 6.2.1 with a shorter end).
constexpr absl::Duration kTimeout = absl::Milliseconds(500);
constexpr int kTransmissions = 4;
// Rc once the base has an answer of another server: 1.5 s.
constexpr int kTransmissionsMore = 2;
constexpr absl::Duration kLastWait = absl::Seconds(1);
// Tr (RFC 8445 section 11).
constexpr absl::Duration kKeepalive = absl::Seconds(15);

bool IsUsable(const TransportAddress& mapped, const TransportAddress& base) {
  return mapped.port != 0 && !mapped.address.IsUnusable() &&
         mapped.address.is_v6() == base.address.is_v6();
}

}  // namespace

void ReflexiveSearch::Ask(const TransportAddress& server, absl::Duration now) {
  if (std::any_of(servers_.begin(), servers_.end(),
                  [&](const Server& s) { return s.address == server; })) {
    return;
  }
  Server& asked = servers_.emplace_back();
  asked.address = server;
  for (size_t base = 0; base < bases_.size(); ++base) {
    if (bases_[base].address.is_v6() != server.address.is_v6()) continue;
    last_begin_ = std::max(now, last_begin_ + kPacing);
    queries_.push_back(
        {.base = base, .server = servers_.size() - 1, .due = last_begin_});
    ++asked.open;
    ++open_;
  }
}

std::optional<ReflexiveSearch::Step> ReflexiveSearch::Next(absl::Duration now) {
  for (Query& query : queries_) {
    if ((!query.open && !query.found) || query.due > now) continue;
    const int most =
        answered_[query.base] ? kTransmissionsMore : kTransmissions;
    if (query.found || query.sent < most) return Send(query, now);
    End(query);
  }
  return NextFailure();
}

std::optional<ReflexiveSearch::Failure> ReflexiveSearch::NextFailure() {
  for (Server& server : servers_) {
    if (server.open > 0 || server.answered || server.told) continue;
    server.told = true;
    return Failure{server.address, server.error};
  }
  return std::nullopt;
}

// Each request of a query is the same, so that an answer to any of them counts;
// those that keep a binding alive await none.
ReflexiveSearch::Request ReflexiveSearch::Send(Query& query,
                                               absl::Duration now) {
  if (query.sent == 0 || query.found) query.id = WriteStunQuery(query.bytes);
  ++query.sent;
  if (query.found) {
    query.due = now + kKeepalive;
  } else if (query.sent == kTransmissions) {
    query.due = now + kLastWait;
  } else {
    query.due = now + kTimeout * (1 << (query.sent - 1));
  }
  return {query.base, servers_[query.server].address, query.bytes};
}

void ReflexiveSearch::End(Query& query) {
  query.open = false;
  --servers_[query.server].open;
  --open_;
}

absl::Duration ReflexiveSearch::deadline() const {
  absl::Duration first = absl::InfiniteDuration();
  for (const Query& query : queries_) {
    if (query.open || query.found) first = std::min(first, query.due);
  }
  return first;
}

ReflexiveSearch::Taken ReflexiveSearch::OnPacket(
    const TransportAddress& from, std::span<const uint8_t> packet,
    absl::Duration now) {
  const std::optional<TransactionId> id = TransactionOf(packet);
  if (!id) return {};
  const auto query = std::find_if(
      queries_.begin(), queries_.end(),
      [&](const Query& q) { return q.open && q.sent > 0 && q.id == *id; });
  if (query == queries_.end()) return {};
  Server& server = servers_[query->server];
  if (from != server.address) return {};
  const std::optional<StunReply> reply = ReadStunReply(packet, *id);
  if (!reply) return {};
  End(*query);
  if (!reply->mapped) {
    server.error = reply->error;
    return {.ours = true};
  }
  server.answered = true;
  answered_[query->base] = true;
  if (!IsNew(query->base, *reply->mapped)) return {.ours = true};
  query->found = true;
  query->due = now + kKeepalive;
  const size_t rank =
      std::count_if(mappings_.begin(), mappings_.end(),
                    [&](const Mapping& m) { return m.base == query->base; });
  const size_t number = query - queries_.begin();
  mappings_.push_back({query->base, *reply->mapped, number, rank});
  return {.ours = true, .mapping = mappings_.back()};
}

// Of two candidates with one base and one address, one is redundant (RFC 8445
// section 5.1.3); the host candidate itself, most of all.
bool ReflexiveSearch::IsNew(size_t base, const TransportAddress& mapped) const {
  if (!IsUsable(mapped, bases_[base]) || mapped == bases_[base]) return false;
  size_t of_base = 0;
  for (const Mapping& known : mappings_) {
    if (known.base != base) continue;
    if (known.address == mapped || ++of_base == kMaxMappings) return false;
  }
  return true;
}

}  // namespace parley::ice
