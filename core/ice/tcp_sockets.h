// The sockets of ICE over TCP, and of what stands for it on the machine itself.
// All are non-blocking.
#ifndef PARLEY_CORE_ICE_TCP_SOCKETS_H_
#define PARLEY_CORE_ICE_TCP_SOCKETS_H_

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/ice/transport_address.h"
#include "core/loop/fd_budget.h"

namespace parley::ice {

// A descriptor, and its place in the budget.
class OwnedSocket {
 public:
  OwnedSocket() = default;
  OwnedSocket(int fd, FdBudget::Lease lease)
      : fd_(fd), lease_(std::move(lease)) {}
  OwnedSocket(OwnedSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), lease_(std::move(other.lease_)) {}
  OwnedSocket& operator=(OwnedSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(lease_, other.lease_);
    return *this;
  }
  ~OwnedSocket() { Close(); }

  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close();
  // The descriptor, which is now the caller's to close.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
  FdBudget::Lease lease_;
};

// Port 0 of `at`: any. Errors, which name the address: PORTS (in use),
// FILE_DESCRIPTORS and MEMORY with a retry delay, RESOURCE_INSPECTION (the
// machine has not the address).
absl::StatusOr<OwnedSocket> ListenTcp(const TransportAddress& at,
                                      FdBudget& budget);

// The next stream that waits, with its error as errno has it: EAGAIN when there
// is none, ECONNABORTED when it was closed because the budget has no place.
struct AcceptedStream {
  OwnedSocket socket;
  TransportAddress remote;
  int error = 0;
};
AcceptedStream AcceptTcp(int listener, FdBudget& budget);

// Begins to connect; not open where it could not.
OwnedSocket ConnectTcp(const IpAddress& from, const TransportAddress& to,
                       FdBudget& budget);
// What became of it, as errno has it; 0: connected.
int ErrorOf(int fd);

// For streams that stay.
void TuneStream(int fd);

// A UDP socket on the address of `peer`, which exchanges packets with that
// alone. Errors as of ListenTcp.
absl::StatusOr<OwnedSocket> OpenUdpTo(const TransportAddress& peer,
                                      FdBudget& budget);

// Which address of the machine packets to the remote one leave from; nullopt
// when no route leads there. Sends nothing.
std::optional<IpAddress> SourceTowards(const IpAddress& remote);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_TCP_SOCKETS_H_
