#include "core/sctp/send_queue.h"

#include <algorithm>

namespace parley::sctp {
namespace {

// Keeps a byte over the greatest weight above zero.
constexpr uint64_t kScale = 1 << 16;
// What a message costs its stream beside its bytes: a chunk header.
constexpr uint64_t kMessageOverhead = 16;

}  // namespace

void SendQueue::Push(OutgoingMessage message) {
  bytes_ += message.payload.size();
  const uint16_t stream = message.stream;
  Add(stream, {.message = std::move(message)});
}

void SendQueue::PushReset(uint16_t stream) {
  const auto found = streams_.find(stream);
  if (found != streams_.end() && found->second.entries.back().reset) return;
  Add(stream, {.reset = true});
}

void SendQueue::Add(uint16_t id, Entry entry) {
  Stream& stream = streams_[id];
  if (stream.entries.empty()) {
    stream.turn = now_;
    ready_.emplace(stream.turn, id);
  }
  stream.entries.push_back(std::move(entry));
}

uint16_t SendQueue::Current() const {
  return begun_ ? *begun_ : ready_.begin()->second;
}

SendQueue::Next SendQueue::Front() const {
  const uint16_t id = Current();
  const Stream& stream = streams_.find(id)->second;
  const Entry& entry = stream.entries.front();
  if (entry.reset) return {.stream = id, .reset = true};
  return {
      .stream = id,
      .message = &entry.message,
      .rest = std::string_view(entry.message.payload).substr(stream.offset)};
}

void SendQueue::Sent(size_t bytes) {
  const uint16_t id = Current();
  Stream& stream = streams_.find(id)->second;
  const OutgoingMessage& message = stream.entries.front().message;
  stream.offset += bytes;
  bytes_ -= bytes;
  begun_ = id;
  if (stream.offset < message.payload.size()) return;
  Finish((message.payload.size() + kMessageOverhead) * kScale /
         std::max<uint64_t>(message.weight, 1));
}

void SendQueue::Drop() {
  const Stream& stream = streams_.find(Current())->second;
  bytes_ -= stream.entries.front().message.payload.size() - stream.offset;
  Finish(0);
}

void SendQueue::Finish(uint64_t cost) {
  const uint16_t id = Current();
  const auto found = streams_.find(id);
  Stream& stream = found->second;
  ready_.erase({stream.turn, id});
  now_ = std::max(now_, stream.turn);
  stream.turn += cost;
  stream.offset = 0;
  begun_.reset();
  stream.entries.pop_front();
  if (stream.entries.empty()) {
    streams_.erase(found);
  } else {
    ready_.emplace(stream.turn, id);
  }
}

void SendQueue::Clear() { *this = SendQueue(); }

}  // namespace parley::sctp
