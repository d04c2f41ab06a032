// W3C's ICE candidate pool (RFC 8829 section 3.5.4): a transport that gathers
// before there is a description for it. One is enough, whatever the size: the
// sections that browsers offer are bundled, and RTCP is multiplexed.

#include <memory>
#include <utility>

#include "core/jsep/session.h"
#include "core/peer/peer.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {

// Makes or closes it, by the configuration and the descriptions that there are.
void Peer::FollowPool() {
  if (closed()) return;
  if (session_.configuration->ice_candidate_pool_size == 0) return ClosePool();
  if (pooled_ != nullptr || !transports_.empty() ||
      jsep::LocalDescription(session_) != nullptr) {
    return;
  }
  pooled_ = NewTransport();
  pooled_->transport->PrepareIce();
}

std::unique_ptr<Peer::TransportEntry> Peer::TakePooled() {
  // It may have been made before there was a certificate.
  pooled_->transport->SetCertificates(certificates_);
  return std::move(pooled_);
}

void Peer::ClosePool() {
  if (pooled_ == nullptr) return;
  CloseTransport(std::move(pooled_->transport));
  pooled_.reset();
}

}  // namespace parley::peer
