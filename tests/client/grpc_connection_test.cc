// The connection against a small server on a unix socket.
#include "parley/grpc_connection.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "client/src/token_source.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "parley/client.h"
#include "parley/messages.h"
#include "parley/v1/data_channel_service.grpc.pb.h"
#include "parley/v1/peer_service.grpc.pb.h"

namespace parley::client {
namespace {

constexpr char kPeer[] = "peers/a.1";
constexpr char kChannel[] = "peers/a.1/dataChannels/1";

std::string Header(const grpc::ServerContext& context, const char* key) {
  const auto it = context.client_metadata().find(key);
  if (it == context.client_metadata().end()) return "none";
  return std::string(it->second.data(), it->second.size());
}

class FakePeerService : public v1::PeerService::Service {
 public:
  // Answers with what came: routing header, token, request_id.
  grpc::Status CreateOffer(grpc::ServerContext* context,
                           const v1::CreateOfferRequest* request,
                           v1::CreateOfferResponse* response) override {
    response->mutable_description()->set_sdp(absl::StrCat(
        Header(*context, "parley-node"), " ", Header(*context, "authorization"),
        " ", request->request_id().size()));
    return grpc::Status::OK;
  }

  grpc::Status CreateAnswer(grpc::ServerContext*,
                            const v1::CreateAnswerRequest*,
                            v1::CreateAnswerResponse*) override {
    google::rpc::ErrorInfo info;
    info.set_domain("parley");
    info.set_reason("SIGNALING_STATE");
    (*info.mutable_metadata())["dom_exception"] = "InvalidStateError";
    google::rpc::Status details;
    details.add_details()->PackFrom(info);
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "in stable",
                        details.SerializeAsString());
  }

  // Answers only when the server goes down.
  grpc::Status GetPeer(grpc::ServerContext*, const v1::GetPeerRequest*,
                       v1::GetPeerResponse*) override {
    absl::MutexLock lock(&mutex_);
    entered_ = true;
    mutex_.Await(absl::Condition(&going_));
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  }

  // Sends the events up to `last`, ends when it is 10, else waits.
  grpc::Status WatchPeer(
      grpc::ServerContext*, const v1::WatchPeerRequest* request,
      grpc::ServerWriter<v1::WatchPeerResponse>* writer) override {
    uint64_t last;
    {
      absl::MutexLock lock(&mutex_);
      last = last_;
    }
    for (uint64_t i = request->after_sequence() + 1; i <= last; ++i) {
      v1::WatchPeerResponse response;
      response.mutable_event()->set_sequence(i);
      if (i == 10) response.mutable_event()->mutable_closed();
      writer->Write(response);
    }
    if (last == 10) return grpc::Status::OK;
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&going_));
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  }

  void set_last(uint64_t last) {
    absl::MutexLock lock(&mutex_);
    last_ = last;
  }

  void set_going(bool going) {
    absl::MutexLock lock(&mutex_);
    going_ = going;
  }

  void AwaitEntered() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&entered_));
  }

 private:
  absl::Mutex mutex_;
  uint64_t last_ ABSL_GUARDED_BY(mutex_) = 10;
  bool entered_ ABSL_GUARDED_BY(mutex_) = false;
  bool going_ ABSL_GUARDED_BY(mutex_) = false;
};

// Accepts everything and sends it back.
class EchoService : public v1::DataChannelService::Service {
 public:
  grpc::Status Exchange(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::ExchangeResponse, v1::ExchangeRequest>*
          stream) override {
    v1::ExchangeRequest request;
    uint64_t echoed = 0;
    while (stream->Read(&request)) {
      v1::ExchangeResponse response;
      for (const v1::ClientFrame& frame : request.frames()) {
        if (frame.has_attach()) {
          v1::ServerFrame& attached = *response.add_frames();
          attached.set_name(frame.name());
          attached.mutable_attached()->set_window(100'000);
        } else if (frame.has_message()) {
          response.add_frames()->mutable_acknowledge()->set_sequence(
              frame.message().sequence());
          v1::ServerFrame& echo = *response.add_frames();
          *echo.mutable_message() = frame.message();
          echo.mutable_message()->set_sequence(++echoed);
        } else if (frame.has_detach()) {
          response.add_frames()->mutable_detached()->set_reason(
              v1::DETACH_REASON_REQUESTED);
        }
      }
      if (!response.frames().empty()) stream->Write(response);
    }
    return grpc::Status::OK;
  }
};

class GrpcConnectionTest : public ::testing::Test {
 protected:
  GrpcConnectionTest() {
    char path[] = "/tmp/parley-client-test-XXXXXX";
    directory_ = mkdtemp(path);
    socket_ = directory_ + "/s";
    StartServer();
  }

  ~GrpcConnectionTest() override {
    StopServer();
    unlink(socket_.c_str());
    rmdir(directory_.c_str());
  }

