// The client library and the command against a real server: parleyd as a child
// process, its peers connected over loopback.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/command/command.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "parley/client.h"
#include "parley/messages.h"
#include "tests/client/cutting_proxy.h"
#include "tests/client/parleyd.h"

namespace parley {
namespace {

using client::Client;
using client::HasReason;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What has to happen at all happens in this time.
constexpr absl::Duration kPatience = absl::Seconds(60);

// Two peers of one server, connected, with one open data channel.
struct Pair {
  std::string alice;
  std::string bob;
  std::string alice_channel;
  std::string bob_channel;
};

// Reads a watch until an update says so.
void AwaitUpdate(
    client::PeerWatch& watch,
    const std::function<bool(const v1::WatchPeerResponse&)>& wanted) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (true) {
    const auto update = watch.Next(deadline - absl::Now());
    ASSERT_TRUE(update.ok()) << update.status();
    ASSERT_TRUE(update->has_value()) << "the peer was closed";
    if (wanted(**update)) return;
  }
}

bool Gathered(const v1::WatchPeerResponse& update) {
  return update.event().ice_gathering_state_change().ice_gathering_state() ==
             v1::ICE_GATHERING_STATE_COMPLETE ||
         update.snapshot().state().ice_gathering_state() ==
             v1::ICE_GATHERING_STATE_COMPLETE;
}

// The name of the data channel that the update shows open; else empty.
std::string OpenChannel(const v1::WatchPeerResponse& update) {
  const auto& changed =
      update.event().data_channel_state_change().data_channel();
  if (changed.ready_state() == v1::DATA_CHANNEL_STATE_OPEN) {
    return changed.name();
  }
  for (const auto& channel : update.snapshot().state().data_channels()) {
    if (channel.ready_state() == v1::DATA_CHANNEL_STATE_OPEN) {
      return channel.name();
    }
  }
  return "";
}

v1::SessionDescription LocalDescription(const Client& client,
                                        const std::string& peer) {
  v1::GetPeerRequest request;
  request.set_name(peer);
  request.set_view(v1::PEER_VIEW_FULL);
  const auto reply = client.GetPeer(request);
  EXPECT_TRUE(reply.ok()) << reply.status();
  if (!reply.ok()) return {};
  return reply->peer().has_pending_local_description()
             ? reply->peer().pending_local_description()
             : reply->peer().current_local_description();
}

void Connect(const Client& client, Pair& pair) {
  v1::CreatePeerRequest create;
  create.add_data_channels()->set_label("test");
  auto alice = client.CreatePeer(create);
  ASSERT_TRUE(alice.ok()) << alice.status();
  auto bob = client.CreatePeer(v1::CreatePeerRequest());
  ASSERT_TRUE(bob.ok()) << bob.status();
  pair.alice = alice->peer().name();
  pair.bob = bob->peer().name();
  auto alice_watch = client.WatchPeer(pair.alice);
  auto bob_watch = client.WatchPeer(pair.bob);
  ASSERT_TRUE(client.SetLocalDescription(pair.alice).ok());
  ASSERT_NO_FATAL_FAILURE(AwaitUpdate(alice_watch, Gathered));
  const auto offered = client.SetRemoteDescription(
      pair.bob, LocalDescription(client, pair.alice));
  ASSERT_TRUE(offered.ok()) << offered.status();
  ASSERT_TRUE(client.SetLocalDescription(pair.bob).ok());
  ASSERT_NO_FATAL_FAILURE(AwaitUpdate(bob_watch, Gathered));
  const auto answered = client.SetRemoteDescription(
      pair.alice, LocalDescription(client, pair.bob));
  ASSERT_TRUE(answered.ok()) << answered.status();
  ASSERT_NO_FATAL_FAILURE(AwaitUpdate(alice_watch, [&](const auto& update) {
    pair.alice_channel = OpenChannel(update);
    return !pair.alice_channel.empty();
  }));
  ASSERT_NO_FATAL_FAILURE(AwaitUpdate(bob_watch, [&](const auto& update) {
    pair.bob_channel = OpenChannel(update);
    return !pair.bob_channel.empty();
  }));
}

class EndToEndTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new Parleyd; }
  static void TearDownTestSuite() {
    EXPECT_EQ(server_->Terminate(), 0);
    delete server_;
  }

  static Client ClientOf(const std::string& target) {
    client::ConnectionOptions options;
    options.server = target;
    return Client(client::MakeConnection(options));
  }

  // Runs the words of a command line; its output goes to out_ and err_.
  int Run(std::vector<std::string> words) {
    command::Environment environment;
    out_.clear();
    err_.clear();
    environment.out = [this](std::string_view text) { out_ += text; };
    environment.err = [this](std::string_view text) { err_ += text; };
    environment.read = [this](const std::string&) { return in_; };
    environment.variable = [](const char* name) {
      return std::string(name) == "PARLEY_SERVER" ? server_->target() : "";
    };
    environment.connect = client::MakeConnection;
    environment.on_interrupt = [](std::function<void()>) {};  // nobody does
    return command::Run(environment, words);
  }

  // The name that offer and answer print on stderr.
  std::string PrintedPeer() const {
    for (const std::string& line :
         std::vector<std::string>(absl::StrSplit(err_, '\n'))) {
      if (absl::StartsWith(line, "peer: ")) return line.substr(6);
    }
    return "";
  }

  static Parleyd* server_;
  Client client_ = ClientOf(server_->target());
  std::string in_;
  std::string out_;
  std::string err_;
};

