#include "service/gathering_wait.h"

#include <utility>

namespace parley::service {

bool HasGathered(const peer::View& view) {
  // Without a transport there is nothing to gather for.
  return view.state.ice_gathering_state == ice::GatheringState::kComplete ||
         view.session.transports.empty();
}

void GatheringWait::Start(std::shared_ptr<peer::Peer> peer,
                          absl::Duration timeout, Done done) {
  // Whom nobody can tell any more has waited long enough.
  if (timeout <= absl::ZeroDuration() || !peer->CheckWatchers().ok()) {
    return done(absl::OkStatus());
  }
  peer::Peer& watched = *peer;
  auto wait = std::make_shared<GatheringWait>(std::move(peer), std::move(done));
  wait->timer_.Set(timeout, [weak = std::weak_ptr(wait)] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->peer_->Post([self] { self->End(absl::OkStatus()); });
  });
  // Tells at once, and so looks at what there is.
  watched.AddWatcher(std::move(wait));
}

void GatheringWait::OnEventsAvailable() {
  if (done_ == nullptr) return;
  if (peer_->closed()) return End(peer_->ClosedError());
  if (HasGathered(peer_->CurrentView())) End(absl::OkStatus());
}

void GatheringWait::End(absl::Status status) {
  if (done_ == nullptr) return;
  timer_.Cancel();
  // May let go of the last reference but this call's.
  const auto keep = shared_from_this();
  peer_->RemoveWatcher(this);
  std::exchange(done_, nullptr)(std::move(status));
}

}  // namespace parley::service
