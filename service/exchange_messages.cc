// The messages of an ExchangePeer's channels, in both directions.

#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "service/convert_basic.h"
#include "service/convert_state.h"
#include "service/exchange_peer.h"
#include "service/exchange_stream.h"
#include "service/status.h"

namespace parley::service {
namespace {

// What a writer may have under way to the server.
constexpr uint64_t kWriteWindow = 1 << 20;
// What each message counts of that at least: an empty one costs memory too.
constexpr uint64_t kLeastMessageBytes = 64;
// A channel takes no more messages while this much waits to be sent on it.
constexpr uint64_t kBufferedHigh = 1 << 20;

uint64_t WindowBytes(const Payload& payload) {
  return std::max<uint64_t>(payload.data.size(), kLeastMessageBytes);
}

}  // namespace

// --- Reading a channel ---

void ExchangePeer::OnMessagesAvailable(sctp::ChannelKey channel) {
  PumpReader(channel);
}

void ExchangePeer::PumpReader(sctp::ChannelKey channel) {
  while (true) {
    Attachment* one = Find(channel);
    if (!one || !one->reader) return;
    const auto message = peer_->channel_ends().Next(channel, one->cursor);
    if (!message) {
      const sctp::Channel* now = peer_->channels().Find(channel);
      const bool closed = !now || now->state == sctp::ChannelState::kClosed;
      // What nobody acknowledges would stay unread for ever; after a half-close
      // nobody can.
      if (closed && (one->sent.empty() || half_closed_)) {
        Drop(channel, v1::DETACH_REASON_CHANNEL_CLOSED);
      }
      return;
    }
    if (!half_closed_ && one->sent_bytes >= one->window) return;
    if (!stream_->HasRoom(shared_from_this())) return;
    one->cursor = message->sequence;
    one->sent.push_back({message->sequence, message->data.size()});
    one->sent_bytes += message->data.size();
    v1::ServerFrame frame;
    ToProto(*message, frame.mutable_message());
    stream_->SendMessage(NameOf(channel), std::move(frame), shared_from_this(),
                         channel, message->sequence);
  }
}

void ExchangePeer::Acknowledged(sctp::ChannelKey channel,
                                const v1::Acknowledge& frame) {
  Attachment& one = *Find(channel);
  const uint64_t limit =
      stream_->core().options.engine.limits.receive_buffer_bytes;
  absl::Status status;
  if (!one.reader) {
    status = BadField("acknowledge", "is for a channel that is not read here");
  } else if (frame.sequence() > one.cursor) {
    status = BadField("acknowledge.sequence", "has not been sent yet");
  } else {
    status = CheckLimit("acknowledge.window", frame.window(), "bytes", limit);
  }
  if (!status.ok()) return Refuse(channel, status);
  if (frame.has_window()) one.window = frame.window();
  TakeAcknowledged(channel, frame.sequence());
}

void ExchangePeer::TakeAcknowledged(sctp::ChannelKey channel,
                                    uint64_t sequence) {
  Attachment& one = *Find(channel);
  while (!one.sent.empty() && one.sent.front().sequence <= sequence) {
    one.sent_bytes -= one.sent.front().bytes;
    one.sent.pop_front();
  }
  peer_->channel_ends().Acknowledge(channel, sequence);
  PumpReader(channel);
}

// --- Writing a channel ---

uint64_t ExchangePeer::WriteWindow(const sctp::Channel& channel) const {
  return channel.state == sctp::ChannelState::kOpen ? kWriteWindow : 0;
}

void ExchangePeer::Receive(sctp::ChannelKey channel,
                           const v1::DataMessage& message) {
  Attachment& one = *Find(channel);
  const sctp::Channel* now = peer_->channels().Find(channel);
  if (!one.writer) {
    return Refuse(channel, BadField("message",
                                    "is for a channel that is not written "
                                    "here; attach with SEND or BOTH"));
  }
  if (!now || now->state != sctp::ChannelState::kOpen) {
    const std::string state(
        sctp::ChannelStateName(now ? now->state : sctp::ChannelState::kClosed));
    return Refuse(channel, MakeError(Reason::kChannelNotOpen,
                                     "the data channel is " + state +
                                         "; the server's window says when "
                                         "messages can be sent",
                                     {{"state", state}}));
  }
  const uint64_t number =
      message.has_sequence() ? message.sequence() : one.last_number + 1;
  // Sent before, accepted or still waiting: its acknowledgement says so.
  if (number <= one.last_number) return SendAccepted(channel, false);
  if (number != one.last_number + 1) {
    return Refuse(channel, BadField("message.sequence",
                                    "leaves a gap after " +
                                        std::to_string(one.last_number)));
  }
  if (one.waiting_bytes >= kWriteWindow) {
    return Refuse(channel,
                  MakeError(Reason::kSendBuffer,
                            "more bytes are under way than the window allows",
                            {{"limit", std::to_string(kWriteWindow)}}));
  }
  one.last_number = number;
  absl::StatusOr<Payload> payload =
      ReadPayload(message, stream_->core().options.max_message_size);
  // One that is bad is rejected in its turn, so that it overtakes nothing.
  Attachment::Waiting waiting{number, {}, payload.status()};
  if (payload.ok()) waiting.payload = *std::move(payload);
  one.waiting_bytes += WindowBytes(waiting.payload);
  one.waiting.push_back(std::move(waiting));
  PumpWriter(channel);
}

void ExchangePeer::PumpWriter(sctp::ChannelKey channel) {
  bool accepted = false;
  while (Attachment* one = Find(channel)) {
    const sctp::Channel* now = peer_->channels().Find(channel);
    if (one->waiting.empty() || !now || now->buffered_amount >= kBufferedHigh) {
      break;
    }
    Attachment::Waiting& next = one->waiting.front();
    const uint64_t number = next.sequence;
    const uint64_t size = next.payload.data.size();
    if (!peer_->channels().Fits(channel, size)) break;
    // Taken off first: what sending sets off may come back here.
    absl::Status sent = std::move(next.refused);
    Payload payload = std::move(next.payload);
    one->waiting_bytes -= WindowBytes(payload);
    one->waiting.pop_front();
    if (sent.ok()) {
      sent = peer_->SendNow(channel, payload.binary, std::move(payload.data));
    }
    if (!sent.ok() && !HasReason(sent, Reason::kMessageTooLarge) &&
        !HasReason(sent, Reason::kArgument)) {
      if (Find(channel)) Refuse(channel, sent);
      return;
    }
    peer_->channel_ends().Accept(channel, number);
    accepted = true;
    if (sent.ok()) continue;
    v1::ServerFrame frame;
    frame.mutable_rejected()->set_sequence(number);
    ToProto(sent, frame.mutable_rejected()->mutable_error());
    stream_->Send(NameOf(channel), std::move(frame));
  }
  if (!Find(channel)) return;
  if (accepted) SendAccepted(channel, false);
  if (half_closed_) EndWriting(channel);
}

// After the half-close a writer only has its last messages to hand over.
void ExchangePeer::EndWriting(sctp::ChannelKey channel) {
  Attachment* one = Find(channel);
  if (!one || !one->writer || !one->waiting.empty()) return;
  one->writer = false;
  if (!one->reader) Drop(channel, v1::DETACH_REASON_REQUESTED);
}

void ExchangePeer::SendAccepted(sctp::ChannelKey channel, bool with_window) {
  const sctp::Channel* now = peer_->channels().Find(channel);
  v1::ServerFrame frame;
  v1::Acknowledge& out = *frame.mutable_acknowledge();
  out.set_sequence(peer_->channel_ends().accepted(channel));
  if (now) out.set_buffered_amount(now->buffered_amount);
  if (now && with_window) out.set_window(WriteWindow(*now));
  stream_->Send(NameOf(channel), std::move(frame));
}

void ExchangePeer::OnBufferedAmountFell(const sctp::Channel& channel) {
  PumpWriter(channel.key);
}

void ExchangePeer::OnChannelState(const sctp::Channel& channel) {
  const Attachment* one = Find(channel.key);
  if (!one) return;
  v1::ServerFrame frame;
  frame.mutable_ready_state_change()->set_ready_state(
      ToWire<v1::DataChannelState>(channel.state));
  stream_->Send(NameOf(channel.key), std::move(frame));
  if (channel.state == sctp::ChannelState::kOpen && one->writer) {
    SendAccepted(channel.key, true);
  }
  if (channel.state != sctp::ChannelState::kClosed) return;
  if (one->reader) return PumpReader(channel.key);
  Drop(channel.key, v1::DETACH_REASON_CHANNEL_CLOSED);
}

}  // namespace parley::service
