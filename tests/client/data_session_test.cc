#include "parley/data_session.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/src/data_session_impl.h"
#include "gmock/gmock.h"
#include "parley/v1/exchange.pb.h"
#include "tests/client/errors.h"
#include "tests/client/fake_time.h"
#include "tests/client/stream_connection.h"

namespace parley::client::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOne[] = "peers/a.1/dataChannels/1";

v1::ExchangeResponse Attached(uint64_t accepted = 0,
                              uint64_t acknowledged = 0) {
  v1::ExchangeResponse response;
  v1::ServerFrame& frame = *response.add_frames();
  frame.set_name(kOne);
  frame.mutable_attached()->set_window(1000);
  frame.mutable_attached()->set_accepted_sequence(accepted);
  frame.mutable_attached()->set_acknowledged_sequence(acknowledged);
  return response;
}

v1::ExchangeResponse Messages(uint64_t first, uint64_t last) {
  v1::ExchangeResponse response;
  for (uint64_t sequence = first; sequence <= last; ++sequence) {
    v1::ServerFrame& frame = *response.add_frames();
    frame.set_name(kOne);
    frame.mutable_message()->set_sequence(sequence);
    frame.mutable_message()->set_text("hello");
  }
  return response;
}

v1::ExchangeResponse Accepted(uint64_t sequence) {
  v1::ExchangeResponse response;
  v1::ServerFrame& frame = *response.add_frames();
  frame.set_name(kOne);
  frame.mutable_acknowledge()->set_sequence(sequence);
  return response;
}

v1::ExchangeResponse Detached(v1::DetachReason reason,
                              std::optional<v1::Error> error = std::nullopt) {
  v1::ExchangeResponse response;
  v1::ServerFrame& frame = *response.add_frames();
  frame.set_name(kOne);
  frame.mutable_detached()->set_reason(reason);
  if (error.has_value()) *frame.mutable_detached()->mutable_error() = *error;
  return response;
}

class DataSessionTest : public ::testing::Test {
 protected:
  ~DataSessionTest() override {
    if (session_ != nullptr) session_->Cancel();
  }

  void Open(DataSessionOptions options = {}) {
    session_ = std::make_shared<DataSessionImpl>(connection_, options, time_);
    session_->Start(kOne, v1::Attach());
  }

  void Send(const std::string& text) {
    v1::DataMessage message;
    message.set_text(text);
    session_->Send(kOne, message, [this](absl::Status status) {
      sent_.push_back(std::move(status));
    });
  }

  // The sequence of the next message; 0: something else; nullopt: nothing.
  std::optional<uint64_t> Receive() {
    auto got = std::make_shared<std::optional<uint64_t>>();
    session_->Receive([got](absl::StatusOr<v1::ServerFrame> frame) {
      *got = frame.ok() ? frame->message().sequence() : 0;
    });
    if (!got->has_value()) session_->AbandonReceive();
    return *got;
  }

  FakeStreamServer& server() { return *connection_->servers.back(); }

  // The acknowledgements written to the present stream.
  std::vector<uint64_t> Acknowledgements() {
    std::vector<uint64_t> sequences;
    for (const auto& request : server().Written<v1::ExchangeRequest>()) {
      for (const auto& frame : request.frames()) {
        if (frame.has_acknowledge()) {
          sequences.push_back(frame.acknowledge().sequence());
        }
      }
    }
    return sequences;
  }

  FakeTime time_;
  std::shared_ptr<StreamConnection<v1::ExchangeRequest>> connection_ =
      std::make_shared<StreamConnection<v1::ExchangeRequest>>();
  std::shared_ptr<DataSessionImpl> session_;
  std::vector<absl::Status> sent_;
};

TEST_F(DataSessionTest, OpensTheStreamWithTheAttach) {
  Open();
  ASSERT_THAT(connection_->requests, SizeIs(1));
  EXPECT_EQ(connection_->calls[0].method,
            "/parley.v1.DataChannelService/Exchange");
  EXPECT_FALSE(connection_->half_closed);
  EXPECT_EQ(connection_->requests[0].frames(0).name(), kOne);
  EXPECT_TRUE(connection_->requests[0].frames(0).has_attach());
}

TEST_F(DataSessionTest, SendsAndLearnsThatItWasAccepted) {
  Open();
  Send("a");
  EXPECT_THAT(server().Written<v1::ExchangeRequest>(), IsEmpty());
  server().Send(Attached());
  const auto written = server().Written<v1::ExchangeRequest>();
  ASSERT_THAT(written, SizeIs(1));
  EXPECT_EQ(written[0].frames(0).message().text(), "a");
  EXPECT_THAT(sent_, IsEmpty());
  server().Send(Accepted(1));
  EXPECT_THAT(sent_, ElementsAre(absl::OkStatus()));
}