Parleyd* EndToEndTest::server_ = nullptr;

TEST_F(EndToEndTest, TheDemonstrationRuns) {
  EXPECT_EQ(Run({"demo", "--messages", "50"}), command::kDone) << err_;
  EXPECT_TRUE(absl::EndsWith(out_, "\ndemo: 50 messages each way, ok\n"))
      << out_;
  EXPECT_THAT(out_, HasSubstr("alice: createOffer:\nv=0\r\n"));
  EXPECT_THAT(out_, HasSubstr("(InvalidStateError)"));
  EXPECT_EQ(Run({"list"}), command::kDone);
  EXPECT_EQ(out_, "");  // nothing is left behind
}

TEST_F(EndToEndTest, TheDemonstrationEndsInTime) {
  EXPECT_EQ(Run({"demo", "--timeout", "1ms"}), command::kRefused);
  EXPECT_THAT(err_, StartsWith("parley: could not "));
}

TEST_F(EndToEndTest, ASessionOfTheCommandLine) {
  ASSERT_EQ(Run({"offer", "--gather", "--data", "chat"}), command::kDone)
      << err_;
  EXPECT_THAT(out_, StartsWith("v=0\r\n"));
  EXPECT_THAT(out_, HasSubstr("a=candidate:"));
  const std::string alice = PrintedPeer();
  in_ = out_;
  ASSERT_EQ(Run({"answer", "--gather", "--json"}), command::kDone) << err_;
  v1::AnswerResponse answer;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(out_, &answer).ok());
  EXPECT_TRUE(answer.gathering_complete());
  const std::string bob = answer.peer().name();
  in_ = out_;
  ASSERT_EQ(Run({"accept", alice}), command::kDone) << err_;
  EXPECT_THAT(out_, HasSubstr("signaling stable"));
  for (const std::string& peer : {alice, bob}) {
    ASSERT_EQ(Run({"watch", peer, "--until", "connected", "--timeout", "60s"}),
              command::kDone)
        << err_;
  }
  // Connected is not yet open: that comes by the first message received.
  client::PeerWatch watch = client_.WatchPeer(alice);
  ASSERT_NO_FATAL_FAILURE(AwaitUpdate(
      watch, [](const auto& update) { return !OpenChannel(update).empty(); }));
  ASSERT_EQ(Run({"send", alice, "hello"}), command::kDone) << err_;
  client::PeerWatch bob_watch = client_.WatchPeer(bob);
  ASSERT_NO_FATAL_FAILURE(AwaitUpdate(bob_watch, [](const auto& update) {
    return !OpenChannel(update).empty();
  }));
  ASSERT_EQ(Run({"receive", bob, "--count", "1", "--timeout", "60s"}),
            command::kDone)
      << err_;
  EXPECT_EQ(out_, "hello\n");
  in_ = std::string("\0\xff", 2);
  ASSERT_EQ(Run({"send", bob, "--channel", "chat", "--binary"}),
            command::kDone);
  ASSERT_EQ(Run({"receive", alice, "--count", "1", "--timeout", "60s"}),
            command::kDone);
  EXPECT_EQ(out_, "binary, 2 bytes: 00ff\n");
  ASSERT_EQ(Run({"get", alice}), command::kDone);
  EXPECT_THAT(out_, HasSubstr("connection connected"));
  ASSERT_EQ(Run({"close", alice, bob, "--detail", "done"}), command::kDone);
  ASSERT_EQ(Run({"get", alice}), command::kDone);
  EXPECT_THAT(out_, HasSubstr("requested, done"));
  EXPECT_EQ(Run({"send", alice, "hello"}), command::kRefused) << err_;
  EXPECT_EQ(Run({"offer", alice}), command::kRefused);
  EXPECT_THAT(err_, HasSubstr("PEER_CLOSED (InvalidStateError)"));
}

