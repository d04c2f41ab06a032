// How much each tenant may have: quotas, streams, calls; and bad tokens.

#include <set>
#include <string>

#include "tests/service/access_fixture.h"

namespace parley::service {
namespace {

using google::protobuf::MethodDescriptor;
using ::testing::ElementsAre;

using TenantLimitsTest = AccessTest;

TEST_F(TenantLimitsTest, QuotasAreEachTenantsOwnAndMetExactly) {
  Start([](Options& options) {
    options.engine.tenants = {.max_peers = 2, .max_certificates = 1};
  });
  const auto create = [&](const char* token) {
    return As(Token(token), &Peers::CreatePeer, v1::CreatePeerRequest());
  };
  const std::string first = CreateAs(kUser).name();
  EXPECT_OK(create(kAdmin)) << "of the same tenant";
  const grpc::Status refused = create(kUser);
  EXPECT_EQ(ErrorText(refused),
            "RESOURCE_EXHAUSTED TENANT_QUOTA OperationError");
  EXPECT_EQ(Metadata(refused, "quota"), "peers");
  EXPECT_EQ(Metadata(refused, "limit"), "2");
  EXPECT_TRUE(FindDetail<google::rpc::QuotaFailure>(refused));
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(refused));
  EXPECT_OK(create(kOther));

  const auto generate = [&](const char* token) {
    return As(Token(token), &v1::CertificateService::Stub::GenerateCertificate,
              v1::GenerateCertificateRequest());
  };
  EXPECT_OK(generate(kUser));
  EXPECT_EQ(ErrorText(generate(kUser)),
            "RESOURCE_EXHAUSTED TENANT_QUOTA OperationError");
  EXPECT_OK(generate(kOther));

  v1::GetPoolResponse pool;
  ASSERT_OK(As(Token(kUser), &v1::PoolService::Stub::GetPool,
               v1::GetPoolRequest(), &pool));
  EXPECT_EQ(pool.pool().tenant().name(), "acme");
  EXPECT_FALSE(pool.pool().tenant().admin());
  EXPECT_EQ(pool.pool().tenant().peers(), 2u);
  EXPECT_EQ(pool.pool().tenant().max_peers(), 2u);
  EXPECT_EQ(pool.pool().tenant().certificates(), 1u);
  EXPECT_EQ(pool.pool().tenant().max_certificates(), 1u);
  EXPECT_EQ(pool.pool().tenant().calls_per_second(), 0);

  // What is given back can be had again, once all of it is.
  v1::ClosePeerRequest close;
  close.set_name(first);
  EXPECT_OK(As(Token(kUser), &Peers::ClosePeer, close));
  const absl::Time end = absl::Now() + kPatience;
  grpc::Status again;
  do {
    again = create(kUser);
  } while (!again.ok() && absl::Now() < end);
  EXPECT_OK(again);
}

TEST_F(TenantLimitsTest, StreamsOfATenantAreCounted) {
  Start([](Options& options) { options.engine.tenants.max_streams = 1; });
  const std::string name = CreateAs(kUser).name();
  v1::WatchPeerRequest request;
  request.set_name(name);
  Peers stub(channel_);
  grpc::ClientContext context;
  context.AddMetadata("authorization", Token(kUser).authorization);
  const auto stream = stub.WatchPeer(&context, request);
  v1::WatchPeerResponse response;
  ASSERT_TRUE(stream->Read(&response));

  ForEachMethod([&](const MethodDescriptor& method) {
    if (!method.server_streaming()) return;
    SCOPED_TRACE(method.full_name());
    const auto empty = NewRequest(method);
    const grpc::Status refused =
        CallMethod(channel_, Token(kUser), method, *empty);
    EXPECT_EQ(ErrorText(refused), "RESOURCE_EXHAUSTED RATE OperationError");
    EXPECT_EQ(Metadata(refused, "quota"), "streams");
    EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(refused));
  });
  EXPECT_FALSE(WatchOnce(channel_, Token(kOther), "").resume_token.empty());

  context.TryCancel();
  stream->Finish();
  const absl::Time end = absl::Now() + kPatience;
  std::set<std::string> names;
  while (names.empty() && absl::Now() < end) {
    names = WatchOnce(channel_, Token(kUser), "").names;
  }
  EXPECT_THAT(names, ElementsAre(name));
}

TEST_F(TenantLimitsTest, CallsOfATenantHaveARate) {
  Start([](Options& options) {
    // So slow that no test waits for the next one.
    options.engine.tenants.calls = {.per_second = 1e-4, .burst = 5};
  });
  const auto pool = [&](const char* token) {
    return As(Token(token), &v1::PoolService::Stub::GetPool,
              v1::GetPoolRequest());
  };
  for (int i = 0; i < 5; ++i) EXPECT_OK(pool(i % 2 ? kUser : kAdmin));
  ForEachMethod([&](const MethodDescriptor& method) {
    SCOPED_TRACE(method.full_name());
    const grpc::Status refused =
        CallMethod(channel_, Token(kUser), method, *NewRequest(method));
    EXPECT_EQ(ErrorText(refused), "RESOURCE_EXHAUSTED RATE OperationError");
    EXPECT_EQ(Metadata(refused, "quota"), "calls");
    const auto retry = FindDetail<google::rpc::RetryInfo>(refused);
    ASSERT_TRUE(retry);
    EXPECT_GT(retry->retry_delay().seconds(), 9000);
  });
  EXPECT_OK(pool(kOther));
}

TEST_F(TenantLimitsTest, AFloodOfBadTokensStopsBeingLookedAt) {
  Start();
  const auto pool = [&](const std::string& token) {
    return As(Token(token), &v1::PoolService::Stub::GetPool,
              v1::GetPoolRequest());
  };
  EXPECT_OK(pool(kUser));
  grpc::Status refused;
  for (int i = 0; i < 100000; ++i) {
    refused = pool("stranger-" + std::to_string(100000 + i));
    if (ErrorText(refused) != kUnauthenticated) break;
  }
  EXPECT_EQ(ErrorText(refused), "RESOURCE_EXHAUSTED RATE OperationError");
  EXPECT_EQ(Metadata(refused, "quota"), "tokens");
  EXPECT_OK(pool(kUser)) << "one that was seen before";
}

}  // namespace
}  // namespace parley::service
