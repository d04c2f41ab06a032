// parleyd as a program: its start, its ports, its logs, its end.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "parley/v1/data_channel_service.grpc.pb.h"
#include "parley/v1/peer_service.grpc.pb.h"
#include "tests/service/parleyd_process.h"

namespace parley::service {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

namespace health = grpc::health::v1;

health::HealthCheckResponse::ServingStatus Health(const std::string& address,
                                                  const std::string& service) {
  grpc::ClientContext context;
  SetDeadline(context);
  health::HealthCheckRequest request;
  request.set_service(service);
  health::HealthCheckResponse response;
  const auto stub = health::Health::NewStub(Dial(address));
  return stub->Check(&context, request, &response).ok()
             ? response.status()
             : health::HealthCheckResponse::UNKNOWN;
}

std::string CreatePeer(v1::PeerService::Stub& stub,
                       const v1::CreatePeerRequest& request = {}) {
  grpc::ClientContext context;
  SetDeadline(context);
  // Connections that were refused are tried again.
  context.set_wait_for_ready(true);
  v1::CreatePeerResponse response;
  const grpc::Status status = stub.CreatePeer(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.peer().name();
}

const std::vector<std::string> kAnyPort = {"--listen=127.0.0.1:0",
                                           "--admin-listen=off"};

TEST(ProcessTest, HealthIsServedForEveryServiceOnBothPorts) {
  Parleyd server({"--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0",
                  "--log-format=json"});
  const std::string address = server.Address();
  ASSERT_NE(address, "");
  for (const char* service :
       {"", "parley.v1.PeerService", "parley.v1.DataChannelService",
        "parley.v1.CertificateService", "parley.v1.PoolService"}) {
    EXPECT_EQ(Health(address, service), health::HealthCheckResponse::SERVING);
  }
  EXPECT_EQ(Health(address, "nonsense"), health::HealthCheckResponse::UNKNOWN);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_THAT(server.Errors(), AllOf(HasSubstr("\"message\":\"serving\""),
                                     HasSubstr("\"message\":\"ended\"")));
}

TEST(ProcessTest, ASecondServerOnThePortEndsAtOnce) {
  Parleyd first(kAnyPort);
  const std::string address = first.Address();
  Parleyd second({"--listen=" + address, "--admin-listen=off"});
  EXPECT_EQ(second.Address(), "");
  EXPECT_EQ(second.Wait(), 1);
  const std::string errors = second.Errors();
  EXPECT_THAT(errors, StartsWith("parleyd: cannot listen on " + address));
  EXPECT_EQ(errors.find('\n'), errors.size() - 1);
  EXPECT_EQ(Health(address, ""), health::HealthCheckResponse::SERVING);
  // The same for the admin port.
  Parleyd third({"--listen=127.0.0.1:0", "--admin-listen=" + address});
  EXPECT_EQ(third.Wait(), 1);
  EXPECT_THAT(third.Errors(), HasSubstr("--admin-listen"));
}

TEST(ProcessTest, AUnixSocketIsGuardedAndAStaleOneTakenOver) {
  std::string pattern =
      std::filesystem::temp_directory_path() / "parley-XXXXXX";
  const std::string directory = mkdtemp(pattern.data());
  const std::string address = "unix:" + directory + "/p.sock";
  const std::vector<std::string> flags = {"--listen=" + address,
                                          "--admin-listen=off"};
  {
    Parleyd first(flags);
    EXPECT_EQ(first.Address(), address);
    Parleyd second(flags);
    EXPECT_EQ(second.Wait(), 1);
    EXPECT_EQ(Health(address, ""), health::HealthCheckResponse::SERVING);
    first.Signal(SIGKILL);
    first.Wait();
  }
  Parleyd third(flags);
  EXPECT_EQ(third.Address(), address);
  EXPECT_EQ(Health(address, ""), health::HealthCheckResponse::SERVING);
  third.Signal(SIGINT);
  EXPECT_EQ(third.Wait(), 0);

  // What is no socket is not Parley's to take over.
  std::ofstream(directory + "/p.sock") << "precious";
  Parleyd fourth(flags);
  EXPECT_EQ(fourth.Wait(), 1);
  EXPECT_TRUE(std::filesystem::is_regular_file(directory + "/p.sock"));
  std::filesystem::remove_all(directory);
}

TEST(ProcessTest, WrongUsageIsOneLineAndCode2) {
  for (const std::string flag :
       {"--nonsense", "--listen=0.0.0.0:0", "--port-range=9-1", "serve"}) {
    Parleyd server({flag});
    EXPECT_EQ(server.Wait(), 2) << flag;
    const std::string errors = server.Errors();
    EXPECT_THAT(errors, StartsWith("parleyd: "));
    EXPECT_EQ(errors.find('\n'), errors.size() - 1) << errors;
  }
  Parleyd help({"--help"});
  EXPECT_EQ(help.Wait(), 0);
  EXPECT_THAT(help.Output(), HasSubstr("--max-peers"));
  Parleyd version({"--version"});
  EXPECT_EQ(version.Wait(), 0);
  EXPECT_EQ(version.Output(), "parleyd " PARLEY_VERSION "\n");
}

TEST(ProcessTest, AServerWithoutRoomForAPeerDoesNotStart) {
  Parleyd server({"--listen=127.0.0.1:0", "--max-memory=64MiB",
                  "--pool-event-history=64MiB"});
  EXPECT_EQ(server.Wait(), 1);
  EXPECT_THAT(server.Errors(),
              HasSubstr("--max-memory: 67108864 bytes leave no room"));
}

TEST(ProcessTest, AnOrderlyEndTellsThoseWhoWatch) {
  Parleyd server(kAnyPort);
  const auto channel = Dial(server.Address());
  const auto stub = v1::PeerService::NewStub(channel);
  v1::WatchPeerRequest request;
  request.set_name(CreatePeer(*stub));
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stream = stub->WatchPeer(&context, request);
  v1::WatchPeerResponse response;
  ASSERT_TRUE(stream->Read(&response));
  server.Signal(SIGTERM);
  while (!response.event().has_closed()) {
    ASSERT_TRUE(stream->Read(&response));
  }
  EXPECT_EQ(response.event().closed().reason(), v1::CLOSE_REASON_DRAINED);
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(server.Wait(), 0);
}

// Proxies learn of the end while calls are answered. A second signal does not
// wait.
TEST(ProcessTest, AnEndWithNoticeAnswersCallsAndASecondSignalEndsAtOnce) {
  Parleyd server({"--listen=127.0.0.1:0", "--admin-listen=off",
                  "--drain-timeout=1h", "--drain-notice=1h"});
  const auto channel = Dial(server.Address());
  const auto health_stub = health::Health::NewStub(channel);
  grpc::ClientContext health_context;
  SetDeadline(health_context);
  const auto watch =
      health_stub->Watch(&health_context, health::HealthCheckRequest());
  health::HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), health::HealthCheckResponse::SERVING);
  server.Signal(SIGTERM);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), health::HealthCheckResponse::NOT_SERVING);
  // No peer is there, but time.
  grpc::ClientContext list_context;
  SetDeadline(list_context);
  v1::ListPeersResponse peers;
  EXPECT_TRUE(v1::PeerService::NewStub(channel)
                  ->ListPeers(&list_context, v1::ListPeersRequest(), &peers)
                  .ok());
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 1);
}

