// Who connects to a TCP candidate, and what for, is for the other end to say.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ice/libnice_factory.h"
#include "core/ice/tcp_bridge.h"
#include "gtest/gtest.h"
#include "tests/core/ice/tcp_fixture.h"

namespace parley::ice::testing {
namespace {

class LibniceTcpHostileTest : public TcpFixture {
 protected:
  void SetUp() override {
    TcpFixture::SetUp();
    TransportOptions options = Lively();
    options.addresses.addresses = {"127.0.0.1", "::1"};
    end_.emplace(loop(), factory(), options, WithTcp());
    StartAlone(*end_);
    at_ = Passive(*end_);
  }
  void TearDown() override {
    end_.reset();
    TcpFixture::TearDown();
  }

  TcpClient Connected() { return TcpClient::To(at_); }
  // Whether an answer to a check comes back.
  bool IsServed(TcpClient& client) {
    CheckClient checks;
    if (!client.Send(checks.Make(end_->local()))) return false;
    while (const auto packet = client.Receive()) {
      const auto answer = checks.Read(AsBytes(*packet));
      if (answer) return answer->error == 0 && answer->authentic;
      Serve(client, *packet);
    }
    return false;
  }
  size_t StreamsInUse() { return static_cast<size_t>(fds().in_use()); }

