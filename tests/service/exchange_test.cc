// Exchange streams that live long: what comes and goes costs them nothing.

#include <string>

#include "tests/service/exchange_client.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

class ExchangeTest : public ServerTest {
 protected:
  ExchangeTest() { StartServer(TestOptions()); }

  void Send(const std::string& channel, const std::string& text) {
    v1::SendMessageRequest request;
    request.set_name(channel);
    request.set_text(text);
    ASSERT_OK(Call(&Channels::SendMessage, request));
  }
};

TEST_F(ExchangeTest, AClosedChannelWaitsForItsLastAcknowledgement) {
  const Pair pair = Connect();
  Exchange exchange(*channels_);
  exchange.Attach(pair.channel_b);
  exchange.NextOf(Frame::kAttached);
  Send(pair.channel_a, "last words");
  EXPECT_EQ(exchange.NextOf(Frame::kMessage).message().sequence(), 1u);
  v1::CloseDataChannelRequest close;
  close.set_name(pair.channel_a);
  EXPECT_OK(Call(&Peers::CloseDataChannel, close));
  v1::DataChannelState state = v1::DATA_CHANNEL_STATE_OPEN;
  while (state != v1::DATA_CHANNEL_STATE_CLOSED) {
    const Frame frame = exchange.NextOf(Frame::kReadyStateChange);
    state = frame.ready_state_change().ready_state();
    ASSERT_NE(state, v1::DATA_CHANNEL_STATE_UNSPECIFIED);
  }
  exchange.Acknowledge(pair.channel_b, 1);
  EXPECT_EQ(exchange.Next().detached().reason(),
            v1::DETACH_REASON_CHANNEL_CLOSED);
  // It is not there for another reader, nor in the way of other channels.
  v1::ReceiveMessagesRequest request;
  request.set_name(pair.channel_b);
  grpc::ClientContext context;
  const auto stream = channels_->ReceiveMessages(&context, request);
  v1::ReceiveMessagesResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_OK(stream->Finish());
}

// One stream of a backend, for all peers it will ever have.
TEST_F(ExchangeTest, AnyNumberOfPeersMayComeAndGo) {
  constexpr int kMany = 4200;  // more than may be attached at a time
  Exchange exchange(*channels_);
  for (int i = 0; i < kMany; ++i) {
    v1::CreatePeerRequest request;
    request.add_data_channels();
    const v1::Peer peer = CreatePeer(request);
    exchange.Attach(peer.state().data_channels(0).name());
    ASSERT_EQ(exchange.Next().frame_case(), Frame::kAttached) << i;
    ClosePeer(peer.name());
    ASSERT_EQ(exchange.NextOf(Frame::kDetached).detached().reason(),
              v1::DETACH_REASON_PEER_CLOSED)
        << i;
  }
  exchange.HalfClose();
  EXPECT_EQ(exchange.Finish(), "OK");
}

// The channel is full, so that what comes has to wait.
TEST_F(ExchangeTest, EmptyMessagesCountAgainstTheWindowToo) {
  const Pair pair = Connect();
  constexpr int kFrames = 4000;
  constexpr int kWindow = (1 << 20) / 64;  // in messages
  const std::string chunk(200'000, 'x');
  for (int i = 0; i < 40; ++i) Send(pair.channel_a, chunk);
  ASSERT_TRUE(AwaitEvent(pair.b, 0, [](const v1::Event& event) {
    return event.has_receive_buffer_full();
  }));
  Exchange exchange(*channels_);
  exchange.Attach(pair.channel_a, v1::ATTACH_MODE_SEND);
  exchange.NextOf(Frame::kAttached);
  for (int sent = 0; sent <= kWindow; sent += kFrames) {
    for (int i = 0; i < kFrames; ++i) {
      exchange.Add(pair.channel_a).mutable_message()->set_binary("");
    }
    exchange.Flush();
  }
  const Frame frame = exchange.NextOf(Frame::kDetached);
  EXPECT_EQ(frame.detached().reason(), v1::DETACH_REASON_REFUSED);
  EXPECT_EQ(frame.detached().error().reason(), "SEND_BUFFER");
}

// The end that is told and the one that still writes are of two threads.
TEST_F(ExchangeTest, MessagesFlowOnAfterTheHalfClose) {
  const Pair pair = Connect();
  constexpr int kMessages = 1000;
  Exchange exchange(*channels_);
  exchange.Attach(pair.channel_b, v1::ATTACH_MODE_RECEIVE);
  exchange.NextOf(Frame::kAttached);
  exchange.HalfClose();
  for (int i = 0; i < kMessages; ++i) Send(pair.channel_a, "more");
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_EQ(exchange.NextOf(Frame::kMessage).message().text(), "more") << i;
  }
  v1::CloseDataChannelRequest close;
  close.set_name(pair.channel_a);
  EXPECT_OK(Call(&Peers::CloseDataChannel, close));
  EXPECT_EQ(exchange.NextOf(Frame::kDetached).detached().reason(),
            v1::DETACH_REASON_CHANNEL_CLOSED);
  EXPECT_EQ(exchange.Finish(), "OK");
}

}  // namespace
}  // namespace parley::service
