#include "core/sctp/data_channels.h"

#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "core/sctp/dcep.h"

namespace parley::sctp {
namespace {

constexpr size_t kMaxNameBytes = 65535;
constexpr uint16_t kIdNever = 65535;  // RFC 8832 6: not a stream of channels

absl::Status Unknown(ChannelKey channel) {
  return MakeError(Reason::kChannelUnknown,
                   "the peer has no data channel " + std::to_string(channel) +
                       "; see GetPeer for those it has");
}

absl::Status BadArgument(std::string message, std::string field) {
  return MakeError(Reason::kArgument, std::move(message),
                   {{"field", std::move(field)}});
}

absl::Status NoChannel(std::string message) {
  return MakeError(Reason::kDataChannels, std::move(message));
}

size_t NameBytes(const ChannelInit& init) {
  return init.label.size() + init.protocol.size();
}

}  // namespace

std::string_view ChannelStateName(ChannelState state) {
  switch (state) {
    case ChannelState::kConnecting:
      return "connecting";
    case ChannelState::kOpen:
      return "open";
    case ChannelState::kClosing:
      return "closing";
    case ChannelState::kClosed:
      return "closed";
  }
  return "";
}

// --- Calls ---

absl::Status DataChannels::CheckInit(const ChannelInit& init) const {
  if (init.label.size() > kMaxNameBytes) {
    return BadArgument("a label has at most 65535 bytes", "label");
  }
  if (init.protocol.size() > kMaxNameBytes) {
    return BadArgument("a protocol has at most 65535 bytes", "protocol");
  }
  if (init.max_packet_life_time && init.max_retransmits) {
    return BadArgument(
        "max_packet_life_time and max_retransmits exclude each other",
        "max_retransmits");
  }
  if (init.negotiated && !init.id) {
    return BadArgument("a negotiated channel needs an id", "id");
  }
  if (init.negotiated && *init.id == kIdNever) {
    return BadArgument("id 65535 is not to be used (RFC 8832)", "id");
  }
  if (live_ >= limits_.max_channels) {
    return NoChannel("the peer has " + std::to_string(live_) +
                     " data channels, as many as it may have; close some or "
                     "create peers with a larger max_data_channels");
  }
  if (!NamesFit(init)) {
    return NoChannel("labels and protocols of the peer's data channels have " +
                     std::to_string(live_name_bytes_) + " bytes, and at most " +
                     std::to_string(limits_.max_name_bytes) +
                     " together; use shorter ones");
  }
  if (init.negotiated && *init.id >= StreamLimit()) {
    return NoChannel("id " + std::to_string(*init.id) +
                     " is not below the number of streams, " +
                     std::to_string(StreamLimit()));
  }
  if (init.negotiated && by_stream_.contains(*init.id)) {
    return NoChannel("id " + std::to_string(*init.id) +
                     " is that of another data channel; close it or choose "
                     "another id");
  }
  if (!init.negotiated && parity_ && !FreeId()) {
    return NoChannel("no stream is left for another data channel");
  }
  return absl::OkStatus();
}

bool DataChannels::NamesFit(const ChannelInit& init) const {
  return live_name_bytes_ + NameBytes(init) <= limits_.max_name_bytes;
}

absl::StatusOr<ChannelKey> DataChannels::Create(ChannelInit init) {
  if (const absl::Status status = CheckInit(init); !status.ok()) return status;
  if (!init.negotiated) init.id.reset();
  Entry& entry = Insert(std::move(init), /*remote=*/false);
  if (entry.channel.init.negotiated) {
    AssignId(entry, *entry.channel.init.id);
  } else if (parity_) {
    AssignId(entry, *FreeId());
  }
  const ChannelKey key = entry.channel.key;
  if (streams_ && entry.channel.id) Open(entry);
  return key;
}

absl::Status DataChannels::Send(ChannelKey key, bool binary,
                                std::string payload) {
  Entry* entry = Lookup(key);
  if (entry == nullptr) return Unknown(key);
  Channel& channel = entry->channel;
  if (channel.state != ChannelState::kOpen) {
    const std::string state(ChannelStateName(channel.state));
    return MakeError(Reason::kChannelNotOpen,
                     "the data channel is " + state +
                         "; messages can be sent while it is open",
                     {{"state", state}});
  }
  if (remote_max_message_size_ != 0 &&
      payload.size() > remote_max_message_size_) {
    return MakeError(Reason::kMessageTooLarge,
                     "the message has " + std::to_string(payload.size()) +
                         " bytes; the other end takes at most " +
                         std::to_string(remote_max_message_size_),
                     {{"limit", std::to_string(remote_max_message_size_)}});
  }
  if (!Fits(*entry, payload.size())) {
    return MakeRetryableError(
        Reason::kSendBuffer,
        "too much waits to be sent on the data channel; wait for "
        "buffered_amount_low",
        absl::Milliseconds(100),
        {{"limit", std::to_string(limits_.max_send_buffer)},
         {"buffered_amount", std::to_string(channel.buffered_amount)},
         {"overhead_bytes", std::to_string(entry->unsent.overhead_bytes())}});
  }
  ++channel.messages_sent;
  channel.bytes_sent += payload.size();
  channel.buffered_amount += payload.size();
  uint32_t ppid = binary ? kPpidBinary : kPpidString;
  if (payload.empty()) {
    // RFC 8831 6.6: one byte stands for none.
    ppid = binary ? kPpidBinaryEmpty : kPpidStringEmpty;
    payload.assign(1, '\0');
    entry->unsent.Push(1, /*of_application=*/false);
  } else {
    entry->unsent.Push(payload.size(), /*of_application=*/true);
  }
  Emit(SendMessage{{
      .stream = *channel.id,
      .ppid = ppid,
      .ordered = channel.init.ordered || !entry->acknowledged,
      .max_retransmits = channel.init.max_retransmits,
      .max_lifetime_ms = channel.init.max_packet_life_time,
      .weight = static_cast<uint16_t>(channel.init.priority),
      .payload = std::move(payload),
  }});
  return absl::OkStatus();
}

bool DataChannels::Fits(ChannelKey key, size_t bytes) const {
  const auto it = channels_.find(key);
  return it != channels_.end() && Fits(it->second, bytes);
}

// The message's own overhead does not count: one as large as the whole buffer
// fits when nothing waits.
bool DataChannels::Fits(const Entry& entry, size_t bytes) const {
  return entry.channel.buffered_amount + entry.unsent.overhead_bytes() +
             bytes <=
         limits_.max_send_buffer;
}

absl::Status DataChannels::Close(ChannelKey key) {
  Entry* entry = Lookup(key);
  if (entry == nullptr) return Unknown(key);
  if (entry->channel.state == ChannelState::kConnecting ||
      entry->channel.state == ChannelState::kOpen) {
    StartClosing(*entry);
  }
  return absl::OkStatus();
}

absl::Status DataChannels::SetBufferedAmountLowThreshold(ChannelKey key,
                                                         uint64_t bytes) {
  Entry* entry = Lookup(key);
  if (entry == nullptr) return Unknown(key);
  entry->channel.buffered_amount_low_threshold = bytes;
  return absl::OkStatus();
}

// --- What the negotiation finds out ---

void DataChannels::SetIdParity(IdParity parity) {
  parity_ = parity;
  for (auto& [key, entry] : channels_) {
    if (entry.channel.state != ChannelState::kConnecting || entry.channel.id) {
      continue;
    }
    if (const auto id = FreeId()) {
      AssignId(entry, *id);
    } else {
      Fail(entry, NoChannel("no stream is left for the data channel"));
    }
  }
}

void DataChannels::SetRemoteMaxMessageSize(uint64_t bytes) {
  remote_max_message_size_ = bytes;
}

// --- What the transport reports ---

void DataChannels::OnConnected(StreamCounts streams) {
  streams_ = streams;
  for (auto& [key, entry] : channels_) {
    if (entry.channel.state != ChannelState::kConnecting) continue;
    if (!entry.channel.id || *entry.channel.id >= StreamLimit()) {
      Fail(entry, NoChannel("the other end granted only " +
                            std::to_string(StreamLimit()) + " streams"));
    } else {
      Open(entry);
    }
  }
}

void DataChannels::OnClosed(const absl::Status& why) {
  streams_.reset();
  early_.clear();
  early_bytes_ = 0;
  // Finish forgets channels that closed long ago.
  std::vector<ChannelKey> live;
  for (const auto& [key, entry] : channels_) {
    if (entry.channel.state != ChannelState::kClosed) live.push_back(key);
  }
  for (const ChannelKey key : live) {
    Entry& entry = *Lookup(key);
    if (!why.ok()) Emit(ChannelFailed{key, why});
    Finish(entry);
  }
}

void DataChannels::OnIncomingStreamsReset(std::span<const uint16_t> streams) {
  for (const uint16_t stream : streams) {
    DropEarly(stream);
    Entry* entry = OnStream(stream);
    if (entry == nullptr) continue;
    entry->incoming_reset = true;
    if (entry->channel.state == ChannelState::kOpen) StartClosing(*entry);
    FinishClosing(*entry);
  }
}

void DataChannels::OnOutgoingStreamsReset(std::span<const uint16_t> streams) {
  for (const uint16_t stream : streams) {
    Entry* entry = OnStream(stream);
    if (entry == nullptr) continue;
    entry->outgoing_reset = true;
    FinishClosing(*entry);
  }
}

void DataChannels::OnBytesSent(uint16_t stream, size_t bytes) {
  Entry* entry = OnStream(stream);
  if (entry == nullptr) return;
  Channel& channel = entry->channel;
  const uint64_t before = channel.buffered_amount;
  channel.buffered_amount -= entry->unsent.Sent(bytes);
  const uint64_t threshold = channel.buffered_amount_low_threshold;
  if (before > threshold && channel.buffered_amount <= threshold) {
    Emit(BufferedAmountLow{channel.key});
  }
}

// --- Reading ---

const Channel* DataChannels::Find(ChannelKey key) const {
  const auto it = channels_.find(key);
  return it == channels_.end() ? nullptr : &it->second.channel;
}

const Channel* DataChannels::FindByStream(uint16_t stream) const {
  const auto it = by_stream_.find(stream);
  return it == by_stream_.end() ? nullptr : Find(it->second);
}

std::vector<const Channel*> DataChannels::All() const {
  std::vector<const Channel*> all;
  all.reserve(channels_.size());
  for (const auto& [key, entry] : channels_) all.push_back(&entry.channel);
  return all;
}

std::optional<uint16_t> DataChannels::max_channels() const {
  if (!streams_) return std::nullopt;
  return StreamLimit();
}

// Those that have just closed are looked at while the effects are carried out,
// and are forgotten only when there are none any more.
std::vector<ChannelEffect> DataChannels::TakeEffects() {
  if (effects_.empty()) {
    while (closed_.size() > kClosedKept ||
           closed_name_bytes_ > limits_.max_name_bytes) {
      ForgetOldest();
    }
  }
  return std::exchange(effects_, {});
}

// --- Within ---

DataChannels::Entry* DataChannels::Lookup(ChannelKey key) {
  const auto it = channels_.find(key);
  return it == channels_.end() ? nullptr : &it->second;
}

DataChannels::Entry* DataChannels::OnStream(uint16_t stream) {
  const auto it = by_stream_.find(stream);
  return it == by_stream_.end() ? nullptr : Lookup(it->second);
}

uint16_t DataChannels::StreamLimit() const {
  if (!streams_) return limits_.max_channels;
  return std::min(streams_->incoming, streams_->outgoing);
}

std::optional<uint16_t> DataChannels::FreeId() const {
  const uint16_t first = *parity_ == IdParity::kEven ? 0 : 1;
  for (uint32_t id = first; id < StreamLimit(); id += 2) {
    const auto free = static_cast<uint16_t>(id);
    if (!by_stream_.contains(free)) return free;
  }
  return std::nullopt;
}

DataChannels::Entry& DataChannels::Insert(ChannelInit init, bool remote) {
  const ChannelKey key = next_key_++;
  Entry& entry = channels_[key];
  entry.channel.key = key;
  entry.channel.init = std::move(init);
  entry.channel.remote = remote;
  ++live_;
  live_name_bytes_ += NameBytes(entry.channel.init);
  return entry;
}

void DataChannels::AssignId(Entry& entry, uint16_t id) {
  entry.channel.id = id;
  by_stream_[id] = entry.channel.key;
  Emit(ChannelIdAssigned{entry.channel.key, id});
}

void DataChannels::Open(Entry& entry) {
  if (!entry.channel.init.negotiated && !entry.channel.remote) SendOpen(entry);
  ++counters_.opened;
  SetState(entry, ChannelState::kOpen);
  for (IncomingMessage& message : TakeEarly(*entry.channel.id)) {
    Deliver(entry, std::move(message));
  }
}

void DataChannels::SendOpen(Entry& entry) {
  const ChannelInit& init = entry.channel.init;
  entry.acknowledged = false;
  SendDcep(entry, PrintDcepOpen({
                      .label = init.label,
                      .protocol = init.protocol,
                      .ordered = init.ordered,
                      .max_retransmits = init.max_retransmits,
                      .max_packet_life_time = init.max_packet_life_time,
                      .priority = static_cast<uint16_t>(init.priority),
                  }));
}

// RFC 8832 6: always ordered and reliable.
void DataChannels::SendDcep(Entry& entry, std::string message) {
  entry.unsent.Push(message.size(), /*of_application=*/false);
  Emit(SendMessage{{
      .stream = *entry.channel.id,
      .ppid = kPpidDcep,
      .weight = static_cast<uint16_t>(entry.channel.init.priority),
      .payload = std::move(message),
  }});
}

void DataChannels::SetState(Entry& entry, ChannelState state) {
  entry.channel.state = state;
  Emit(ChannelStateChanged{entry.channel.key, state});
}

void DataChannels::StartClosing(Entry& entry) {
  const bool used = entry.channel.state == ChannelState::kOpen;
  SetState(entry, ChannelState::kClosing);
  // Of a channel that never opened the remote knows nothing.
  if (!used) return Finish(entry);
  Emit(ResetStream{*entry.channel.id});
}

void DataChannels::FinishClosing(Entry& entry) {
  if (!entry.incoming_reset || !entry.outgoing_reset) return;
  const uint16_t stream = *entry.channel.id;
  Finish(entry);
  for (IncomingMessage& message : TakeEarly(stream)) {
    OnMessage(std::move(message));
  }
}

void DataChannels::Finish(Entry& entry) {
  if (entry.channel.state == ChannelState::kClosed) return;
  if (entry.channel.id) by_stream_.erase(*entry.channel.id);
  entry.unsent.Clear();
  SetState(entry, ChannelState::kClosed);
  ++counters_.closed;
  --live_;
  closed_.push_back(entry.channel.key);
  const size_t bytes = NameBytes(entry.channel.init);
  live_name_bytes_ -= bytes;
  closed_name_bytes_ += bytes;
}

void DataChannels::ForgetOldest() {
  const auto oldest = channels_.find(closed_.front());
  closed_name_bytes_ -= NameBytes(oldest->second.channel.init);
  channels_.erase(oldest);
  closed_.pop_front();
}

void DataChannels::Fail(Entry& entry, const absl::Status& why) {
  Emit(ChannelFailed{entry.channel.key, why});
  if (entry.channel.state == ChannelState::kOpen) return StartClosing(entry);
  Finish(entry);
}

}  // namespace parley::sctp
