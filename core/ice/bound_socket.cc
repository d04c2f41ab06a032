#include "core/ice/bound_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace parley::ice {

int OpenBound(int type, const TransportAddress& at) {
  sockaddr_storage name{};
  const socklen_t size = ToSockaddr(at, name);
  const int fd = socket(name.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  const int on = 1;
  if (at.address.is_v6()) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (type == SOCK_STREAM) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  if (bind(fd, reinterpret_cast<sockaddr*>(&name), size) != 0) {
    const int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

TransportAddress BoundAddress(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return {};
  }
  return FromSockaddr(name).value_or(TransportAddress());
}

Reason ReasonOfSocketError(int error, Reason otherwise) {
  switch (error) {
    case EADDRINUSE:
      return Reason::kPorts;
    case EMFILE:
    case ENFILE:
      return Reason::kFileDescriptors;
    case ENOMEM:
    case ENOBUFS:
      return Reason::kMemory;
    default:
      return otherwise;
  }
}

}  // namespace parley::ice
