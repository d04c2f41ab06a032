#include "core/pool/engine.h"

#include <utility>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "core/crypto/certificate.h"
#include "core/ice/libnice_factory.h"
#include "core/ice/single_port_factory.h"

namespace parley::pool {

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(EngineOptions options,
                                                       const Clock& clock,
                                                       Random& random) {
  if (options.certificate_path.empty() != options.key_path.empty()) {
    return MakeError(Reason::kArgument,
                     "a certificate and its key must be given together",
                     {{"field", "certificate"}});
  }
  auto identity = Identity::Make(options.node, random);
  if (!identity.ok()) return identity.status();
  auto dtls = dtls::Context::Create();
  if (!dtls.ok()) return dtls.status();
  auto loops = EventLoopPool::Create(options.event_loops);
  if (!loops.ok()) return loops.status();
  options.pool.single_port = options.single_port.has_value();
  options.pool.min_port = options.ice.min_port;
  options.pool.max_port = options.ice.max_port;
  // Not make_unique: the constructor is private.
  auto engine = std::unique_ptr<Engine>(
      new Engine(std::move(options), clock, random, *std::move(loops),
                 *std::move(dtls), *std::move(identity)));
  absl::Status opened = engine->OpenSinglePort();
  if (!opened.ok()) return opened;
  return engine;
}

absl::Status Engine::OpenSinglePort() {
  if (!options_.single_port) return absl::OkStatus();
  auto hub = ice::SinglePortHub::Create(*options_.single_port,
                                        options_.ice.addresses, descriptors_);
  if (!hub.ok()) return hub.status();
  hub_ = *std::move(hub);
  for (size_t i = 0; i < loops_->size(); ++i) {
    EventLoop& loop = loops_->loop(i);
    single_port_ice_[&loop] =
        std::make_unique<ice::SinglePortFactory>(loop, *hub_);
  }
  return hub_->Start();
}

Engine::Engine(EngineOptions options, const Clock& clock, Random& random,
               std::unique_ptr<EventLoopPool> loops,
               std::shared_ptr<dtls::Context> dtls, Identity identity)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      descriptors_(options_.reserved_descriptors,
                   options_.descriptors ? *options_.descriptors : SystemFds()),
      loops_(std::move(loops)),
      sctp_(loops_->loop(0)),
      transports_(
          [this](Executor& executor,
                 ice::Mode mode) -> ice::IceTransportFactory& {
            const bool shared = mode == ice::Mode::kSinglePort;
            return *(shared ? single_port_ice_ : ice_).at(&executor);
          },
          options_.ice, std::move(dtls), sctp_),
      certificates_(MakeStock()),
      environment_{
          clock,
          random,
          transports_,
          [this](auto callback) { certificates_->Take(std::move(callback)); },
          options_.limits,
          options_.on_closed},
      tenants_(options_.tenants, options_.pool.journal_bytes, clock),
      certificate_store_(options_.certificates, identity, clock, random) {
  for (size_t i = 0; i < loops_->size(); ++i) {
    EventLoop& loop = loops_->loop(i);
    ice_[&loop] = std::make_unique<ice::LibniceFactory>(loop, descriptors_,
                                                        ports_, random);
    probes_.push_back(std::make_unique<LagProbe>(loop, lag_));
  }
  pool_ = std::make_unique<Pool>(options_.pool, std::move(identity),
                                 environment_, *loops_, descriptors_, ports_,
                                 certificate_store_, tenants_);
}

// A configured certificate is not kept in stock: its files are read when a peer
// needs it, so that a renewed one is found, and a lost one is told.
std::unique_ptr<crypto::CertificateStock> Engine::MakeStock() {
  const bool configured = !options_.certificate_path.empty();
  auto load = [this] {
    return crypto::LoadCertificate(options_.certificate_path, options_.key_path,
                                   clock_);
  };
  auto generate = [this] {
    return crypto::GenerateCertificate({}, clock_, random_);
  };
  return std::make_unique<crypto::CertificateStock>(
      crypto::CertificateStock::Options{
          .capacity = configured ? 0 : options_.ready_certificates},
      configured ? crypto::CertificateStock::Generator(load)
                 : crypto::CertificateStock::Generator(generate),
      clock_);
}

Engine::~Engine() {
  absl::Notification gone;
  pool_->Shutdown(peer::CloseReason::kDrained, "the server stops",
                  [&gone] { gone.Notify(); });
  gone.WaitForNotification();
  // Nobody waits for a certificate any more; its callbacks need the pool's
  // peers, and these need the loops.
  certificates_.reset();
  loops_->Stop();
  pool_.reset();
}

}  // namespace parley::pool
