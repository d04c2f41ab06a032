#include "tests/service/harness.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace parley::service {

std::string ErrorText(const grpc::Status& status) {
  if (status.ok()) return "OK";
  std::string text = absl::StatusCodeToString(
      static_cast<absl::StatusCode>(status.error_code()));
  if (const auto info = FindDetail<google::rpc::ErrorInfo>(status)) {
    absl::StrAppend(&text, " ", info->reason());
    const auto exception = info->metadata().find("dom_exception");
    if (exception != info->metadata().end()) {
      absl::StrAppend(&text, " ", exception->second);
    }
  }
  return text;
}

::testing::AssertionResult IsOk(const grpc::Status& status) {
  if (status.ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << ErrorText(status) << ": " << status.error_message();
}

std::string Metadata(const grpc::Status& status, const std::string& key) {
  const auto info = FindDetail<google::rpc::ErrorInfo>(status);
  if (!info) return "";
  const auto found = info->metadata().find(key);
  return found == info->metadata().end() ? "" : found->second;
}

ServerTest::ServerTest() = default;

ServerTest::~ServerTest() { StopServer(); }

void ServerTest::StopServer() {
  // Stubs hold channels into the server.
  peers_.reset();
  channels_.reset();
  pool_.reset();
  certificates_.reset();
  server_.reset();
}

Options ServerTest::TestOptions() {
  Options options;
  options.listen = *ParseAddress("127.0.0.1:0");
  options.admin_listen.reset();
  options.drain_timeout = absl::ZeroDuration();
  options.engine.event_loops = 2;
  options.engine.ready_certificates = 4;
  options.engine.ice.addresses.addresses = {"127.0.0.1"};
  options.log.level = LogLevel::kError;
  return options;
}

void ServerTest::StartServer(Options options) {
  StopServer();
  log_ = std::make_unique<Log>(options.log, SystemClock());
  auto server = Server::Start(std::move(options), *log_);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  const auto channel = server_->InProcessChannel();
  peers_ = v1::PeerService::NewStub(channel);
  channels_ = v1::DataChannelService::NewStub(channel);
  pool_ = v1::PoolService::NewStub(channel);
  certificates_ = v1::CertificateService::NewStub(channel);
}

v1::Peer ServerTest::CreatePeer(const v1::CreatePeerRequest& request) {
  v1::CreatePeerResponse response;
  EXPECT_OK(Call(&Peers::CreatePeer, request, &response));
  return response.peer();
}

v1::Peer ServerTest::CreateChannelPeer() {
  v1::CreatePeerRequest request;
  request.add_data_channels()->set_label("chat");
  return CreatePeer(request);
}

v1::Peer ServerTest::GetPeer(const std::string& name, v1::PeerView view) {
  v1::GetPeerRequest request;
  request.set_name(name);
  request.set_view(view);
  v1::GetPeerResponse response;
  EXPECT_OK(Call(&Peers::GetPeer, request, &response));
  return response.peer();
}

v1::SessionDescription ServerTest::CreateOffer(const std::string& name) {
  v1::CreateOfferRequest request;
  request.set_name(name);
  v1::CreateOfferResponse response;
  EXPECT_OK(Call(&Peers::CreateOffer, request, &response));
  return response.description();
}

v1::SessionDescription ServerTest::SetLocal(const std::string& name) {
  v1::SetLocalDescriptionRequest request;
  request.set_name(name);
  v1::SetLocalDescriptionResponse response;
  EXPECT_OK(Call(&Peers::SetLocalDescription, request, &response));
  return response.description();
}

void ServerTest::SetRemote(const std::string& name,
                           const v1::SessionDescription& description) {
  v1::SetRemoteDescriptionRequest request;
  request.set_name(name);
  *request.mutable_description() = description;
  EXPECT_OK(Call(&Peers::SetRemoteDescription, request));
}

void ServerTest::ClosePeer(const std::string& name) {
  v1::ClosePeerRequest request;
  request.set_name(name);
  EXPECT_OK(Call(&Peers::ClosePeer, request));
}

bool ServerTest::AwaitEvent(
    const std::string& name, uint64_t after,
    const std::function<bool(const v1::Event&)>& condition) {
  v1::WatchPeerRequest request;
  request.set_name(name);
  request.set_after_sequence(after);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  const auto stream = peers_->WatchPeer(&context, request);
  v1::WatchPeerResponse response;
  while (stream->Read(&response)) {
    if (!response.has_event() || !condition(response.event())) continue;
    context.TryCancel();
    return true;
  }
  ADD_FAILURE() << "the event did not come: " << ErrorText(stream->Finish());
  return false;
}

void ServerTest::AwaitConnected(const std::string& name) {
  AwaitEvent(name, 0, [](const v1::Event& event) {
    return event.connection_state_change().connection_state() ==
           v1::PEER_CONNECTION_STATE_CONNECTED;
  });
}

void ServerTest::AwaitGathered(const std::string& name) {
  AwaitEvent(name, 0, [](const v1::Event& event) {
    return event.ice_gathering_state_change().ice_gathering_state() ==
           v1::ICE_GATHERING_STATE_COMPLETE;
  });
}

ServerTest::Pair ServerTest::Connect() {
  Pair pair;
  const v1::Peer offerer = CreateChannelPeer();
  pair.a = offerer.name();
  pair.channel_a = offerer.state().data_channels(0).name();
  pair.b = CreatePeer().name();
  SetLocal(pair.a);
  AwaitGathered(pair.a);
  SetRemote(pair.b,
            GetPeer(pair.a, v1::PEER_VIEW_FULL).pending_local_description());
  SetLocal(pair.b);
  AwaitGathered(pair.b);
  SetRemote(pair.a,
            GetPeer(pair.b, v1::PEER_VIEW_FULL).current_local_description());
  AwaitConnected(pair.a);
  AwaitConnected(pair.b);
  AwaitEvent(pair.b, 0, [&pair](const v1::Event& event) {
    pair.channel_b = event.data_channel().data_channel().name();
    return event.has_data_channel();
  });
  AwaitEvent(pair.a, 0, [](const v1::Event& event) {
    return event.data_channel_state_change().data_channel().ready_state() ==
           v1::DATA_CHANNEL_STATE_OPEN;
  });
  return pair;
}

}  // namespace parley::service