TEST_F(EndToEndTest, RefusalsHaveTheirExitCodesAndLeaveNothing) {
  EXPECT_EQ(Run({"list"}), command::kDone);
  const std::string before = out_;
  EXPECT_EQ(Run({"get", "nobody"}), command::kRefused);
  EXPECT_THAT(err_, HasSubstr("INVALID_ARGUMENT ARGUMENT"));
  // As names are, of another life of the server.
  EXPECT_EQ(Run({"get", "peers/local.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}),
            command::kNotFound);
  EXPECT_THAT(err_, HasSubstr("NOT_FOUND PEER_LOST"));
  in_ = "v=0\r\nnot SDP\r\n";
  EXPECT_EQ(Run({"answer"}), command::kRefused);
  EXPECT_THAT(err_, HasSubstr("SDP_SYNTAX"));
  EXPECT_EQ(Run({"list"}), command::kDone);
  EXPECT_EQ(out_, before);
}

TEST_F(EndToEndTest, PoolShowsTheServer) {
  EXPECT_EQ(Run({"pool"}), command::kDone) << err_;
  EXPECT_THAT(out_, HasSubstr("node local"));
}

TEST_F(EndToEndTest, ErrorsCarryReasonAndW3cName) {
  const auto peer = client_.CreatePeer(v1::CreatePeerRequest());
  ASSERT_TRUE(peer.ok()) << peer.status();
  const auto answer = client_.CreateAnswer(peer->peer().name());
  EXPECT_TRUE(absl::IsFailedPrecondition(answer.status()));
  const auto info = client::GetErrorInfo(answer.status());
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "SIGNALING_STATE");
  EXPECT_EQ(info->dom_exception, "InvalidStateError");
  EXPECT_EQ(info->metadata.at("state"), "stable");
  EXPECT_TRUE(client_.ClosePeer(peer->peer().name()).ok());
}

TEST_F(EndToEndTest, ARepeatedRequestIdMakesOnePeer) {
  v1::CreatePeerRequest request;
  request.set_request_id("4f2c");
  const auto first = client_.CreatePeer(request);
  const auto second = client_.CreatePeer(request);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->peer().name(), second->peer().name());
  EXPECT_TRUE(client_.ClosePeer(first->peer().name()).ok());
}

