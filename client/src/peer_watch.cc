#include "parley/peer_watch.h"

#include <utility>

#include "client/src/await.h"
#include "client/src/peer_watch_impl.h"

namespace parley::client {

PeerWatch::PeerWatch(std::shared_ptr<internal::PeerWatchImpl> impl)
    : impl_(std::move(impl)) {}

PeerWatch::PeerWatch(PeerWatch&&) noexcept = default;

PeerWatch& PeerWatch::operator=(PeerWatch&& other) noexcept {
  PeerWatch old(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

PeerWatch::~PeerWatch() {
  if (impl_ != nullptr) impl_->Cancel();
}

absl::StatusOr<PeerWatch::Update> PeerWatch::Next(absl::Duration timeout) {
  return internal::Await<Update>(
      timeout, [this](auto done) { impl_->Next(std::move(done)); },
      [this] { return impl_->Abandon(); });
}

void PeerWatch::Next(std::function<void(absl::StatusOr<Update>)> done) {
  impl_->Next(std::move(done));
}

void PeerWatch::Cancel() { impl_->Cancel(); }

}  // namespace parley::client
