// Messages that arrived on one data channel and were not yet acknowledged by
// their reader. Nothing is dropped: the owner watches `bytes()` and closes the
// receive window of its association in time. Lives on the peer's strand.
#ifndef PARLEY_CORE_PEER_INBOX_H_
#define PARLEY_CORE_PEER_INBOX_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace parley::peer {

struct Message {
  uint64_t sequence = 0;  // of its channel: 1, 2, 3, ...; see Inbox::Drop
  bool binary = false;
  std::string data;
};

class Inbox {
 public:
  // What a message costs besides its data.
  static constexpr size_t kOverheadBytes = 64;

  void Append(bool binary, std::string data);

  // A message of an unreliable channel found no room: its number stays missing.
  void Drop() { ++last_; }

  // The first message after this sequence, or null when there is none yet.
  // Messages up to `acknowledged()` are gone.
  std::shared_ptr<const Message> Next(uint64_t after) const;

  // Forgets all messages up to this sequence (at most last()); returns the
  // bytes set free.
  size_t Acknowledge(uint64_t sequence);

  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t last() const { return last_; }
  size_t bytes() const { return bytes_; }

 private:
  std::deque<std::shared_ptr<const Message>> messages_;
  uint64_t last_ = 0;
  uint64_t acknowledged_ = 0;
  size_t bytes_ = 0;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_INBOX_H_
