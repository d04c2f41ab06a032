// Everything that peers need, put together: event loops, certificates, ICE,
// DTLS, SCTP and the pool. What a server makes one of.
#ifndef PARLEY_CORE_POOL_ENGINE_H_
#define PARLEY_CORE_POOL_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/duration_histogram.h"
#include "core/base/random.h"
#include "core/crypto/certificate_stock.h"
#include "core/ice/ice_transport.h"
#include "core/ice/port_registry.h"
#include "core/ice/single_port_hub.h"
#include "core/loop/event_loop_pool.h"
#include "core/loop/fd_budget.h"
#include "core/peer/native_transport.h"
#include "core/peer/peer.h"
#include "core/pool/certificate_store.h"
#include "core/pool/lag_probe.h"
#include "core/pool/pool.h"
#include "core/pool/tenant.h"
#include "core/sctp/sctp_stack.h"

namespace parley::pool {

struct EngineOptions {
  std::string node = "local";
  // 0: as many as the machine has processors.
  size_t event_loops = 0;
  // Descriptors that peers leave to the rest of the process.
  int64_t reserved_descriptors = 64;
  // Null: the system's.
  FdSystem* descriptors = nullptr;
  Options pool;
  TenantLimits tenants;
  CertificateLimits certificates;
  peer::Limits limits;
  ice::TransportOptions ice;
  // The UDP port of single-port peers; its addresses are those of `ice`.
  // Absent: there are no such peers, whatever `pool` says.
  std::optional<ice::SinglePortOptions> single_port;
  // How many certificates are kept ready.
  size_t ready_certificates = 64;
  // PEM files of the certificate that every peer shows, read when a peer needs
  // it. Empty: each peer gets one of its own.
  std::string certificate_path;
  std::string key_path;
  // See peer::Environment.
  std::function<void(const peer::PeerInfo&)> on_closed;
};

class Engine {
 public:
  // Clock and random must outlive the engine. Errors: ARGUMENT,
  // FILE_DESCRIPTORS, INTERNAL; PORTS when the UDP port is in use.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(
      EngineOptions options, const Clock& clock = SystemClock(),
      Random& random = SystemRandom());

  // Closes every peer that is left and waits until all are gone, which is a
  // bounded time. Not from a callback.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Pool& pool() { return *pool_; }
  CertificateStore& certificate_store() { return certificate_store_; }
  const EngineOptions& options() const { return options_; }
  size_t event_loops() const { return loops_->size(); }
  const FdBudget& descriptors() const { return descriptors_; }
  const ice::PortRegistry& ports() const { return ports_; }
  // How late the event loops come to what is due.
  const DurationHistogram& lag() const { return lag_; }
  // Null without single-port peers.
  const ice::SinglePortHub* single_port() const { return hub_.get(); }
  crypto::CertificateStock::Counters certificates() const {
    return certificates_->counters();
  }

 private:
  Engine(EngineOptions options, const Clock& clock, Random& random,
         std::unique_ptr<EventLoopPool> loops,
         std::shared_ptr<dtls::Context> dtls, Identity identity);

  absl::Status OpenSinglePort();
  std::unique_ptr<crypto::CertificateStock> MakeStock();

  const EngineOptions options_;
  const Clock& clock_;
  Random& random_;
  FdBudget descriptors_;
  DurationHistogram lag_{LagProbe::kBounds};
  std::vector<std::unique_ptr<LagProbe>> probes_;  // one for each loop
  const std::unique_ptr<EventLoopPool> loops_;
  sctp::Stack sctp_;
  ice::PortRegistry ports_;
  std::unique_ptr<ice::SinglePortHub> hub_;
  // One for each loop; fixed after creation.
  using IceFactories =
      std::map<const Executor*, std::unique_ptr<ice::IceTransportFactory>>;
  IceFactories ice_;
  IceFactories single_port_ice_;
  peer::NativeTransportFactory transports_;
  std::unique_ptr<crypto::CertificateStock> certificates_;
  peer::Environment environment_;
  Tenants tenants_;
  CertificateStore certificate_store_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_ENGINE_H_
