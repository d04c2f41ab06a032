#include "core/ice/port_registry.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "core/base/errors.h"

namespace parley::ice {
namespace {

// Ports that others hold are found by trying. Only so many a call: each takes
// a few system calls.
constexpr int kMaxProbes = 64;

absl::Status Exhausted(uint16_t min, uint16_t max) {
  return MakeRetryableError(
      Reason::kPorts,
      "The UDP ports " + std::to_string(min) + " to " + std::to_string(max) +
          " are all in use: close peers, or widen the range.",
      absl::Seconds(1), {{"limit", std::to_string(max - min + 1)}});
}

}  // namespace

bool CanBindUdp(const IpAddress& address, uint16_t port) {
  sockaddr_storage name{};
  socklen_t size;
  if (address.is_v6()) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(name);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    memcpy(&v6.sin6_addr, address.bytes().data(), 16);
    size = sizeof(v6);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(name);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    memcpy(&v4.sin_addr, address.bytes().data(), 4);
    size = sizeof(v4);
  }
  const int fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0;
  close(fd);
  return bound;
}

absl::StatusOr<PortRegistry::Lease> PortRegistry::Take(
    uint16_t min, uint16_t max, std::span<const IpAddress> addresses) {
  int left = max - min + 1;
  for (int probes = 0; probes < kMaxProbes; ++probes) {
    const std::optional<uint16_t> port = Next(min, max, left);
    if (!port) break;
    Lease lease(*this, *port);
    if (std::all_of(addresses.begin(), addresses.end(),
                    [&](const IpAddress& a) { return probe_(a, *port); })) {
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
