#include "client/src/retry_connection.h"

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/message.h"
#include "parley/messages.h"
#include "tests/client/errors.h"
#include "tests/client/fake_time.h"

namespace parley::client::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

// Ends calls with the given statuses in turn, then with OK.
class ScriptedConnection : public Connection {
 public:
  explicit ScriptedConnection(TimeSource& time) : time_(time) {}

  void Unary(const Call& call, const google::protobuf::Message& request,
             google::protobuf::Message*,
             std::function<void(absl::Status)> done) override {
    calls.push_back(call);
    times.push_back(time_.Now());
    const auto* id = request.GetDescriptor()->FindFieldByName("request_id");
    ids.push_back(id == nullptr
                      ? "none"
                      : request.GetReflection()->GetString(request, id));
    absl::Status status;
    if (!script.empty()) {
      status = script.front();
      script.pop_front();
    }
    done(status);
  }

  std::unique_ptr<Stream> OpenStream(const Call&,
                                     const google::protobuf::Message&,
                                     bool) override {
    return nullptr;
  }

  std::deque<absl::Status> script;
  std::vector<Call> calls;
  std::vector<std::string> ids;
  std::vector<absl::Time> times;

 private:
  TimeSource& time_;
};

class RetryConnectionTest : public ::testing::Test {
 protected:
  // Starts a call; its end goes to ended_.
  template <typename Request, typename Response>
  void Start(const Request& request, Response& response,
             absl::Time deadline = absl::InfiniteFuture()) {
    Call call;
    call.method = "/m";
    call.deadline = deadline;
    RetryConnection(inner_, policy_, time_)
        .Unary(call, request, &response,
               [this](absl::Status status) { ended_.push_back(status); });
  }

  void StartRead(absl::Time deadline = absl::InfiniteFuture()) {
    Start(read_, read_response_, deadline);
  }

  FakeTime time_;
  std::shared_ptr<ScriptedConnection> inner_ =
      std::make_shared<ScriptedConnection>(time_);
  RetryPolicy policy_;
  v1::GetPeerRequest read_;
  v1::GetPeerResponse read_response_;
  v1::CreateOfferRequest change_;
  v1::CreateOfferResponse change_response_;
  std::vector<absl::Status> ended_;
};

TEST_F(RetryConnectionTest, SuccessIsNotRepeated) {
  StartRead();
  EXPECT_THAT(ended_, ElementsAre(absl::OkStatus()));
  EXPECT_THAT(inner_->calls, SizeIs(1));
}

TEST_F(RetryConnectionTest, UnavailableIsRepeatedAfterGrowingWaits) {
  inner_->script = {absl::UnavailableError("a"), absl::UnavailableError("b"),
                    absl::UnavailableError("c")};
  StartRead();
  EXPECT_THAT(ended_, IsEmpty());
  time_.Advance(absl::Seconds(10));
  EXPECT_THAT(ended_, ElementsAre(absl::OkStatus()));
  ASSERT_THAT(inner_->times, SizeIs(4));
  absl::Duration most = policy_.initial_backoff;
  for (int i = 1; i < 4; ++i) {
    const absl::Duration wait = inner_->times[i] - inner_->times[i - 1];
    EXPECT_GE(wait, 0.8 * most);
    EXPECT_LE(wait, most);
    most *= 2;
  }
}

TEST_F(RetryConnectionTest, TheLastErrorComesWhenTheAttemptsAreUsedUp) {
  for (int i = 0; i < 9; ++i) {
    inner_->script.push_back(absl::UnavailableError(std::to_string(i)));
  }
  StartRead();
  time_.Advance(absl::Minutes(1));
  EXPECT_THAT(ended_, ElementsAre(absl::UnavailableError("3")));
  EXPECT_THAT(inner_->calls, SizeIs(4));
  EXPECT_EQ(time_.timers(), 0u);
}

