// The UDP sockets of a single-port server: one per local address, all with the
// same port. A value that owns its descriptors; not synchronised, but for the
// constant parts and Send, which are safe for concurrent use.
#ifndef PARLEY_CORE_ICE_UDP_SOCKETS_H_
#define PARLEY_CORE_ICE_UDP_SOCKETS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/ice/transport_address.h"
#include "core/loop/fd_budget.h"

namespace parley::ice {

class UdpSockets {
 public:
  // Opens a non-blocking socket for each address. `port` 0: any that is free on
  // all of them. An address that the machine does not have (any more) is left
  // out where `skip_lost` says so. `buffer_bytes` is asked of the kernel for
  // each direction; it may give less (net.core.rmem_max). Errors, which name
  // address and port: PORTS (in use), FILE_DESCRIPTORS, ARGUMENT (the machine
  // has not the address, or forbids the port), RESOURCE_INSPECTION.
  static absl::StatusOr<UdpSockets> Open(
      const std::vector<IpAddress>& addresses, uint16_t port, bool skip_lost,
      int buffer_bytes, FdBudget& budget);

  UdpSockets(UdpSockets&& other) noexcept;
  UdpSockets& operator=(UdpSockets&&) = delete;
  ~UdpSockets();

  size_t size() const { return sockets_.size(); }
  int fd(size_t socket) const { return sockets_[socket].fd; }
  const TransportAddress& bound(size_t socket) const {
    return sockets_[socket].bound;
  }

  // False when the kernel takes no more now, or never that.
  bool Send(size_t socket, const TransportAddress& to,
            std::span<const uint8_t> datagram) const;

 private:
  struct Socket {
    int fd = -1;
    TransportAddress bound;
  };

  UdpSockets() = default;
  absl::Status OpenAll(const std::vector<IpAddress>& addresses, uint16_t port,
                       bool skip_lost, int buffer_bytes);

  std::vector<Socket> sockets_;
  FdBudget::Lease lease_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_UDP_SOCKETS_H_
