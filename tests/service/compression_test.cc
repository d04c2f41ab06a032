// Requests that are compressed, which nobody needs: inflated they may be a
// thousand times as large before gRPC looks at their size.

#include "grpcpp/create_channel.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using CompressionTest = ServerTest;

TEST_F(CompressionTest, CompressedRequestsAreRefused) {
  StartServer(TestOptions());
  const auto stub = v1::PeerService::NewStub(grpc::CreateChannel(
      server_->address(), grpc::InsecureChannelCredentials()));
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    context.set_compression_algorithm(algorithm);
    v1::CreatePeerRequest request;
    // gRPC compresses only what that makes smaller.
    (*request.mutable_labels())["zeros"] = std::string(200, '0');
    v1::CreatePeerResponse response;
    EXPECT_EQ(stub->CreatePeer(&context, request, &response).error_code(),
              grpc::StatusCode::UNIMPLEMENTED);
  }
  CreatePeer();
}

}  // namespace
}  // namespace parley::service
