#include "client/src/exchange_ledger.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/client/errors.h"

namespace parley::client::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kPeer[] = "peers/a.1";
constexpr char kOne[] = "peers/a.1/dataChannels/1";
constexpr char kTwo[] = "peers/a.1/dataChannels/2";

v1::DataMessage Text(std::string text) {
  v1::DataMessage message;
  message.set_text(std::move(text));
  return message;
}

// "attach /1 after 3", "message hello #1" ...: the frames of a request, with
// the names as they stand.
std::vector<std::string> Print(const v1::ExchangeRequest& request) {
  std::vector<std::string> lines;
  for (const v1::ClientFrame& frame : request.frames()) {
    std::string line;
    if (frame.has_attach()) {
      line = frame.attach().take_over() ? "take over" : "attach";
      if (frame.attach().has_after_sequence()) {
        absl::StrAppend(&line, " after ", frame.attach().after_sequence());
      }
    } else if (frame.has_message()) {
      line = absl::StrCat("#", frame.message().sequence(), " ",
                          frame.message().text());
    } else if (frame.has_acknowledge()) {
      line = absl::StrCat("ack ", frame.acknowledge().sequence());
    } else if (frame.has_detach()) {
      line = "detach";
    }
    if (!frame.name().empty()) {
      absl::StrAppend(&line, " ", frame.name().substr(frame.name().size() - 1),
                      frame.name() == kPeer ? " peer" : "");
    }
    lines.push_back(line);
  }
  return lines;
}

class ExchangeLedgerTest : public ::testing::Test {
 protected:
  std::vector<std::string> Fill() {
    v1::ExchangeRequest request;
    ledger_.Fill(request);
    return Print(request);
  }

  void Give(v1::ServerFrame frame) {
    v1::ExchangeResponse response;
    *response.add_frames() = std::move(frame);
    Completions completions;
    ledger_.OnResponse(std::move(response), frames_, completions);
    for (auto& completion : completions) completion();
  }

  void Attached(const std::string& name, uint64_t window = 1000,
                uint64_t acknowledged = 0, uint64_t accepted = 0) {
    v1::ServerFrame frame;
    frame.set_name(name);
    auto& attached = *frame.mutable_attached();
    attached.set_window(window);
    attached.set_acknowledged_sequence(acknowledged);
    attached.set_accepted_sequence(accepted);
    attached.mutable_data_channel()->set_ready_state(state_);
    Give(frame);
  }

  void Accept(const std::string& name, uint64_t sequence) {
    v1::ServerFrame frame;
    frame.set_name(name);
    frame.mutable_acknowledge()->set_sequence(sequence);
    Give(frame);
  }

  void Message(const std::string& name, uint64_t sequence) {
    v1::ServerFrame frame;
    frame.set_name(name);
    frame.mutable_message()->set_sequence(sequence);
    frame.mutable_message()->set_text("x");
    Give(frame);
  }

  void Detached(const std::string& name, v1::DetachReason reason,
                std::optional<v1::Error> error = std::nullopt) {
    v1::ServerFrame frame;
    frame.set_name(name);
    frame.mutable_detached()->set_reason(reason);
    if (error.has_value()) *frame.mutable_detached()->mutable_error() = *error;
    Give(frame);
  }

  absl::Status Send(const std::string& name, const std::string& text) {
    return ledger_.Send(name, Text(text), [this, text](absl::Status status) {
      done_.push_back(
          absl::StrCat(text, " ", absl::StatusCodeToString(status.code())));
    });
  }

  // Attached to one channel, nothing pending.
  void Open(uint64_t window = 1000) {
    ledger_.Attach(kOne, {});
    Fill();
    Attached(kOne, window);
    frames_.clear();
  }

