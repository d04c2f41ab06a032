// How a generation gathers: what it asks of servers.

#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/ice/bound_socket.h"
#include "core/ice/nice_candidates.h"
#include "core/ice/nice_generation.h"

namespace parley::ice {
namespace {

constexpr int kMaxRelayServers = NICE_CANDIDATE_MAX_TURN_SERVERS;

// Of a server-reflexive candidate (RFC 8445 section 5.1.2.2): that of libnice's
// type preference, with the base's local preference. Its bits 9 to 12 are not
// used by libnice; they make those of one base differ, the first one best, and
// each better than what a TURN server adds.
uint32_t ReflexivePriority(uint32_t base, size_t rank) {
  const auto preference =
      static_cast<uint32_t>(ReflexiveSearch::kMaxMappings - rank);
  return (100u << 24) | (base & 0xffffff) | preference << (8 + 9);
}

bool SameAddress(const sdp::Candidate& a, const sdp::Candidate& b) {
  return a.address == b.address && a.port == b.port;
}

}  // namespace

absl::Status NiceGeneration::AddRelayServer(const Server& server,
                                            const IpAddress& address) {
  if (relay_servers_ == kMaxRelayServers) {
    return MakeError(Reason::kLimitExceeded,
                     "A transport uses at most 8 TURN servers.");
  }
  const bool tcp = server.protocol == Server::Protocol::kTcp;
  if (tcp) {
    absl::StatusOr<FdBudget::Lease> fds =
        environment_->fds.Reserve(static_cast<int>(plan_.addresses.size()));
    if (!fds.ok()) return fds.status();
    relay_fds_.push_back(*std::move(fds));
  }
  ++relay_servers_;
  agent_gathered_ = false;
  seat_.context().Touch();
  nice_agent_set_relay_info(
      agent_, stream_, NICE_COMPONENT_TYPE_RTP, address.ToString().c_str(),
      server.port, server.username.c_str(), server.credential.c_str(),
      tcp ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP);
  return absl::OkStatus();
}

absl::Status NiceGeneration::Gather() {
  seat_.context().Touch();
  if (!nice_agent_gather_candidates(agent_, stream_)) {
    return ExplainGatherFailure();
  }
  if (plan_.tcp) {
    if (absl::Status opened = OpenBridge(); !opened.ok()) return opened;
  }
  gathers_ = true;
  if (!stun_servers_.empty()) BeginSearch();
  // libnice without servers has told of the end already.
  CheckGathered();
  return absl::OkStatus();
}

absl::Status NiceGeneration::ExplainGatherFailure() const {
  for (const IpAddress& address : plan_.addresses) {
    if (CanBindUdp(address, 0)) continue;
    return MakeError(Reason::kResourceInspection,
                     "No UDP socket can be opened on " + address.ToString() +
                         ": it is no address of this machine, or its ports "
                         "are used up.");
  }
  return MakeRetryableError(Reason::kPorts, "No UDP port could be had for ICE.",
                            absl::Seconds(1));
}

void NiceGeneration::AddStunServer(const Server& server,
                                   const IpAddress& address) {
  stun_servers_.emplace_back(server, TransportAddress{address, server.port});
  if (!gathers_) return;
  if (!search_.has_value()) return BeginSearch();
  search_->Ask(stun_servers_.back().second,
               environment_->loop.clock().Monotonic());
  FollowSearch();
}

void NiceGeneration::BeginSearch() {
  std::vector<TransportAddress> addresses;
  const std::vector<sdp::Candidate> hosts = LocalCandidates();
  GPtrArray* const sockets =
      nice_agent_get_sockets(agent_, stream_, NICE_COMPONENT_TYPE_RTP);
  for (guint i = 0; sockets != nullptr && i < sockets->len; ++i) {
    auto* const socket = static_cast<GSocket*>(sockets->pdata[i]);
    const TransportAddress address = BoundAddress(g_socket_get_fd(socket));
    const auto host =
        std::find_if(hosts.begin(), hosts.end(), [&](const sdp::Candidate& h) {
          return h.transport == sdp::CandidateTransport::kUdp &&
                 h.type == sdp::CandidateType::kHost &&
                 h.port == address.port &&
                 IpAddress::Parse(h.address) == address.address;
        });
    if (host == hosts.end()) continue;
    sockets_.emplace_back(static_cast<GSocket*>(g_object_ref(socket)));
    bases_.push_back(*host);
    addresses.push_back(address);
  }
  if (sockets != nullptr) g_ptr_array_unref(sockets);
  search_.emplace(std::move(addresses));
  for (const auto& [server, address] : stun_servers_) {
    search_->Ask(address, environment_->loop.clock().Monotonic());
  }
  FollowSearch();
}

// Does what is due, and comes back when more is.
void NiceGeneration::FollowSearch() {
  if (!search_.has_value() || events_ == nullptr) return;
  EventLoop& loop = environment_->loop;
  const absl::Duration now = loop.clock().Monotonic();
  while (auto step = search_->Next(now)) {
    if (const auto* failure = std::get_if<ReflexiveSearch::Failure>(&*step)) {
      ReportFailure(*failure);
      continue;
    }
    const auto& request = std::get<ReflexiveSearch::Request>(*step);
    sockaddr_storage to;
    const socklen_t size = ToSockaddr(request.server, to);
    // One that is not sent is as good as lost: it is sent again.
    (void)sendto(g_socket_get_fd(sockets_[request.base].get()),
                 request.bytes.data(), request.bytes.size(),
                 MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to), size);
  }
  loop.Cancel(search_timer_);
  search_timer_ = EventLoop::TimerId::kNone;
  Listen(remote_known_ || search_->searching());
  if (!search_->searching()) CheckGathered();
  // A pair that works keeps its bindings itself.
  if (!search_->searching() && was_usable_) return;
  if (search_->deadline() == absl::InfiniteDuration()) return;
  search_timer_ =
      loop.RunAfter(search_->deadline() - now, [weak = weak_from_this()] {
        auto me = weak.lock();
        if (me != nullptr) me->FollowSearch();
      });
}