TEST(ProcessTest, AFullStandardErrorStopsNothing) {
  Parleyd server(
      {"--listen=127.0.0.1:0", "--admin-listen=off", "--log-level=debug"},
      "/dev/full");
  const auto stub = v1::PeerService::NewStub(Dial(server.Address()));
  for (int i = 0; i < 50; ++i) CreatePeer(*stub);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

TEST(ProcessTest, LogsNameTheTraceOfStreamsToo) {
  Parleyd server(
      {"--listen=127.0.0.1:0", "--admin-listen=off", "--log-level=debug"});
  const auto channel = Dial(server.Address());
  const auto peers = v1::PeerService::NewStub(channel);
  const std::string span = "-b7ad6b7169203331-01";
  // Reads once, if there is something to read, and gives up.
  const auto stream = [&span](const std::string& trace, auto open,
                              auto response) {
    grpc::ClientContext context;
    SetDeadline(context);
    context.AddMetadata("traceparent", "00-" + trace + span);
    const auto reader = open(context);
    reader->Read(&response);
    context.TryCancel();
    reader->Finish();
  };
  const std::string name = CreatePeer(*peers);
  stream(
      std::string(32, 'a'),
      [&](grpc::ClientContext& context) {
        v1::WatchPeerRequest request;
        request.set_name(name);
        return peers->WatchPeer(&context, request);
      },
      v1::WatchPeerResponse());
  stream(
      std::string(32, 'b'),
      [&](grpc::ClientContext& context) {
        return peers->WatchPeers(&context, v1::WatchPeersRequest());
      },
      v1::WatchPeersResponse());
  const auto channels = v1::DataChannelService::NewStub(channel);
  stream(
      std::string(32, 'c'),
      [&](grpc::ClientContext& context) {
        return channels->ReceiveMessages(&context,
                                         v1::ReceiveMessagesRequest());
      },
      v1::ReceiveMessagesResponse());
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  const std::string log = server.Errors();
  for (const char trace : {'a', 'b', 'c'}) {
    EXPECT_THAT(log, HasSubstr("trace_id=" + std::string(32, trace)));
  }
}

TEST(ProcessTest, LogsNamePeersAndNoSecrets) {
  Parleyd server(
      {"--listen=127.0.0.1:0", "--admin-listen=off", "--log-level=debug"});
  const auto stub = v1::PeerService::NewStub(Dial(server.Address()));
  v1::CreatePeerRequest create;
  auto* turn = create.mutable_configuration()->add_ice_servers();
  turn->add_urls("turn:127.0.0.1:9");
  turn->set_username("user-of-turn");
  turn->set_credential("very-secret");
  create.add_data_channels();
  const std::string name = CreatePeer(*stub, create);
  std::string sdp;
  {
    grpc::ClientContext context;
    v1::SetLocalDescriptionRequest request;
    request.set_name(name);
    v1::SetLocalDescriptionResponse response;
    ASSERT_TRUE(stub->SetLocalDescription(&context, request, &response).ok());
    sdp = response.description().sdp();
  }
  {
    grpc::ClientContext context;
    context.AddMetadata(
        "traceparent",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    v1::SetRemoteDescriptionRequest request;
    request.set_name(name);
    request.mutable_description()->set_type(v1::SDP_TYPE_ANSWER);
    request.mutable_description()->set_sdp("v=0\r\nfoul-language\r\n");
    v1::SetRemoteDescriptionResponse response;
    EXPECT_FALSE(stub->SetRemoteDescription(&context, request, &response).ok());
  }
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  const size_t password = sdp.find("a=ice-pwd:") + 10;
  const std::string log = server.Errors();
  EXPECT_THAT(log, AllOf(HasSubstr(name), HasSubstr("SDP_SYNTAX"),
                         HasSubstr("CreatePeer")));
  EXPECT_THAT(log, HasSubstr("trace_id=0af7651916cd43dd8448eb211c80319c "
                             "span_id=b7ad6b7169203331"));
  EXPECT_THAT(
      log, AllOf(Not(HasSubstr("very-secret")), Not(HasSubstr("user-of-turn")),
                 Not(HasSubstr("foul-language")),
                 Not(HasSubstr(sdp.substr(
                     password, sdp.find('\r', password) - password)))));
}

// Libraries abort when they find no descriptor; the pool refuses before.
TEST(ProcessTest, WithFewDescriptorsItRefusesAndGoesOn) {
  Parleyd server(
      {"--listen=127.0.0.1:0", "--admin-listen=off", "--loopback=always"});
  const std::string address = server.Address();
  const rlimit few = {256, 256};
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr), 0);
  const auto stub = v1::PeerService::NewStub(Dial(address));
  v1::CreatePeerRequest create;
  create.add_data_channels();
  grpc::Status status;
  std::vector<std::string> names;
  while (status.ok() && names.size() < 256) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::CreatePeerResponse response;
    status = stub->CreatePeer(&context, create, &response);
    if (!status.ok()) break;
    names.push_back(response.peer().name());
    grpc::ClientContext local_context;
    SetDeadline(local_context);
    v1::SetLocalDescriptionRequest local;
    local.set_name(names.back());
    v1::SetLocalDescriptionResponse set;
    status = stub->SetLocalDescription(&local_context, local, &set);
  }
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
      << status.error_message();
  EXPECT_GT(names.size(), 10u);
  for (const std::string& name : names) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ClosePeerRequest request;
    request.set_name(name);
    v1::ClosePeerResponse response;
    EXPECT_TRUE(stub->ClosePeer(&context, request, &response).ok());
  }
  CreatePeer(*stub, create);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

