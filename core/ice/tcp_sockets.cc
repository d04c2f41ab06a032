#include "core/ice/tcp_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "core/base/errors.h"
#include "core/ice/bound_socket.h"

namespace parley::ice {
namespace {

constexpr int kBacklog = 64;
// A stream whose other end acknowledges nothing for this long is given up: as
// long as consent lasts (RFC 7675 section 5.1).
constexpr int kUnacknowledgedMs = 30'000;
// What may wait in the kernel behind what is on its way: more only delays.
constexpr int kUnsentBytes = 128 * 1024;

void Set(int fd, int level, int option, int value) {
  // Nothing is lost where the kernel knows it not.
  (void)setsockopt(fd, level, option, &value, sizeof(value));
}

absl::Status CannotOpen(std::string_view what, const TransportAddress& at) {
  const int error = errno;
  const Reason reason = ReasonOfSocketError(error, Reason::kResourceInspection);
  const std::string message =
      std::string(what) + ToString(at) + " cannot be opened: " +
      std::error_code(error, std::system_category()).message();
  if (reason == Reason::kResourceInspection) return MakeError(reason, message);
  return MakeRetryableError(reason, message, absl::Seconds(1));
}

// Not open where it could not be bound, as errno says.
OwnedSocket Open(int type, const TransportAddress& at, FdBudget::Lease lease) {
  const int fd = OpenBound(type, at);
  if (fd < 0) errno = -fd;
  return OwnedSocket(fd, std::move(lease));
}

bool ConnectTo(int fd, const TransportAddress& to) {
  sockaddr_storage name{};
  const socklen_t size = ToSockaddr(to, name);
  return connect(fd, reinterpret_cast<sockaddr*>(&name), size) == 0;
}

}  // namespace

void OwnedSocket::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  lease_ = FdBudget::Lease();
}

absl::StatusOr<OwnedSocket> ListenTcp(const TransportAddress& at,
                                      FdBudget& budget) {
  absl::StatusOr<FdBudget::Lease> lease = budget.Reserve(1);
  if (!lease.ok()) return lease.status();
  OwnedSocket socket = Open(SOCK_STREAM, at, *std::move(lease));
  if (!socket.open() || listen(socket.fd(), kBacklog) != 0) {
    return CannotOpen("TCP ", at);
  }
  return socket;
}

AcceptedStream AcceptTcp(int listener, FdBudget& budget) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  // Taken before there is a place for it: it would wait for ever otherwise.
  OwnedSocket unplaced(accept4(listener, reinterpret_cast<sockaddr*>(&name),
                               &size, SOCK_CLOEXEC | SOCK_NONBLOCK),
                       FdBudget::Lease());
  if (!unplaced.open()) return {.error = errno};
  absl::StatusOr<FdBudget::Lease> lease = budget.Reserve(1);
  const std::optional<TransportAddress> remote = FromSockaddr(name);
  if (!lease.ok() || !remote) return {.error = ECONNABORTED};
  return {.socket = OwnedSocket(unplaced.Release(), *std::move(lease)),
          .remote = *remote};
}

OwnedSocket ConnectTcp(const IpAddress& from, const TransportAddress& to,
                       FdBudget& budget) {
  absl::StatusOr<FdBudget::Lease> lease = budget.Reserve(1);
  if (!lease.ok()) return {};
  OwnedSocket socket = Open(SOCK_STREAM, {from, 0}, *std::move(lease));
  if (!socket.open()) return socket;
  TuneStream(socket.fd());
  if (!ConnectTo(socket.fd(), to) && errno != EINPROGRESS) socket.Close();
  return socket;
}

void TuneStream(int fd) {
  Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMs);
  Set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
}

int ErrorOf(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

absl::StatusOr<OwnedSocket> OpenUdpTo(const TransportAddress& peer,
                                      FdBudget& budget) {
  absl::StatusOr<FdBudget::Lease> lease = budget.Reserve(1);
  if (!lease.ok()) return lease.status();
  OwnedSocket socket = Open(SOCK_DGRAM, {peer.address, 0}, *std::move(lease));
  if (!socket.open() || !ConnectTo(socket.fd(), peer)) {
    return CannotOpen("UDP to ", peer);
  }
  return socket;
}

std::optional<IpAddress> SourceTowards(const IpAddress& remote) {
  const OwnedSocket socket(::socket(remote.is_v6() ? AF_INET6 : AF_INET,
                                    SOCK_DGRAM | SOCK_CLOEXEC, 0),
                           FdBudget::Lease());
  // Any port will do.
  if (!socket.open() || !ConnectTo(socket.fd(), {remote, 9})) {
    return std::nullopt;
  }
  return BoundAddress(socket.fd()).address;
}

}  // namespace parley::ice
