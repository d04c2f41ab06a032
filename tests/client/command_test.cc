// The command line, against a connection that is mocked.
#include "client/command/command.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "parley/messages.h"
#include "parley/mocks/fake_stream.h"
#include "tests/client/command_fixture.h"
#include "tests/client/errors.h"

namespace parley::command {
namespace {

using client::FakeStreamServer;
using client::MakeError;
using client::MakeStatus;
using client::WithRetryDelay;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Property;
using ::testing::Return;
using ::testing::StartsWith;

v1::CreatePeerResponse Created() {
  v1::CreatePeerResponse response;
  response.mutable_peer()->set_name("peers/a.1");
  return response;
}

v1::GetPeerResponse Got() {
  v1::GetPeerResponse response;
  response.mutable_peer()->set_name("peers/a.1");
  return response;
}

TEST_F(CommandTest, HelpAndVersionGoToStdout) {
  for (const char* line : {"help", "--help", "-h", "help offer", "offer --help",
                           "version", "--version"}) {
    out_.clear();
    EXPECT_EQ(Run(line), kDone) << line;
    EXPECT_THAT(out_, Not(IsEmpty())) << line;
    EXPECT_THAT(err_, IsEmpty()) << line;
  }
}

TEST_F(CommandTest, TheHelpNamesEveryCommandAndEveryExitCode) {
  EXPECT_EQ(Run("help"), kDone);
  for (const Command& command : Commands()) {
    EXPECT_THAT(out_, HasSubstr("  " + std::string(command.name) + " "));
  }
  for (int code = kDone; code <= kBusy; ++code) {
    EXPECT_THAT(out_, HasSubstr("\n  " + std::to_string(code) + "  "));
  }
}

TEST_F(CommandTest, EveryCommandHasHelpWithAnExample) {
  for (const Command& command : Commands()) {
    const std::string help = HelpOf(command);
    EXPECT_THAT(help, StartsWith("Usage: parley " + std::string(command.name)));
    EXPECT_THAT(help, HasSubstr("parley " + std::string(command.name) + " "));
    for (const std::string& line :
         std::vector<std::string>(absl::StrSplit(help, '\n'))) {
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
}

TEST_F(CommandTest, MistakesEndWithUsageAndCallNobody) {
  for (const char* line : {"dance",
                           "get",
                           "get a b",
                           "list x",
                           "offer a b",
                           "offer --gather=soon",
                           "offer --label x",
                           "watch a b",
                           "watch --until closed",
                           "watch p --resume x",
                           "watch p --until happy",
                           "debug",
                           "send",
                           "send p a b",
                           "receive",
                           "receive p --count many",
                           "accept",
                           "candidate",
                           "close",
                           "stats",
                           "demo x",
                           "demo --messages 1000000000",
                           "get p --colour",
                           "get p --timeout soon",
                           "help dance",
                           "get p --ca nofile"}) {
    err_.clear();
    EXPECT_EQ(Run(line), kUsage) << line;
    EXPECT_THAT(err_, AllOf(StartsWith("parley: "), HasSubstr("\n"))) << line;
  }
  EXPECT_EQ(command::Run(environment_, {}), kUsage);
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(CommandTest, TheServerComesFromOptionVariableOrDefault) {
  EXPECT_CALL(*connection_, GetPeer).WillRepeatedly(Return(Got()));
  EXPECT_EQ(Run("get peers/a.1"), kDone);
  EXPECT_EQ(connected_with_.server, "localhost:50051");
  variables_["PARLEY_SERVER"] = "there:1";
  EXPECT_EQ(Run("get peers/a.1"), kDone);
  EXPECT_EQ(connected_with_.server, "there:1");
  EXPECT_EQ(Run("--server here:2 get peers/a.1"), kDone);
  EXPECT_EQ(connected_with_.server, "here:2");
  EXPECT_EQ(Run("get --server=here:3 peers/a.1"), kDone);
  EXPECT_EQ(connected_with_.server, "here:3");
}

TEST_F(CommandTest, TlsAndTokenReachTheConnection) {
  EXPECT_CALL(*connection_, GetPeer).WillRepeatedly(Return(Got()));
  EXPECT_EQ(Run("get peers/a.1"), kDone);
  EXPECT_FALSE(connected_with_.tls.has_value());
  files_["ca.pem"] = "the roots";
  variables_["PARLEY_TOKEN"] = "t0ken";
  EXPECT_EQ(Run("get peers/a.1 --ca ca.pem"), kDone);
  ASSERT_TRUE(connected_with_.tls.has_value());
  EXPECT_EQ(connected_with_.tls->root_certificates, "the roots");
  EXPECT_EQ(connected_with_.token, "t0ken");
  EXPECT_FALSE(connected_with_.plaintext_token);
}

TEST_F(CommandTest, ATokenIsNamedByItsFile) {
  EXPECT_CALL(*connection_, GetPeer).WillRepeatedly(Return(Got()));
  files_["one"] = "t0ken";
  files_["two"] = "t0ken";
  variables_["PARLEY_TOKEN_FILE"] = "one";
  EXPECT_EQ(Run("get peers/a.1"), kDone);
  EXPECT_EQ(connected_with_.token_file, "one");
  EXPECT_EQ(Run("get peers/a.1 --token-file two --plaintext-token"), kDone);
  EXPECT_EQ(connected_with_.token_file, "two");
  EXPECT_TRUE(connected_with_.plaintext_token);
  EXPECT_EQ(Run("get peers/a.1 --token-file three"), kUsage);
}

struct Failure {
  absl::Status status;
  int code;
};

TEST_F(CommandTest, ErrorsHaveTheirExitCodes) {
  using absl::StatusCode;
  const Failure failures[] = {
      {MakeStatus(StatusCode::kFailedPrecondition, "PEER_CLOSED"), kRefused},
      {MakeStatus(StatusCode::kUnimplemented, "NOT_BUILT"), kRefused},
      {MakeStatus(StatusCode::kNotFound, "PEER_UNKNOWN"), kNotFound},
      {MakeStatus(StatusCode::kResourceExhausted, "PEERS"), kBusy},
      {MakeStatus(StatusCode::kUnavailable, "DRAINING"), kBusy},
      {absl::UnavailableError("refused"), kUnreachable},
      {absl::DeadlineExceededError("late"), kTimedOut},
      {absl::PermissionDeniedError("no"), kRefused},
  };
  for (const Failure& failure : failures) {
    EXPECT_CALL(*connection_, GetPeer).WillOnce(Return(failure.status));
    EXPECT_EQ(Run("get peers/a.1"), failure.code) << failure.status;
  }
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(CommandTest, AnErrorIsOneReadableLine) {
  v1::Error error = MakeError(absl::StatusCode::kFailedPrecondition,
                              "SIGNALING_STATE", {{"state", "stable"}});
  error.set_dom_exception("InvalidStateError");
  error.set_message("the state is\nstable");
  EXPECT_CALL(*connection_, GetPeer)
      .WillRepeatedly(Return(
          WithRetryDelay(client::ToStatus(error), absl::Milliseconds(1500))));
  Run("get peers/a.1");
  EXPECT_EQ(err_,
            "parley: could not get the peer: FAILED_PRECONDITION "
            "SIGNALING_STATE (InvalidStateError): the state is stable "
            "(try again after 1.5s)\n");
  err_.clear();
  Run("get peers/a.1 -v");
  EXPECT_THAT(err_, AllOf(HasSubstr("google.rpc.ErrorInfo"),
                          HasSubstr("stable"), HasSubstr("RetryInfo")));
}

TEST_F(CommandTest, WithJsonAnErrorIsJson) {
  EXPECT_CALL(*connection_, GetPeer)
      .WillOnce(Return(MakeStatus(absl::StatusCode::kNotFound, "PEER_UNKNOWN",
                                  {{"peer", "peers/a.1"}})));
  Run("get peers/a.1 --json");
  EXPECT_EQ(err_,
            R"({"code":5,"reason":"PEER_UNKNOWN","message":"for the test",)"
            R"("metadata":{"peer":"peers/a.1"}})"
            "\n");
}

TEST_F(CommandTest, AServerThatIsNotThereIsHintedAt) {
  EXPECT_CALL(*connection_, GetPeer)
      .WillOnce(Return(absl::UnavailableError("connection refused")));
  Run("get peers/a.1");
  EXPECT_THAT(err_, HasSubstr("is parleyd running at localhost:50051?"));
}

TEST_F(CommandTest, OfferCreatesAPeerSetsItsOfferAndPrintsSdpAlone) {
  v1::CreateOfferResponse offer;
  offer.mutable_description()->set_sdp("v=0 created");
  v1::SetLocalDescriptionResponse set;
  set.mutable_description()->set_sdp("v=0 set");
  EXPECT_CALL(*connection_, CreatePeer)
      .WillOnce([](const v1::CreatePeerRequest& request) {
        EXPECT_EQ(request.data_channels(0).label(), "chat");
        EXPECT_EQ(request.lease_ttl().seconds(), 90);
        EXPECT_EQ(request.labels().at("room"), "7");
        return Created();
      });
  EXPECT_CALL(*connection_, CreateOffer).WillOnce(Return(offer));
  EXPECT_CALL(*connection_, SetLocalDescription)
      .WillOnce([&](const v1::SetLocalDescriptionRequest& request) {
        EXPECT_EQ(request.name(), "peers/a.1");
        EXPECT_EQ(request.description().sdp(), "v=0 created");
        return set;
      });
  EXPECT_CALL(*connection_, GetPeer).WillOnce(Return(Got()));
  EXPECT_EQ(Run("offer --data chat --ttl 90s --label room=7"), kDone);
  EXPECT_EQ(out_, "v=0 set");
  EXPECT_THAT(err_, HasSubstr("peer: peers/a.1\n"));
}

TEST_F(CommandTest, AFailedOfferClosesThePeerThatItMade) {
  EXPECT_CALL(*connection_, CreatePeer).WillOnce(Return(Created()));
  EXPECT_CALL(*connection_, CreateOffer)
      .WillOnce(Return(
          MakeStatus(absl::StatusCode::kInternal, "RESOURCE_INSPECTION")));
  EXPECT_CALL(*connection_,
              ClosePeer(Property(&v1::ClosePeerRequest::name, "peers/a.1")))
      .WillOnce(Return(v1::ClosePeerResponse()));
  EXPECT_EQ(Run("offer"), kRefused);
}

TEST_F(CommandTest, AFailedOfferLeavesAPeerThatWasThere) {
  EXPECT_CALL(*connection_, CreateOffer)
      .WillOnce(
          Return(MakeStatus(absl::StatusCode::kNotFound, "PEER_UNKNOWN")));
  EXPECT_EQ(Run("offer peers/a.1"), kNotFound);
}

TEST_F(CommandTest, AnswerTakesTheOfferFromStdin) {
  files_["-"] = R"({"type":"offer","sdp":"v=0 theirs"})";
  v1::SetLocalDescriptionResponse set;
  set.mutable_description()->set_sdp("v=0 ours");
  EXPECT_CALL(*connection_, CreatePeer).WillOnce(Return(Created()));
  EXPECT_CALL(*connection_, SetRemoteDescription)
      .WillOnce([](const v1::SetRemoteDescriptionRequest& request) {
        EXPECT_EQ(request.description().sdp(), "v=0 theirs");
        EXPECT_EQ(request.description().type(), v1::SDP_TYPE_OFFER);
        return v1::SetRemoteDescriptionResponse();
      });
  EXPECT_CALL(*connection_, CreateAnswer)
      .WillOnce(Return(v1::CreateAnswerResponse()));
  EXPECT_CALL(*connection_, SetLocalDescription).WillOnce(Return(set));
  EXPECT_CALL(*connection_, GetPeer).WillOnce(Return(Got()));
  EXPECT_EQ(Run("answer --json"), kDone);
  EXPECT_EQ(out_,
            R"({"peer":{"name":"peers/a.1"},"description":{"sdp":"v=0 ours"}})"
            "\n");
}

TEST_F(CommandTest, GatherWaitsAndPrintsTheDescriptionWithCandidates) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, CreateOffer)
      .WillOnce(Return(v1::CreateOfferResponse()));
  EXPECT_CALL(*connection_, SetLocalDescription)
      .WillOnce(Return(v1::SetLocalDescriptionResponse()));
  EXPECT_CALL(*connection_, OpenStream).WillOnce([&](auto&&...) {
    v1::WatchPeerResponse update;
    update.mutable_snapshot();
    server->Send(update);
    update.mutable_event()->set_sequence(1);
    update.mutable_event()
        ->mutable_ice_gathering_state_change()
        ->set_ice_gathering_state(v1::ICE_GATHERING_STATE_COMPLETE);
    server->Send(update);
    return server->stream();
  });
  v1::GetPeerResponse full = Got();
  full.mutable_peer()->mutable_pending_local_description()->set_sdp(
      "v=0 with candidates");
  EXPECT_CALL(*connection_, GetPeer).WillRepeatedly(Return(full));
  EXPECT_EQ(Run("offer peers/a.1 --gather"), kDone);
  EXPECT_EQ(out_, "v=0 with candidates");
}

TEST_F(CommandTest, ACandidateThatIsRefusedFailsTheCommand) {
  files_["c"] = "candidate:1 1 udp 1 192.0.2.1 9 typ host";
  v1::AddIceCandidatesResponse response;
  response.add_results()->set_outcome(v1::ICE_CANDIDATE_OUTCOME_ERROR);
  *response.mutable_results(0)->mutable_error() =
      MakeError(absl::StatusCode::kInvalidArgument, "CANDIDATE_MID_UNKNOWN");
  EXPECT_CALL(*connection_, AddIceCandidates).WillOnce(Return(response));
  EXPECT_EQ(Run("candidate peers/a.1 c --mid 9"), kRefused);
  EXPECT_THAT(out_, HasSubstr("CANDIDATE_MID_UNKNOWN"));
}

TEST_F(CommandTest, ListFollowsThePages) {
  v1::ListPeersResponse first;
  first.add_peers()->set_name("peers/a.1");
  first.set_next_page_token("more");
  v1::ListPeersResponse second;
  second.add_peers()->set_name("peers/a.2");
  EXPECT_CALL(*connection_,
              ListPeers(Property(&v1::ListPeersRequest::page_token, "")))
      .WillOnce(Return(first));
  EXPECT_CALL(*connection_,
              ListPeers(Property(&v1::ListPeersRequest::page_token, "more")))
      .WillOnce(Return(second));
  EXPECT_EQ(Run("list --json"), kDone);
  EXPECT_EQ(out_, "{\"name\":\"peers/a.1\"}\n{\"name\":\"peers/a.2\"}\n");
}

TEST_F(CommandTest, CloseTriesEveryPeer) {
  EXPECT_CALL(*connection_, ClosePeer)
      .WillOnce(Return(MakeStatus(absl::StatusCode::kNotFound, "PEER_UNKNOWN")))
      .WillOnce(Return(v1::ClosePeerResponse()));
  EXPECT_EQ(Run("close peers/a.1 peers/a.2"), kNotFound);
}

TEST_F(CommandTest, WatchEndsAtTheStateThatWasWaitedFor) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream).WillOnce([&](auto&&...) {
    v1::WatchPeerResponse update;
    update.mutable_snapshot()->mutable_state()->set_connection_state(
        v1::PEER_CONNECTION_STATE_NEW);
    server->Send(update);
    update.mutable_event()->set_sequence(1);
    update.mutable_event()
        ->mutable_connection_state_change()
        ->set_connection_state(v1::PEER_CONNECTION_STATE_CONNECTED);
    server->Send(update);
    return server->stream();
  });
  EXPECT_EQ(Run("watch peers/a.1 --until connected"), kDone);
  EXPECT_THAT(out_, HasSubstr("connection connected\n"));
}

TEST_F(CommandTest, WatchFailsWhenThePeerIsClosedBefore) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream).WillOnce([&](auto&&...) {
    v1::WatchPeerResponse update;
    update.mutable_event()->set_sequence(1);
    update.mutable_event()->mutable_closed()->set_reason(
        v1::CLOSE_REASON_LEASE_EXPIRED);
    server->Send(update);
    server->End(absl::OkStatus());
    return server->stream();
  });
  EXPECT_EQ(Run("watch peers/a.1 --after 0 --until connected"), kRefused);
  EXPECT_THAT(out_, HasSubstr("closed: lease-expired"));
}

