#include "core/peer/inbox.h"

#include <algorithm>
#include <utility>

namespace parley::peer {

void Inbox::Append(bool binary, std::string data) {
  bytes_ += data.size() + kOverheadBytes;
  messages_.push_back(std::make_shared<const Message>(
      Message{last() + 1, binary, std::move(data)}));
}

std::shared_ptr<const Message> Inbox::Next(uint64_t after) const {
  const uint64_t skip = std::max(after, acknowledged_) - acknowledged_;
  return skip < messages_.size() ? messages_[skip] : nullptr;
}

size_t Inbox::Acknowledge(uint64_t sequence) {
  const size_t before = bytes_;
  while (acknowledged_ < sequence && !messages_.empty()) {
    bytes_ -= messages_.front()->data.size() + kOverheadBytes;
    messages_.pop_front();
    ++acknowledged_;
  }
  return before - bytes_;
}

}  // namespace parley::peer
