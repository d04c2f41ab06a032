// Which ports of a configured range the process uses: libnice looks for a
// free one by trying them all, which a full range makes a long stall, and says
// no more than that it failed. Safe for concurrent use.
#ifndef PARLEY_CORE_ICE_PORT_REGISTRY_H_
#define PARLEY_CORE_ICE_PORT_REGISTRY_H_

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/ice/ip_address.h"

namespace parley::ice {

// Whether a UDP socket could be bound to the address and port (0: any) now, or
// one that listens for TCP.
bool CanBindUdp(const IpAddress& address, uint16_t port);
bool CanBindTcp(const IpAddress& address, uint16_t port);

class PortRegistry {
 public:
  // CanBindUdp or CanBindTcp, or what stands for it.
  using Probe = std::function<bool(const IpAddress&, uint16_t)>;

  // A port set aside, given back when it is destroyed. The registry must
  // outlive it.
  class Lease {
   public:
    Lease() = default;
    Lease(PortRegistry& registry, uint16_t port)
        : registry_(&registry), port_(port) {}
    Lease(Lease&& other) noexcept
        : registry_(std::exchange(other.registry_, nullptr)),
          port_(other.port_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(registry_, other.registry_);
      std::swap(port_, other.port_);
      return *this;
    }
    ~Lease() {
      if (registry_ != nullptr) registry_->Return(port_);
    }
    uint16_t port() const { return port_; }

   private:
    PortRegistry* registry_ = nullptr;
    uint16_t port_ = 0;
  };

  explicit PortRegistry(Probe udp = CanBindUdp, Probe tcp = CanBindTcp)
      : udp_(std::move(udp)), tcp_(std::move(tcp)) {}
  PortRegistry(const PortRegistry&) = delete;
  PortRegistry& operator=(const PortRegistry&) = delete;

  // A port of [min, max] that is free on every one of the addresses, for UDP
  // and, where it is asked, for TCP too; each call looks on from where the last
  // one ended, so that a port rests before it is used again. Error: PORTS, with
  // a retry delay.
  absl::StatusOr<Lease> Take(uint16_t min, uint16_t max,
                             std::span<const IpAddress> addresses,
                             bool tcp = false) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether Take has a port to look at; what others than the process hold is
  // not known before. The same error.
  absl::Status CheckRoom(uint16_t min, uint16_t max) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // How many are set aside.
  size_t in_use() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::optional<uint16_t> Next(uint16_t min, uint16_t max, int& left)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Return(uint16_t port) ABSL_LOCKS_EXCLUDED(mutex_);

  const Probe udp_;
  const Probe tcp_;
  mutable absl::Mutex mutex_;
  std::bitset<65536> used_ ABSL_GUARDED_BY(mutex_);
  uint16_t last_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_PORT_REGISTRY_H_
