// DataChannelService: messages over real channels, and the streams' rules.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/service/exchange_client.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

class DataChannelTest : public ServerTest {
 protected:
  DataChannelTest() {
    Options options = TestOptions();
    options.max_message_size = 64 << 10;
    options.max_exchange_bytes = 64 << 10;
    StartServer(std::move(options));
  }

  grpc::Status Send(const std::string& channel, const std::string& text) {
    v1::SendMessageRequest request;
    request.set_name(channel);
    request.set_text(text);
    return Call(&Channels::SendMessage, request);
  }

  // The texts of the next messages, "#number text".
  std::vector<std::string> Receive(v1::ReceiveMessagesRequest request,
                                   std::string* status = nullptr) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    const auto stream = channels_->ReceiveMessages(&context, request);
    std::vector<std::string> texts;
    v1::ReceiveMessagesResponse response;
    while (stream->Read(&response)) {
      const v1::DataMessage& message = response.message();
      texts.push_back(absl::StrCat("#", message.sequence(), " ", message.text(),
                                   message.binary()));
    }
    const std::string end = ErrorText(stream->Finish());
    if (status) {
      *status = end;
    } else {
      EXPECT_EQ(end, "OK");
    }
    return texts;
  }
  static v1::ReceiveMessagesRequest Next(const std::string& channel,
                                         uint32_t count) {
    v1::ReceiveMessagesRequest request;
    request.set_name(channel);
    request.set_max_messages(count);
    return request;
  }
};

TEST_F(DataChannelTest, MessagesCrossBothWaysInOrder) {
  const Pair pair = Connect();
  EXPECT_OK(Send(pair.channel_a, "one"));
  EXPECT_OK(Send(pair.channel_a, ""));
  v1::SendMessageRequest binary;
  binary.set_name(pair.channel_a);
  binary.set_binary(std::string("\0\xFF", 2));
  v1::SendMessageResponse sent;
  EXPECT_OK(Call(&Channels::SendMessage, binary, &sent));
  EXPECT_EQ(sent.ready_state(), v1::DATA_CHANNEL_STATE_OPEN);
  EXPECT_THAT(Receive(Next(pair.channel_b, 3)),
              ElementsAre("#1 one", "#2 ", std::string("#3 \0\xFF", 5)));
  EXPECT_OK(Send(pair.channel_b, "back"));
  EXPECT_THAT(Receive(Next(pair.channel_a, 1)), ElementsAre("#1 back"));
}

TEST_F(DataChannelTest, SendMessageSaysWhatIsWrong) {
  const std::string closed_pair = CreateChannelPeer().name();
  const std::string connecting = closed_pair + "/dataChannels/1";
  const grpc::Status status = Send(connecting, "x");
  EXPECT_EQ(ErrorText(status),
            "FAILED_PRECONDITION CHANNEL_NOT_OPEN InvalidStateError");
  EXPECT_EQ(Metadata(status, "state"), "connecting");
  EXPECT_EQ(ErrorText(Send(closed_pair + "/dataChannels/99", "x")),
            "NOT_FOUND CHANNEL_UNKNOWN");
  EXPECT_EQ(ErrorText(Send(closed_pair + "/dataChannels/9999999999999", "x")),
            "NOT_FOUND CHANNEL_UNKNOWN");
  EXPECT_EQ(ErrorText(Send(closed_pair, "x")),
            "INVALID_ARGUMENT ARGUMENT TypeError");
  const grpc::Status large = Send(connecting, std::string(65537, 'x'));
  EXPECT_EQ(ErrorText(large), "INVALID_ARGUMENT MESSAGE_TOO_LARGE TypeError");
  EXPECT_EQ(Metadata(large, "limit"), "65536");
  v1::SendMessageRequest empty;
  empty.set_name(connecting);
  EXPECT_EQ(ErrorText(Call(&Channels::SendMessage, empty)),
            "INVALID_ARGUMENT ARGUMENT TypeError");
}

TEST_F(DataChannelTest, DeliveryOnAcknowledgeLosesAndDoublesNothing) {
  const Pair pair = Connect();
  for (int i = 1; i <= 4; ++i) EXPECT_OK(Send(pair.channel_a, "m"));
  v1::ReceiveMessagesRequest request = Next(pair.channel_b, 2);
  request.set_delivery(v1::DELIVERY_ON_ACKNOWLEDGE);
  EXPECT_THAT(Receive(request), ElementsAre("#1 m", "#2 m"));
  // Not acknowledged: it all comes again.
  EXPECT_THAT(Receive(request), ElementsAre("#1 m", "#2 m"));
  request.set_after_sequence(2);
  EXPECT_THAT(Receive(request), ElementsAre("#3 m", "#4 m"));
  request.set_after_sequence(1);
  std::string end;
  EXPECT_THAT(Receive(request, &end), ElementsAre());
  EXPECT_EQ(end, "OUT_OF_RANGE MESSAGES_RETIRED");
  request.set_after_sequence(100);
  Receive(request, &end);
  EXPECT_EQ(end, "INVALID_ARGUMENT ARGUMENT TypeError");
}

