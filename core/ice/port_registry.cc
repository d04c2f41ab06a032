#include "core/ice/port_registry.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "core/base/errors.h"
#include "core/ice/bound_socket.h"
#include "core/ice/transport_address.h"

namespace parley::ice {
namespace {

// Ports that others hold are found by trying. Only so many a call: each takes
// a few system calls.
constexpr int kMaxProbes = 64;

absl::Status Exhausted(uint16_t min, uint16_t max) {
  return MakeRetryableError(
      Reason::kPorts,
      "The ports " + std::to_string(min) + " to " + std::to_string(max) +
          " are all in use: close peers, or widen the range.",
      absl::Seconds(1), {{"limit", std::to_string(max - min + 1)}});
}

bool CanBind(int type, const TransportAddress& address) {
  const int fd = OpenBound(type, address);
  if (fd < 0) return false;
  close(fd);
  return true;
}

}  // namespace

bool CanBindUdp(const IpAddress& address, uint16_t port) {
  return CanBind(SOCK_DGRAM, {address, port});
}

bool CanBindTcp(const IpAddress& address, uint16_t port) {
  return CanBind(SOCK_STREAM, {address, port});
}

absl::StatusOr<PortRegistry::Lease> PortRegistry::Take(
    uint16_t min, uint16_t max, std::span<const IpAddress> addresses,
    bool tcp) {
  int left = max - min + 1;
  for (int probes = 0; probes < kMaxProbes; ++probes) {
    const std::optional<uint16_t> port = Next(min, max, left);
    if (!port) break;
    Lease lease(*this, *port);
    if (std::all_of(addresses.begin(), addresses.end(),
                    [&](const IpAddress& a) {
                      return udp_(a, *port) && (!tcp || tcp_(a, *port));
                    })) {
      return lease;
    }
  }
  return Exhausted(min, max);
}

absl::Status PortRegistry::CheckRoom(uint16_t min, uint16_t max) const {
  absl::MutexLock lock(&mutex_);
  if (used_.count() <= static_cast<size_t>(max - min)) return absl::OkStatus();
  for (int port = min; port <= max; ++port) {
    if (!used_[port]) return absl::OkStatus();
  }
  return Exhausted(min, max);
}

size_t PortRegistry::in_use() const {
  absl::MutexLock lock(&mutex_);
  return used_.count();
}

// Marks and returns the next unused port; `left` counts down the ports that
// have not been looked at.
std::optional<uint16_t> PortRegistry::Next(uint16_t min, uint16_t max,
                                           int& left) {
  absl::MutexLock lock(&mutex_);
  while (left > 0) {
    --left;
    last_ = last_ < min || last_ >= max ? min : last_ + 1;
    if (!used_[last_]) {
      used_[last_] = true;
      return last_;
    }
  }
  return std::nullopt;
}

void PortRegistry::Return(uint16_t port) {
  absl::MutexLock lock(&mutex_);
  used_[port] = false;
}

}  // namespace parley::ice
