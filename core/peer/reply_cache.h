// The last replies of one peer, by request_id, so that a call repeated after a
// broken connection gets its first answer and does nothing twice. Lives on the
// peer's strand.
#ifndef PARLEY_CORE_PEER_REPLY_CACHE_H_
#define PARLEY_CORE_PEER_REPLY_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace parley::peer {

class ReplyCache {
 public:
  explicit ReplyCache(size_t capacity) : capacity_(capacity) {}

  // The reply given to this request before; null when there was none.
  // REQUEST_ID_CONFLICT when the id was used with another request (another
  // `request_hash`). The id is not empty. The pointer is valid until the next
  // Store.
  absl::StatusOr<const std::string*> Find(std::string_view request_id,
                                          uint64_t request_hash) const;

  // Remembers a reply, in place of the one that this request had; the oldest
  // one is forgotten at capacity.
  void Store(std::string request_id, uint64_t request_hash, std::string reply);

  // The same for the call that made the peer, whose reply is never forgotten.
  void StoreFirst(std::string request_id, uint64_t request_hash,
                  std::string reply) {
    first_ = {std::move(request_id), request_hash, std::move(reply)};
  }

 private:
  struct Entry {
    std::string id;
    uint64_t hash = 0;
    std::string reply;
  };

  const Entry* Lookup(std::string_view request_id) const;

  const size_t capacity_;
  Entry first_;  // without an id: none
  std::vector<Entry> entries_;
  size_t oldest_ = 0;  // once full
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_REPLY_CACHE_H_
