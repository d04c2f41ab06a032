// The UDP port that the peers of a server share, as one of them sees it.
#ifndef PARLEY_CORE_ICE_SHARED_PORT_H_
#define PARLEY_CORE_ICE_SHARED_PORT_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ice/transport_address.h"

namespace parley::ice {

// Safe for concurrent use, but for Send.
class SharedPort {
 public:
  // Whose a datagram is.
  struct Route {
    uint32_t loop = 0;
    uint64_t transport = 0;

    friend bool operator==(const Route&, const Route&) = default;
  };

  // The 5-tuple: one of the sockets, and the other end.
  struct Path {
    uint32_t socket = 0;  // index into sockets()
    TransportAddress remote;

    friend bool operator==(const Path&, const Path&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Path& path) {
      return H::combine(std::move(state), path.socket, path.remote);
    }
  };

  // Why a check that was routed was not accepted.
  enum class Refusal {
    kDenied,           // the address policy forbids where it came from
    kUnauthenticated,  // it proves no knowledge of the password, or names
                       // another sender than the remote end
    kRefused,          // it does, but cannot be
    kReplayed,         // it has come before, from somewhere else
  };

  virtual ~SharedPort() = default;

  // Their addresses, one per local address; never changes.
  virtual const std::vector<TransportAddress>& sockets() const = 0;

  // From now on checks for the ufrag are this one's. False when another one
  // has it.
  virtual bool Claim(std::string_view ufrag, Route route) = 0;
  virtual void Release(std::string_view ufrag) = 0;

  // From now on what comes over the path and names no ufrag is this one's,
  // whoever had it. Only for a path that an authentic check has come over.
  virtual void Bind(const Path& path, Route route) = 0;
  // Nothing when another one has it by now.
  virtual void Unbind(const Path& path, Route route) = 0;

  // To be called on that loop, while it runs. False when the kernel takes no
  // more.
  virtual bool Send(uint32_t loop, const Path& path,
                    std::span<const uint8_t> datagram) = 0;

  virtual void Count(Refusal refusal) = 0;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_SHARED_PORT_H_