TEST_F(EndToEndTest, AWatchOverABadConnectionIsComplete) {
  CuttingProxy proxy(server_->socket());
  const Client far = ClientOf(proxy.target());
  v1::CreatePeerRequest create;
  create.add_data_channels()->set_label("test");
  const auto peer = client_.CreatePeer(create);
  ASSERT_TRUE(peer.ok()) << peer.status();
  const std::string name = peer->peer().name();
  client::PeerWatch watch = far.WatchPeer(name, {.after_sequence = 0});
  uint64_t last = 0;
  // Each pair of calls makes events; each cut falls somewhere between them.
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(client_.SetLocalDescription(name).ok());
    if (round % 3 == 0) proxy.Cut();
    v1::SetLocalDescriptionRequest rollback;
    rollback.set_name(name);
    rollback.mutable_description()->set_type(v1::SDP_TYPE_ROLLBACK);
    const auto back = client_.SetLocalDescription(rollback);
    ASSERT_TRUE(back.ok()) << back.status();
    if (round % 4 == 0) proxy.Cut();
    while (last < back->state().last_event_sequence()) {
      const auto update = watch.Next(kPatience);
      ASSERT_TRUE(update.ok()) << update.status();
      ASSERT_TRUE(update->has_value());
      ASSERT_EQ((*update)->event().sequence(), last + 1);
      ++last;
    }
  }
  EXPECT_GE(last, 40u);
  EXPECT_TRUE(client_.ClosePeer(name).ok());
  while (true) {
    const auto update = watch.Next(kPatience);
    ASSERT_TRUE(update.ok()) << update.status();
    if (!update->has_value()) break;
    ASSERT_EQ((*update)->event().sequence(), ++last);
  }
}

// Sends on one session, receives on another, and cuts their connections in
// between: every message arrives once and in order.
TEST_F(EndToEndTest, MessagesOverABadConnectionArriveOnceAndInOrder) {
  constexpr int kMessages = 3000;
  Pair pair;
  ASSERT_NO_FATAL_FAILURE(Connect(client_, pair));
  CuttingProxy proxy(server_->socket());
  const Client far = ClientOf(proxy.target());
  client::DataSession out = far.OpenDataSession(pair.alice_channel);
  client::DataSession in = far.OpenDataSession(pair.bob);  // the whole peer
  struct Sent {
    absl::Mutex mutex;
    int accepted = 0;
    absl::Status failure;
  };
  auto sent = std::make_shared<Sent>();
  int next = 0;
  int received = 0;
  while (received < kMessages) {
    for (; next < std::min(kMessages, received + 200); ++next) {
      v1::DataMessage message;
      message.set_text(absl::StrCat("message ", next));
      out.Send(pair.alice_channel, std::move(message),
               [sent](const absl::Status& status) {
                 absl::MutexLock lock(&sent->mutex);
                 if (status.ok()) ++sent->accepted;
                 sent->failure.Update(status);
               });
    }
    const auto frame = in.Receive(kPatience);
    ASSERT_TRUE(frame.ok()) << frame.status();
    ASSERT_FALSE(frame->has_detached()) << frame->ShortDebugString();
    if (!frame->has_message()) continue;
    ASSERT_EQ(frame->message().text(), absl::StrCat("message ", received));
    if (++received % 500 == 250) proxy.Cut();
  }
  EXPECT_TRUE(out.Finish(kPatience).ok());
  EXPECT_TRUE(in.Finish(kPatience).ok());
  {
    absl::MutexLock lock(&sent->mutex);
    EXPECT_TRUE(sent->failure.ok()) << sent->failure;
    EXPECT_EQ(sent->accepted, kMessages);
  }
  // All were acknowledged: nothing is left for another reader.
  v1::ReceiveMessagesRequest rest;
  rest.set_name(pair.bob_channel);
  rest.mutable_idle_timeout();
  auto reader = client_.ReceiveMessages(rest);
  const auto left = reader.Next(kPatience);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_FALSE(left->has_value());
  EXPECT_TRUE(client_.ClosePeer(pair.alice).ok());
  EXPECT_TRUE(client_.ClosePeer(pair.bob).ok());
}

