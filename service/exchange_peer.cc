#include "service/exchange_peer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/base/errors.h"
#include "core/pool/names.h"
#include "service/convert_basic.h"
#include "service/convert_state.h"
#include "service/exchange_stream.h"
#include "service/status.h"
#include "service/unary.h"

namespace parley::service {
namespace {

constexpr uint64_t kDefaultWindow = 1 << 20;
// More than a peer has at a time.
constexpr size_t kMaxFormer = 2048;

bool Reads(v1::AttachMode mode) { return mode != v1::ATTACH_MODE_SEND; }
bool Writes(v1::AttachMode mode) { return mode != v1::ATTACH_MODE_RECEIVE; }

absl::Status Check(const v1::Attach& attach, uint64_t max_window) {
  if (!v1::AttachMode_IsValid(attach.mode())) {
    return BadField("attach.mode", "is no mode that is known here");
  }
  return CheckLimit("attach.window", attach.window(), "bytes", max_window);
}

}  // namespace

// --- From any thread ---

void ExchangePeer::Handle(std::vector<v1::ClientFrame> frames) {
  peer_->Post(
      [self = shared_from_this(), frames = std::move(frames)]() mutable {
        for (v1::ClientFrame& frame : frames) self->Dispatch(std::move(frame));
        self->stream_->FramesDone();
      });
}

void ExchangePeer::HalfClose() {
  peer_->Post([self = shared_from_this()] {
    self->half_closed_ = true;
    std::vector<sctp::ChannelKey> channels;
    for (const auto& [channel, one] : self->attachments_) {
      channels.push_back(channel);
    }
    for (const sctp::ChannelKey channel : channels) {
      self->EndWriting(channel);
      self->PumpReader(channel);
    }
    self->stream_->FramesDone();
  });
}

void ExchangePeer::PumpAll() {
  peer_->Post([self = shared_from_this()] {
    std::vector<sctp::ChannelKey> channels;
    for (const auto& [channel, one] : self->attachments_) {
      channels.push_back(channel);
    }
    for (const sctp::ChannelKey channel : channels) self->PumpReader(channel);
  });
}

void ExchangePeer::Written(sctp::ChannelKey channel, uint64_t sequence) {
  peer_->Post([self = shared_from_this(), channel, sequence] {
    if (self->Find(channel)) return self->TakeAcknowledged(channel, sequence);
    const auto former = self->former_.find(channel);
    if (former == self->former_.end() || !former->second) return;
    self->peer_->channel_ends().Acknowledge(channel, sequence);
  });
}

void ExchangePeer::Close(bool delivered) {
  peer_->Post([self = shared_from_this(), delivered] {
    peer::ChannelEnds& ends = self->peer_->channel_ends();
    if (delivered) {
      for (const auto& [channel, one] : self->attachments_) {
        if (one.reader) ends.Acknowledge(channel, one.cursor);
      }
    }
    self->Shut();
  });
}

// --- On the strand ---

void ExchangePeer::Shut() {
  shut_ = true;
  for (const auto& [channel, one] : attachments_) {
    peer_->channel_ends().Detach(channel, this);
  }
  attachments_.clear();
  all_.reset();
  peer_->RemoveWatcher(this);
  UpdateLease();
}

ExchangePeer::Attachment* ExchangePeer::Find(sctp::ChannelKey channel) {
  const auto found = attachments_.find(channel);
  return found == attachments_.end() ? nullptr : &found->second;
}

std::string ExchangePeer::NameOf(sctp::ChannelKey channel) const {
  return pool::DataChannelName(peer_->name(), channel);
}

void ExchangePeer::UpdateLease() {
  const bool idle = attachments_.empty() && !all_;
  if (idle == idle_.exchange(idle)) return;
  idle ? peer_->ReleaseLease() : peer_->HoldLease();
}

void ExchangePeer::Dispatch(v1::ClientFrame frame) {
  if (shut_) return;
  if (frame.name() == peer_->name()) {
    if (frame.has_attach()) return AttachAll(frame.attach());
    if (frame.has_detach()) return DetachAll();
    return SendDetached(
        frame.name(), v1::DETACH_REASON_REFUSED,
        BadField("name",
                 "is a peer's; messages and acknowledgements are for "
                 "a channel"));
  }
  const auto parsed = pool::ParseDataChannelName(frame.name());
  const auto key = ToChannelKey(parsed.ok() ? parsed->child : ~uint64_t{0});
  if (!key.ok()) {
    return SendDetached(frame.name(), v1::DETACH_REASON_REFUSED, key.status());
  }
  if (frame.has_attach()) return AttachOne(*key, frame.attach());
  if (!Find(*key)) {
    // A frame that crossed the end of its attachment is no fault.
    if (former_.contains(*key)) return;
    return SendDetached(frame.name(), v1::DETACH_REASON_REFUSED,
                        BadField("name", "was not attached on this stream"));
  }
  if (frame.has_detach()) return Drop(*key, v1::DETACH_REASON_REQUESTED);
  if (frame.has_acknowledge()) return Acknowledged(*key, frame.acknowledge());
  Receive(*key, frame.message());
}

void ExchangePeer::AttachAll(const v1::Attach& attach) {
  absl::Status status =
      Check(attach, stream_->core().options.engine.limits.receive_buffer_bytes);
  if (attach.has_after_sequence()) {
    status.Update(BadField("attach.after_sequence", "is given for a peer"));
  }
  if (all_) status.Update(BadField("name", "is attached already"));
  if (status.ok() && peer_->closed()) {
    return SendDetached(peer_->name(), v1::DETACH_REASON_PEER_CLOSED,
                        peer_->ClosedError());
  }
  if (status.ok()) status = peer_->CheckWatchers();
  if (!status.ok()) {
    return SendDetached(peer_->name(), v1::DETACH_REASON_REFUSED, status);
  }
  all_ = attach;
  stream_->CountAttachments(+1);
  UpdateLease();
  events_seen_ = peer_->CurrentView().state.last_event_sequence;
  peer_->AddWatcher(shared_from_this());
  AttachNew();
}

// Those of the peer's channels that have something to exchange.
void ExchangePeer::AttachNew() {
  std::vector<sctp::ChannelKey> channels;
  for (const sctp::Channel* channel : peer_->channels().All()) {
    const bool unread = peer_->channel_ends().Next(channel->key, 0) != nullptr;
    if (attachments_.contains(channel->key) || former_.contains(channel->key) ||
        (channel->state == sctp::ChannelState::kClosed && !unread)) {
      continue;
    }
    channels.push_back(channel->key);
  }
  for (const sctp::ChannelKey channel : channels) AttachOne(channel, *all_);
}

void ExchangePeer::OnEventsAvailable() {
  if (!all_) return;
  bool grown = false;
  while (true) {
    const auto event = peer_->NextEvent(events_seen_);
    if (!event.ok()) {
      events_seen_ = peer_->CurrentView().state.last_event_sequence;
      grown = true;
      break;
    }
    if (*event == nullptr) break;
    const peer::EventBody& body = (*event)->body;
    events_seen_ = (*event)->sequence;
    grown = grown || std::holds_alternative<peer::ChannelAnnounced>(body) ||
            std::holds_alternative<peer::ChannelStateChange>(body);
  }
  if (peer_->closed()) {
    all_.reset();
    peer_->RemoveWatcher(this);
    SendDetached(peer_->name(), v1::DETACH_REASON_PEER_CLOSED,
                 peer_->ClosedError());
    UpdateLease();
    return stream_->CountAttachments(-1);
  }
  if (grown) AttachNew();
}

void ExchangePeer::DetachAll() {
  std::vector<sctp::ChannelKey> channels;
  for (const auto& [channel, one] : attachments_) channels.push_back(channel);
  for (const sctp::ChannelKey channel : channels) {
    Drop(channel, v1::DETACH_REASON_REQUESTED);
  }
  const bool attached = all_.has_value();
  if (attached) {
    all_.reset();
    peer_->RemoveWatcher(this);
    UpdateLease();
  }
  SendDetached(peer_->name(), v1::DETACH_REASON_REQUESTED, absl::OkStatus());
  if (attached) stream_->CountAttachments(-1);
}

absl::Status ExchangePeer::TakeEnds(sctp::ChannelKey channel,
                                    const v1::Attach& attach) {
  peer::ChannelEnds& ends = peer_->channel_ends();
  std::optional<uint64_t> after;
  if (attach.has_after_sequence()) after = attach.after_sequence();
  absl::Status status;
  if (Reads(attach.mode())) {
    status = ends.AttachReader(channel, shared_from_this(), attach.take_over(),
                               after);
  }
  if (status.ok() && Writes(attach.mode())) {
    status = ends.AttachWriter(channel, shared_from_this(), attach.take_over());
  }
  if (!status.ok()) ends.Detach(channel, this);
  return status;
}

void ExchangePeer::AttachOne(sctp::ChannelKey channel,
                             const v1::Attach& attach) {
  if (peer_->closed()) {
    return SendDetached(NameOf(channel), v1::DETACH_REASON_PEER_CLOSED,
                        peer_->ClosedError());
  }
  if (Find(channel)) {
    return Refuse(channel, BadField("name", "is attached already"));
  }
  absl::Status status =
      Check(attach, stream_->core().options.engine.limits.receive_buffer_bytes);
  if (status.ok()) status = TakeEnds(channel, attach);
  const sctp::Channel* now = peer_->channels().Find(channel);
  if (status.ok() && !now) {
    peer_->channel_ends().Detach(channel, this);
    status = ToChannelKey(~uint64_t{0}).status();
  }
  if (status.ok()) {
    status = stream_->TakeAttachment();
    if (!status.ok()) peer_->channel_ends().Detach(channel, this);
  }
  if (!status.ok()) {
    if (now) NoteFormer(channel, false);
    return SendDetached(NameOf(channel), v1::DETACH_REASON_REFUSED, status);
  }
  peer::ChannelEnds& ends = peer_->channel_ends();
  former_.erase(channel);
  Attachment& one = attachments_[channel];
  one.reader = Reads(attach.mode());
  one.writer = Writes(attach.mode());
  one.cursor = attach.has_after_sequence() ? attach.after_sequence()
                                           : ends.acknowledged(channel);
  one.window = attach.has_window() ? attach.window() : kDefaultWindow;
  one.last_number = ends.accepted(channel);
  UpdateLease();

  v1::ServerFrame frame;
  v1::Attached& attached = *frame.mutable_attached();
  attached.set_mode(one.reader && one.writer ? v1::ATTACH_MODE_BOTH
                    : one.reader             ? v1::ATTACH_MODE_RECEIVE
                                             : v1::ATTACH_MODE_SEND);
  ToProto(*now, peer_->name(), attached.mutable_data_channel());
  if (one.reader) {
    attached.set_acknowledged_sequence(ends.acknowledged(channel));
    attached.set_received_sequence(ends.received(channel));
  }
  if (one.writer) {
    attached.set_accepted_sequence(one.last_number);
    attached.set_window(WriteWindow(*now));
  }
  stream_->Send(NameOf(channel), std::move(frame));
  PumpReader(channel);
}

void ExchangePeer::NoteFormer(sctp::ChannelKey channel,
                              bool may_be_acknowledged) {
  former_[channel] = may_be_acknowledged;
  if (former_.size() <= kMaxFormer) return;
  // What the peer has forgotten comes back no more.
  std::erase_if(former_, [this](const auto& one) {
    return peer_->channels().Find(one.first) == nullptr;
  });
}

void ExchangePeer::SendDetached(const std::string& name,
                                v1::DetachReason reason,
                                const absl::Status& why) {
  v1::ServerFrame frame;
  frame.mutable_detached()->set_reason(reason);
  if (!why.ok()) ToProto(why, frame.mutable_detached()->mutable_error());
  stream_->Send(name, std::move(frame));
}

void ExchangePeer::Drop(sctp::ChannelKey channel, v1::DetachReason reason,
                        const absl::Status& why) {
  attachments_.erase(channel);
  NoteFormer(channel, reason == v1::DETACH_REASON_CHANNEL_CLOSED);
  if (!half_closed_) stream_->ForgetWritten(shared_from_this(), channel);
  peer_->channel_ends().Detach(channel, this);
  UpdateLease();
  SendDetached(NameOf(channel), reason, why);
  stream_->CountAttachments(-1);
}

void ExchangePeer::OnDetached(sctp::ChannelKey channel,
                              const absl::Status& why) {
  if (!Find(channel)) return;
  Drop(channel,
       HasReason(why, Reason::kPeerClosed) ? v1::DETACH_REASON_PEER_CLOSED
                                           : v1::DETACH_REASON_TAKEN_OVER,
       why);
}

}  // namespace parley::service
