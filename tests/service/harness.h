// A server in the test's own process, called through gRPC without a socket, and
// readable expectations about what came back. Used by one thread.
#ifndef PARLEY_TESTS_SERVICE_HARNESS_H_
#define PARLEY_TESTS_SERVICE_HARNESS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "parley/v1/certificate_service.grpc.pb.h"
#include "parley/v1/data_channel_service.grpc.pb.h"
#include "parley/v1/peer_service.grpc.pb.h"
#include "parley/v1/pool_service.grpc.pb.h"
#include "service/server.h"

namespace parley::service {

inline constexpr absl::Duration kPatience = absl::Seconds(60);

// "CODE REASON DomException", as errors are expected in tests.
std::string ErrorText(const grpc::Status& status);
// nullopt: the status has no such detail.
template <typename Detail>
std::optional<Detail> FindDetail(const grpc::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  for (const auto& any : details.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}
// The metadata entry of the ErrorInfo; "" if there is none.
std::string Metadata(const grpc::Status& status, const std::string& key);

// Names the error and its message if the status is one.
::testing::AssertionResult IsOk(const grpc::Status& status);
#define EXPECT_OK(expression) EXPECT_TRUE(IsOk(expression))
#define ASSERT_OK(expression) ASSERT_TRUE(IsOk(expression))

class ServerTest : public ::testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override;

  // Loopback only; no port of its own to clash over.
  static Options TestOptions();
  // In place of the one before, if any.
  void StartServer(Options options);
  void StopServer();

  // One unary call.
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    return (StubOf<Stub>()->*method)(&context, request, response);
  }
  // The same, without interest in the reply.
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const Request& request) {
    Response response;
    return Call(method, request, &response);
  }

  // --- Steps that must succeed ---
  v1::Peer CreatePeer(const v1::CreatePeerRequest& request = {});
  // A peer with one data channel.
  v1::Peer CreateChannelPeer();
  v1::Peer GetPeer(const std::string& name,
                   v1::PeerView view = v1::PEER_VIEW_BASIC);
  v1::SessionDescription CreateOffer(const std::string& name);
  v1::SessionDescription SetLocal(const std::string& name);
  void SetRemote(const std::string& name,
                 const v1::SessionDescription& description);
  void ClosePeer(const std::string& name);
  // Reads events after this one until the condition holds; fails in time.
  bool AwaitEvent(const std::string& name, uint64_t after,
                  const std::function<bool(const v1::Event&)>& condition);
  void AwaitConnected(const std::string& name);
  void AwaitGathered(const std::string& name);
  // Two peers of this server, connected; the first has the channel.
  struct Pair {
    std::string a;
    std::string b;
    std::string channel_a;
    std::string channel_b;
  };
  Pair Connect();

  std::unique_ptr<v1::PeerService::Stub> peers_;
  std::unique_ptr<v1::DataChannelService::Stub> channels_;
  std::unique_ptr<v1::PoolService::Stub> pool_;
  std::unique_ptr<v1::CertificateService::Stub> certificates_;
  std::unique_ptr<Server> server_;

 private:
  template <typename Stub>
  Stub* StubOf() {
    if constexpr (std::is_same_v<Stub, v1::PeerService::Stub>) {
      return peers_.get();
    } else if constexpr (std::is_same_v<Stub, v1::DataChannelService::Stub>) {
      return channels_.get();
    } else if constexpr (std::is_same_v<Stub, v1::PoolService::Stub>) {
      return pool_.get();
    } else {
      return certificates_.get();
    }
  }

  std::unique_ptr<Log> log_;
};

using Peers = v1::PeerService::Stub;
using Channels = v1::DataChannelService::Stub;

}  // namespace parley::service

#endif  // PARLEY_TESTS_SERVICE_HARNESS_H_