void NiceGeneration::TakeMapping(const ReflexiveSearch::Mapping& mapping) {
  const sdp::Candidate& base = bases_[mapping.base];
  sdp::Candidate found;
  // The numbers of libnice's foundations leave letters free. Each query is of
  // another base or server (RFC 8445 section 5.1.1.3).
  found.foundation = absl::StrCat("s", mapping.query + 1);
  found.priority = ReflexivePriority(base.priority, mapping.rank);
  found.address = mapping.address.address.ToString();
  found.port = mapping.address.port;
  found.type = sdp::CandidateType::kServerReflexive;
  found.related_address = base.address;
  found.related_port = base.port;
  found.ufrag = plan_.local.ufrag;
  reflexive_.push_back(found);
  events_->OnCandidate(*this, std::move(found));
}

void NiceGeneration::ReportFailure(const ReflexiveSearch::Failure& failure) {
  const auto server = std::find_if(
      stun_servers_.begin(), stun_servers_.end(),
      [&](const auto& asked) { return asked.second == failure.server; });
  if (server == stun_servers_.end()) return;
  const absl::Status why =
      failure.error == 0
          ? MakeError(Reason::kIceServerUrl, "The STUN server does not answer.")
          : MakeError(Reason::kIceServerUrl, "The STUN server has refused.",
                      {{"error_code", std::to_string(failure.error)}});
  events_->OnServerFailed(*this, server->first, why);
}

// The server-reflexive candidate of this address: libnice knows it, if it does,
// as another one.
const sdp::Candidate* NiceGeneration::FindReflexive(
    const sdp::Candidate& shown) const {
  const auto known =
      std::find_if(reflexive_.begin(), reflexive_.end(),
                   [&](const auto& one) { return SameAddress(one, shown); });
  return known == reflexive_.end() ? nullptr : &*known;
}

void NiceGeneration::EndSearch() {
  environment_->loop.Cancel(search_timer_);
  search_timer_ = EventLoop::TimerId::kNone;
  search_.reset();
  sockets_.clear();
}

void NiceGeneration::CheckGathered() {
  const bool searching = search_.has_value() && search_->searching();
  if (gathers_ && agent_gathered_ && !searching && events_ != nullptr) {
    events_->OnGathered(*this);
  }
}

}  // namespace parley::ice