TEST_F(EndToEndTest, ASecondReaderIsRefusedAndMayTakeOver) {
  Pair pair;
  ASSERT_NO_FATAL_FAILURE(Connect(client_, pair));
  client::DataSession first = client_.OpenDataSession(pair.bob_channel);
  auto frame = first.Receive(kPatience);
  ASSERT_TRUE(frame.ok() && frame->has_attached()) << frame.status();
  client::DataSession second = client_.OpenDataSession(pair.bob_channel);
  frame = second.Receive(kPatience);
  ASSERT_TRUE(frame.ok() && frame->has_detached()) << frame.status();
  EXPECT_EQ(frame->detached().error().reason(), "MESSAGES_OWNED");
  v1::Attach attach;
  attach.set_take_over(true);
  client::DataSession third = client_.OpenDataSession(pair.bob_channel, attach);
  frame = third.Receive(kPatience);
  ASSERT_TRUE(frame.ok() && frame->has_attached()) << frame.status();
  frame = first.Receive(kPatience);
  ASSERT_TRUE(frame.ok() && frame->has_detached()) << frame.status();
  EXPECT_EQ(frame->detached().reason(), v1::DETACH_REASON_TAKEN_OVER);
  EXPECT_FALSE(first.SendText(pair.bob_channel, "late").ok());
  EXPECT_TRUE(third.SendText(pair.bob_channel, "mine").ok());
  EXPECT_TRUE(client_.ClosePeer(pair.alice).ok());
  EXPECT_TRUE(client_.ClosePeer(pair.bob).ok());
}

TEST_F(EndToEndTest, AMessageThatIsTooLargeFailsAlone) {
  Pair pair;
  ASSERT_NO_FATAL_FAILURE(Connect(client_, pair));
  client::DataSession session = client_.OpenDataSession(pair.alice_channel);
  const absl::Status refused =
      session.SendBinary(pair.alice_channel, std::string(300 * 1024, 'x'));
  EXPECT_TRUE(HasReason(refused, "MESSAGE_TOO_LARGE")) << refused;
  EXPECT_TRUE(session.SendText(pair.alice_channel, "small").ok());
  EXPECT_TRUE(
      session.SendBinary(pair.alice_channel, std::string(200 * 1024, 'x'))
          .ok());
  EXPECT_TRUE(client_.ClosePeer(pair.alice).ok());
  EXPECT_TRUE(client_.ClosePeer(pair.bob).ok());
}

TEST_F(EndToEndTest, AClosedChannelGivesWhatItReceivedAndEnds) {
  Pair pair;
  ASSERT_NO_FATAL_FAILURE(Connect(client_, pair));
  client::DataSession out = client_.OpenDataSession(pair.alice_channel);
  for (int i = 0; i < 100; ++i) {
    out.Send(
        pair.alice_channel,
        [i] {
          v1::DataMessage message;
          message.set_text(absl::StrCat(i));
          return message;
        }(),
        nullptr);
  }
  ASSERT_TRUE(out.SendText(pair.alice_channel, "last").ok());
  v1::CloseDataChannelRequest close;
  close.set_name(pair.alice_channel);
  ASSERT_TRUE(client_.CloseDataChannel(close).ok());
  client::DataSession in = client_.OpenDataSession(pair.bob_channel);
  int messages = 0;
  std::string last;
  while (true) {
    const auto frame = in.Receive(kPatience);
    ASSERT_TRUE(frame.ok()) << frame.status();
    if (frame->has_message()) {
      ++messages;
      last = frame->message().text();
    }
    if (!frame->has_detached()) continue;
    EXPECT_EQ(frame->detached().reason(), v1::DETACH_REASON_CHANNEL_CLOSED)
        << frame->ShortDebugString();
    break;
  }
  EXPECT_EQ(messages, 101);
  EXPECT_EQ(last, "last");
  const absl::Status late = out.SendText(pair.alice_channel, "late");
  EXPECT_TRUE(HasReason(late, "CHANNEL_NOT_OPEN")) << late;
  EXPECT_TRUE(client_.ClosePeer(pair.alice).ok());
  EXPECT_TRUE(client_.ClosePeer(pair.bob).ok());
}

}  // namespace
}  // namespace parley