  void StartServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket_,
                             grpc::InsecureServerCredentials());
    builder.RegisterService(&peers_);
    builder.RegisterService(&channels_);
    server_ = builder.BuildAndStart();
  }

  void StopServer() {
    if (server_ == nullptr) return;
    peers_.set_going(true);
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
    peers_.set_going(false);
  }

  ConnectionOptions Options() {
    ConnectionOptions options;
    options.server = "unix:" + socket_;
    return options;
  }

  std::string directory_;
  std::string socket_;
  FakePeerService peers_;
  EchoService channels_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(GrpcConnectionTest, ACallHasRoutingTokenAndRequestId) {
  ConnectionOptions options = Options();
  options.token = "t0ken";
  const Client client(MakeConnection(options));
  const auto offer = client.CreateOffer(kPeer);
  ASSERT_TRUE(offer.ok()) << offer.status();
  EXPECT_EQ(offer->description().sdp(), "a Bearer t0ken 36");
}

TEST_F(GrpcConnectionTest, ATokenOfAFileIsReadAgain) {
  const std::string path = directory_ + "/token";
  const auto write = [&path](const char* token) {
    std::ofstream(path + ".new") << token << "\n";
    rename((path + ".new").c_str(), path.c_str());
  };
  write("f1rst");
  ConnectionOptions options = Options();
  options.token_file = path;
  const Client client(MakeConnection(options));
  const auto sent = [&client] {
    const auto offer = client.CreateOffer(kPeer);
    return offer.ok() ? offer->description().sdp()
                      : std::string(offer.status().message());
  };
  EXPECT_EQ(sent(), "a Bearer f1rst 36");
  write("sec0nd");
  const absl::Time end = absl::Now() + absl::Seconds(30);
  while (sent() != "a Bearer sec0nd 36" && absl::Now() < end) {
  }
  EXPECT_EQ(sent(), "a Bearer sec0nd 36");
}

TEST_F(GrpcConnectionTest, ATokenDoesNotLeaveTheMachineInPlaintext) {
  ConnectionOptions options;
  // Nobody is there (RFC 5737); nothing is sent either.
  options.server = "192.0.2.1:50051";
  options.token = "t0ken";
  const Client client(MakeConnection(options));
  const auto offer = client.CreateOffer(kPeer);
  EXPECT_TRUE(absl::IsFailedPrecondition(offer.status())) << offer.status();
  EXPECT_EQ(std::string(offer.status().message()).find("t0ken"),
            std::string::npos);
}

TEST(StaysOnThisMachineTest, KnowsTheTargetsOfGrpc) {
  using internal::StaysOnThisMachine;
  for (const char* here :
       {"localhost:50051", "localhost", "127.0.0.1:1", "127.8.8.8", "[::1]:1",
        "::1", "unix:/run/parley", "unix:///run/parley", "unix-abstract:x",
        "dns:localhost:1", "dns:///localhost:1", "ipv4:127.0.0.1:1",
        "ipv6:[::1]:1"}) {
    EXPECT_TRUE(StaysOnThisMachine(here)) << here;
  }
  for (const char* elsewhere :
       {"", "example.org:50051", "192.0.2.1:1", "[2001:db8::1]:1",
        "2001:db8::1", "localhost.example.org:1", "127.0.0.1.example.org:1",
        "dns:///example.org:1", "dns://127.0.0.1/example.org", "dns://x",
        "ipv4:127.0.0.1:1,192.0.2.1:1", "[", "0.0.0.0:1", "xds:///localhost"}) {
    EXPECT_FALSE(StaysOnThisMachine(elsewhere)) << elsewhere;
  }
}

TEST_F(GrpcConnectionTest, AnErrorHasItsDetails) {
  const Client client(MakeConnection(Options()));
  const auto answer = client.CreateAnswer(kPeer);
  EXPECT_TRUE(absl::IsFailedPrecondition(answer.status()));
  const auto info = GetErrorInfo(answer.status());
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "SIGNALING_STATE");
  EXPECT_EQ(info->dom_exception, "InvalidStateError");
}