TEST_F(CommandTest, AnInterruptedWatchSaysHowToGoOn) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream).WillOnce([&](auto&&...) {
    v1::WatchPeerResponse update;
    update.mutable_snapshot()->mutable_state()->set_last_event_sequence(6);
    server->Send(update);
    update.mutable_event()->set_sequence(7);
    server->Send(update);
    return server->stream();
  });
  environment_.out = [this](std::string_view text) {
    out_ += text;
    if (text.find("  7  ") != text.npos) interrupt_();
  };
  EXPECT_EQ(Run("watch peers/a.1"), kInterrupted);
  EXPECT_EQ(err_, "go on with: parley watch peers/a.1 --after 7\n");
}

TEST_F(CommandTest, WatchEndsInTime) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream).WillOnce([&](auto&&...) {
    return server->stream();
  });
  EXPECT_EQ(Run("watch peers/a.1 --timeout 1ms"), kTimedOut);
}

TEST_F(CommandTest, SendFindsTheOnlyChannelOfAPeer) {
  v1::GetPeerResponse peer = Got();
  auto& channels = *peer.mutable_peer()->mutable_state();
  channels.add_data_channels()->set_name("peers/a.1/dataChannels/1");
  channels.mutable_data_channels(0)->set_ready_state(
      v1::DATA_CHANNEL_STATE_CLOSED);
  channels.add_data_channels()->set_name("peers/a.1/dataChannels/2");
  channels.mutable_data_channels(1)->set_ready_state(
      v1::DATA_CHANNEL_STATE_OPEN);
  EXPECT_CALL(*connection_, GetPeer).WillRepeatedly(Return(peer));
  EXPECT_CALL(*connection_, SendMessage)
      .WillOnce([](const v1::SendMessageRequest& request) {
        EXPECT_EQ(request.name(), "peers/a.1/dataChannels/2");
        EXPECT_EQ(request.text(), "hello");
        return v1::SendMessageResponse();
      });
  EXPECT_EQ(Run("send peers/a.1 hello"), kDone);
  EXPECT_EQ(Run("send peers/a.1 --channel other hello"), kNotFound);
  channels.mutable_data_channels(0)->set_ready_state(
      v1::DATA_CHANNEL_STATE_OPEN);
  EXPECT_CALL(*connection_, GetPeer).WillRepeatedly(Return(peer));
  EXPECT_EQ(Run("send peers/a.1 hello"), kRefused);
  EXPECT_THAT(err_, HasSubstr("several data channels"));
}

