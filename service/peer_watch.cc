#include "service/peer_watch.h"

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "core/base/errors.h"
#include "service/convert_basic.h"
#include "service/convert_event.h"
#include "service/status.h"
#include "service/unary.h"

namespace parley::service {
PeerWatch* PeerWatch::Start(const Core& core,
                            const grpc::ServerContextBase& context,
                            const v1::WatchPeerRequest& request) {
  auto watch = std::make_shared<PeerWatch>(core, context);
  watch->self_ = watch;
  absl::Status read = watch->call_.Admit();
  if (read.ok()) read = watch->Read(request);
  if (read.ok()) {
    watch->Post(&PeerWatch::Open);
  } else {
    watch->call_.NoteEnd(request.name(), read);
    watch->Finish(ToGrpcStatus(read));
  }
  return watch.get();
}

absl::Status PeerWatch::Read(const v1::WatchPeerRequest& request) {
  if (absl::Status read = heartbeat_.Read(request); !read.ok()) return read;
  if (request.has_after_sequence()) after_ = request.after_sequence();
  keep_alive_ = request.keep_alive();
  snapshot_if_compacted_ = request.snapshot_if_compacted();
  view_ = request.view();
  auto subject = Find(core_.pool, call_.caller(), Named::kPeer, request.name());
  if (!subject.ok()) return subject.status();
  peer_ = std::move(subject->peer);
  return absl::OkStatus();
}

// One that was refused has ended already, and may have no peer.
void PeerWatch::Post(void (PeerWatch::*method)()) {
  if (!peer_) return;
  peer_->Post([self = shared_from_this(), method] { (self.get()->*method)(); });
}

void PeerWatch::Open() {
  const uint64_t last = peer_->CurrentView().state.last_event_sequence;
  if (after_ && *after_ > last) {
    return End(MakeError(Reason::kArgument,
                         "after_sequence " + std::to_string(*after_) +
                             " has not come yet; the last event is " +
                             std::to_string(last),
                         {{"field", "after_sequence"}}));
  }
  if (absl::Status room = peer_->CheckWatchers(); !room.ok()) {
    return End(std::move(room));
  }
  cursor_ = after_.value_or(last);
  if (keep_alive_) {
    holding_ = true;
    peer_->HoldLease();
  }
  heartbeat_.Begin([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Post(&PeerWatch::OnRing);
  });
  if (!after_) WriteSnapshot();
  // Tells at once, and so begins with what there is.
  peer_->AddWatcher(shared_from_this());
}

void PeerWatch::OnEventsAvailable() { Pump(); }

void PeerWatch::Pump() {
  if (writing_ || ended_) return;
  if (last_event_written_) return End(absl::OkStatus());
  const auto event = peer_->NextEvent(cursor_);
  if (!event.ok()) {
    if (!snapshot_if_compacted_) return End(event.status());
    return WriteSnapshot();
  }
  if (*event != nullptr) return WriteEvent(**event);
  // A tombstone whose last event was seen before.
  if (peer_->closed()) End(absl::OkStatus());
}

void PeerWatch::WriteSnapshot() {
  const peer::View view = peer_->CurrentView();
  cursor_ = view.state.last_event_sequence;
  response_.Clear();
  ToProto(view, view_, core_.shown, response_.mutable_snapshot());
  Write();
}

void PeerWatch::WriteEvent(const peer::Event& event) {
  cursor_ = event.sequence;
  last_event_written_ = std::holds_alternative<peer::Closed>(event.body);
  response_.Clear();
  ToProto(event, peer_->name(), core_.shown, response_.mutable_event());
  Write();
}

void PeerWatch::Write() {
  writing_ = true;
  heartbeat_.NoteWrite();
  StartWrite(&response_);
}

void PeerWatch::OnWriteDone(bool ok) {
  Post(ok ? &PeerWatch::GoOn : &PeerWatch::GiveUp);
}

void PeerWatch::GoOn() {
  writing_ = false;
  Pump();
}

void PeerWatch::OnCancel() { Post(&PeerWatch::GiveUp); }

void PeerWatch::GiveUp() {
  End(MakeError(Reason::kCancelled, "the caller gave up"));
}

void PeerWatch::End(const absl::Status& status) {
  if (std::exchange(ended_, true)) return;
  call_.NoteEnd(peer_->name(), status);
  Finish(ToGrpcStatus(status));
}

void PeerWatch::OnRing() {
  if (ended_ || !heartbeat_.IsDue(writing_)) return;
  response_.Clear();
  v1::Heartbeat* beat = response_.mutable_heartbeat();
  beat->set_last_event_sequence(cursor_);
  ToProto(core_.clock.Now(), beat->mutable_time());
  Write();
}

void PeerWatch::OnDone() {
  Post(&PeerWatch::Close);
  self_.reset();
}

void PeerWatch::Close() {
  ended_ = true;
  heartbeat_.End();
  peer_->RemoveWatcher(this);
  if (std::exchange(holding_, false)) peer_->ReleaseLease();
}

}  // namespace parley::service