TEST_F(DataChannelTest, NoMessageComesTwiceToReadersThatGiveUp) {
  const Pair pair = Connect();
  constexpr uint64_t kMessages = 300;
  for (uint64_t i = 0; i < kMessages; ++i) EXPECT_OK(Send(pair.channel_a, "m"));
  v1::ReceiveMessagesRequest all = Next(pair.channel_b, kMessages);
  all.set_delivery(v1::DELIVERY_ON_ACKNOWLEDGE);
  ASSERT_EQ(Receive(all).size(), kMessages);
  v1::ReceiveMessagesRequest request = Next(pair.channel_b, 0);
  request.set_take_over(true);
  request.mutable_idle_timeout();
  uint64_t last = 0;
  while (true) {
    grpc::ClientContext context;
    const auto stream = channels_->ReceiveMessages(&context, request);
    v1::ReceiveMessagesResponse response;
    if (!stream->Read(&response)) break;
    ASSERT_GT(response.message().sequence(), last);
    last = response.message().sequence();
    context.TryCancel();
  }
  EXPECT_GT(last, 0u);
}

TEST_F(DataChannelTest, IdleTimeoutAndChannelCloseEndTheStream) {
  const Pair pair = Connect();
  v1::ReceiveMessagesRequest request = Next(pair.channel_b, 0);
  request.mutable_idle_timeout();
  EXPECT_THAT(Receive(request), ElementsAre());
  request.mutable_idle_timeout()->set_nanos(50'000'000);
  EXPECT_THAT(Receive(request), ElementsAre());
  EXPECT_OK(Send(pair.channel_a, "last"));
  v1::CloseDataChannelRequest close;
  close.set_name(pair.channel_a);
  EXPECT_OK(Call(&Peers::CloseDataChannel, close));
  // What was sent before the close still arrives; then the stream ends.
  request.clear_idle_timeout();
  EXPECT_THAT(Receive(request), ElementsAre("#1 last"));
}

TEST_F(DataChannelTest, OneReaderAtATimeUnlessTakenOver) {
  const Pair pair = Connect();
  Exchange first(*channels_);
  first.Attach(pair.channel_b, v1::ATTACH_MODE_RECEIVE);
  first.NextOf(Frame::kAttached);
  v1::ReceiveMessagesRequest request = Next(pair.channel_b, 1);
  std::string end;
  Receive(request, &end);
  EXPECT_EQ(end, "FAILED_PRECONDITION MESSAGES_OWNED InvalidStateError");
  EXPECT_OK(Send(pair.channel_a, "for the second"));
  request.set_take_over(true);
  EXPECT_THAT(Receive(request), ElementsAre("#1 for the second"));
  const Frame detached = first.NextOf(Frame::kDetached);
  EXPECT_EQ(detached.detached().reason(), v1::DETACH_REASON_TAKEN_OVER);
  EXPECT_EQ(detached.detached().error().reason(), "MESSAGES_OWNED");
}

TEST_F(DataChannelTest, ExchangeCarriesBothEndsOfAChannelOnOneStream) {
  const Pair pair = Connect();
  Exchange exchange(*channels_);
  exchange.Attach(pair.channel_a);
  const Frame attached = exchange.NextOf(Frame::kAttached);
  EXPECT_EQ(attached.name(), pair.channel_a);
  EXPECT_EQ(attached.attached().data_channel().label(), "chat");
  EXPECT_EQ(attached.attached().accepted_sequence(), 0u);
  EXPECT_GT(attached.attached().window(), 0u);
  exchange.Attach(pair.channel_b);
  exchange.NextOf(Frame::kAttached);

  exchange.Send(pair.channel_a, "there");
  Frame frame = exchange.NextOf(Frame::kMessage);
  EXPECT_EQ(frame.name(), pair.channel_b);
  EXPECT_EQ(frame.message().text(), "there");
  EXPECT_EQ(frame.message().sequence(), 1u);
  exchange.Acknowledge(pair.channel_b, 1);
  exchange.Send(pair.channel_b, "and back");
  frame = exchange.NextOf(Frame::kMessage);
  EXPECT_EQ(frame.name(), pair.channel_a);
  EXPECT_EQ(frame.message().text(), "and back");

  // Attached streams hold the leases.
  EXPECT_FALSE(GetPeer(pair.a).lease().has_expire_time());
  exchange.Add(pair.channel_a).mutable_detach();
  exchange.Flush();
  EXPECT_EQ(exchange.NextOf(Frame::kDetached).detached().reason(),
            v1::DETACH_REASON_REQUESTED);
  EXPECT_TRUE(GetPeer(pair.a).lease().has_expire_time());
}

