#include "parley/client.h"

#include <optional>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "parley/messages.h"
#include "parley/mocks/fake_stream.h"
#include "parley/mocks/mock_connection.h"
#include "tests/client/errors.h"

namespace parley::client {
namespace {

using ::testing::Property;
using ::testing::Return;
using ::testing::StartsWith;
using ::testing::StrictMock;

class ClientTest : public ::testing::Test {
 protected:
  std::shared_ptr<StrictMock<MockConnection>> connection_ =
      std::make_shared<StrictMock<MockConnection>>();
  Client client_{connection_};
};

TEST_F(ClientTest, TheBlockingFormReturnsTheReply) {
  v1::CreateOfferResponse response;
  response.mutable_description()->set_sdp("v=0");
  EXPECT_CALL(*connection_,
              CreateOffer(Property(&v1::CreateOfferRequest::name, "peers/a.1")))
      .WillOnce(Return(response));
  const auto offer = client_.CreateOffer("peers/a.1");
  ASSERT_TRUE(offer.ok());
  EXPECT_EQ(offer->description().sdp(), "v=0");
}

TEST_F(ClientTest, TheCallbackFormGivesTheReply) {
  v1::CreatePeerResponse response;
  response.mutable_peer()->set_name("peers/a.1");
  EXPECT_CALL(*connection_, CreatePeer).WillOnce(Return(response));
  std::optional<absl::StatusOr<v1::CreatePeerResponse>> got;
  client_.CreatePeer(v1::CreatePeerRequest(),
                     [&](absl::StatusOr<v1::CreatePeerResponse> reply) {
                       got = std::move(reply);
                     });
  ASSERT_TRUE(got.has_value() && got->ok());
  EXPECT_EQ((*got)->peer().name(), "peers/a.1");
}

TEST_F(ClientTest, BothFormsGiveTheError) {
  const absl::Status error =
      MakeStatus(absl::StatusCode::kFailedPrecondition, "SIGNALING_STATE");
  EXPECT_CALL(*connection_, CreateAnswer).WillRepeatedly(Return(error));
  EXPECT_EQ(client_.CreateAnswer("peers/a.1").status(), error);
  std::optional<absl::Status> got;
  client_.CreateAnswer(v1::CreateAnswerRequest(),
                       [&](auto reply) { got = reply.status(); });
  EXPECT_EQ(got, error);
}

TEST_F(ClientTest, ARefusedCandidateIsTheErrorOfTheShortForm) {
  v1::AddIceCandidatesResponse response;
  response.add_results()->set_outcome(v1::ICE_CANDIDATE_OUTCOME_ERROR);
  *response.mutable_results(0)->mutable_error() =
      MakeError(absl::StatusCode::kInvalidArgument, "CANDIDATE_SYNTAX");
  EXPECT_CALL(*connection_, AddIceCandidates).WillOnce(Return(response));
  const auto reply = client_.AddIceCandidate("peers/a.1", v1::IceCandidate());
  EXPECT_TRUE(HasReason(reply.status(), "CANDIDATE_SYNTAX"));
}

TEST_F(ClientTest, MessagesOfAChannelCanBeRead) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream)
      .WillOnce([&](const Call& call, const auto&, bool half_close) {
        EXPECT_EQ(call.method, "/parley.v1.DataChannelService/ReceiveMessages");
        EXPECT_TRUE(half_close);
        return server->stream();
      });
  auto reader = client_.ReceiveMessages(v1::ReceiveMessagesRequest());
  v1::ReceiveMessagesResponse response;
  response.mutable_message()->set_text("hello");
  server->Send(response);
  auto message = reader.Next();
  ASSERT_TRUE(message.ok() && message->has_value());
  EXPECT_EQ((*message)->message().text(), "hello");
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(reader.Next(absl::Milliseconds(1)).status()));
  server->Send(response);
  EXPECT_TRUE(reader.Next().ok());
  server->End(absl::OkStatus());
  message = reader.Next();
  ASSERT_TRUE(message.ok());
  EXPECT_FALSE(message->has_value());
  EXPECT_FALSE(reader.Next()->has_value());
}

TEST_F(ClientTest, LettingGoOfAReaderCancelsItsStream) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream).WillOnce([&](auto&&...) {
    return server->stream();
  });
  {
    auto reader = client_.ReceiveMessages(v1::ReceiveMessagesRequest());
    EXPECT_FALSE(server->cancelled());
  }
  EXPECT_TRUE(server->cancelled());
}

// The methods of the contract, as "/service/method".
std::set<std::string> UnaryMethodsOfTheContract() {
  std::set<std::string> methods;
  for (const char* file : {"peer_service", "data_channel_service",
                           "certificate_service", "pool_service"}) {
    const auto* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
            std::string("parley/v1/") + file + ".proto");
    if (descriptor == nullptr) continue;
    for (int s = 0; s < descriptor->service_count(); ++s) {
      const auto* service = descriptor->service(s);
      for (int m = 0; m < service->method_count(); ++m) {
        const auto* method = service->method(m);
        if (method->client_streaming() || method->server_streaming()) continue;
        methods.insert("/" + service->full_name() + "/" + method->name());
      }
    }
  }
  return methods;
}

TEST(ContractTest, TheClientHasEveryUnaryMethodAndNoOther) {
  std::set<std::string> methods;
#define PARLEY_NAME(Service, Method) \
  methods.insert("/parley.v1." #Service "/" #Method);
  PARLEY_OPERATIONS(PARLEY_NAME)
#undef PARLEY_NAME
  EXPECT_EQ(methods, UnaryMethodsOfTheContract());
}

// What the retries stand on: a request without request_id changes nothing.
TEST(ContractTest, EveryRequestWithoutRequestIdIsARead) {
#define PARLEY_CHECK(Service, Method)                                     \
  if (v1::Method##Request::descriptor()->FindFieldByName("request_id") == \
      nullptr) {                                                          \
    EXPECT_THAT(#Method,                                                  \
                ::testing::AnyOf(StartsWith("Get"), StartsWith("List"),   \
                                 StartsWith("Dump")));                    \
  }
  PARLEY_OPERATIONS(PARLEY_CHECK)
#undef PARLEY_CHECK
}

}  // namespace
}  // namespace parley::client
