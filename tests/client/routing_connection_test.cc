#include "client/src/routing_connection.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "parley/messages.h"
#include "parley/mocks/fake_stream.h"
#include "tests/client/errors.h"

namespace parley::client::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class RecordingConnection : public Connection {
 public:
  void Unary(const Call& call, const google::protobuf::Message&,
             google::protobuf::Message*,
             std::function<void(absl::Status)> done) override {
    calls.push_back(call);
    done(status);
  }

  std::unique_ptr<Stream> OpenStream(const Call& call,
                                     const google::protobuf::Message&,
                                     bool) override {
    calls.push_back(call);
    return std::make_shared<FakeStreamServer>()->stream();
  }

  absl::Status status;
  std::vector<Call> calls;
};

const absl::Status kWrongNode = MakeStatus(
    absl::StatusCode::kFailedPrecondition, "WRONG_NODE", {{"node", "b"}});

class RoutingConnectionTest : public ::testing::Test {
 protected:
  NodeConnection Nodes() {
    return [this](std::string_view node) -> std::shared_ptr<Connection> {
      asked_.emplace_back(node);
      return node == "b" ? other_ : nullptr;
    };
  }

  template <typename Request>
  absl::Status Ask(const Request& request, NodeConnection nodes = nullptr) {
    RoutingConnection routing(inner_, std::move(nodes));
    absl::Status result = absl::UnknownError("did not end");
    v1::GetPeerResponse response;
    routing.Unary(Call(), request, &response,
                  [&](absl::Status status) { result = status; });
    return result;
  }

  v1::GetPeerRequest GetPeer() {
    v1::GetPeerRequest request;
    request.set_name("peers/a.42abc");
    return request;
  }

  std::shared_ptr<RecordingConnection> inner_ =
      std::make_shared<RecordingConnection>();
  std::shared_ptr<RecordingConnection> other_ =
      std::make_shared<RecordingConnection>();
  std::vector<std::string> asked_;
};

TEST_F(RoutingConnectionTest, TheHeaderHasTheNodeOfThePeer) {
  EXPECT_TRUE(Ask(GetPeer()).ok());
  EXPECT_THAT(inner_->calls[0].headers, ElementsAre(Pair("parley-node", "a")));
}

TEST_F(RoutingConnectionTest, TheHeaderHasTheNodeOfAChannelsPeer) {
  v1::SendMessageRequest request;
  request.set_name("peers/eu1.42abc/dataChannels/7");
  EXPECT_TRUE(Ask(request).ok());
  EXPECT_THAT(inner_->calls[0].headers,
              ElementsAre(Pair("parley-node", "eu1")));
}

TEST_F(RoutingConnectionTest, AnOfferOfAnExistingPeerIsRoutedANewOneIsNot) {
  v1::OfferRequest request;
  request.set_name("peers/a.42abc");
  EXPECT_TRUE(Ask(request).ok());
  request.mutable_create();
  EXPECT_TRUE(Ask(request).ok());
  EXPECT_THAT(inner_->calls[0].headers, SizeIs(1));
  EXPECT_THAT(inner_->calls[1].headers, IsEmpty());
}

TEST_F(RoutingConnectionTest, RequestsWithoutAPeerHaveNoHeader) {
  EXPECT_TRUE(Ask(v1::CreatePeerRequest()).ok());
  EXPECT_TRUE(Ask(v1::ListPeersRequest()).ok());
  v1::GetCertificateRequest certificate;
  certificate.set_name("certificates/c");
  EXPECT_TRUE(Ask(certificate).ok());
  for (const Call& call : inner_->calls) EXPECT_THAT(call.headers, IsEmpty());
}

TEST_F(RoutingConnectionTest, AnExchangeGoesToTheNodeOfItsFirstFrame) {
  v1::ExchangeRequest request;
  request.add_frames()->set_name("peers/a.42abc/dataChannels/1");
  RoutingConnection(inner_, nullptr).OpenStream(Call(), request, false);
  EXPECT_THAT(inner_->calls[0].headers, ElementsAre(Pair("parley-node", "a")));
}

TEST_F(RoutingConnectionTest, WithoutAResolverWrongNodeIsReturned) {
  inner_->status = kWrongNode;
  EXPECT_EQ(Ask(GetPeer()), kWrongNode);
  EXPECT_THAT(inner_->calls, SizeIs(1));
}

TEST_F(RoutingConnectionTest, WrongNodeIsFollowed) {
  inner_->status = kWrongNode;
  EXPECT_TRUE(Ask(GetPeer(), Nodes()).ok());
  EXPECT_THAT(asked_, ElementsAre("b"));
  ASSERT_THAT(other_->calls, SizeIs(1));
  EXPECT_THAT(other_->calls[0].headers, ElementsAre(Pair("parley-node", "b")));
}

TEST_F(RoutingConnectionTest, WrongNodeIsFollowedOnlyOnce) {
  inner_->status = kWrongNode;
  other_->status = kWrongNode;
  EXPECT_EQ(Ask(GetPeer(), Nodes()), kWrongNode);
  EXPECT_THAT(inner_->calls, SizeIs(1));
  EXPECT_THAT(other_->calls, SizeIs(1));
}

TEST_F(RoutingConnectionTest, ANodeThatCannotBeResolvedIsTheError) {
  inner_->status = MakeStatus(absl::StatusCode::kFailedPrecondition,
                              "WRONG_NODE", {{"node", "nowhere"}});
  EXPECT_EQ(Ask(GetPeer(), Nodes()), inner_->status);
}

TEST_F(RoutingConnectionTest, OtherErrorsAskNobody) {
  inner_->status =
      MakeStatus(absl::StatusCode::kFailedPrecondition, "PEER_CLOSED");
  EXPECT_EQ(Ask(GetPeer(), Nodes()), inner_->status);
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(RoutingConnectionTest, ACallForANodeGoesThere) {
  Call call;
  call.node = "b";
  RoutingConnection(inner_, Nodes()).OpenStream(call, GetPeer(), true);
  EXPECT_THAT(inner_->calls, IsEmpty());
  ASSERT_THAT(other_->calls, SizeIs(1));
  EXPECT_THAT(other_->calls[0].headers, ElementsAre(Pair("parley-node", "b")));
}

}  // namespace
}  // namespace parley::client::internal
