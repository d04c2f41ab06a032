#include "service/status.h"

#include <optional>
#include <set>
#include <string>

#include "core/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"
#include "gtest/gtest.h"
#include "parley/v1/error.pb.h"
#include "service/utf8.h"

namespace parley::service {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  return details;
}

template <typename Detail>
std::optional<Detail> Find(const google::rpc::Status& details) {
  for (const auto& any : details.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

class EveryReasonTest : public ::testing::TestWithParam<int> {};

TEST_P(EveryReasonTest, ReachesTheCallerWithAllItsParts) {
  const auto reason = static_cast<Reason>(GetParam());
  const grpc::Status status = ToGrpcStatus(MakeRetryableError(
      reason, "what, and what to do", absl::Milliseconds(1500),
      {{"field", "a.b"}, {"peer", "peers/p"}}));
  EXPECT_EQ(static_cast<int>(status.error_code()),
            static_cast<int>(ReasonCode(reason)));
  EXPECT_EQ(status.error_message(), "what, and what to do");

  const google::rpc::Status details = Details(status);
  const auto info = Find<google::rpc::ErrorInfo>(details);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason(), ReasonName(reason));
  EXPECT_EQ(info->domain(), "parley");
  EXPECT_EQ(info->metadata().at("field"), "a.b");
  EXPECT_EQ(info->metadata().at("peer"), "peers/p");
  const std::string_view exception = DomExceptionName(ReasonException(reason));
  EXPECT_EQ(info->metadata().contains("dom_exception"), !exception.empty());
  if (!exception.empty()) {
    EXPECT_EQ(info->metadata().at("dom_exception"), exception);
  }

  const auto retry = Find<google::rpc::RetryInfo>(details);
  ASSERT_TRUE(retry);
  EXPECT_EQ(retry->retry_delay().seconds(), 1);
  EXPECT_EQ(retry->retry_delay().nanos(), 500000000);

  const auto bad = Find<google::rpc::BadRequest>(details);
  EXPECT_EQ(bad.has_value(),
            status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  if (bad) {
    EXPECT_EQ(bad->field_violations(0).field(), "a.b");
  }
  const auto precondition = Find<google::rpc::PreconditionFailure>(details);
  EXPECT_EQ(precondition.has_value(),
            status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  if (precondition) {
    EXPECT_EQ(precondition->violations(0).type(), ReasonName(reason));
    EXPECT_EQ(precondition->violations(0).subject(), "peers/p");
  }
  const auto quota = Find<google::rpc::QuotaFailure>(details);
  EXPECT_EQ(quota.has_value(),
            status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  if (quota) {
    EXPECT_EQ(quota->violations(0).subject(), ReasonName(reason));
  }
}

INSTANTIATE_TEST_SUITE_P(
    , EveryReasonTest,
    ::testing::Range(0, static_cast<int>(Reason::kInternal) + 1),
    [](const ::testing::TestParamInfo<int>& info) {
      return std::string(ReasonName(static_cast<Reason>(info.param)));
    });

TEST(StatusTest, SuccessIsSuccess) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToGrpcStatus(absl::OkStatus()).error_details(), "");
}

TEST(StatusTest, WithoutRetryDelayOrFieldNothingIsMadeUp) {
  const google::rpc::Status details =
      Details(ToGrpcStatus(MakeError(Reason::kSdpSyntax, "line 3")));
  EXPECT_EQ(details.details_size(), 1);
}

TEST(StatusTest, AForeignErrorIsAFaultOfTheServer) {
  const grpc::Status status = ToGrpcStatus(absl::UnknownError("odd"));
  const auto info = Find<google::rpc::ErrorInfo>(Details(status));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason(), "INTERNAL");
}

// What a hostile peer or caller wrote may end up in a message. gRPC clients
// take 8 KiB of trailers; the message is escaped there, up to three bytes for
// one, and the details are base64.
TEST(StatusTest, HostileTextIsBoundedAndUtf8) {
  const std::string bytes(10000, '\xFE');
  ErrorMetadata metadata;
  for (int i = 0; i < 100; ++i) {
    metadata.emplace_back("key" + std::to_string(i) + bytes, bytes);
  }
  metadata.insert(metadata.begin(), {"field", bytes});
  const grpc::Status status =
      ToGrpcStatus(MakeError(Reason::kArgument, bytes, metadata));
  EXPECT_TRUE(IsUtf8(status.error_message()));
  EXPECT_LE(3 * status.error_message().size() +
                (4 * status.error_details().size()) / 3,
            7000u);
  const auto info = Find<google::rpc::ErrorInfo>(Details(status));
  ASSERT_TRUE(info);
  for (const auto& [key, value] : info->metadata()) {
    EXPECT_TRUE(IsUtf8(key));
    EXPECT_TRUE(IsUtf8(value));
  }
  v1::Error error;
  ToProto(MakeError(Reason::kArgument, bytes, metadata), &error);
  EXPECT_LE(error.ByteSizeLong(), 4096u);
  EXPECT_TRUE(IsUtf8(error.message()));
}

// Where W3C gives one case of a reason another exception.
TEST(StatusTest, AnErrorsOwnExceptionStandsForItsReasons) {
  const absl::Status error =
      MakeError(Reason::kArgument, "the track is sent already",
                {{"dom_exception", "InvalidAccessError"}, {"field", "track"}});
  const auto info = Find<google::rpc::ErrorInfo>(Details(ToGrpcStatus(error)));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason(), "ARGUMENT");
  EXPECT_EQ(info->metadata().at("dom_exception"), "InvalidAccessError");
  v1::Error part;
  ToProto(error, &part);
  EXPECT_EQ(part.dom_exception(), "InvalidAccessError");
  EXPECT_FALSE(part.metadata().contains("dom_exception"));
  EXPECT_EQ(part.metadata().at("field"), "track");
}

TEST(StatusTest, APartOfACallSaysTheSame) {
  v1::Error error;
  ToProto(MakeError(Reason::kCandidateMidUnknown, "no such section",
                    {{"mid", "7"}}),
          &error);
  EXPECT_EQ(error.code(), 3);
  EXPECT_EQ(error.reason(), "CANDIDATE_MID_UNKNOWN");
  EXPECT_EQ(error.dom_exception(), "OperationError");
  EXPECT_EQ(error.message(), "no such section");
  EXPECT_EQ(error.metadata().at("mid"), "7");
}

}  // namespace
}  // namespace parley::service
