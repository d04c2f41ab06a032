// The messages of one data channel that the transport has not sent yet: their
// sizes, as their bytes leave in order. Pure; not safe for concurrent use.
#ifndef PARLEY_CORE_SCTP_UNSENT_MESSAGES_H_
#define PARLEY_CORE_SCTP_UNSENT_MESSAGES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::sctp {

class UnsentMessages {
 public:
  // What a message costs, while it waits, besides its payload.
  static constexpr size_t kOverheadBytes = 64;

  // `bytes`, at least one, go over the wire; they are the application's, or
  // stand for none of its bytes.
  void Push(uint64_t bytes, bool of_application);

  // So many bytes have left; returns how many of them were the application's.
  // More than there are leave nothing.
  uint64_t Sent(uint64_t bytes);

  uint64_t overhead_bytes() const {
    return (messages_.size() - first_) * kOverheadBytes;
  }

  void Clear() { *this = UnsentMessages(); }

 private:
  struct Message {
    uint64_t left : 63;  // bytes
    uint64_t of_application : 1;
  };

  // A deque that costs nothing while it is empty.
  std::vector<Message> messages_;
  size_t first_ = 0;
};

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_UNSENT_MESSAGES_H_
