#include "core/ice/udp_sockets.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "core/base/errors.h"
#include "core/ice/bound_socket.h"

namespace parley::ice {
namespace {

// How often a port that the kernel chose on one address may be in use on
// another.
constexpr int kTries = 16;

absl::Status CannotOpen(const TransportAddress& address, int error) {
  return MakeError(ReasonOfSocketError(error, Reason::kArgument),
                   "UDP " + ToString(address) + " cannot be opened: " +
                       std::error_code(error, std::system_category()).message(),
                   {{"operation", "bind"}});
}

// The descriptor, or minus the error.
int OpenOne(const TransportAddress& address, int buffer_bytes) {
  const int fd = OpenBound(SOCK_DGRAM, address);
  if (fd < 0) return fd;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes));
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof(buffer_bytes));
  return fd;
}

}  // namespace

absl::StatusOr<UdpSockets> UdpSockets::Open(
    const std::vector<IpAddress>& addresses, uint16_t port, bool skip_lost,
    int buffer_bytes, FdBudget& budget) {
  auto lease = budget.Reserve(static_cast<int>(addresses.size()));
  if (!lease.ok()) return lease.status();
  absl::Status opened;
  for (int i = 0; i < (port == 0 ? kTries : 1); ++i) {
    UdpSockets sockets;
    opened = sockets.OpenAll(addresses, port, skip_lost, buffer_bytes);
    if (opened.ok()) {
      sockets.lease_ = *std::move(lease);
      return sockets;
    }
    if (!HasReason(opened, Reason::kPorts)) break;
  }
  return opened;
}

absl::Status UdpSockets::OpenAll(const std::vector<IpAddress>& addresses,
                                 uint16_t port, bool skip_lost,
                                 int buffer_bytes) {
  for (const IpAddress& address : addresses) {
    TransportAddress at{address, port};
    const int fd = OpenOne(at, buffer_bytes);
    if (fd == -EADDRNOTAVAIL && skip_lost) continue;
    if (fd < 0) return CannotOpen(at, -fd);
    if (port == 0) at.port = port = BoundAddress(fd).port;
    sockets_.push_back({fd, at});
  }
  if (!sockets_.empty()) return absl::OkStatus();
  return MakeError(Reason::kResourceInspection,
                   "The machine has no address that ICE may use.");
}

UdpSockets::UdpSockets(UdpSockets&& other) noexcept
    : sockets_(std::exchange(other.sockets_, {})),
      lease_(std::move(other.lease_)) {}

UdpSockets::~UdpSockets() {
  for (const Socket& socket : sockets_) close(socket.fd);
}

bool UdpSockets::Send(size_t socket, const TransportAddress& to,
                      std::span<const uint8_t> datagram) const {
  sockaddr_storage name{};
  const socklen_t size = ToSockaddr(to, name);
  ssize_t sent;
  do {
    sent = sendto(sockets_[socket].fd, datagram.data(), datagram.size(),
                  MSG_DONTWAIT | MSG_NOSIGNAL,
                  reinterpret_cast<sockaddr*>(&name), size);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(datagram.size());
}

}  // namespace parley::ice