TEST_F(RetryConnectionTest, EveryOtherCodeIsFinal) {
  for (int code = 1; code <= 16; ++code) {
    if (code == static_cast<int>(absl::StatusCode::kUnavailable)) continue;
    const absl::Status error(static_cast<absl::StatusCode>(code), "no");
    inner_->calls.clear();
    ended_.clear();
    inner_->script = {error};
    StartRead();
    EXPECT_THAT(ended_, ElementsAre(error));
    EXPECT_THAT(inner_->calls, SizeIs(1));
  }
}

TEST_F(RetryConnectionTest, AChangeKeepsOneRequestIdOverAllAttempts) {
  inner_->script = {absl::UnavailableError("a"), absl::UnavailableError("b")};
  Start(change_, change_response_);
  time_.Advance(absl::Seconds(10));
  EXPECT_THAT(ended_, ElementsAre(absl::OkStatus()));
  ASSERT_THAT(inner_->ids, SizeIs(3));
  EXPECT_THAT(inner_->ids[0],
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
                           "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(inner_->ids[1], inner_->ids[0]);
  EXPECT_EQ(inner_->ids[2], inner_->ids[0]);
  EXPECT_EQ(change_.request_id(), "");  // the caller's own stays as it was
}

TEST_F(RetryConnectionTest, TwoChangesHaveTwoRequestIds) {
  Start(change_, change_response_);
  Start(change_, change_response_);
  EXPECT_NE(inner_->ids[0], inner_->ids[1]);
}

TEST_F(RetryConnectionTest, TheCallersRequestIdIsKept) {
  change_.set_request_id("mine");
  Start(change_, change_response_);
  EXPECT_THAT(inner_->ids, ElementsAre("mine"));
}

TEST_F(RetryConnectionTest, NoAttemptBeginsAfterTheDeadline) {
  inner_->script = {absl::UnavailableError("a"), absl::UnavailableError("b")};
  StartRead(time_.Now() + absl::Milliseconds(150));
  time_.Advance(absl::Seconds(1));
  // The second wait would end after the deadline: the error comes at once.
  EXPECT_THAT(ended_, ElementsAre(absl::UnavailableError("b")));
  EXPECT_THAT(inner_->calls, SizeIs(2));
}

TEST_F(RetryConnectionTest, TheServersDelayIsKept) {
  inner_->script = {WithRetryDelay(
      MakeStatus(absl::StatusCode::kUnavailable, "CERTIFICATE_GENERATION"),
      absl::Milliseconds(2500))};
  StartRead();
  time_.Advance(absl::Milliseconds(2499));
  EXPECT_THAT(inner_->calls, SizeIs(1));
  time_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(inner_->calls, SizeIs(2));
  EXPECT_THAT(ended_, ElementsAre(absl::OkStatus()));
}

TEST_F(RetryConnectionTest, AServersDelayThatIsTooLongEndsTheCall) {
  const absl::Status error = WithRetryDelay(
      MakeStatus(absl::StatusCode::kUnavailable, "DRAINING"), absl::Hours(1));
  inner_->script = {error};
  StartRead();
  EXPECT_THAT(ended_, ElementsAre(error));
}

TEST_F(RetryConnectionTest, OneAttemptMeansNoRetries) {
  policy_.max_attempts = 1;
  inner_->script = {absl::UnavailableError("a")};
  StartRead();
  EXPECT_THAT(ended_, ElementsAre(absl::UnavailableError("a")));
}

TEST_F(RetryConnectionTest, NothingIsKeptAliveByAnEndedCall) {
  inner_->script = {absl::UnavailableError("a")};
  const std::weak_ptr<Connection> inner = inner_;
  StartRead();
  time_.Advance(absl::Seconds(1));
  ASSERT_THAT(ended_, SizeIs(1));
  inner_.reset();
  EXPECT_TRUE(inner.expired());
}

TEST(RequestIdTest, AreUniqueOverManyCalls) {
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(NewRequestId());
  EXPECT_THAT(ids, SizeIs(10'000));
}

}  // namespace
}  // namespace parley::client::internal