TEST_F(CommandTest, SendTakesBytesFromAFile) {
  files_["f"] = std::string("\0\xff", 2);
  EXPECT_CALL(*connection_, SendMessage)
      .WillOnce([](const v1::SendMessageRequest& request) {
        EXPECT_EQ(request.binary(), std::string("\0\xff", 2));
        return v1::SendMessageResponse();
      });
  EXPECT_EQ(Run("send peers/a.1/dataChannels/2 --binary --file f"), kDone);
}

TEST_F(CommandTest, ReceivePrintsMessagesWithoutControlCharacters) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream)
      .WillOnce([&](const client::Call&, const google::protobuf::Message& first,
                    bool) {
        v1::ReceiveMessagesRequest request;
        request.CopyFrom(first);
        EXPECT_EQ(request.max_messages(), 2u);
        v1::ReceiveMessagesResponse response;
        response.mutable_message()->set_text("clear\x1b[2J");
        server->Send(response);
        response.mutable_message()->set_binary(std::string("\x00\xff", 2));
        server->Send(response);
        server->End(absl::OkStatus());
        return server->stream();
      });
  EXPECT_EQ(Run("receive peers/a.1/dataChannels/2 --count 2"), kDone);
  EXPECT_EQ(out_, "clear [2J\nbinary, 2 bytes: 00ff\n");
}

TEST_F(CommandTest, ADemoThatCannotBeginFailsInOneLine) {
  EXPECT_CALL(*connection_, CreatePeer)
      .WillOnce(Return(absl::UnavailableError("refused")));
  EXPECT_EQ(Run("demo"), kRefused);
  EXPECT_THAT(err_, StartsWith("parley: could not create two peers"));
  EXPECT_THAT(out_, Not(HasSubstr("ok")));
}

}  // namespace
}  // namespace parley::command
