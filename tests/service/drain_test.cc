// PoolService.Drain, and the end of the server.

#include <optional>
#include <string>
#include <thread>

#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

namespace health = grpc::health::v1;
using Pool = v1::PoolService::Stub;

class DrainTest : public ServerTest {
 protected:
  DrainTest() { StartServer(TestOptions()); }

  grpc::Status Drain(std::optional<absl::Duration> timeout,
                     bool cancel = false) {
    v1::DrainRequest request;
    request.set_cancel(cancel);
    if (timeout) {
      request.mutable_timeout()->set_seconds(absl::ToInt64Seconds(*timeout));
      request.mutable_timeout()->set_nanos(static_cast<int32_t>(
          absl::ToInt64Nanoseconds(*timeout % absl::Seconds(1))));
    }
    return Call(&Pool::Drain, request, &drained_);
  }
  bool Serving(const std::string& service = "") {
    const auto stub = health::Health::NewStub(server_->InProcessChannel());
    grpc::ClientContext context;
    health::HealthCheckRequest request;
    request.set_service(service);
    health::HealthCheckResponse response;
    EXPECT_OK(stub->Check(&context, request, &response));
    return response.status() == health::HealthCheckResponse::SERVING;
  }
  std::string CreateError() {
    return ErrorText(Call(&Peers::CreatePeer, v1::CreatePeerRequest()));
  }

  v1::DrainResponse drained_;
};

TEST_F(DrainTest, PeersLiveOnUntilTheDeadlineAndAreTold) {
  const std::string name = CreateChannelPeer().name();
  EXPECT_TRUE(Serving());
  ASSERT_OK(Drain(absl::Hours(1)));
  EXPECT_EQ(drained_.pool().state(), v1::POOL_STATE_DRAINING);
  EXPECT_FALSE(Serving());
  EXPECT_FALSE(Serving("parley.v1.PeerService"));
  EXPECT_EQ(CreateError(), "UNAVAILABLE DRAINING");
  const auto told = [&](const v1::Event& event) {
    return event.has_draining() &&
           event.draining().deadline().SerializeAsString() ==
               drained_.pool().drain_deadline().SerializeAsString();
  };
  EXPECT_TRUE(AwaitEvent(name, 0, told));
  EXPECT_FALSE(CreateOffer(name).sdp().empty());
  // The deadline moves, and comes.
  ASSERT_OK(Drain(absl::Milliseconds(50)));
  EXPECT_TRUE(AwaitEvent(name, 0, [](const v1::Event& event) {
    return event.closed().reason() == v1::CLOSE_REASON_DRAINED;
  }));
  EXPECT_EQ(CreateError(), "UNAVAILABLE DRAINING");
}

// Else whoever restarts what is not healthy would end the drain.
TEST_F(DrainTest, AServerThatDrainsIsAlive) {
  EXPECT_TRUE(Serving("live"));
  ASSERT_OK(Drain(absl::Hours(1)));
  EXPECT_FALSE(Serving());
  EXPECT_TRUE(Serving("live"));
}

TEST_F(DrainTest, ADrainCanBeCancelled) {
  const std::string name = CreatePeer().name();
  ASSERT_OK(Drain(absl::Hours(1)));
  ASSERT_OK(Drain(std::nullopt, /*cancel=*/true));
  EXPECT_EQ(drained_.pool().state(), v1::POOL_STATE_SERVING);
  EXPECT_FALSE(drained_.pool().has_drain_deadline());
  EXPECT_TRUE(Serving());
  CreatePeer();
  EXPECT_FALSE(GetPeer(name).has_closure());
  // Nothing to cancel is no error.
  EXPECT_OK(Drain(std::nullopt, /*cancel=*/true));
}

TEST_F(DrainTest, BadTimesAreRefused) {
  const std::string wrong = "INVALID_ARGUMENT ARGUMENT TypeError";
  EXPECT_EQ(ErrorText(Drain(absl::Seconds(1), /*cancel=*/true)), wrong);
  EXPECT_EQ(ErrorText(Drain(absl::Seconds(-1))),
            "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
  EXPECT_EQ(ErrorText(Drain(absl::Hours(25))),
            "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
  EXPECT_TRUE(Serving());
}

TEST_F(DrainTest, TheEndWaitsForPeersAndNoLonger) {
  const std::string name = CreatePeer().name();
  std::thread stop([&] { server_->Stop(absl::Hours(1)); });
  EXPECT_TRUE(AwaitEvent(
      name, 0, [](const v1::Event& event) { return event.has_draining(); }));
  EXPECT_EQ(CreateError(), "UNAVAILABLE DRAINING");
  EXPECT_OK(Drain(std::nullopt, /*cancel=*/true));  // of no avail
  EXPECT_EQ(CreateError(), "UNAVAILABLE DRAINING");
  // Over a socket: a channel in the process ends at once with the server.
  const auto peers = v1::PeerService::NewStub(grpc::CreateChannel(
      server_->address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::ClosePeerRequest request;
  request.set_name(name);
  v1::ClosePeerResponse response;
  EXPECT_OK(peers->ClosePeer(&context, request, &response));
  stop.join();
}

TEST_F(DrainTest, TheEndClosesPeersAtTheDeadline) {
  const std::string name = CreatePeer().name();
  std::thread stop([&] { server_->Stop(absl::Milliseconds(50)); });
  EXPECT_TRUE(AwaitEvent(name, 0, [](const v1::Event& event) {
    return event.closed().reason() == v1::CLOSE_REASON_DRAINED;
  }));
  stop.join();
}

}  // namespace
}  // namespace parley::service