TEST_F(DataSessionTest, WhatGathersDuringAWriteGoesOutTogether) {
  Open();
  server().Send(Attached());
  server().HoldWrites(true);
  for (const char* text : {"a", "b", "c", "d"}) Send(text);
  EXPECT_THAT(server().Written<v1::ExchangeRequest>(), SizeIs(1));
  server().HoldWrites(false);
  const auto written = server().Written<v1::ExchangeRequest>();
  ASSERT_THAT(written, SizeIs(2));
  EXPECT_THAT(written[1].frames(), SizeIs(3));
}

TEST_F(DataSessionTest, AcknowledgesWhatWasReceivedOnlyThen) {
  Open();
  server().Send(Attached());
  EXPECT_EQ(Receive(), 0u);  // attached
  server().Send(Messages(1, 3));
  EXPECT_THAT(Acknowledgements(), IsEmpty());
  EXPECT_EQ(Receive(), 1u);
  EXPECT_EQ(Receive(), 2u);
  EXPECT_EQ(Receive(), 3u);
  EXPECT_EQ(Receive(), std::nullopt);
  EXPECT_THAT(Acknowledgements(), ElementsAre(3));
}

TEST_F(DataSessionTest, OnRequestOnlyTheUserAcknowledges) {
  DataSessionOptions options;
  options.acknowledge_on_receive = false;
  Open(options);
  server().Send(Attached());
  server().Send(Messages(1, 2));
  for (int i = 0; i < 3; ++i) Receive();
  EXPECT_THAT(Acknowledgements(), IsEmpty());
  session_->Acknowledge(kOne, 1);
  EXPECT_THAT(Acknowledgements(), ElementsAre(1));
}

TEST_F(DataSessionTest, ResumesWithoutLossOrDouble) {
  Open();
  server().Send(Attached());
  Receive();
  server().Send(Messages(1, 2));
  EXPECT_EQ(Receive(), 1u);
  Send("a");
  Send("b");
  server().End(absl::UnavailableError("broke"));
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->servers, SizeIs(2));
  const v1::Attach& attach = connection_->requests[1].frames(0).attach();
  EXPECT_TRUE(attach.take_over());
  EXPECT_EQ(attach.after_sequence(), 1u);
  server().Send(Attached(/*accepted=*/1, /*acknowledged=*/1));
  EXPECT_THAT(sent_, ElementsAre(absl::OkStatus()));
  const auto written = server().Written<v1::ExchangeRequest>();
  ASSERT_THAT(written, SizeIs(1));
  EXPECT_EQ(written[0].frames(0).message().sequence(), 2u);
  EXPECT_EQ(written[0].frames(0).message().text(), "b");
  server().Send(Messages(2, 3));  // 2 came before the break already
  EXPECT_EQ(Receive(), 2u);
  EXPECT_EQ(Receive(), 3u);
  EXPECT_EQ(Receive(), std::nullopt);
}

TEST_F(DataSessionTest, ARefusedStreamEndsTheSession) {
  Open();
  Send("a");
  server().End(absl::PermissionDeniedError("no"));
  EXPECT_THAT(sent_, ElementsAre(absl::PermissionDeniedError("no")));
  EXPECT_EQ(Receive(), 0u);
  Send("b");
  EXPECT_THAT(sent_, SizeIs(2));
  EXPECT_THAT(connection_->servers, SizeIs(1));
}

TEST_F(DataSessionTest, AServerThatWasNeverReachedEndsItSoon) {
  connection_->on_open = [](FakeStreamServer& server) {
    server.End(absl::UnavailableError("refused"));
  };
  Open();
  Send("a");
  time_.Advance(absl::Seconds(2));
  EXPECT_THAT(sent_, ElementsAre(absl::UnavailableError("refused")));
  EXPECT_THAT(connection_->servers, SizeIs(4));
}

TEST_F(DataSessionTest, WrongNodeOfTheChannelIsFollowedOnce) {
  Open();
  const v1::Error wrong = MakeError(absl::StatusCode::kFailedPrecondition,
                                    "WRONG_NODE", {{"node", "b"}});
  server().Send(Detached(v1::DETACH_REASON_REFUSED, wrong));
  ASSERT_THAT(connection_->servers, SizeIs(2));
  EXPECT_TRUE(connection_->servers[0]->cancelled());
  EXPECT_EQ(connection_->calls[1].node, "b");
  server().Send(Detached(v1::DETACH_REASON_REFUSED, wrong));
  EXPECT_THAT(connection_->servers, SizeIs(2));
  EXPECT_EQ(Receive(), 0u);  // the refusal
}

