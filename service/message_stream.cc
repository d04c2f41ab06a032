#include "service/message_stream.h"

#include <utility>

#include "core/base/errors.h"
#include "service/convert_basic.h"
#include "service/convert_message.h"
#include "service/status.h"
#include "service/unary.h"

namespace parley::service {

MessageStream* MessageStream::Start(const Core& core,
                                    const grpc::ServerContextBase& context,
                                    const v1::ReceiveMessagesRequest& request) {
  auto stream = std::make_shared<MessageStream>(core, context);
  stream->self_ = stream;
  absl::Status read = stream->call_.Admit();
  if (read.ok()) read = stream->Read(request);
  if (read.ok()) {
    stream->Post(&MessageStream::Open);
  } else {
    stream->call_.NoteEnd(request.name(), read);
    stream->Finish(ToGrpcStatus(read));
  }
  return stream.get();
}

absl::Status MessageStream::Read(const v1::ReceiveMessagesRequest& request) {
  if (!v1::Delivery_IsValid(request.delivery())) {
    return BadField("delivery", "is no delivery that is known here");
  }
  acknowledge_on_write_ = request.delivery() != v1::DELIVERY_ON_ACKNOWLEDGE;
  if (request.has_idle_timeout()) {
    const auto timeout = FromProto(request.idle_timeout(), "idle_timeout",
                                   absl::ZeroDuration(), absl::Hours(24));
    if (!timeout.ok()) return timeout.status();
    idle_timeout_ = *timeout;
  }
  if (request.has_after_sequence()) after_ = request.after_sequence();
  take_over_ = request.take_over();
  max_messages_ = request.max_messages();
  auto subject =
      Find(core_.pool, call_.caller(), Named::kDataChannel, request.name());
  if (!subject.ok()) return subject.status();
  const auto key = ToChannelKey(subject->child);
  if (!key.ok()) return key.status();
  channel_ = *key;
  peer_ = std::move(subject->peer);
  return absl::OkStatus();
}

// One that was refused has ended already, and may have no peer.
void MessageStream::Post(void (MessageStream::*method)()) {
  if (!peer_) return;
  peer_->Post([self = shared_from_this(), method] { (self.get()->*method)(); });
}

void MessageStream::Open() {
  if (peer_->closed()) return End(peer_->ClosedError());
  peer::ChannelEnds& ends = peer_->channel_ends();
  const absl::Status attached =
      ends.AttachReader(channel_, shared_from_this(), take_over_, after_);
  if (!attached.ok()) return End(attached);
  attached_ = true;
  peer_->HoldLease();
  cursor_ = after_.value_or(ends.acknowledged(channel_));
  quiet_since_ = core_.clock.Monotonic();
  if (idle_timeout_ > absl::ZeroDuration() &&
      idle_timeout_ < absl::InfiniteDuration()) {
    ArmIdle(idle_timeout_);
  }
  Pump();
}

void MessageStream::OnMessagesAvailable(sctp::ChannelKey) { Pump(); }
void MessageStream::OnChannelState(const sctp::Channel&) { Pump(); }

void MessageStream::OnDetached(sctp::ChannelKey, const absl::Status& why) {
  attached_ = false;
  peer_->ReleaseLease();
  End(why);
}

void MessageStream::Pump() {
  if (writing_ || end_ || !attached_) return;
  if (max_messages_ != 0 && written_ == max_messages_) {
    return End(absl::OkStatus());
  }
  if (const auto message = peer_->channel_ends().Next(channel_, cursor_)) {
    return Write(*message);
  }
  const sctp::Channel* channel = peer_->channels().Find(channel_);
  if (!channel || channel->state == sctp::ChannelState::kClosed ||
      idle_timeout_ == absl::ZeroDuration()) {
    End(absl::OkStatus());
  }
}

void MessageStream::Write(const peer::Message& message) {
  cursor_ = message.sequence;
  writing_ = true;
  response_.Clear();
  ToProto(message, response_.mutable_message());
  // Before the write: a caller who has read the message and gone may be seen to
  // be gone before the write is seen to be done, and no message comes twice.
  if (acknowledge_on_write_) {
    peer_->channel_ends().Acknowledge(channel_, cursor_);
  }
  StartWrite(&response_);
}

void MessageStream::OnWriteDone(bool ok) {
  Post(ok ? &MessageStream::GoOn : &MessageStream::GiveUp);
}

void MessageStream::GoOn() {
  writing_ = false;
  ++written_;
  quiet_since_ = core_.clock.Monotonic();
  if (end_) return End(*end_);
  Pump();
}

void MessageStream::OnCancel() { Post(&MessageStream::GiveUp); }

void MessageStream::GiveUp() {
  writing_ = false;
  End(MakeError(Reason::kCancelled, "the caller gave up"));
}

// The message that is being written goes first. The channel is free for the
// next reader before the caller can know that this one has ended.
void MessageStream::End(const absl::Status& status) {
  if (!end_) end_ = status;
  if (writing_ || std::exchange(finished_, true)) return;
  Detach();
  call_.NoteEnd(peer_->name(), *end_);
  Finish(ToGrpcStatus(*end_));
}

// One alarm for many messages: when it comes too early it is set anew.
void MessageStream::ArmIdle(absl::Duration delay) {
  timer_.Set(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Post(&MessageStream::OnIdle);
  });
}

void MessageStream::OnIdle() {
  if (end_) return;
  const absl::Duration quiet = core_.clock.Monotonic() - quiet_since_;
  if (writing_) return ArmIdle(idle_timeout_);
  if (quiet < idle_timeout_) return ArmIdle(idle_timeout_ - quiet);
  End(absl::OkStatus());
}

void MessageStream::OnDone() {
  Post(&MessageStream::Close);
  self_.reset();
}

void MessageStream::Close() {
  if (!end_) end_ = absl::OkStatus();
  finished_ = true;
  timer_.Cancel();
  Detach();
}

void MessageStream::Detach() {
  if (!std::exchange(attached_, false)) return;
  peer_->channel_ends().Detach(channel_, this);
  peer_->ReleaseLease();
}

}  // namespace parley::service
