#include "core/pool/tally.h"

#include <variant>

namespace parley::pool {

Tally::Shard& Tally::Mine() {
  static std::atomic<size_t> threads = 0;
  thread_local const size_t mine = threads.fetch_add(1) % kShards;
  return shards_[mine];
}

Tally::Traffic Tally::traffic() const {
  Traffic sum;
  for (const Shard& shard : shards_) {
    sum.messages_sent += shard.messages[kSent];
    sum.bytes_sent += shard.bytes[kSent];
    sum.messages_received += shard.messages[kReceived];
    sum.bytes_received += shard.bytes[kReceived];
  }
  return sum;
}

void Tally::Count(const peer::Event& event, Progress& progress) {
  const peer::EventBody& body = event.body;
  if (const auto* ice = std::get_if<peer::IceConnectionStateChange>(&body)) {
    progress.ice_state = ice->state;
    ice_states_.Add(ice->state);
  } else if (const auto* connection =
                 std::get_if<peer::ConnectionStateChange>(&body)) {
    CountConnection(connection->state, event.time, progress);
  } else if (const auto* closed = std::get_if<peer::Closed>(&body)) {
    CountClosed(closed->reason);
  } else if (const auto* channel =
                 std::get_if<peer::ChannelStateChange>(&body)) {
    const bool open = channel->channel.state == sctp::ChannelState::kOpen;
    channels_opened_ += open ? 1 : 0;
  } else if (std::holds_alternative<peer::GatheringError>(body)) {
    ++gathering_errors_;
  } else if (std::holds_alternative<peer::ReceiveBufferFull>(body)) {
    ++receive_buffers_full_;
  }
}

void Tally::CountConnection(peer::ConnectionState state, absl::Time now,
                            Progress& progress) {
  using State = peer::ConnectionState;
  connection_states_.Add(state);
  if (state == State::kFailed &&
      progress.ice_state != ice::ConnectionState::kFailed) {
    ++dtls_failures_;
  }
  if (progress.connected_before) return;
  if (state == State::kConnecting &&
      progress.connecting_since == absl::InfinitePast()) {
    progress.connecting_since = now;
  }
  if (state != State::kConnected) return;
  progress.connected_before = true;
  if (progress.connecting_since == absl::InfinitePast()) return;
  connect_times_.Observe(now - progress.connecting_since);
}

}  // namespace parley::pool
