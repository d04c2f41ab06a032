// What the remote sends to data channels: messages and DCEP.
#include <utility>

#include "core/base/errors.h"
#include "core/sctp/data_channels.h"
#include "core/sctp/dcep.h"

namespace parley::sctp {

void DataChannels::OnMessage(IncomingMessage message) {
  Entry* entry = OnStream(message.stream);
  // The remote has reset the stream, and uses it anew before it told us that
  // our side is reset as well: this is for the channel to come.
  if (entry != nullptr && entry->incoming_reset) {
    return KeepEarly(std::move(message));
  }
  if (message.ppid == kPpidDcep) return HandleDcep(std::move(message));
  if (entry == nullptr) return KeepEarly(std::move(message));
  Deliver(*entry, std::move(message));
}

void DataChannels::Deliver(Entry& entry, IncomingMessage message) {
  entry.acknowledged = true;
  const bool text =
      message.ppid == kPpidString || message.ppid == kPpidStringEmpty;
  const bool binary =
      message.ppid == kPpidBinary || message.ppid == kPpidBinaryEmpty;
  if (entry.channel.state != ChannelState::kOpen || !(text || binary)) {
    ++counters_.discarded;
    return;
  }
  if (message.ppid == kPpidStringEmpty || message.ppid == kPpidBinaryEmpty) {
    message.payload.clear();
  }
  ++entry.channel.messages_received;
  entry.channel.bytes_received += message.payload.size();
  Emit(MessageReceived{entry.channel.key, binary, std::move(message.payload)});
}

std::vector<IncomingMessage> DataChannels::TakeEarly(uint16_t stream) {
  std::vector<IncomingMessage> taken;
  for (IncomingMessage& message : std::exchange(early_, {})) {
    if (message.stream != stream) {
      early_.push_back(std::move(message));
      continue;
    }
    early_bytes_ -= message.payload.size();
    taken.push_back(std::move(message));
  }
  return taken;
}

void DataChannels::KeepEarly(IncomingMessage message) {
  if (early_.size() >= limits_.max_early_messages ||
      early_bytes_ + message.payload.size() > limits_.max_early_bytes) {
    ++counters_.discarded;
    return;
  }
  early_bytes_ += message.payload.size();
  early_.push_back(std::move(message));
}

void DataChannels::DropEarly(uint16_t stream) {
  counters_.discarded += TakeEarly(stream).size();
}

void DataChannels::HandleDcep(IncomingMessage message) {
  const auto type = ReadDcepType(message.payload);
  Entry* entry = OnStream(message.stream);
  if (type.ok() && *type == DcepType::kOpen) {
    return HandleOpen(std::move(message));
  }
  if (!type.ok() || entry == nullptr) {
    ++counters_.malformed;
    return;
  }
  entry->acknowledged = true;
}

// RFC 8832 6: an OPEN that breaks a rule closes its stream, unacknowledged.
void DataChannels::HandleOpen(IncomingMessage message) {
  auto open = ParseDcepOpen(message.payload);
  if (Entry* entry = OnStream(message.stream)) {
    ++counters_.malformed;
    if (entry->channel.state != ChannelState::kOpen) return;
    return Fail(*entry, MakeError(Reason::kArgument,
                                  "the other end opened the channel's stream "
                                  "a second time"));
  }
  const bool ours =
      parity_ && (message.stream % 2 == 0) == (*parity_ == IdParity::kEven);
  if (!open.ok() || ours || message.stream >= StreamLimit()) {
    ++counters_.malformed;
    return RefuseStream(message.stream);
  }
  if (live_ >= limits_.max_channels) return RefuseStream(message.stream);
  ChannelInit init{.label = std::move(open->label),
                   .protocol = std::move(open->protocol),
                   .ordered = open->ordered,
                   .max_packet_life_time = open->max_packet_life_time,
                   .max_retransmits = open->max_retransmits};
  // RFC 8831 6.4 names four of the priorities; what lies between counts as the
  // one below.
  for (const Priority priority : {Priority::kVeryLow, Priority::kLow,
                                  Priority::kMedium, Priority::kHigh}) {
    if (open->priority >= static_cast<uint16_t>(priority)) {
      init.priority = priority;
    }
  }
  if (!NamesFit(init)) return RefuseStream(message.stream);
  Entry& entry = Insert(std::move(init), /*remote=*/true);
  AssignId(entry, message.stream);
  SendDcep(entry, PrintDcepAck());
  Emit(ChannelAnnounced{entry.channel.key});
  Open(entry);
}

void DataChannels::RefuseStream(uint16_t stream) {
  DropEarly(stream);
  Emit(ResetStream{stream});
}

}  // namespace parley::sctp