TEST_F(DataSessionTest, FinishWaitsDetachesAndHalfCloses) {
  Open();
  server().Send(Attached());
  Receive();
  server().Send(Messages(1, 1));
  Receive();
  Send("a");
  std::optional<absl::Status> finished;
  session_->Finish([&](absl::Status status) { finished = status; });
  // First what was sent must be accepted.
  for (const auto& request : server().Written<v1::ExchangeRequest>()) {
    for (const auto& frame : request.frames()) EXPECT_FALSE(frame.has_detach());
  }
  server().Send(Accepted(1));
  EXPECT_TRUE(server()
                  .Written<v1::ExchangeRequest>()
                  .back()
                  .frames()
                  .rbegin()
                  ->has_detach());
  EXPECT_FALSE(server().closed());
  server().Send(Detached(v1::DETACH_REASON_REQUESTED));
  EXPECT_TRUE(server().closed());
  EXPECT_FALSE(finished.has_value());
  server().End(absl::OkStatus());
  EXPECT_EQ(finished, absl::OkStatus());
  EXPECT_THAT(sent_, ElementsAre(absl::OkStatus()));
}

TEST_F(DataSessionTest, FinishSurvivesABreak) {
  Open();
  server().Send(Attached());
  Send("a");
  std::optional<absl::Status> finished;
  session_->Finish([&](absl::Status status) { finished = status; });
  server().End(absl::UnavailableError("broke"));
  time_.Advance(absl::Milliseconds(100));
  ASSERT_THAT(connection_->servers, SizeIs(2));
  server().Send(Attached(/*accepted=*/1));
  EXPECT_THAT(sent_, ElementsAre(absl::OkStatus()));
  server().Send(Detached(v1::DETACH_REASON_REQUESTED));
  EXPECT_TRUE(server().closed());
  server().End(absl::OkStatus());
  EXPECT_EQ(finished, absl::OkStatus());
}

TEST_F(DataSessionTest, CancelEndsEverythingThatIsPending) {
  Open();
  Send("a");
  std::vector<absl::Status> ends;
  session_->Receive([&](absl::StatusOr<v1::ServerFrame> frame) {
    ends.push_back(frame.status());
  });
  session_->Finish([&](absl::Status status) { ends.push_back(status); });
  session_->Cancel();
  EXPECT_TRUE(absl::IsCancelled(sent_.at(0)));
  ASSERT_THAT(ends, SizeIs(2));
  EXPECT_TRUE(absl::IsCancelled(ends[0]));
  EXPECT_TRUE(absl::IsCancelled(ends[1]));
  EXPECT_TRUE(server().cancelled());
}

TEST_F(DataSessionTest, AStreamThatIsNotReceivedFromIsNotReadForEver) {
  Open();
  server().Send(Attached());
  v1::ExchangeResponse large;
  v1::ServerFrame& frame = *large.add_frames();
  frame.set_name(kOne);
  uint64_t sent = 0;
  for (; sent < 64; ++sent) {
    frame.mutable_message()->set_sequence(sent + 1);
    frame.mutable_message()->set_binary(std::string(1024 * 1024, 'x'));
    server().Send(large);
  }
  EXPECT_GE(server().unread(), 40u);
  EXPECT_EQ(Receive(), 0u);
  for (uint64_t i = 1; i <= sent; ++i) EXPECT_EQ(Receive(), i);
  EXPECT_EQ(server().unread(), 0u);
}

TEST_F(DataSessionTest, ABlockingSendReturnsWhenAccepted) {
  // A server that accepts what it is sent.
  connection_->on_open = [](FakeStreamServer& server) {
    server.Send(Attached());
    server.OnWritten([&server](const google::protobuf::Message& message) {
      v1::ExchangeRequest request;
      request.CopyFrom(message);
      server.Send(Accepted(request.frames().rbegin()->message().sequence()));
    });
  };
  Open();
  DataSession session(session_);
  EXPECT_TRUE(session.SendText(kOne, "a").ok());
  EXPECT_TRUE(session.SendBinary(kOne, std::string("\0\1", 2)).ok());
}

TEST_F(DataSessionTest, ABlockingSendGivesUpInTime) {
  Open();
  DataSession session(session_);
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      session.SendText(kOne, "a", absl::Milliseconds(1))));
}

TEST_F(DataSessionTest, ABlockedReceiveIsEndedByCancel) {
  Open();
  DataSession session(session_);
  std::thread other([&] { session.Cancel(); });
  EXPECT_TRUE(absl::IsCancelled(session.Receive().status()));
  other.join();
}

}  // namespace
}  // namespace parley::client::internal
