#include "core/sctp/unsent_messages.h"

#include <algorithm>

namespace parley::sctp {
namespace {

// Room for so many messages is kept when the last has left.
constexpr size_t kRoomKept = 256;

}  // namespace

void UnsentMessages::Push(uint64_t bytes, bool of_application) {
  messages_.push_back({bytes, of_application});
}

uint64_t UnsentMessages::Sent(uint64_t bytes) {
  uint64_t of_application = 0;
  while (bytes > 0 && first_ < messages_.size()) {
    Message& message = messages_[first_];
    const uint64_t sent = std::min<uint64_t>(bytes, message.left);
    bytes -= sent;
    message.left -= sent;
    if (message.of_application) of_application += sent;
    if (message.left == 0) ++first_;
  }
  if (first_ == messages_.size() && messages_.capacity() > kRoomKept) {
    Clear();
  } else if (first_ * 2 >= messages_.size()) {
    messages_.erase(messages_.begin(),
                    messages_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
  return of_application;
}

}  // namespace parley::sctp