TEST_F(GrpcConnectionTest, ADeadlineEndsACall) {
  const Client client(MakeConnection(Options()));
  const auto peer = client.GetPeer(kPeer, {.timeout = absl::Milliseconds(50)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(peer.status()));
}

TEST_F(GrpcConnectionTest, AServerThatIsNotThereIsUnavailable) {
  StopServer();
  const Client client(MakeConnection(Options()));
  const auto offer = client.CreateOffer(kPeer);
  EXPECT_TRUE(absl::IsUnavailable(offer.status())) << offer.status();
  EXPECT_FALSE(GetErrorInfo(offer.status()).has_value());
}

TEST_F(GrpcConnectionTest, AChannelOfTheCallersOwnServes) {
  const Client client(
      MakeGrpcConnection(server_->InProcessChannel(grpc::ChannelArguments())));
  EXPECT_TRUE(client.CreateOffer(kPeer).ok());
}

TEST_F(GrpcConnectionTest, AWatchRunsToItsEnd) {
  const Client client(MakeConnection(Options()));
  WatchOptions options;
  options.after_sequence = 0;
  PeerWatch watch = client.WatchPeer(kPeer, options);
  for (uint64_t i = 1; i <= 10; ++i) {
    const auto update = watch.Next(absl::Seconds(30));
    ASSERT_TRUE(update.ok()) << update.status();
    EXPECT_EQ((*update)->event().sequence(), i);
  }
  const auto end = watch.Next(absl::Seconds(30));
  ASSERT_TRUE(end.ok());
  EXPECT_FALSE(end->has_value());
}

TEST_F(GrpcConnectionTest, AWatchSurvivesTheEndOfItsServer) {
  const Client client(MakeConnection(Options()));
  peers_.set_last(4);
  WatchOptions options;
  options.after_sequence = 0;
  PeerWatch watch = client.WatchPeer(kPeer, options);
  for (uint64_t i = 1; i <= 4; ++i) {
    ASSERT_TRUE(watch.Next(absl::Seconds(30)).ok());
  }
  StopServer();
  peers_.set_last(10);
  StartServer();
  for (uint64_t i = 5; i <= 10; ++i) {
    const auto update = watch.Next(absl::Seconds(30));
    ASSERT_TRUE(update.ok()) << update.status();
    EXPECT_EQ((*update)->event().sequence(), i);
  }
}

TEST_F(GrpcConnectionTest, AWatchIsCancelledByLettingGoOfIt) {
  const Client client(MakeConnection(Options()));
  peers_.set_last(1);
  auto ended = std::make_shared<absl::Notification>();
  {
    PeerWatch watch = client.WatchPeer(kPeer, {.after_sequence = 0});
    ASSERT_TRUE(watch.Next(absl::Seconds(30)).ok());
    watch.Next([ended](absl::StatusOr<PeerWatch::Update> update) {
      EXPECT_TRUE(absl::IsCancelled(update.status()));
      ended->Notify();
    });
  }
  EXPECT_TRUE(ended->HasBeenNotified());
}

TEST_F(GrpcConnectionTest, TheEndOfTheConnectionEndsItsCalls) {
  auto ended = std::make_shared<std::optional<absl::Status>>();
  {
    const Client client(MakeConnection(Options()));
    client.GetPeer(v1::GetPeerRequest(),
                   [ended](auto peer) { *ended = peer.status(); });
    peers_.AwaitEntered();
    EXPECT_FALSE(ended->has_value());
  }
  // The callback kept the connection; its own cancellation ends it.
  StopServer();
}

TEST_F(GrpcConnectionTest, ACallbackMayLetGoOfTheLastConnection) {
  absl::Notification ended;
  auto client = std::make_unique<Client>(MakeConnection(Options()));
  v1::CreateOfferRequest request;
  request.set_name(kPeer);
  Client* const raw = client.get();
  raw->CreateOffer(
      request,
      [&, held = std::shared_ptr<Client>(std::move(client))](auto) mutable {
        held.reset();
        ended.Notify();
      });
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST_F(GrpcConnectionTest, ADataSessionSendsReceivesAndFinishes) {
  const Client client(MakeConnection(Options()));
  DataSession session = client.OpenDataSession(kChannel);
  EXPECT_TRUE(session.SendText(kChannel, "hello").ok());
  EXPECT_TRUE(session.SendBinary(kChannel, std::string("\0\1", 2)).ok());
  auto frame = session.Receive(absl::Seconds(30));
  ASSERT_TRUE(frame.ok());
  EXPECT_TRUE(frame->has_attached());
  frame = session.Receive(absl::Seconds(30));
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->message().text(), "hello");
  frame = session.Receive(absl::Seconds(30));
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->message().binary(), std::string("\0\1", 2));
  EXPECT_TRUE(session.Finish().ok());
}

TEST_F(GrpcConnectionTest, ManyMessagesGoThroughOneSession) {
  constexpr int kMessages = 2000;
  const Client client(MakeConnection(Options()));
  DataSession session = client.OpenDataSession(kChannel);
  absl::Mutex mutex;
  int accepted = 0;
  for (int i = 0; i < kMessages; ++i) {
    v1::DataMessage message;
    message.set_text(absl::StrCat(i));
    session.Send(kChannel, std::move(message), [&](const absl::Status& status) {
      absl::MutexLock lock(&mutex);
      if (status.ok()) ++accepted;
    });
  }
  ASSERT_TRUE(session.Receive(absl::Seconds(30)).ok());  // attached
  for (int i = 0; i < kMessages; ++i) {
    const auto frame = session.Receive(absl::Seconds(30));
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_EQ(frame->message().text(), absl::StrCat(i));
  }
  EXPECT_TRUE(session.Finish().ok());
  absl::MutexLock lock(&mutex);
  EXPECT_EQ(accepted, kMessages);
}

}  // namespace
}  // namespace parley::client
