// Tests code that uses the client, without a server.
#include "gmock/gmock.h"
#include "parley/client.h"
#include "parley/messages.h"
#include "parley/mocks/mock_connection.h"

namespace {

using ::testing::Return;

std::string OfferOf(const parley::client::Client& client,
                    const std::string& peer) {
  const auto offer = client.CreateOffer(peer);
  return offer.ok() ? offer->description().sdp() : "none";
}

TEST(ConsumerTest, TheMockStandsInForTheServer) {
  auto connection = std::make_shared<parley::client::MockConnection>();
  parley::v1::CreateOfferResponse response;
  response.mutable_description()->set_sdp("v=0");
  EXPECT_CALL(*connection, CreateOffer)
      .WillOnce(Return(response))
      .WillOnce(Return(absl::NotFoundError("no such peer")));
  const parley::client::Client client(connection);
  EXPECT_EQ(OfferOf(client, "peers/local.1"), "v=0");
  EXPECT_EQ(OfferOf(client, "peers/local.1"), "none");
}

}  // namespace
