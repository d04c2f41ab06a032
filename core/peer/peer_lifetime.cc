// The life of a peer: its lease and its end.

#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "core/peer/peer.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {
namespace {

// The warning comes when this part of the lease is left.
constexpr int kWarningPart = 5;

}  // namespace

void Peer::RenewLease() {
  lease_end_ = environment_.clock.Monotonic() + info_.lease_ttl;
  info_.lease_expires = lease_holders_ > 0
                            ? absl::InfiniteFuture()
                            : environment_.clock.Now() + info_.lease_ttl;
  lease_warned_ = false;
}

void Peer::HoldLease() {
  strand_.Post([self = shared_from_this()] {
    ++self->lease_holders_;
    self->RenewLease();
  });
}

void Peer::ReleaseLease() {
  strand_.Post([self = shared_from_this()] {
    --self->lease_holders_;
    self->RenewLease();
  });
}

// The timer is not moved by each renewal: when it fires too early it is set
// anew. There is one at most, which knows the peer only weakly.
void Peer::ArmLease(absl::Duration delay) {
  executor_.Post([weak = weak_from_this(), delay] {
    const std::shared_ptr<Peer> peer = weak.lock();
    if (peer == nullptr) return;
    peer->executor_.Cancel(peer->lease_timer_);
    peer->lease_timer_ = peer->executor_.RunAfter(delay, [weak] {
      const std::shared_ptr<Peer> self = weak.lock();
      if (self == nullptr) return;
      self->strand_.Post([self] { self->OnLeaseTimer(); });
    });
  });
}

void Peer::OnLeaseTimer() {
  if (closed()) return;
  if (lease_holders_ > 0) RenewLease();
  const absl::Duration left = lease_end_ - environment_.clock.Monotonic();
  const absl::Duration warning = info_.lease_ttl / kWarningPart;
  if (left <= absl::ZeroDuration()) {
    return CloseNow(
        CloseReason::kLeaseExpired,
        "nobody renewed the lease of " + absl::FormatDuration(info_.lease_ttl));
  }
  if (left > warning) return ArmLease(left - warning);
  if (!std::exchange(lease_warned_, true)) {
    Emit(LeaseWarning{info_.lease_expires});
  }
  ArmLease(left);
}

void Peer::Close(CloseReason reason, std::string detail,
                 absl::AnyInvocable<void(const View&)> closed) {
  strand_.Post([self = shared_from_this(), reason, detail = std::move(detail),
                closed = std::move(closed)]() mutable {
    self->closers_.push_back(std::move(closed));
    self->CloseNow(reason, std::move(detail));
    self->CheckGone();
  });
}

// W3C "close the connection", with the resources behind it.
void Peer::CloseNow(CloseReason reason, std::string detail) {
  if (closed()) return;
  info_.closure = Closure{reason, std::move(detail), environment_.clock.Now()};
  const absl::Status why = ClosedError();
  if (waiting_) std::exchange(waiting_, nullptr)(why);
  chain_.Close(why);
  // The effects only repeat which transports there are.
  jsep::Close(session_);
  for (auto& entry : std::exchange(transports_, {})) {
    CloseTransport(std::move(entry->transport));
  }
  ClosePool();
  channels_.OnClosed(absl::OkStatus());
  channels_.TakeEffects();
  sctp_state_ = sctp::State::kClosed;
  ends_.Close(why);
  queued_candidates_.clear();
  held_.clear();
  gathering_state_ = ice::GatheringState::kComplete;
  ice_state_ = ice::ConnectionState::kClosed;
  connection_state_ = ConnectionState::kClosed;
  connected_ = false;
  live_channels_ = 0;
  negotiation_needed_.Clear();
  certificates_.clear();
  executor_.Post([self = shared_from_this()] {
    self->executor_.Cancel(
        std::exchange(self->lease_timer_, Executor::TimerId::kNone));
  });
  Emit(Closed{reason, info_.closure->detail});
  CheckGone();
}

void Peer::CheckGone() {
  if (!closed() || closing_transports_ > 0) return;
  if (!gone_.exchange(true)) {
    if (environment_.on_closed) environment_.on_closed(info_);
    if (on_gone_) std::exchange(on_gone_, nullptr)();
  }
  for (auto& closer : std::exchange(closers_, {})) closer(CurrentView());
}

}  // namespace parley::peer
