// Private to core/peer.
#ifndef PARLEY_CORE_PEER_SHARED_REPLY_H_
#define PARLEY_CORE_PEER_SHARED_REPLY_H_

#include <memory>
#include <utility>

namespace parley::peer {

// A reply for the two ends of an operation, one of which calls it: that it
// runs, and that it is refused before.
template <typename AnyReply>
std::shared_ptr<AnyReply> Share(AnyReply reply) {
  return std::make_shared<AnyReply>(std::move(reply));
}

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_SHARED_REPLY_H_
