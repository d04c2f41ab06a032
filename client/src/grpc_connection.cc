#include "parley/grpc_connection.h"

#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "client/src/call_registry.h"
#include "client/src/grpc_stream.h"
#include "client/src/refused_connection.h"
#include "client/src/retry_connection.h"
#include "client/src/routing_connection.h"
#include "client/src/time_source.h"
#include "client/src/token_source.h"
#include "client/src/wire_status.h"
#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "parley/client.h"

namespace parley::client {
namespace internal {
namespace {

// Puts calls on a channel as they are.
class GrpcConnection final : public Connection {
 public:
  GrpcConnection(std::shared_ptr<grpc::Channel> channel,
                 std::shared_ptr<TokenSource> token)
      : stub_(std::make_shared<MessageStub>(std::move(channel))),
        token_(std::move(token)),
        registry_(std::make_shared<CallRegistry>()) {}

  ~GrpcConnection() override {
    registry_->Shutdown();
    if (!CallRegistry::InCallback()) {
      registry_->AwaitIdle();
      return;
    }
    // The callback's own call is not done before this returns.
    std::thread([stub = std::move(stub_), registry = registry_] {
      registry->AwaitIdle();
    }).detach();
  }

  void Unary(const Call& call, const google::protobuf::Message& request,
             google::protobuf::Message* response,
             std::function<void(absl::Status)> done) override {
    std::shared_ptr<grpc::ClientContext> context = MakeContext(call);
    if (!registry_->Add(context.get())) {
      done(absl::CancelledError("the connection is shutting down"));
      return;
    }
    auto* const raw = context.get();
    stub_->UnaryCall(
        raw, std::string(call.method), {}, &request, response,
        [context = std::move(context), registry = registry_,
         done = std::move(done)](const grpc::Status& status) mutable {
          CallRegistry::CallbackScope scope;
          // What it holds goes inside the scope, too.
          std::exchange(done, nullptr)(FromWire(status));
          registry->Forget(context.get());
          context.reset();
          registry->Done();
        });
  }

  std::unique_ptr<Stream> OpenStream(const Call& call,
                                     const google::protobuf::Message& first,
                                     bool half_close) override {
    return OpenGrpcStream(stub_, registry_, MakeContext(call),
                          std::string(call.method), first, half_close);
  }

 private:
  std::unique_ptr<grpc::ClientContext> MakeContext(const Call& call) const {
    auto context = std::make_unique<grpc::ClientContext>();
    if (call.deadline != absl::InfiniteFuture()) {
      context->set_deadline(absl::ToChronoTime(call.deadline));
    }
    for (const auto& [key, value] : call.headers) {
      context->AddMetadata(key, value);
    }
    if (const std::string token = token_->Get(); !token.empty()) {
      context->AddMetadata("authorization", "Bearer " + token);
    }
    return context;
  }

  std::shared_ptr<MessageStub> stub_;
  const std::shared_ptr<TokenSource> token_;
  const std::shared_ptr<CallRegistry> registry_;
};

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target,
                                           const ConnectionOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.max_reply_bytes);
  arguments.SetUserAgentPrefix("parley-cpp/" PARLEY_VERSION);
  // A server that is gone without a word must not be waited for for ever.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // A channel that waits longer than its caller between two attempts to connect
  // fails the caller's retries for nothing.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (options.tls.has_value()) {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = options.tls->root_certificates;
    ssl.pem_cert_chain = options.tls->certificate_chain;
    ssl.pem_private_key = options.tls->private_key;
    credentials = grpc::SslCredentials(ssl);
    if (!options.tls->server_name.empty()) {
      arguments.SetSslTargetNameOverride(options.tls->server_name);
    }
  } else {
    credentials = grpc::InsecureChannelCredentials();
  }
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

// A connection to one target, or one that says why there is none.
std::shared_ptr<Connection> Connect(const std::string& target,
                                    const ConnectionOptions& options,
                                    std::shared_ptr<TokenSource> token) {
  const bool has_token = !options.token.empty() || !options.token_file.empty();
  if (has_token && !options.tls && !options.plaintext_token &&
      !StaysOnThisMachine(target)) {
    return std::make_shared<RefusedConnection>(absl::FailedPreconditionError(
        absl::StrCat("a token is not sent to ", target,
                     " in plaintext, where others can read it; use TLS, or "
                     "say that it is meant (plaintext_token)")));
  }
  return std::make_shared<GrpcConnection>(MakeChannel(target, options),
                                          std::move(token));
}

// Connections to other nodes, made when they are first needed.
std::function<std::shared_ptr<Connection>(std::string_view)> NodeConnections(
    ConnectionOptions options, std::shared_ptr<TokenSource> token) {
  if (options.resolve_node == nullptr) return nullptr;
  struct Nodes {
    Nodes(ConnectionOptions o, std::shared_ptr<TokenSource> t)
        : options(std::move(o)), token(std::move(t)) {}
    const ConnectionOptions options;
    const std::shared_ptr<TokenSource> token;
    absl::Mutex mutex;
    absl::flat_hash_map<std::string, std::shared_ptr<Connection>> by_target
        ABSL_GUARDED_BY(mutex);
  };
  auto nodes = std::make_shared<Nodes>(std::move(options), std::move(token));
  return [nodes](std::string_view node) -> std::shared_ptr<Connection> {
    const std::string target = nodes->options.resolve_node(node);
    if (target.empty()) return nullptr;
    absl::MutexLock lock(&nodes->mutex);
    auto& connection = nodes->by_target[target];
    if (connection == nullptr) {
      connection = Connect(target, nodes->options, nodes->token);
    }
    return connection;
  };
}

// What every connection does besides.
std::shared_ptr<Connection> Decorate(std::shared_ptr<Connection> wire,
                                     ConnectionOptions options,
                                     std::shared_ptr<TokenSource> token) {
  const RetryPolicy retry = options.retry;
  auto routing = std::make_shared<RoutingConnection>(
      std::move(wire), NodeConnections(std::move(options), std::move(token)));
  return std::make_shared<RetryConnection>(std::move(routing), retry,
                                           SystemTime());
}

}  // namespace
}  // namespace internal

std::shared_ptr<Connection> MakeGrpcConnection(
    std::shared_ptr<grpc::Channel> channel, ConnectionOptions options) {
  auto token = std::make_shared<internal::TokenSource>(options);
  auto wire =
      std::make_shared<internal::GrpcConnection>(std::move(channel), token);
  return internal::Decorate(std::move(wire), std::move(options),
                            std::move(token));
}

std::shared_ptr<Connection> MakeConnection(ConnectionOptions options) {
  auto token = std::make_shared<internal::TokenSource>(options);
  auto wire = internal::Connect(options.server, options, token);
  return internal::Decorate(std::move(wire), std::move(options),
                            std::move(token));
}

}  // namespace parley::client
