#include "service/server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/base/clock.h"
#include "core/ice/local_addresses.h"
#include "grpcpp/ext/channelz_service_plugin.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "service/certificate_service.h"
#include "service/convert_media.h"
#include "service/core.h"
#include "service/credentials.h"
#include "service/data_channel_service.h"
#include "service/listener.h"
#include "service/metrics.h"
#include "service/metrics_server.h"
#include "service/network_check.h"
#include "service/peer_service.h"
#include "service/pool_service.h"

namespace parley::service {
namespace {

// A client's own pings, and ours that find out which clients are dead: a stream
// of a dead client holds leases and channels.
constexpr int kPingIntervalMs = 30'000;
constexpr int kPingTimeoutMs = 10'000;
constexpr int kLeastClientPingIntervalMs = 10'000;
constexpr int kMaxStreamsPerConnection = 1000;
// Room for a token with some keys in it.
constexpr int kMaxHeaderBytes = 16 << 10;
// How long the streams of peers may take to tell of their end.
constexpr absl::Duration kLastWords = absl::Seconds(5);
// How long calls that belong to no peer may go on when all peers are gone.
constexpr absl::Duration kLastCalls = absl::Seconds(1);
// Reflection and channelz are synchronous services: each open stream of theirs
// takes a thread. Beyond this many gRPC refuses them.
constexpr int kMaxSynchronousThreads = 16;
// What gRPC may buffer of all connections.
constexpr size_t kMaxBufferBytes = size_t{512} << 20;
// Room for the names and numbers around a text or a message.
constexpr size_t kMessageOverheadBytes = 64 << 10;

constexpr const char* kServices[] = {
    "parley.v1.PeerService", "parley.v1.DataChannelService",
    "parley.v1.CertificateService", "parley.v1.PoolService"};

// The name by which health says that the process is alive, which it is while it
// drains: who restarts what is not healthy asks for it.
constexpr char kLive[] = "live";

// Parley's own limits lie below gRPC's, so that callers meet ours, with a
// reason. A description and the escapes of its transport fit well.
int MaxRequestBytes(const Options& options) {
  const uint64_t largest = std::max<uint64_t>(
      {options.engine.limits.max_description_bytes, options.max_message_size,
       options.max_exchange_bytes});
  return static_cast<int>(
      std::max<uint64_t>(2 * largest + kMessageOverheadBytes, 4 << 20));
}

absl::Status CannotListen(const Address& address, std::string_view flag) {
  return absl::UnavailableError(absl::StrCat(
      "cannot listen on ", address.text, " (--", std::string(flag),
      "): the address is in use by another server, or not of this machine, or "
      "not allowed"));
}

void Common(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kLeastClientPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxHeaderBytes);
  // A megabyte of zeros, compressed, is a gigabyte before gRPC looks at its
  // size. Nobody needs it: descriptions are small.
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
}

}  // namespace

// Destroyed from the last to the first.
struct Server::Parts {
  Parts(Options options, Log& log, std::unique_ptr<pool::Engine> engine,
        std::unique_ptr<Access> access)
      : options(std::move(options)),
        engine(std::move(engine)),
        access(std::move(access)),
        core{
            .pool = this->engine->pool(),
            .certificates = this->engine->certificate_store(),
            .options = this->options,
            .clock = SystemClock(),
            .log = log,
            .shown = {.max_message_size = this->options.max_message_size,
                      .tombstone_ttl = this->options.engine.pool.tombstone_ttl},
            .streams = streams,
            .calls = calls,
            .access = *this->access},
        peers(core),
        data_channels(core),
        certificates(core),
        drainer(core.pool, [this](bool serving) { SetServing(serving); }),
        pool(core, *this->engine, drainer),
        metrics(core, *this->engine) {}

  // For the whole server and for each service.
  void SetServing(bool serving) {
    for (grpc::Server* one : {server.get(), admin.get()}) {
      if (!one) continue;
      grpc::HealthCheckServiceInterface* health = one->GetHealthCheckService();
      health->SetServingStatus("", serving);
      for (const char* service : kServices) {
        health->SetServingStatus(service, serving);
      }
    }
  }

  const Options options;
  const std::unique_ptr<pool::Engine> engine;
  const std::unique_ptr<Access> access;
  OpenStreams streams;
  CallCounts calls;
  const Core core;
  PeerService peers;
  DataChannelService data_channels;
  CertificateService certificates;
  Drainer drainer;
  PoolService pool;
  const Metrics metrics;
  std::string address;
  std::string admin_address;
  std::string metrics_address;
  std::shared_ptr<grpc::ServerCredentials> credentials;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<grpc::Server> admin;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Listener> admin_listener;
  std::unique_ptr<MetricsServer> metrics_server;
  bool stopped = false;
};

namespace {

// Starts what the builder makes, and the listener that brings its connections.
absl::StatusOr<std::unique_ptr<grpc::Server>> Listen(
    grpc::ServerBuilder& builder, const Address& address, std::string_view flag,
    const std::shared_ptr<grpc::ServerCredentials>& credentials, Log& log,
    std::unique_ptr<Listener>& listener) {
  auto opened = Listener::Open(address, log);
  if (!opened.ok()) return CannotListen(address, flag);
  auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      credentials);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return CannotListen(address, flag);
  for (const char* service : kServices) {
    server->GetHealthCheckService()->SetServingStatus(service, true);
  }
  server->GetHealthCheckService()->SetServingStatus(kLive, true);
  listener = *std::move(opened);
  listener->Serve(std::move(acceptor));
  return server;
}