  std::optional<Endpoint> end_;
  TransportAddress at_;
};

TEST_F(LibniceTcpHostileTest, WhoDoesNotKnowThePasswordIsShownOut) {
  Credentials wrong = end_->local();
  wrong.pwd = "not the password, but as long as one";
  Credentials other = end_->local();
  other.ufrag = "other";
  CheckClient::Check of_before;
  of_before.remote_ufrag = "ofbefore";
  CheckClient::Check bare;
  bare.fingerprint = false;
  const std::string packets[] = {
      "",
      "GET / HTTP/1.1",
      std::string(1501, 'x'),
      std::string(20, '\0'),
      std::string(Text(checks_.Make(wrong))),
      std::string(Text(checks_.Make(other))),
      std::string(Text(checks_.Make(end_->local(), of_before))),
      std::string(Text(checks_.Make(end_->local(), bare))),
      std::string(Text(CheckClient::Indication())),
  };
  for (const std::string& packet : packets) {
    TcpClient client = Connected();
    client.Send(packet);
    EXPECT_TRUE(client.AwaitEnd()) << packet.size();
  }
  TcpClient friendly = Connected();
  EXPECT_TRUE(IsServed(friendly));
}

TEST_F(LibniceTcpHostileTest, WhoSaysNothingHasNoPlaceForLong) {
  const size_t before = StreamsInUse();
  TcpClient silent = Connected();
  EXPECT_TRUE(silent.SendRaw(std::string_view("\0", 1)));
  EXPECT_TRUE(silent.AwaitEnd());
  std::vector<TcpClient> many;
  for (size_t i = 0; i < 5 * TcpBridge::kMaxWaiting; ++i) {
    many.push_back(Connected());
  }
  // None of them is in the way of who has something to say.
  TcpClient friendly = Connected();
  EXPECT_TRUE(IsServed(friendly));
  EXPECT_LE(StreamsInUse(), before + TcpBridge::kMaxWaiting + 2);
  EXPECT_TRUE(many.front().AwaitEnd());
}

TEST_F(LibniceTcpHostileTest, OneMoreTakesThePlaceOfTheQuietest) {
  const size_t before = StreamsInUse();
  std::vector<TcpClient> clients;
  for (size_t i = 0; i < TcpBridge::kMaxAccepted; ++i) {
    clients.push_back(Connected());
    EXPECT_TRUE(IsServed(clients.back()));
  }
  for (size_t i = 0; i < clients.size(); ++i) {
    if (i == 3) continue;
    EXPECT_TRUE(IsServed(clients[i]));
  }
  for (int i = 0; i < 20; ++i) {
    TcpClient more = Connected();
    EXPECT_TRUE(IsServed(more));
    if (i > 0) continue;
    EXPECT_TRUE(clients[3].AwaitEnd());
  }
  EXPECT_LE(StreamsInUse(), before + 2 * TcpBridge::kMaxAccepted + 1);
}

TEST_F(LibniceTcpHostileTest, OneAddressTakesNoPlacesFromAnother) {
  std::vector<TcpClient> clients;
  for (size_t i = 0; i < TcpBridge::kMaxAccepted; ++i) {
    clients.push_back(Connected());
    EXPECT_TRUE(IsServed(clients.back()));
  }
  at_ = Passive(*end_, "::1");
  TcpClient six = Connected();
  EXPECT_TRUE(IsServed(six));
  EXPECT_TRUE(clients.front().AwaitEnd());
}

TEST_F(LibniceTcpHostileTest, AllThatWaitAreBoundedTogether) {
  const size_t before = StreamsInUse();
  std::vector<std::unique_ptr<Endpoint>> others;
  std::vector<TcpClient> silent;
  const size_t enough = TcpBridge::Lobby::kMax / TcpBridge::kMaxWaiting + 4;
  while (others.size() < enough) {
    others.push_back(
        std::make_unique<Endpoint>(loop(), factory(), Loopback(), WithTcp()));
    StartAlone(*others.back());
    const TransportAddress at = Passive(*others.back());
    for (size_t i = 0; i < TcpBridge::kMaxWaiting; ++i) {
      silent.push_back(TcpClient::To(at));
    }
  }
  TcpClient friendly = Connected();
  EXPECT_TRUE(IsServed(friendly));
  EXPECT_TRUE(silent.front().AwaitEnd());
  // An endpoint has two sockets and two descriptors of libnice's, at most.
  EXPECT_LE(StreamsInUse(), before + 4 * enough + TcpBridge::Lobby::kMax + 2);
}

TEST_F(LibniceTcpHostileTest, WhoComesAndGoesTooOftenWaits) {
  const auto served = [this] {
    TcpClient client = Connected();
    return IsServed(client);
  };
  const auto at_once = static_cast<int>(TcpBridge::kAdmissions.burst);
  for (int i = 0; i < at_once; ++i) EXPECT_TRUE(served()) << i;
  int refused = 0;
  for (int i = 0; i < at_once; ++i) refused += served() ? 0 : 1;
  EXPECT_GT(refused, 0);
  bool again = false;
  for (int i = 0; i < 100'000 && !again; ++i) again = served();
  EXPECT_TRUE(again);
}

// The agent settles that, as over UDP.
TEST_F(LibniceTcpHostileTest, ARoleConflictIsNoReasonToRefuse) {
  CheckClient::Check controlled;
  controlled.controlling = false;
  controlled.use_candidate = false;
  TcpClient client = Connected();
  EXPECT_TRUE(client.Send(checks_.Make(end_->local(), controlled)));
  while (const auto packet = client.Receive()) {
    const auto answer = checks_.Read(AsBytes(*packet));
    if (!answer) continue;
    EXPECT_TRUE(answer->authentic);
    EXPECT_TRUE(answer->error == 0 || answer->error == 487);
    return;
  }
  ADD_FAILURE() << "no answer";
}

TEST_F(LibniceTcpHostileTest, HalvesOfPacketsDoNotMix) {
  TcpClient one = Connected();
  ASSERT_TRUE(Nominate(one, *end_));
  TcpClient two = Connected();
  ASSERT_TRUE(IsServed(two));
  const std::string of_one = Framed(std::string(3000, '1'));
  const std::string of_two = Framed(std::string(3000, '2'));
  EXPECT_TRUE(one.SendRaw(of_one.substr(0, 1000)));
  EXPECT_TRUE(two.SendRaw(of_two));
  EXPECT_TRUE(two.SendRaw(of_two.substr(0, 1)));
  EXPECT_TRUE(one.SendRaw(of_one.substr(1000)));
  EXPECT_TRUE(end_->AwaitPacket(std::string(3000, '1')));
}

TEST_F(LibniceTcpHostileTest, APacketThatNobodySendsEndsTheStream) {
  TcpClient client = Connected();
  ASSERT_TRUE(IsServed(client));
  EXPECT_TRUE(client.SendRaw("\xff\xff"));
  EXPECT_TRUE(client.AwaitEnd());
}

// Answers that are never read pile up nowhere.
TEST_F(LibniceTcpHostileTest, WhoDoesNotReadIsNotWaitedFor) {
  TcpClient deaf = Connected();
  ASSERT_TRUE(IsServed(deaf));
  const Bytes check = checks_.Make(end_->local());
  for (int i = 0; i < 10000; ++i) {
    ASSERT_TRUE(deaf.Send(check));
  }
  TcpClient friendly = Connected();
  EXPECT_TRUE(IsServed(friendly));
}

TEST_F(LibniceTcpHostileTest, TheEndOfTheSelectedStreamHarmsNobody) {
  for (int i = 0; i < 30; ++i) {
    TcpClient client = Connected();
    ASSERT_TRUE(i == 0 ? Nominate(client, *end_) : IsServed(client)) << i;
    for (int k = 0; k < 20; ++k) end_->Send("traffic");
    client.SendRaw(Framed("whole") + Framed("half").substr(0, 3));
    if (i % 2 == 0) {
      client.Reset();
    } else {
      client.Close();
    }
  }
  TcpClient last = Connected();
  EXPECT_TRUE(IsServed(last));
  EXPECT_TRUE(last.Send("still there"));
  EXPECT_TRUE(end_->AwaitPacket("still there"));
}

}  // namespace
}  // namespace parley::ice::testing