TEST_F(DataChannelTest, AWriterGoesOnWhereItBroke) {
  const Pair pair = Connect();
  {
    Exchange broken(*channels_);
    broken.Attach(pair.channel_a, v1::ATTACH_MODE_SEND);
    broken.NextOf(Frame::kAttached);
    broken.Send(pair.channel_a, "1");
    broken.Send(pair.channel_a, "2");
    while (broken.NextOf(Frame::kAcknowledge).acknowledge().sequence() < 2) {
    }
  }
  Exchange again(*channels_);
  again.Add(pair.channel_a).mutable_attach()->set_take_over(true);
  again.Flush();
  EXPECT_EQ(again.NextOf(Frame::kAttached).attached().accepted_sequence(), 2u);
  // A repetition is acknowledged and not sent again.
  for (const uint64_t number : {2, 3}) {
    auto* message = again.Add(pair.channel_a).mutable_message();
    message->set_sequence(number);
    message->set_text(std::to_string(number));
    again.Flush();
  }
  while (again.NextOf(Frame::kAcknowledge).acknowledge().sequence() < 3) {
  }
  EXPECT_THAT(Receive(Next(pair.channel_b, 3)),
              ElementsAre("#1 1", "#2 2", "#3 3"));
  // A gap is a fault of the writer.
  auto* message = again.Add(pair.channel_a).mutable_message();
  message->set_sequence(9);
  message->set_text("9");
  again.Flush();
  const Frame detached = again.NextOf(Frame::kDetached);
  EXPECT_EQ(detached.detached().reason(), v1::DETACH_REASON_REFUSED);
  EXPECT_EQ(detached.detached().error().reason(), "ARGUMENT");
}

TEST_F(DataChannelTest, AReaderGoesOnWhereItBroke) {
  const Pair pair = Connect();
  for (int i = 1; i <= 3; ++i) EXPECT_OK(Send(pair.channel_a, "m"));
  {
    Exchange broken(*channels_);
    broken.Attach(pair.channel_b, v1::ATTACH_MODE_RECEIVE);
    for (int i = 0; i < 3; ++i) broken.NextOf(Frame::kMessage);
  }
  Exchange again(*channels_);
  auto* attach = again.Add(pair.channel_b).mutable_attach();
  attach->set_after_sequence(1);
  attach->set_take_over(true);
  again.Flush();
  EXPECT_EQ(again.NextOf(Frame::kMessage).message().sequence(), 2u);
  EXPECT_EQ(again.NextOf(Frame::kMessage).message().sequence(), 3u);
  again.Acknowledge(pair.channel_b, 99);
  EXPECT_EQ(again.NextOf(Frame::kDetached).detached().error().reason(),
            "ARGUMENT");
}

TEST_F(DataChannelTest, TheReadersWindowHoldsMessagesBack) {
  const Pair pair = Connect();
  for (int i = 1; i <= 5; ++i) EXPECT_OK(Send(pair.channel_a, "12345"));
  Exchange exchange(*channels_);
  exchange.Add(pair.channel_b).mutable_attach()->set_window(8);
  exchange.Flush();
  EXPECT_EQ(exchange.NextOf(Frame::kMessage).message().sequence(), 1u);
  EXPECT_EQ(exchange.NextOf(Frame::kMessage).message().sequence(), 2u);
  // The third would pass the window: what comes next is the answer to this.
  exchange.Send(pair.channel_b, "probe");
  EXPECT_EQ(exchange.Next().frame_case(), Frame::kAcknowledge);
  exchange.Acknowledge(pair.channel_b, 2);
  EXPECT_EQ(exchange.NextOf(Frame::kMessage).message().sequence(), 3u);
}

TEST_F(DataChannelTest, OneNameAttachesAllChannelsOfAPeerAlsoThoseToCome) {
  const Pair pair = Connect();
  Exchange exchange(*channels_);
  exchange.Attach(pair.b);
  EXPECT_EQ(exchange.NextOf(Frame::kAttached).name(), pair.channel_b);
  v1::CreateDataChannelRequest create;
  create.set_name(pair.a);
  create.mutable_data_channel()->set_label("second");
  EXPECT_OK(Call(&Peers::CreateDataChannel, create));
  const Frame attached = exchange.NextOf(Frame::kAttached);
  EXPECT_EQ(attached.attached().data_channel().label(), "second");
  ClosePeer(pair.b);
  std::vector<std::string> detached;
  for (int i = 0; i < 3; ++i) {
    const Frame frame = exchange.NextOf(Frame::kDetached);
    EXPECT_EQ(frame.detached().reason(), v1::DETACH_REASON_PEER_CLOSED);
    detached.push_back(frame.name());
  }
  EXPECT_THAT(detached, ::testing::UnorderedElementsAre(pair.b, pair.channel_b,
                                                        attached.name()));
  exchange.HalfClose();
  EXPECT_EQ(exchange.Finish(), "OK");
}

