#include "core/base/errors.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ErrorsTest, CarriesReasonExceptionAndMetadata) {
  const absl::Status status =
      MakeError(Reason::kSdpSyntax, "line 3: 'm=' needs a port",
                {{"sdp_line_number", "3"}, {"odd", "a:b\n7:"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const auto error = GetError(status);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->reason, Reason::kSdpSyntax);
  EXPECT_EQ(error->exception, DomException::kOperationError);
  EXPECT_FALSE(error->retry_delay.has_value());
  EXPECT_THAT(error->metadata, ElementsAre(Pair("sdp_line_number", "3"),
                                           Pair("odd", "a:b\n7:")));
}

TEST(ErrorsTest, RetryDelaySurvivesAddedMetadata) {
  const absl::Status status = WithMetadata(
      MakeRetryableError(Reason::kPeers, "the pool is full", absl::Seconds(2)),
      "limit", "10");
  const auto error = GetError(status);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->retry_delay, absl::Seconds(2));
  EXPECT_THAT(error->metadata, ElementsAre(Pair("limit", "10")));
  EXPECT_TRUE(HasReason(status, Reason::kPeers));
}

TEST(ErrorsTest, ForeignStatusHasNoError) {
  EXPECT_FALSE(GetError(absl::OkStatus()).has_value());
  EXPECT_FALSE(GetError(absl::InternalError("x")).has_value());
  EXPECT_EQ(WithMetadata(absl::InternalError("x"), "a", "b"),
            absl::InternalError("x"));
}

TEST(ErrorsTest, EveryReasonHasItsOwnNameAndAFailingCode) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::kInternal); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(names.insert(ReasonName(reason)).second) << ReasonName(reason);
    EXPECT_NE(ReasonCode(reason), absl::StatusCode::kOk);
  }
}

}  // namespace
}  // namespace parley
