// How a generation of a LibniceTransport gathers.
//
// Host candidates do not wait for servers, which may join at any time: their
// names have to be resolved.

#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "core/ice/libnice_transport.h"

namespace parley::ice {
namespace {

// Gathering is over then, whatever servers still do.
constexpr absl::Duration kGatheringTimeout = absl::Seconds(10);
constexpr size_t kMaxServers = 16;

bool HasFamily(const std::vector<IpAddress>& addresses, bool v6) {
  return std::any_of(addresses.begin(), addresses.end(),
                     [=](const IpAddress& a) { return a.is_v6() == v6; });
}

}  // namespace

void LibniceTransport::UseServers(Generation& generation) {
  size_t used = 0;
  for (const Server& server : configuration_.servers) {
    if (absl::Status supported = CheckSupported(server); !supported.ok()) {
      ReportServer(generation, server, supported);
    } else if (++used > kMaxServers) {
      ReportServer(generation, server,
                   MakeError(Reason::kLimitExceeded,
                             "A transport uses at most 16 servers."));
    } else {
      UseServer(generation, server);
    }
  }
}

void LibniceTransport::UseServer(Generation& generation, const Server& server) {
  // A relay policy has no use for a reflexive address.
  if (server.kind == Server::Kind::kStun &&
      generation.nice->plan().policy == TransportPolicy::kRelay) {
    return;
  }
  if (IpAddress::Parse(server.host).has_value()) {
    UseAnswer(generation, server, {{server.host}});
    return;
  }
  if (auto kept = shared_->resolver.Kept(server.host)) {
    UseAnswer(generation, server, *kept);
    return;
  }
  // It may be destroyed with what it holds before there is an answer.
  generation.names.push_back(shared_->resolver.Resolve(
      server.host, [self = std::weak_ptr(self_), id = generation.id,
                    server](const NameResolver::Answer& answer) {
        auto me = self.lock();
        if (me == nullptr) return;
        if (Generation* found = (*me)->Find(id)) {
          (*me)->OnName(*found, server, answer);
        }
      }));
}

void LibniceTransport::OnName(Generation& generation, const Server& server,
                              const NameResolver::Answer& answer) {
  ++generation.names_answered;
  UseAnswer(generation, server, answer);
  CheckGathered(generation);
}

void LibniceTransport::UseAnswer(Generation& generation, const Server& server,
                                 const NameResolver::Answer& answer) {
  if (generation.nice == nullptr) return;
  if (!answer.ok()) {
    ReportServer(generation, server,
                 MakeError(Reason::kIceServerUrl,
                           std::string(answer.status().message())));
    return;
  }
  // One address of each family that there is a local one for.
  bool used = false;
  for (bool v6 : {false, true}) {
    if (!HasFamily(generation.nice->plan().addresses, v6)) continue;
    for (const std::string& text : *answer) {
      const std::optional<IpAddress> address = IpAddress::Parse(text);
      if (!address || address->is_v6() != v6 ||
          !Permitted(generation, *address)) {
        continue;
      }
      UseAddress(generation, server, *address);
      used = true;
      break;
    }
  }
  if (!used) {
    ReportServer(generation, server,
                 MakeError(Reason::kIceServerUrl,
                           "The server has no address that may be used."));
  }
}

void LibniceTransport::UseAddress(Generation& generation, const Server& server,
                                  const IpAddress& address) {
  if (server.kind == Server::Kind::kStun) {
    generation.nice_gathered = false;
    generation.nice->AddStunServer(server, address);
    return;
  }
  absl::Status added = generation.nice->AddRelayServer(server, address);
  if (!added.ok()) return ReportServer(generation, server, added);
  generation.nice_gathered = false;
}

void LibniceTransport::ReportServer(Generation& generation,
                                    const Server& server,
                                    const absl::Status& why) {
  Tell(generation,
       ObserverQueue::GatheringError{generation.local.ufrag,
                                     WithMetadata(why, "url", ToUrl(server))});
}

void LibniceTransport::Tell(Generation& generation,
                            ObserverQueue::Event event) {
  if (&generation == prepared_.get()) {
    generation.untold.push_back(std::move(event));
  } else {
    queue_.Push(generation.id, std::move(event));
  }
}

absl::Status LibniceTransport::Gather(Generation& generation) {
  absl::Status gathered = generation.nice->Gather();
  if (!gathered.ok()) return gathered;
  if (generation.gathering != GatheringState::kGathering) return gathered;
  generation.gathering_timer =
      After(kGatheringTimeout, generation, &LibniceTransport::EndGathering);
  return gathered;
}

void LibniceTransport::OnCandidate(NiceGeneration& from,
                                   sdp::Candidate candidate) {
  Generation* const generation = Find(from);
  // A relay that comes after the end serves as a peer-reflexive candidate.
  if (generation == nullptr ||
      generation->gathering == GatheringState::kComplete) {
    return;
  }
  for (sdp::Candidate& told : Advertised(options_->external, candidate)) {
    // A server may see what is known already, and two addresses may share an
    // external one.
    if (!generation->advertised.emplace(told.address, told.port, told.tcp_type)
             .second) {
      continue;
    }
    Tell(*generation, ObserverQueue::LocalCandidate{generation->local.ufrag,
                                                    std::move(told)});
  }
}

void LibniceTransport::OnServerFailed(NiceGeneration& from,
                                      const Server& server,
                                      const absl::Status& why) {
  Generation* const generation = Find(from);
  if (generation == nullptr ||
      generation->gathering == GatheringState::kComplete) {
    return;
  }
  ReportServer(*generation, server, why);
}

void LibniceTransport::OnGathered(NiceGeneration& from) {
  Generation* const generation = Find(from);
  if (generation == nullptr) return;
  generation->nice_gathered = true;
  CheckGathered(*generation);
}

void LibniceTransport::CheckGathered(Generation& generation) {
  if (generation.nice_gathered &&
      generation.names_answered == generation.names.size()) {
    EndGathering(generation);
  }
}

void LibniceTransport::EndGathering(Generation& generation) {
  if (generation.gathering == GatheringState::kComplete) return;
  shared_->loop.Cancel(generation.gathering_timer);
  generation.gathering_timer = TimerId::kNone;
  generation.gathering = GatheringState::kComplete;
  generation.status.gathered = true;
  Tell(generation, ObserverQueue::Gathering{generation.local.ufrag,
                                            GatheringState::kComplete});
  Update();
}

}  // namespace parley::ice