// gRPC's own listener never accepts again after that.
TEST(ProcessTest, ConnectionsBeyondTheDescriptorsAreClosedAndOthersFollow) {
  Parleyd server(kAnyPort);
  const std::string address = server.Address();
  const rlimit few = {128, 128};
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr), 0);
  const auto stub = v1::PeerService::NewStub(Dial(address));
  CreatePeer(*stub);
  sockaddr_in to = {.sin_family = AF_INET,
                    .sin_port = htons(static_cast<uint16_t>(
                        std::stoi(address.substr(address.rfind(':') + 1)))),
                    .sin_addr = {htonl(INADDR_LOOPBACK)}};
  std::vector<int> connections;
  bool closed = false;
  while (!closed && connections.size() < 256) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    connections.push_back(fd);
    // A server of gRPC's begins with its settings.
    char byte;
    closed = read(fd, &byte, 1) <= 0;
  }
  EXPECT_TRUE(closed);
  CreatePeer(*stub);
  for (const int fd : connections) close(fd);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  EXPECT_NE(CreatePeer(*v1::PeerService::NewStub(grpc::CreateCustomChannel(
                address, grpc::InsecureChannelCredentials(), arguments))),
            "");
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_THAT(server.Errors(), HasSubstr("connections refused"));
}

}  // namespace
}  // namespace parley::service
