#include "core/peer/channel_ends.h"

#include <algorithm>
#include <utility>

#include "core/base/errors.h"

namespace parley::peer {
namespace {

// A closed channel whose messages were all read is kept as long as this many
// others are: its reader may come back to acknowledge the last ones.
constexpr size_t kClosedKept = 64;

absl::Status Unknown(sctp::ChannelKey channel) {
  return MakeError(Reason::kChannelUnknown,
                   "the peer has no data channel " + std::to_string(channel) +
                       "; see GetPeer for those it has");
}

absl::Status Owned(const char* role) {
  return MakeError(Reason::kMessagesOwned,
                   std::string("another stream is this channel's ") + role +
                       "; set take_over to take its place");
}

// Gives the role to `next`, if it may have it; tells the one who loses it.
absl::Status Take(sctp::ChannelKey channel, const char* role,
                  std::shared_ptr<ChannelEnd>& holder,
                  std::shared_ptr<ChannelEnd> next, bool take_over) {
  if (holder != nullptr && holder != next && !take_over) return Owned(role);
  std::shared_ptr<ChannelEnd> before = std::exchange(holder, std::move(next));
  if (before != nullptr && before != holder) {
    before->OnDetached(channel, MakeError(Reason::kMessagesOwned,
                                          std::string("another stream became "
                                                      "this channel's ") +
                                              role));
  }
  return absl::OkStatus();
}

}  // namespace

void ChannelEnds::Add(sctp::ChannelKey channel) { channels_[channel]; }

ChannelEnds::Ends* ChannelEnds::Find(sctp::ChannelKey channel) {
  const auto it = channels_.find(channel);
  return it == channels_.end() ? nullptr : &it->second;
}

const ChannelEnds::Ends* ChannelEnds::Find(sctp::ChannelKey channel) const {
  const auto it = channels_.find(channel);
  return it == channels_.end() ? nullptr : &it->second;
}

void ChannelEnds::Deliver(sctp::ChannelKey channel, bool reliable, bool binary,
                          std::string data) {
  Ends* ends = Find(channel);
  if (ends == nullptr) return;
  const uint64_t size = data.size() + Inbox::kOverheadBytes;
  if (!reliable && (ends->inbox.bytes() + size > limits_.channel_bytes ||
                    unread_bytes_ + size > limits_.peer_bytes)) {
    return ends->inbox.Drop();
  }
  unread_bytes_ += size;
  ends->inbox.Append(binary, std::move(data));
  // Kept for the call, in which it may detach itself.
  const std::shared_ptr<ChannelEnd> reader = ends->reader;
  if (reader) reader->OnMessagesAvailable(channel);
}

void ChannelEnds::OnState(const sctp::Channel& channel) {
  Ends* ends = Find(channel.key);
  if (ends == nullptr) return;
  ends->closed = channel.state == sctp::ChannelState::kClosed;
  const std::shared_ptr<ChannelEnd> reader = ends->reader;
  const std::shared_ptr<ChannelEnd> writer = ends->writer;
  if (reader) reader->OnChannelState(channel);
  if (writer && writer != reader) writer->OnChannelState(channel);
  if (channel.state == sctp::ChannelState::kClosed) ForgetOld();
}

void ChannelEnds::OnBytesSent(const sctp::Channel& channel) {
  Ends* ends = Find(channel.key);
  if (ends != nullptr && ends->writer) {
    const std::shared_ptr<ChannelEnd> writer = ends->writer;
    writer->OnBufferedAmountFell(channel);
  }
}

void ChannelEnds::ForgetOld() {
  const auto done = [](const auto& entry) {
    const Ends& ends = entry.second;
    return ends.closed && ends.inbox.bytes() == 0 && !ends.reader &&
           !ends.writer;
  };
  size_t count = std::count_if(channels_.begin(), channels_.end(), done);
  for (auto it = channels_.begin(); count > kClosedKept;) {
    if (!done(*it)) {
      ++it;
      continue;
    }
    it = channels_.erase(it);
    --count;
  }
}

std::optional<ChannelEnds::Full> ChannelEnds::full() const {
  const std::pair<const sctp::ChannelKey, Ends>* fullest = nullptr;
  for (const auto& entry : channels_) {
    if (fullest == nullptr ||
        entry.second.inbox.bytes() > fullest->second.inbox.bytes()) {
      fullest = &entry;
    }
  }
  if (fullest == nullptr) return std::nullopt;
  const uint64_t unread = fullest->second.inbox.bytes();
  if (unread >= limits_.channel_bytes) {
    return Full{fullest->first, unread, limits_.channel_bytes};
  }
  if (unread_bytes_ >= limits_.peer_bytes) {
    return Full{fullest->first, unread, limits_.peer_bytes};
  }
  return std::nullopt;
}

bool ChannelEnds::roomy() const {
  return unread_bytes_ <= limits_.peer_bytes / 2 &&
         std::all_of(
             channels_.begin(), channels_.end(), [this](const auto& entry) {
               return entry.second.inbox.bytes() <= limits_.channel_bytes / 2;
             });
}

void ChannelEnds::Close(const absl::Status& why) {
  std::map<sctp::ChannelKey, Ends> channels = std::move(channels_);
  channels_.clear();
  unread_bytes_ = 0;
  for (auto& [channel, ends] : channels) {
    if (ends.reader) ends.reader->OnDetached(channel, why);
    if (ends.writer && ends.writer != ends.reader) {
      ends.writer->OnDetached(channel, why);
    }
  }
}

absl::Status ChannelEnds::AttachReader(sctp::ChannelKey channel,
                                       std::shared_ptr<ChannelEnd> reader,
                                       bool take_over,
                                       std::optional<uint64_t> after) {
  Ends* ends = Find(channel);
  if (ends == nullptr) return Unknown(channel);
  if (after && *after < ends->inbox.acknowledged()) {
    return MakeError(
        Reason::kMessagesRetired,
        "messages after " + std::to_string(*after) +
            " were acknowledged up to " +
            std::to_string(ends->inbox.acknowledged()) +
            " and are gone; leave after_sequence out to get what is kept",
        {{"field", "after_sequence"},
         {"acknowledged_sequence",
          std::to_string(ends->inbox.acknowledged())}});
  }
  if (after && *after > ends->inbox.last()) {
    return MakeError(Reason::kArgument,
                     "after_sequence " + std::to_string(*after) +
                         " was never received; the last message is " +
                         std::to_string(ends->inbox.last()),
                     {{"field", "after_sequence"}});
  }
  const absl::Status taken =
      Take(channel, "reader", ends->reader, std::move(reader), take_over);
  if (taken.ok() && after) Acknowledge(channel, *after);
  return taken;
}

absl::Status ChannelEnds::AttachWriter(sctp::ChannelKey channel,
                                       std::shared_ptr<ChannelEnd> writer,
                                       bool take_over) {
  Ends* ends = Find(channel);
  if (ends == nullptr) return Unknown(channel);
  return Take(channel, "writer", ends->writer, std::move(writer), take_over);
}

void ChannelEnds::Detach(sctp::ChannelKey channel, const ChannelEnd* end) {
  Ends* ends = Find(channel);
  if (ends == nullptr) return;
  if (ends->reader.get() == end) ends->reader.reset();
  if (ends->writer.get() == end) ends->writer.reset();
}

std::shared_ptr<const Message> ChannelEnds::Next(sctp::ChannelKey channel,
                                                 uint64_t after) const {
  const Ends* ends = Find(channel);
  return ends == nullptr ? nullptr : ends->inbox.Next(after);
}

void ChannelEnds::Acknowledge(sctp::ChannelKey channel, uint64_t sequence) {
  Ends* ends = Find(channel);
  if (ends == nullptr) return;
  const size_t freed = ends->inbox.Acknowledge(sequence);
  unread_bytes_ -= freed;
  if (freed > 0) on_room_();
}

uint64_t ChannelEnds::unread_bytes(sctp::ChannelKey channel) const {
  const Ends* ends = Find(channel);
  return ends == nullptr ? 0 : ends->inbox.bytes();
}

uint64_t ChannelEnds::acknowledged(sctp::ChannelKey channel) const {
  const Ends* ends = Find(channel);
  return ends == nullptr ? 0 : ends->inbox.acknowledged();
}

uint64_t ChannelEnds::received(sctp::ChannelKey channel) const {
  const Ends* ends = Find(channel);
  return ends == nullptr ? 0 : ends->inbox.last();
}

uint64_t ChannelEnds::accepted(sctp::ChannelKey channel) const {
  const Ends* ends = Find(channel);
  return ends == nullptr ? 0 : ends->accepted;
}

void ChannelEnds::Accept(sctp::ChannelKey channel, uint64_t sequence) {
  if (Ends* ends = Find(channel)) ends->accepted = sequence;
}

}  // namespace parley::peer
