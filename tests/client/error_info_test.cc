#include "parley/error_info.h"

#include "client/src/wire_status.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "parley/names.h"
#include "parley/v1/error.pb.h"
#include "parley/v1/peer.pb.h"
#include "tests/client/errors.h"

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

google::rpc::ErrorInfo SignalingState() {
  google::rpc::ErrorInfo info;
  info.set_reason("SIGNALING_STATE");
  info.set_domain("parley");
  (*info.mutable_metadata())["dom_exception"] = "InvalidStateError";
  (*info.mutable_metadata())["state"] = "stable";
  return info;
}

grpc::Status OnTheWire(const google::rpc::Status& details) {
  return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "wrong state",
                      details.SerializeAsString());
}

TEST(ErrorInfoTest, DetailsOfTheWireAreDecoded) {
  google::rpc::Status details;
  details.add_details()->PackFrom(SignalingState());
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(1);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  details.add_details()->PackFrom(retry);

  const absl::Status status = internal::FromWire(OnTheWire(details));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "wrong state");
  const auto info = GetErrorInfo(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "SIGNALING_STATE");
  EXPECT_EQ(info->dom_exception, "InvalidStateError");
  EXPECT_THAT(info->metadata, ElementsAre(Pair("state", "stable")));
  EXPECT_EQ(info->retry_delay, absl::Milliseconds(1500));
  EXPECT_TRUE(HasReason(status, "SIGNALING_STATE"));
  EXPECT_FALSE(HasReason(status, "GLARE"));
}

TEST(ErrorInfoTest, OtherDetailsStayAsPayloads) {
  google::rpc::Status details;
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_field("name");
  details.add_details()->PackFrom(bad);
  const absl::Status status = internal::FromWire(OnTheWire(details));
  const auto payload =
      status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  ASSERT_TRUE(payload.has_value());
  google::rpc::BadRequest got;
  ASSERT_TRUE(got.ParseFromString(std::string(*payload)));
  EXPECT_EQ(got.field_violations(0).field(), "name");
}

TEST(ErrorInfoTest, ErrorsOfOthersHaveNone) {
  EXPECT_FALSE(GetErrorInfo(absl::OkStatus()).has_value());
  EXPECT_FALSE(GetErrorInfo(absl::UnavailableError("x")).has_value());
  google::rpc::ErrorInfo foreign = SignalingState();
  foreign.set_domain("example.com");
  google::rpc::Status details;
  details.add_details()->PackFrom(foreign);
  const absl::Status status = internal::FromWire(OnTheWire(details));
  EXPECT_FALSE(GetErrorInfo(status).has_value());
}

TEST(ErrorInfoTest, BrokenDetailsLeaveCodeAndMessage) {
  const absl::Status status = internal::FromWire(grpc::Status(
      grpc::StatusCode::NOT_FOUND, "gone", "\xff\xff not a message"));
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(status.message(), "gone");
  EXPECT_FALSE(GetErrorInfo(status).has_value());
}

TEST(ErrorInfoTest, TheErrorOfAPartReadsLikeThatOfACall) {
  v1::Error error = MakeError(absl::StatusCode::kInvalidArgument,
                              "CANDIDATE_MID_UNKNOWN", {{"mid", "7"}});
  error.set_dom_exception("OperationError");
  const absl::Status status = ToStatus(error);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  const auto info = GetErrorInfo(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "CANDIDATE_MID_UNKNOWN");
  EXPECT_EQ(info->dom_exception, "OperationError");
  EXPECT_THAT(info->metadata, ElementsAre(Pair("mid", "7")));
}

TEST(ErrorInfoTest, AnErrorWithoutCodeIsStillAnError) {
  EXPECT_FALSE(ToStatus(v1::Error()).ok());
}

TEST(NamesTest, NodesAndPeersAreTakenFromNames) {
  EXPECT_EQ(NodeOf("peers/eu1.4f2a/dataChannels/2"), "eu1");
  EXPECT_EQ(NodeOf("peers/local.4f2a"), "local");
  EXPECT_EQ(NodeOf("peers/nodots"), "");
  EXPECT_EQ(NodeOf("certificates/eu1.4f2a"), "eu1");
  EXPECT_EQ(NodeOf("other/eu1.4f2a"), "");
  EXPECT_EQ(NodeOf(""), "");
  EXPECT_EQ(PeerOf("peers/eu1.4f2a/dataChannels/2"), "peers/eu1.4f2a");
  EXPECT_EQ(PeerOf("peers/eu1.4f2a"), "peers/eu1.4f2a");
  EXPECT_EQ(PeerOf("certificates/c"), "");
}

TEST(NamesTest, EnumsReadAsInW3c) {
  EXPECT_EQ(W3cName(v1::SIGNALING_STATE_HAVE_LOCAL_OFFER), "have-local-offer");
  EXPECT_EQ(W3cName(v1::ICE_CONNECTION_STATE_CHECKING), "checking");
  EXPECT_EQ(W3cName(v1::PEER_CONNECTION_STATE_UNSPECIFIED), "unspecified");
  EXPECT_EQ(W3cName(v1::SDP_TYPE_PRANSWER), "pranswer");
  EXPECT_EQ(W3cName(static_cast<v1::SignalingState>(99)), "99");
}

}  // namespace
}  // namespace parley::client
