// What waits to be sent on an association: a queue for each stream, which share
// the bandwidth by their weights (RFC 8831 6.4).
//
// Whole messages take turns, because without interleaving (RFC 8260) no other
// stream can send once a message has begun. The next turn has the stream whose
// bytes divided by its weight are furthest behind; a stream that was idle
// starts level with the others. Pure; not safe for concurrent use.
#ifndef PARLEY_CORE_SCTP_SEND_QUEUE_H_
#define PARLEY_CORE_SCTP_SEND_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "core/sctp/message_transport.h"

namespace parley::sctp {

class SendQueue {
 public:
  void Push(OutgoingMessage message);

  // The stream is to be reset once what is queued on it now has been sent;
  // once, however often that is asked for before the next message.
  void PushReset(uint16_t stream);

  bool empty() const { return ready_.empty(); }
  // Payload bytes not yet sent.
  size_t bytes() const { return bytes_; }

  // What is next; only when not empty.
  struct Next {
    uint16_t stream = 0;
    bool reset = false;
    // When not a reset: the message, and the part of its payload to be sent.
    const OutgoingMessage* message = nullptr;
    std::string_view rest;
  };
  Next Front() const;

  // So many bytes of Front's rest were sent, at least one; the message is
  // forgotten with its last byte.
  void Sent(size_t bytes);
  // Front, a reset, was carried out; or a message is to be forgotten unsent.
  void Drop();

  void Clear();

 private:
  struct Entry {
    OutgoingMessage message;
    bool reset = false;
  };
  struct Stream {
    std::deque<Entry> entries;
    size_t offset = 0;  // into the first entry's payload
    uint64_t turn = 0;  // bytes over weight so far; the lowest is next
  };
  using Turn = std::pair<uint64_t, uint16_t>;

  void Add(uint16_t stream, Entry entry);
  uint16_t Current() const;
  void Finish(uint64_t cost);

  absl::flat_hash_map<uint16_t, Stream> streams_;  // only those not empty
  std::set<Turn> ready_;
  // The stream in the middle of a message.
  std::optional<uint16_t> begun_;
  uint64_t now_ = 0;  // the turn last served
  size_t bytes_ = 0;
};

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_SEND_QUEUE_H_