TEST_F(DataChannelTest, HalfCloseEndsSendingAlone) {
  const Pair pair = Connect();
  Exchange exchange(*channels_);
  exchange.Attach(pair.channel_b, v1::ATTACH_MODE_RECEIVE);
  exchange.NextOf(Frame::kAttached);
  exchange.HalfClose();
  EXPECT_OK(Send(pair.channel_a, "after"));
  EXPECT_EQ(exchange.NextOf(Frame::kMessage).message().text(), "after");
  v1::CloseDataChannelRequest close;
  close.set_name(pair.channel_a);
  EXPECT_OK(Call(&Peers::CloseDataChannel, close));
  EXPECT_EQ(exchange.NextOf(Frame::kDetached).detached().reason(),
            v1::DETACH_REASON_CHANNEL_CLOSED);
  EXPECT_EQ(exchange.Finish(), "OK");
  // What was written counts as acknowledged.
  v1::ReceiveMessagesRequest request = Next(pair.channel_b, 0);
  EXPECT_THAT(Receive(request), ElementsAre());
}

TEST_F(DataChannelTest, FramesThatBreakTheRulesEndTheirChannelOrTheStream) {
  const Pair pair = Connect();
  {
    Exchange exchange(*channels_);
    exchange.Send(pair.channel_a, "not attached");
    EXPECT_EQ(exchange.NextOf(Frame::kDetached).detached().error().reason(),
              "ARGUMENT");
    exchange.Attach("peers/unknown");
    EXPECT_EQ(exchange.NextOf(Frame::kDetached).detached().error().reason(),
              "ARGUMENT");
    exchange.Attach(pair.a + "/dataChannels/99");
    EXPECT_EQ(exchange.NextOf(Frame::kDetached).detached().error().reason(),
              "CHANNEL_UNKNOWN");
    // The stream goes on.
    exchange.Attach(pair.channel_a);
    exchange.NextOf(Frame::kAttached);
    exchange.Send(pair.channel_a, std::string(65537, 'x'));
    const Frame rejected = exchange.NextOf(Frame::kRejected);
    EXPECT_EQ(rejected.rejected().sequence(), 1u);
    EXPECT_EQ(rejected.rejected().error().reason(), "MESSAGE_TOO_LARGE");
    exchange.Send(pair.channel_a, "fits");
    EXPECT_THAT(Receive(Next(pair.channel_b, 1)), ElementsAre("#1 fits"));
  }
  {
    Exchange nameless(*channels_);
    nameless.Attach("");
    EXPECT_EQ(nameless.Finish(), "INVALID_ARGUMENT ARGUMENT TypeError");
  }
  {
    Exchange empty(*channels_);
    empty.Add(pair.channel_a);
    empty.Flush();
    EXPECT_EQ(empty.Finish(), "INVALID_ARGUMENT ARGUMENT TypeError");
  }
  {
    Exchange large(*channels_);
    for (int i = 0; i < 2; ++i) {
      large.Add(pair.channel_a)
          .mutable_message()
          ->set_binary(std::string(40000, 'x'));
    }
    large.Flush();
    EXPECT_EQ(large.Finish(), "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError");
  }
}

// Nobody reads, the budget fills, the association stops taking: nothing is
// lost, and an event says so.
TEST_F(DataChannelTest, UnreadMessagesHoldTheSenderBackAndAreNotLost) {
  const Pair pair = Connect();
  const std::string chunk(60000, 'x');
  constexpr int kCount = 150;  // more than the 4 MiB that a channel keeps
  int sent = 0;
  for (; sent < kCount; ++sent) {
    const grpc::Status status = Send(pair.channel_a, chunk);
    if (status.ok()) continue;
    EXPECT_EQ(ErrorText(status),
              "RESOURCE_EXHAUSTED SEND_BUFFER OperationError");
    break;
  }
  EXPECT_TRUE(AwaitEvent(pair.b, 0, [](const v1::Event& event) {
    return event.has_receive_buffer_full();
  }));
  const auto received =
      Receive(Next(pair.channel_b, static_cast<uint32_t>(sent)));
  ASSERT_EQ(received.size(), static_cast<size_t>(sent));
  EXPECT_THAT(received.back(), StartsWith(absl::StrCat("#", sent, " x")));
}

}  // namespace
}  // namespace parley::service