  ExchangeLedger ledger_{10'000};
  v1::DataChannelState state_ = v1::DATA_CHANNEL_STATE_OPEN;
  std::vector<v1::ServerFrame> frames_;
  std::vector<std::string> done_;
};

TEST_F(ExchangeLedgerTest, AttachesAndPassesTheAnswerOn) {
  ledger_.Attach(kOne, {});
  EXPECT_THAT(Fill(), ElementsAre("attach 1"));
  EXPECT_THAT(Fill(), IsEmpty());
  Attached(kOne);
  ASSERT_THAT(frames_, SizeIs(1));
  EXPECT_TRUE(frames_[0].has_attached());
}

TEST_F(ExchangeLedgerTest, NamesAreSaidOnce) {
  Open();
  ASSERT_TRUE(Send(kOne, "a").ok());
  ASSERT_TRUE(Send(kOne, "b").ok());
  EXPECT_THAT(Fill(), ElementsAre("#1 a", "#2 b"));  // the name of the attach
  ledger_.Attach(kTwo, {});
  EXPECT_THAT(Fill(), ElementsAre("attach 2"));
  ASSERT_TRUE(Send(kOne, "c").ok());
  EXPECT_THAT(Fill(), ElementsAre("#3 c 1"));
}

TEST_F(ExchangeLedgerTest, AFrameWithoutNameIsOfTheOneBefore) {
  Open();
  v1::ServerFrame frame;
  frame.mutable_message()->set_sequence(1);
  frame.mutable_message()->set_text("x");
  Give(frame);
  ASSERT_THAT(frames_, SizeIs(1));
  EXPECT_EQ(frames_[0].name(), kOne);
}

TEST_F(ExchangeLedgerTest, MessagesWaitForTheAttachment) {
  ledger_.Attach(kOne, {});
  ASSERT_TRUE(Send(kOne, "a").ok());
  EXPECT_THAT(Fill(), ElementsAre("attach 1"));
  Attached(kOne, 1000, 0, 41);
  EXPECT_THAT(Fill(), ElementsAre("#42 a"));
  EXPECT_THAT(done_, IsEmpty());
  Accept(kOne, 42);
  EXPECT_THAT(done_, ElementsAre("a OK"));
}

TEST_F(ExchangeLedgerTest, TheWindowIsNotExceeded) {
  Open(2 * 64 + 10);  // what each counts at least
  for (const char* text : {"aaaa", "bbbb", "cccc", "dddd"}) {
    ASSERT_TRUE(Send(kOne, text).ok());
  }
  EXPECT_THAT(Fill(), ElementsAre("#1 aaaa", "#2 bbbb"));
  EXPECT_THAT(Fill(), IsEmpty());
  Accept(kOne, 1);
  EXPECT_THAT(Fill(), ElementsAre("#3 cccc"));
  Accept(kOne, 3);
  EXPECT_THAT(Fill(), ElementsAre("#4 dddd"));
  EXPECT_THAT(done_, ElementsAre("aaaa OK", "bbbb OK", "cccc OK"));
}

TEST_F(ExchangeLedgerTest, AWindowOfZeroHoldsEverythingUntilItOpens) {
  Open(0);
  ASSERT_TRUE(Send(kOne, "a").ok());
  EXPECT_THAT(Fill(), IsEmpty());
  v1::ServerFrame frame;
  frame.set_name(kOne);
  frame.mutable_acknowledge()->set_window(100);
  Give(frame);
  EXPECT_THAT(Fill(), ElementsAre("#1 a"));
}

TEST_F(ExchangeLedgerTest, AMessageLargerThanTheWindowGoesAlone) {
  Open(3);
  ASSERT_TRUE(Send(kOne, "a").ok());
  ASSERT_TRUE(Send(kOne, "large").ok());
  EXPECT_THAT(Fill(), ElementsAre("#1 a"));
  Accept(kOne, 1);
  EXPECT_THAT(Fill(), ElementsAre("#2 large"));
}

TEST_F(ExchangeLedgerTest, ARejectedMessageFailsAloneAndFreesItsRoom) {
  Open(2 * 64);
  ASSERT_TRUE(Send(kOne, "a").ok());
  ASSERT_TRUE(Send(kOne, "b").ok());
  ASSERT_TRUE(Send(kOne, "c").ok());
  EXPECT_THAT(Fill(), ElementsAre("#1 a", "#2 b"));
  v1::ServerFrame frame;
  frame.set_name(kOne);
  frame.mutable_rejected()->set_sequence(1);
  *frame.mutable_rejected()->mutable_error() =
      MakeError(absl::StatusCode::kInvalidArgument, "MESSAGE_TOO_LARGE");
  Give(frame);
  EXPECT_THAT(done_, ElementsAre("a INVALID_ARGUMENT"));
  EXPECT_THAT(Fill(), ElementsAre("#3 c"));
  Accept(kOne, 3);
  EXPECT_THAT(done_, ElementsAre("a INVALID_ARGUMENT", "b OK", "c OK"));
}

TEST_F(ExchangeLedgerTest,
       AfterABreakUnacceptedMessagesGoAgainUnderTheirNumbers) {
  Open();
  for (const char* text : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(Send(kOne, text).ok());
  }
  EXPECT_THAT(Fill(), ElementsAre("#1 a", "#2 b", "#3 c", "#4 d"));
  Accept(kOne, 1);
  ledger_.OnNewStream();
  EXPECT_THAT(Fill(), ElementsAre("take over after 0 1"));
  // The server got one more than it could tell.
  Attached(kOne, 1000, 0, 2);
  EXPECT_THAT(done_, ElementsAre("a OK", "b OK"));
  EXPECT_THAT(Fill(), ElementsAre("#3 c", "#4 d"));
  ASSERT_TRUE(Send(kOne, "e").ok());
  EXPECT_THAT(Fill(), ElementsAre("#5 e"));
}

TEST_F(ExchangeLedgerTest, WhenAnotherWrotePendingMessagesAreOfUnknownFate) {
  Open();
  ASSERT_TRUE(Send(kOne, "a").ok());
  Fill();
  ASSERT_TRUE(Send(kOne, "b").ok());
  ledger_.OnNewStream();
  Fill();
  Attached(kOne, 1000, 0, 9);
  EXPECT_THAT(done_, ElementsAre("a ABORTED"));
  EXPECT_THAT(Fill(), ElementsAre("#10 b"));  // never written: safe to send
}

TEST_F(ExchangeLedgerTest, ReceivedMessagesAreGivenOutOnce) {
  Open();
  Message(kOne, 1);
  Message(kOne, 2);
  ledger_.Acknowledge(kOne, 1);
  EXPECT_THAT(Fill(), ElementsAre("ack 1"));
  EXPECT_THAT(Fill(), IsEmpty());
  ledger_.OnNewStream();
  EXPECT_THAT(Fill(), ElementsAre("take over after 1 1"));
  Attached(kOne, 1000, 1);
  Message(kOne, 2);  // again, as it was not acknowledged
  Message(kOne, 3);
  ASSERT_THAT(frames_, SizeIs(3));
  EXPECT_EQ(frames_[1].message().sequence(), 2u);
  EXPECT_EQ(frames_[2].message().sequence(), 3u);
}

TEST_F(ExchangeLedgerTest, ALostAcknowledgementIsMadeUpForByTheAttach) {
  Open();
  Message(kOne, 1);
  ledger_.Acknowledge(kOne, 1);
  EXPECT_THAT(Fill(), ElementsAre("ack 1"));  // lost with the stream
  ledger_.OnNewStream();
  EXPECT_THAT(Fill(), ElementsAre("take over after 1 1"));
}

TEST_F(ExchangeLedgerTest, NoMoreIsAcknowledgedThanCame) {
  Open();
  Message(kOne, 1);
  ledger_.Acknowledge(kOne, 99);
  EXPECT_THAT(Fill(), ElementsAre("ack 1"));
}

TEST_F(ExchangeLedgerTest, AfterABreakNothingIsAcknowledgedBeforeItComesAgain) {
  Open();
  for (uint64_t i = 1; i <= 3; ++i) Message(kOne, i);
  ledger_.OnNewStream();
  EXPECT_THAT(Fill(), ElementsAre("take over after 0 1"));
  Attached(kOne);
  ledger_.Acknowledge(kOne, 3);  // of the old stream
  EXPECT_THAT(Fill(), IsEmpty());
  Message(kOne, 1);
  Message(kOne, 2);
  EXPECT_THAT(Fill(), ElementsAre("ack 2"));
  Message(kOne, 3);
  EXPECT_THAT(Fill(), ElementsAre("ack 3"));
  EXPECT_THAT(frames_, SizeIs(3));
}

TEST_F(ExchangeLedgerTest, AClosingChannelTakesNoMessages) {
  Open(2);
  ASSERT_TRUE(Send(kOne, "aa").ok());
  ASSERT_TRUE(Send(kOne, "bb").ok());
  EXPECT_THAT(Fill(), ElementsAre("#1 aa"));
  v1::ServerFrame frame;
  frame.set_name(kOne);
  frame.mutable_ready_state_change()->set_ready_state(
      v1::DATA_CHANNEL_STATE_CLOSING);
  Give(frame);
  EXPECT_THAT(done_, ElementsAre("bb FAILED_PRECONDITION"));
  EXPECT_TRUE(HasReason(Send(kOne, "cc"), "CHANNEL_NOT_OPEN"));
  Accept(kOne, 1);
  EXPECT_THAT(done_, ElementsAre("bb FAILED_PRECONDITION", "aa OK"));
}

TEST_F(ExchangeLedgerTest, AMessageThatCrossesTheClosingLeavesTheReading) {
  Open();
  Message(kOne, 1);
  ledger_.Acknowledge(kOne, 1);
  ASSERT_TRUE(Send(kOne, "a").ok());
  Fill();
  frames_.clear();
  Detached(
      kOne, v1::DETACH_REASON_REFUSED,
      MakeError(absl::StatusCode::kFailedPrecondition, "CHANNEL_NOT_OPEN"));
  EXPECT_THAT(done_, ElementsAre("a FAILED_PRECONDITION"));
  EXPECT_THAT(frames_, IsEmpty());
  EXPECT_THAT(Fill(), ElementsAre("take over after 1"));
  state_ = v1::DATA_CHANNEL_STATE_CLOSED;
  Attached(kOne, 0, 1);
  Message(kOne, 2);
  Detached(kOne, v1::DETACH_REASON_CHANNEL_CLOSED);
  ASSERT_THAT(frames_, SizeIs(3));  // the new state, the message, the end
  EXPECT_EQ(frames_[1].message().sequence(), 2u);
  EXPECT_TRUE(frames_[2].has_detached());
}

TEST_F(ExchangeLedgerTest, NothingWaitsForADetachedChannelOfAPeer) {
  ledger_.Attach(kPeer, {});
  Fill();
  Attached(kOne);
  Detached(kOne, v1::DETACH_REASON_CHANNEL_CLOSED);
  EXPECT_TRUE(HasReason(Send(kOne, "a"), "CHANNEL_NOT_OPEN"));
  Attached(kOne);  // it is the stream's again
  EXPECT_TRUE(Send(kOne, "a").ok());
}

TEST_F(ExchangeLedgerTest, AnUnreliableChannelMayLeaveGaps) {
  Open();
  Message(kOne, 1);
  Message(kOne, 5);
  EXPECT_THAT(frames_, SizeIs(2));
}

TEST_F(ExchangeLedgerTest, AttachingAPeerServesItsChannels) {
  ledger_.Attach(kPeer, {});
  EXPECT_THAT(Fill(), ElementsAre("attach 1 peer"));
  ASSERT_TRUE(Send(kTwo, "early").ok());  // the channel will come
  EXPECT_THAT(Fill(), IsEmpty());
  Attached(kOne);
  Attached(kTwo);
  EXPECT_THAT(Fill(), ElementsAre("#1 early 2"));
  ledger_.OnNewStream();
  EXPECT_THAT(Fill(), ElementsAre("take over after 0 1", "take over after 0 2",
                                  "take over 1 peer"));
}

TEST_F(ExchangeLedgerTest, ARefusedPeerFailsWhatWaitsForItsChannels) {
  ledger_.Attach(kPeer, {});
  ASSERT_TRUE(Send(kOne, "a").ok());
  Fill();
  Detached(kPeer, v1::DETACH_REASON_REFUSED,
           MakeError(absl::StatusCode::kNotFound, "PEER_UNKNOWN"));
  EXPECT_THAT(done_, ElementsAre("a NOT_FOUND"));
  EXPECT_THAT(frames_, SizeIs(1));
  EXPECT_FALSE(ledger_.attached());
}

TEST_F(ExchangeLedgerTest, AClosedChannelFailsWhatIsPending) {
  Open();
  ASSERT_TRUE(Send(kOne, "a").ok());
  Detached(kOne, v1::DETACH_REASON_CHANNEL_CLOSED);
  EXPECT_THAT(done_, ElementsAre("a FAILED_PRECONDITION"));
  EXPECT_THAT(frames_, SizeIs(1));
  ledger_.OnNewStream();
  EXPECT_THAT(Fill(), IsEmpty());  // nothing to resume
}

TEST_F(ExchangeLedgerTest, ATakenOverChannelIsNotTakenBack) {
  Open();
  Detached(kOne, v1::DETACH_REASON_TAKEN_OVER,
           MakeError(absl::StatusCode::kFailedPrecondition, "MESSAGES_OWNED"));
  ledger_.OnNewStream();
  EXPECT_THAT(Fill(), IsEmpty());
}

TEST_F(ExchangeLedgerTest, AChannelThatClosedDuringABreakIsReported) {
  Open();
  state_ = v1::DATA_CHANNEL_STATE_CLOSING;
  ledger_.OnNewStream();
  Fill();
  Attached(kOne);
  ASSERT_THAT(frames_, SizeIs(1));
  EXPECT_EQ(frames_[0].ready_state_change().ready_state(),
            v1::DATA_CHANNEL_STATE_CLOSING);
}

TEST_F(ExchangeLedgerTest, SendingNeedsAnAttachmentToSend) {
  EXPECT_TRUE(absl::IsFailedPrecondition(Send(kOne, "a")));
  v1::Attach receive;
  receive.set_mode(v1::ATTACH_MODE_RECEIVE);
  ledger_.Attach(kOne, receive);
  EXPECT_TRUE(absl::IsFailedPrecondition(Send(kOne, "a")));
  EXPECT_THAT(done_, IsEmpty());
}

TEST_F(ExchangeLedgerTest, WhatWaitsIsBounded) {
  Open(0);
  ASSERT_TRUE(Send(kOne, std::string(9'000, 'x')).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Send(kOne, std::string(1'001, 'x'))));
  EXPECT_TRUE(Send(kOne, std::string(1'000, 'x')).ok());
}

TEST_F(ExchangeLedgerTest, ChannelsTakeTurns) {
  ledger_.Attach(kOne, {});
  ledger_.Attach(kTwo, {});
  Fill();
  Attached(kOne);
  Attached(kTwo);
  for (const char* text : {"a", "b"}) {
    ASSERT_TRUE(Send(kOne, text).ok());
    ASSERT_TRUE(Send(kTwo, text).ok());
  }
  EXPECT_THAT(Fill(), ElementsAre("#1 a 1", "#1 a 2", "#2 b 1", "#2 b 2"));
}

TEST_F(ExchangeLedgerTest, DetachAllAcknowledgesFirst) {
  Open();
  Message(kOne, 1);
  ledger_.Acknowledge(kOne, 1);
  ledger_.DetachAll();
  EXPECT_THAT(Fill(), ElementsAre("ack 1", "detach"));
  Detached(kOne, v1::DETACH_REASON_REQUESTED);
  EXPECT_FALSE(ledger_.attached());
}

TEST_F(ExchangeLedgerTest, ADetachThatWasLostIsRepeated) {
  Open();
  ledger_.Detach(kOne);
  Fill();
  ledger_.OnNewStream();
  EXPECT_THAT(Fill(), ElementsAre("take over after 0 1", "detach"));
}

TEST_F(ExchangeLedgerTest, ARequestHasNoMoreFramesThanTheServerTakes) {
  Open(1 << 20);
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(Send(kOne, "").ok());
  EXPECT_THAT(Fill(), SizeIs(4096));
  EXPECT_THAT(Fill(), SizeIs(904));
  EXPECT_THAT(Fill(), IsEmpty());
}

}  // namespace
}  // namespace parley::client::internal
