// What can change of a peer besides its negotiation.

#include <memory>
#include <string>
#include <utility>

#include "core/base/errors.h"
#include "core/peer/peer.h"
#include "core/peer/shared_reply.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {

void Peer::Update(Call call, PeerUpdate update, StatusReply reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, update = std::move(update)](Finished finished) mutable {
        absl::Status status;
        if (update.configuration) {
          status = SetConfiguration(*std::move(update.configuration));
        }
        // Nothing else can be refused.
        if (status.ok()) {
          if (update.labels) SetLabels(*std::move(update.labels));
          if (update.polite) info_.polite = *update.polite;
          if (update.lease_ttl) {
            info_.lease_ttl = *update.lease_ttl;
            RenewLease();
            OnLeaseTimer();
          }
        }
        (*answer)(std::move(status), CurrentView());
        finished();
      });
}

absl::Status Peer::SetConfiguration(RtcConfiguration wanted) {
  if (!wanted.certificates.empty() &&
      wanted.certificates != info_.certificates) {
    return MakeError(Reason::kConfigurationImmutable,
                     "certificates cannot change in the life of a peer; create "
                     "a new one",
                     {{"field", "certificates"}});
  }
  if (absl::Status checked =
          CheckGathering(wanted.gathering, session_.configuration->ice_lite);
      !checked.ok()) {
    return checked;
  }
  jsep::Configuration next = *session_.configuration;
  next.bundle_policy = wanted.bundle_policy;
  next.ice_candidate_pool_size = wanted.ice_candidate_pool_size;
  next.ice_transport_policy =
      wanted.gathering.policy == ice::TransportPolicy::kRelay
          ? jsep::IceTransportPolicy::kRelay
          : jsep::IceTransportPolicy::kAll;
  if (wanted.gathering.servers != info_.gathering.servers ||
      wanted.gathering.tcp != info_.gathering.tcp) {
    // A key that no list before had: each change has a revision of its own.
    next.ice_servers_key = std::to_string(session_.revision + 1);
  }
  absl::Status status = jsep::SetConfiguration(session_, std::move(next));
  if (!status.ok()) return status;
  info_.gathering = std::move(wanted.gathering);
  for (const auto& entry : transports_) {
    entry->transport->Configure(info_.gathering);
  }
  if (pooled_ != nullptr) pooled_->transport->Configure(info_.gathering);
  FollowPool();
  return status;
}

void Peer::SetLabels(Labels labels) {
  auto next = std::make_shared<const Labels>(std::move(labels));
  absl::MutexLock lock(&mutex_);
  info_.labels.swap(next);
}

}  // namespace parley::peer
