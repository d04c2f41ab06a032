// Native peers over loopback: libnice, OpenSSL and usrsctp for real.

#include "core/pool/engine.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/errors.h"
#include "tests/core/pool/engine_fixture.h"

namespace parley::pool {
namespace {

TEST_F(EngineTest, TwoPeersConnectAndExchangeMessages) {
  Make(OnLoopback());
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  ASSERT_NO_FATAL_FAILURE(Connect(a, b));
  const auto from_a = AwaitOpenChannel(a);
  const auto from_b = AwaitOpenChannel(b);
  const auto at_a = Attach(a, from_a);
  const auto at_b = Attach(b, from_b);
  std::vector<std::string> sent;
  for (int i = 0; i < 100; ++i) {
    sent.push_back(std::string(static_cast<size_t>(i) * 200, 'x') +
                   std::to_string(i));
    ASSERT_EQ(Send(*a, from_a, i % 2 == 0, sent.back()), absl::OkStatus());
    ASSERT_EQ(Send(*b, from_b, i % 2 == 0, sent.back()), absl::OkStatus());
  }
  EXPECT_TRUE(at_b->AwaitMessages(sent.size()) == sent);
  EXPECT_TRUE(at_a->AwaitMessages(sent.size()) == sent);
  Close(*a);
  EXPECT_TRUE(Awaiter::Await(b, [](Peer& p) {
    return p.channels().All()[0]->state == sctp::ChannelState::kClosed;
  }));
}

TEST_F(EngineTest, ARestartKeepsTheChannel) {
  Make(OnLoopback());
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  ASSERT_NO_FATAL_FAILURE(Connect(a, b));
  const auto channel = AwaitOpenChannel(a);
  const auto at_b = Attach(b, AwaitOpenChannel(b));
  ASSERT_EQ(Send(*a, channel, false, "before"), absl::OkStatus());
  ASSERT_EQ(Await([&](peer::StatusReply reply) {
              a->RestartIce({}, std::move(reply));
            }),
            absl::OkStatus());
  ASSERT_NO_FATAL_FAILURE(Connect(a, b));
  ASSERT_EQ(Send(*a, channel, false, "after"), absl::OkStatus());
  EXPECT_EQ(at_b->AwaitMessages(2),
            (std::vector<std::string>{"before", "after"}));
}

TEST_F(EngineTest, MessagesFlowThroughRestartsFromEitherSide) {
  Make(OnLoopback());
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  ASSERT_NO_FATAL_FAILURE(Connect(a, b));
  const auto channel = AwaitOpenChannel(a);
  const auto back = AwaitOpenChannel(b);
  const auto at_b = Attach(b, back);
  Flow there(*a, channel, at_b);
  Flow home(*b, back, Attach(a, channel));
  for (const bool from_a : {true, false, true}) {
    const auto& offerer = from_a ? a : b;
    const auto& answerer = from_a ? b : a;
    ASSERT_EQ(Await([&](peer::StatusReply reply) {
                offerer->RestartIce({}, std::move(reply));
              }),
              absl::OkStatus());
    ASSERT_EQ(SetLocal(*offerer), absl::OkStatus());
    // The restart is under way and not answered: the old pair carries on.
    const size_t before = there.arrived();
    const std::string offer = GatheredText(offerer);
    ASSERT_GE(at_b->AwaitMessages(before + 10).size(), before + 10);
    ASSERT_EQ(SetRemote(*answerer, jsep::SdpType::kOffer, offer),
              absl::OkStatus());
    ASSERT_EQ(SetLocal(*answerer), absl::OkStatus());
    ASSERT_EQ(
        SetRemote(*offerer, jsep::SdpType::kAnswer, GatheredText(answerer)),
        absl::OkStatus());
    ASSERT_TRUE(AwaitConnected(a));
    ASSERT_TRUE(AwaitConnected(b));
  }
}

// Closed peers give back every descriptor and thread, connected or not.
TEST_F(EngineTest, ClosingGivesEverythingBack) {
  Make(OnLoopback());
  // What is made once, for whoever comes first.
  {
    auto a = MakePeer(WithChannel());
    auto b = MakePeer();
    ASSERT_NO_FATAL_FAILURE(Connect(a, b));
    Close(*a);
    Close(*b);
  }
  const size_t descriptors = OpenDescriptors();
  const size_t threads = Threads();
  for (int i = 0; i < 10; ++i) {
    auto a = MakePeer(WithChannel());
    auto b = MakePeer();
    ASSERT_NO_FATAL_FAILURE(Connect(a, b));
    Close(*a);
    Close(*b);
  }
  for (int i = 0; i < 1000; ++i) {
    auto peer = MakePeer(WithChannel());
    ASSERT_EQ(CreateOffer(*peer), absl::OkStatus());
    ASSERT_EQ(SetLocal(*peer), absl::OkStatus());
    Close(*peer);
  }
  EXPECT_LE(OpenDescriptors(), descriptors);
  EXPECT_EQ(Threads(), threads);
  EXPECT_EQ(engine_->pool().usage().peers, 0u);
}

TEST_F(EngineTest, PortsThatAreUsedUpRefuseTheDescriptionAndNothingElse) {
  EngineOptions options = OnLoopback();
  options.ice.min_port = 41000;
  options.ice.max_port = 41000;
  Make(std::move(options));
  auto a = MakePeer(WithChannel());
  auto b = MakePeer(WithChannel());
  ASSERT_EQ(SetLocal(*a), absl::OkStatus());
  const auto none = engine_->pool().Create(WithChannel(), "", 0);
  EXPECT_TRUE(HasReason(none.status(), Reason::kPorts)) << none.status();
  ASSERT_EQ(CreateOffer(*b), absl::OkStatus());
  const absl::Status refused = SetLocal(*b);
  EXPECT_TRUE(HasReason(refused, Reason::kPorts)) << refused;
  Close(*a);
  EXPECT_EQ(SetLocal(*b), absl::OkStatus());
}

TEST_F(EngineTest, AConfiguredCertificateIsReadWhenItIsNeeded) {
  const auto directory =
      std::filesystem::path(::testing::TempDir()) / "parley_engine_test";
  std::filesystem::create_directories(directory);
  EngineOptions options = OnLoopback();
  options.certificate_path = directory / "certificate.pem";
  options.key_path = directory / "key.pem";
  std::filesystem::remove(options.certificate_path);
  std::filesystem::remove(options.key_path);
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
      "-subj /CN=test -days 2 -keyout " +
      options.key_path + " -out " + options.certificate_path + " 2>&1";
  Make(options);
  auto without = MakePeer(WithChannel());
  const absl::Status unreadable = CreateOffer(*without);
  EXPECT_TRUE(HasReason(unreadable, Reason::kCertificateUnreadable))
      << unreadable;
  ASSERT_EQ(std::system(make.c_str()), 0);
  EXPECT_EQ(CreateOffer(*without), absl::OkStatus());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace parley::pool
