// The data channels of a peer.

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/errors.h"
#include "core/peer/peer.h"
#include "core/peer/shared_reply.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {
namespace {

// What messages change of a snapshot is their channel: to make it anew would
// cost more than a message.
void Refresh(const sctp::Channel* now, std::optional<Snapshot>& snapshot) {
  if (now == nullptr || !snapshot) return;
  auto& all = snapshot->channels;
  const auto shown =
      std::lower_bound(all.begin(), all.end(), now->key,
                       [](const sctp::Channel& channel, sctp::ChannelKey key) {
                         return channel.key < key;
                       });
  if (shown != all.end() && shown->key == now->key) *shown = *now;
}

bool AreMessages(const std::vector<sctp::ChannelEffect>& effects) {
  return std::all_of(effects.begin(), effects.end(), [](const auto& effect) {
    return std::holds_alternative<sctp::SendMessage>(effect);
  });
}

}  // namespace

void Peer::CreateDataChannel(Call call, ChannelSpec spec,
                             Reply<sctp::ChannelKey> reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, spec = std::move(spec)](Finished finished) mutable {
        auto key = channels_.Create(std::move(spec.init));
        if (key.ok()) {
          ends_.Add(*key);
          // Neither can fail: the channel is new and the peer open.
          channels_
              .SetBufferedAmountLowThreshold(*key,
                                             spec.buffered_amount_low_threshold)
              .IgnoreError();
          jsep::NoteDataChannelCreated(session_).IgnoreError();
          Emit(ChannelStateChange{*channels_.Find(*key), absl::OkStatus()});
          RunChannelEffects();
        }
        (*answer)(std::move(key), CurrentView());
        finished();
      });
}

void Peer::CloseDataChannel(Call call, sctp::ChannelKey channel,
                            StatusReply reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, channel](Finished finished) {
        const absl::Status status = channels_.Close(channel);
        RunChannelEffects();
        (*answer)(status, CurrentView());
        finished();
      });
}

void Peer::SendMessage(Call call, sctp::ChannelKey channel, bool binary,
                       std::string data, StatusReply reply) {
  strand_.Post([self = shared_from_this(), call = std::move(call), channel,
                binary, data = std::move(data),
                reply = std::move(reply)]() mutable {
    Continuation refuse = [&](absl::Status why) {
      reply(std::move(why), self->CurrentView());
    };
    if (!self->Begin(call, refuse)) return;
    const absl::Status sent = self->SendNow(channel, binary, std::move(data));
    reply(sent, self->CurrentView());
  });
}

absl::Status Peer::SendNow(sctp::ChannelKey channel, bool binary,
                           std::string data) {
  if (closed()) return ClosedError();
  const size_t bytes = data.size();
  const absl::Status sent = channels_.Send(channel, binary, std::move(data));
  if (!sent.ok()) return sent;
  if (sink_) sink_->OnMessageSent(bytes);
  RunChannelEffects();
  return sent;
}

Transport* Peer::SctpTransport() {
  if (!session_.sctp) return nullptr;
  TransportEntry* entry = FindEntry(session_.sctp->transport);
  return entry == nullptr ? nullptr : entry->transport.get();
}

void Peer::OnSctpState(sctp::State state, sctp::StreamCounts streams,
                       const absl::Status& why) {
  sctp_state_ = state;
  if (state == sctp::State::kConnected) channels_.OnConnected(streams);
  if (state == sctp::State::kClosed) channels_.OnClosed(why);
  if (session_.sctp) {
    Emit(SctpTransportChange{{state, session_.sctp->remote_max_message_size,
                              channels_.max_channels()}});
  }
  RunChannelEffects();
}

void Peer::OnBytesSent(uint16_t stream, size_t bytes) {
  channels_.OnBytesSent(stream, bytes);
  Refresh(channels_.FindByStream(stream), snapshot_);
  RunChannelEffects();
  if (const sctp::Channel* channel = channels_.FindByStream(stream)) {
    const sctp::Channel copy = *channel;
    ends_.OnBytesSent(copy);
  }
}

void Peer::RunChannelEffects() {
  // What is told may send again, and so make further effects.
  for (auto effects = channels_.TakeEffects(); !effects.empty();
       effects = channels_.TakeEffects()) {
    if (!AreMessages(effects)) snapshot_.reset();
    for (sctp::ChannelEffect& effect : effects) {
      std::visit([this](auto& one) { Do(one); }, effect);
    }
  }
  live_channels_ = channels_.live();
}

void Peer::Do(sctp::SendMessage& effect) {
  Refresh(channels_.FindByStream(effect.message.stream), snapshot_);
  if (Transport* transport = SctpTransport()) {
    transport->SendMessage(std::move(effect.message));
  }
}

void Peer::Do(const sctp::ResetStream& effect) {
  if (Transport* transport = SctpTransport()) {
    transport->ResetStreams({effect.stream});
  }
}

void Peer::Do(const sctp::ChannelAnnounced& effect) {
  ends_.Add(effect.channel);
  // Its stream was opened by the remote, who so has made the data section ours
  // too: no offer is due because of it.
  if (const auto* channel = channels_.Find(effect.channel)) {
    Emit(ChannelAnnounced{*channel});
  }
}

void Peer::Do(const sctp::ChannelIdAssigned&) {}

void Peer::Do(const sctp::ChannelStateChanged& effect) {
  const sctp::Channel* channel = channels_.Find(effect.channel);
  if (channel == nullptr) return;
  sctp::Channel copy = *channel;
  copy.state = effect.state;
  Emit(ChannelStateChange{copy,
                          std::exchange(channel_error_, absl::OkStatus())});
  ends_.OnState(copy);
}

void Peer::Do(const sctp::ChannelFailed& effect) {
  channel_error_ = effect.why;
}

void Peer::Do(sctp::MessageReceived& effect) {
  const sctp::Channel* channel = channels_.Find(effect.channel);
  if (channel == nullptr) return;
  if (sink_) sink_->OnMessageReceived(effect.payload.size());
  const bool reliable =
      !channel->init.max_packet_life_time && !channel->init.max_retransmits;
  ends_.Deliver(effect.channel, reliable, effect.binary,
                std::move(effect.payload));
  UpdateReceiving();
}

void Peer::Do(const sctp::BufferedAmountLow& effect) {
  if (const auto* channel = channels_.Find(effect.channel)) {
    Emit(BufferedAmountLow{effect.channel, channel->buffered_amount});
  }
}

void Peer::UpdateReceiving() {
  const bool before = receiving_;
  if (receiving_) {
    if (const auto full = ends_.full()) {
      receiving_ = false;
      Emit(ReceiveBufferFull{full->channel, full->unread_bytes,
                             full->limit_bytes});
    }
  } else {
    receiving_ = ends_.roomy();
  }
  if (before == receiving_) return;
  if (Transport* transport = SctpTransport()) {
    transport->SetReceiving(receiving_);
  }
}

}  // namespace parley::peer
