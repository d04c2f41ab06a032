#include "core/peer/inbox.h"

#include <algorithm>
#include <utility>

namespace parley::peer {

void Inbox::Append(bool binary, std::string data) {
  bytes_ += data.size() + kOverheadBytes;
  messages_.push_back(std::make_shared<const Message>(
      Message{++last_, binary, std::move(data)}));
}

std::shared_ptr<const Message> Inbox::Next(uint64_t after) const {
  const auto it = std::upper_bound(
      messages_.begin(), messages_.end(), after,
      [](uint64_t sequence, const std::shared_ptr<const Message>& message) {
        return sequence < message->sequence;
      });
  return it == messages_.end() ? nullptr : *it;
}

size_t Inbox::Acknowledge(uint64_t sequence) {
  const size_t before = bytes_;
  while (!messages_.empty() && messages_.front()->sequence <= sequence) {
    bytes_ -= messages_.front()->data.size() + kOverheadBytes;
    messages_.pop_front();
  }
  acknowledged_ = std::max(acknowledged_, std::min(sequence, last_));
  return before - bytes_;
}

}  // namespace parley::peer
