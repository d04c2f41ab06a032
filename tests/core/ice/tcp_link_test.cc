// A link between a stream and an agent that the test is itself.
#include "core/ice/tcp_link.h"

#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/core/ice/tcp_fixture.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice::testing {
namespace {

class TcpLinkTest : public TcpFixture {
 protected:
  void SetUp() override {
    TcpFixture::SetUp();
    agent_.emplace();
    On(loop(), [&] {
      auto link = TcpLink::Create(
          loop(), fds(), {IpAddress::V4({127, 0, 0, 1}), agent_->port()},
          passwords_, [this](const TcpLink&) { ++lost_; });
      ASSERT_TRUE(link.ok()) << link.status();
      link_ = *std::move(link);
    });
  }
  void TearDown() override {
    On(loop(), [&] { link_.reset(); });
    agent_.reset();
    TcpFixture::TearDown();
  }

  // The remote end of a stream of the link's.
  TcpClient Attached(std::string_view read = "") {
    TcpServer server;
    TcpClient client = TcpClient::To(server.address());
    const TransportAddress remote = client.local();
    On(loop(), [&] {
      auto lease = fds().Reserve(1);
      ASSERT_TRUE(lease.ok());
      link_->Attach(OwnedSocket(server.Accept().Release(), *std::move(lease)),
                    remote, AsBytes(read));
    });
    return client;
  }
  void FromAgent(std::string_view packet) {
    agent_->Send(packet, link_->stand_in().port);
  }
  // The link's next stream; the agent goes on sending meanwhile.
  TcpClient AcceptMeanwhile(TcpServer& server) {
    while (!server.HasOne()) FromAgent("again");
    return server.Accept();
  }
  static std::string Success(const TransactionId& id, std::string_view password,
                             const TransportAddress& mapped) {
    BindingSuccess out;
    const size_t size = WriteBindingSuccess(id, mapped, password, out);
    return std::string(Text(std::span(out).first(size)));
  }

  const TcpLink::Passwords passwords_{.local = "the local one, of 22 and more",
                                      .remote = "the remote one, no shorter"};
  const TransactionId id_{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const TransportAddress else_{IpAddress::V4({192, 0, 2, 1}), 4711};
  std::optional<parley::testing::LoopbackSocket> agent_;
  int lost_ = 0;  // the loop's
  std::unique_ptr<TcpLink> link_;
};

TEST_F(TcpLinkTest, CarriesPacketsBothWays) {
  FromAgent("nobody is there yet");
  TcpClient client = Attached(Framed("read before"));
  EXPECT_EQ(agent_->Receive()->bytes, "read before");
  EXPECT_TRUE(client.Send("one"));
  EXPECT_TRUE(client.SendRaw(Framed("two") + Framed("three")));
  for (const char* packet : {"one", "two", "three"}) {
    const auto got = agent_->Receive();
    EXPECT_EQ(got->bytes, packet);
    EXPECT_EQ(got->from, link_->stand_in().port);
  }
  FromAgent("four");
  FromAgent(std::string(60000, '5'));
  EXPECT_EQ(client.Receive(), "four");
  EXPECT_EQ(client.Receive(), std::string(60000, '5'));
}

TEST_F(TcpLinkTest, AnswersTellTheAddressesOfTheStream) {
  TcpClient client = Attached();
  FromAgent(Success(id_, passwords_.local, else_));
  const auto out = client.Receive();
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(MappedAddress(AsBytes(*out)), client.local());
  EXPECT_EQ(ReadBindingAnswer(AsBytes(*out), id_, passwords_.local),
            BindingAnswer::kSuccess);

  EXPECT_TRUE(client.Send(Success(id_, passwords_.remote, else_)));
  const auto in = agent_->Receive();
  EXPECT_EQ(MappedAddress(AsBytes(in->bytes)), link_->agent());
  EXPECT_EQ(ReadBindingAnswer(AsBytes(in->bytes), id_, passwords_.remote),
            BindingAnswer::kSuccess);
}

TEST_F(TcpLinkTest, NobodysAnswersBecomeNoGoodOnes) {
  TcpClient client = Attached();
  EXPECT_TRUE(client.Send(Success(id_, "a password of nobody's", else_)));
  EXPECT_TRUE(client.Send("behind it"));
  EXPECT_EQ(agent_->Receive()->bytes, "behind it");
}

TEST_F(TcpLinkTest, AStreamThatTakesNothingHoldsNothingUp) {
  TcpClient deaf = Attached();
  for (int i = 0; i < 5000; ++i) FromAgent(std::string(20000, 'x'));
  // The other direction goes on, and another stream begins in order.
  EXPECT_TRUE(deaf.Send("heard"));
  EXPECT_EQ(agent_->Receive()->bytes, "heard");
  TcpClient other = Attached();
  EXPECT_TRUE(deaf.AwaitEnd());
  FromAgent("the first");
  EXPECT_EQ(other.Receive(), "the first");
  // That was not the other end's doing.
  On(loop(), [this] { EXPECT_EQ(lost_, 0); });
}

TEST_F(TcpLinkTest, ConnectsForWhatTheAgentSends) {
  TcpServer server;
  On(loop(), [&] { link_->Target(server.address()); });
  FromAgent("first");
  FromAgent("second");
  TcpClient client = server.Accept();
  EXPECT_EQ(client.Receive(), "first");
  EXPECT_EQ(client.Receive(), "second");
}

TEST_F(TcpLinkTest, ConnectsAgainWhenAStreamHasEndedOrWasRefused) {
  std::optional<TcpServer> server(std::in_place);
  const TransportAddress at = server->address();
  On(loop(), [&] { link_->Target(at); });
  FromAgent("one");
  server->Accept().Reset();
  EXPECT_EQ(AcceptMeanwhile(*server).Receive(), "again");
  server.reset();
  FromAgent("again");
  server.emplace(at.port);
  EXPECT_EQ(AcceptMeanwhile(*server).Receive(), "again");
}

}  // namespace
}  // namespace parley::ice::testing