// A server that could never have a peer says so now, and not to each caller.
absl::Status CheckMemory(const pool::Options& options) {
  const int64_t own =
      pool::kServerBytes + static_cast<int64_t>(options.journal_bytes);
  const int64_t needed = own + pool::BytesOf(peer::PeerInit());
  const auto limit = static_cast<int64_t>(options.max_memory_bytes);
  if (limit == 0 || limit >= needed) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--max-memory: ", limit, " bytes leave no room for a peer: the server ",
      "itself takes ", own, ", with its --pool-event-history, and a peer ",
      needed - own));
}

uint64_t MaxMemory(const Options& options) {
  if (options.max_memory) return *options.max_memory;
  return static_cast<uint64_t>(
      pool::CgroupMemoryLimit("/proc/self/cgroup", "/sys/fs/cgroup")
          .value_or(0));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    Options options, Log& log, std::vector<grpc::Service*> besides) {
  static const bool once = [] {
#ifdef NDEBUG
    // Debian's Abseil has it on, which is for finding faults: it costs time and
    // memory for each mutex.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)once;

  auto credentials = MakeCredentials(options.tls, log);
  if (!credentials.ok()) return credentials.status();
  if (!options.media_path.empty()) {
    auto media = LoadMedia(options.media_path);
    if (!media.ok()) return media.status();
    options.media = *std::move(media);
  }
  const auto machine = ice::SystemAddresses();
  if (!machine.ok()) return machine.status();
  const absl::Status network = CheckNetwork(options.engine.ice, *machine);
  if (!network.ok()) return network;
  options.engine.on_closed = [&log](const peer::PeerInfo& peer) {
    log.Info("peer closed",
             {{"peer", peer.name},
              {"reason", peer::CloseReasonName(peer.closure->reason)}});
  };
  options.engine.pool.max_memory_bytes = MaxMemory(options);
  const absl::Status memory = CheckMemory(options.engine.pool);
  if (!memory.ok()) return memory;
  auto engine = pool::Engine::Create(options.engine);
  if (!engine.ok()) return engine.status();
  auto access = Access::Create(options.access, (*engine)->pool().tenants(),
                               SystemClock(), log);
  if (!access.ok()) return access.status();
  auto parts = std::make_unique<Parts>(std::move(options), log,
                                       *std::move(engine), *std::move(access));
  if (parts->options.metrics_listen) {
    auto server = MetricsServer::Start(
        *parts->options.metrics_listen,
        [&metrics = parts->metrics] { return metrics.Text(); });
    if (!server.ok()) return server.status();
    parts->metrics_server = *std::move(server);
    parts->metrics_address = parts->metrics_server->address();
  }

  grpc::ServerBuilder builder;
  Common(builder);
  grpc::ResourceQuota quota("parley");
  quota.Resize(kMaxBufferBytes).SetMaxThreads(kMaxSynchronousThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(MaxRequestBytes(parts->options));
  builder.RegisterService(&parts->peers);
  builder.RegisterService(&parts->data_channels);
  builder.RegisterService(&parts->certificates);
  builder.RegisterService(&parts->pool);
  for (grpc::Service* service : besides) builder.RegisterService(service);
  parts->credentials = *std::move(credentials);
  auto server = Listen(builder, parts->options.listen, "listen",
                       parts->credentials, log, parts->listener);
  if (!server.ok()) return server.status();
  parts->server = *std::move(server);
  parts->address = parts->listener->address();

  if (parts->options.admin_listen) {
    // Of all callers' connections: not for the API, whose server is built by
    // now. What is once switched on is so for each server built later.
    static const bool channelz = [] {
      grpc::channelz::experimental::InitChannelzService();
      return true;
    }();
    (void)channelz;
    grpc::ServerBuilder admin_builder;
    Common(admin_builder);
    auto admin =
        Listen(admin_builder, *parts->options.admin_listen, "admin-listen",
               grpc::InsecureServerCredentials(), log, parts->admin_listener);
    if (!admin.ok()) {
      parts->server->Shutdown(absl::ToChronoTime(absl::Now()));
      return admin.status();
    }
    parts->admin = *std::move(admin);
    parts->admin_address = parts->admin_listener->address();
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { Stop(parts_->options.drain_timeout); }

const std::string& Server::address() const { return parts_->address; }
const std::string& Server::admin_address() const {
  return parts_->admin_address;
}
const std::string& Server::metrics_address() const {
  return parts_->metrics_address;
}
pool::Engine& Server::engine() { return *parts_->engine; }
const Access& Server::access() const { return *parts_->access; }

std::shared_ptr<grpc::Channel> Server::InProcessChannel() {
  return parts_->server->InProcessChannel(grpc::ChannelArguments());
}

void Server::Stop(absl::Duration timeout) {
  if (std::exchange(parts_->stopped, true)) return;
  const absl::Time now = absl::Now();
  parts_->drainer.Finish(now + parts_->options.drain_notice, now + timeout);
  // Calls that wait for a key end now.
  parts_->engine->certificate_store().Stop();
  // Nor will anything happen any more to those who watch all peers.
  parts_->engine->pool().tenants().EndJournals();
  parts_->streams.AwaitNone(absl::Now() + kLastWords);

  // What is left belongs to no peer, and may never end by itself: somebody
  // watches our health.
  parts_->listener.reset();
  parts_->admin_listener.reset();
  const auto last = absl::ToChronoTime(absl::Now() + kLastCalls);
  parts_->server->Shutdown(last);
  if (parts_->admin) parts_->admin->Shutdown(last);
  // Last, so that the end can be watched.
  parts_->metrics_server.reset();
}

}  // namespace parley::service
