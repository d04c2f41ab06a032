// A server whose callers show static tokens of two tenants. Used by one thread.
#ifndef PARLEY_TESTS_SERVICE_ACCESS_FIXTURE_H_
#define PARLEY_TESTS_SERVICE_ACCESS_FIXTURE_H_

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "tests/service/calls.h"
#include "tests/service/harness.h"

namespace parley::service {

inline constexpr char kUser[] = "acme-user-0123456789";
inline constexpr char kAdmin[] = "acme-admin-0123456789";
inline constexpr char kOther[] = "other-user-0123456789";
inline constexpr char kUnauthenticated[] = "UNAUTHENTICATED TOKEN";

class AccessTest : public ServerTest {
 protected:
  AccessTest() {
    std::string folder =
        std::filesystem::temp_directory_path() / "parley_access_XXXXXX";
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    Write("acme user " + std::string(kUser) + "\nacme admin " + kAdmin +
          "\nother user " + kOther + "\n");
  }
  ~AccessTest() override {
    StopServer();
    std::filesystem::remove_all(folder_);
  }

  // All at once, as it is documented.
  void Write(const std::string& text) {
    std::ofstream(folder_ / "new") << text;
    std::filesystem::rename(folder_ / "new", folder_ / "tokens");
  }

  void Start(const std::function<void(Options&)>& change = nullptr) {
    Options options = TestOptions();
    options.access.tokens_path = folder_ / "tokens";
    options.access.reload_interval = absl::Milliseconds(10);
    if (change) change(options);
    StartServer(std::move(options));
    channel_ = server_->InProcessChannel();
  }

  template <typename Stub, typename Request, typename Response>
  grpc::Status As(const CallAs& as,
                  grpc::Status (Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
                  const Request& request, Response* response) {
    return CallStub(channel_, as, method, request, response);
  }
  template <typename Stub, typename Request, typename Response>
  grpc::Status As(const CallAs& as,
                  grpc::Status (Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
                  const Request& request) {
    Response response;
    return As(as, method, request, &response);
  }

  // What the simplest call is answered.
  std::string Pool(const std::string& token) {
    return ErrorText(As(Token(token), &v1::PoolService::Stub::GetPool,
                        v1::GetPoolRequest()));
  }
  // Asks with what is right until it is so no more: bad ones are counted.
  void AwaitEnd(const std::string& token) {
    const absl::Time end = absl::Now() + kPatience;
    while (Pool(token) == "OK" && absl::Now() < end) {
    }
    EXPECT_EQ(Pool(token), kUnauthenticated) << "also one seen before";
  }

  // A peer with a transceiver and a data channel.
  v1::Peer CreateAs(const std::string& token) {
    v1::CreatePeerRequest request;
    request.add_data_channels()->set_label("chat");
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
    v1::CreatePeerResponse response;
    EXPECT_OK(As(Token(token), &Peers::CreatePeer, request, &response));
    return response.peer();
  }

  std::filesystem::path folder_;
  std::shared_ptr<grpc::Channel> channel_;
};

// Reads a stream of WatchPeers until all snapshots are there.
struct Watched {
  std::set<std::string> names;
  std::string resume_token;
};
inline Watched WatchOnce(const std::shared_ptr<grpc::Channel>& channel,
                         const CallAs& as, const std::string& resume_token,
                         grpc::Status* status = nullptr) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  context.AddMetadata("authorization", as.authorization);
  v1::WatchPeersRequest request;
  request.set_resume_token(resume_token);
  Peers stub(channel);
  const auto stream = stub.WatchPeers(&context, request);
  Watched watched;
  v1::WatchPeersResponse response;
  while (stream->Read(&response)) {
    if (!response.name().empty()) watched.names.insert(response.name());
    watched.resume_token = response.resume_token();
    if (response.has_snapshots_complete()) context.TryCancel();
  }
  const grpc::Status end = stream->Finish();
  if (status != nullptr) *status = end;
  return watched;
}

}  // namespace parley::service

#endif  // PARLEY_TESTS_SERVICE_ACCESS_FIXTURE_H_
