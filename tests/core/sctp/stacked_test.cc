// Data channels over SCTP over DTLS, as a peer stacks them.
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/sctp/stacked_ends.h"
#include "tests/testing/fake_executor.h"
#include "tests/testing/library_time.h"

namespace parley::sctp {
namespace {

using ::testing::SizeIs;

crypto::CertificatePtr Certificate() {
  return *crypto::GenerateCertificate({}, SystemClock(), SystemRandom());
}

class StackedTest : public ::testing::Test {
 protected:
  void MakeEnds() {
    static const auto context = *dtls::Context::Create();
    a.emplace(context, Certificate(), stack, executor);
    b.emplace(context, Certificate(), stack, executor);
  }

  void Start() {
    a->Start(dtls::Role::kClient, *b->certificate);
    b->Start(dtls::Role::kServer, *a->certificate);
  }

  bool DeliverOne(StackedEnd& from, StackedEnd& to) {
    if (from.sent.empty()) return false;
    const std::vector<uint8_t> packet = std::move(from.sent.front());
    from.sent.pop_front();
    largest = std::max(largest, packet.size());
    if (random() % 100 < loss_percent) return true;
    if (to.dtls) to.dtls->HandlePacket(packet);
    return true;
  }

  void DeliverAll() {
    while (true) {
      const bool from_a = DeliverOne(*a, *b);
      const bool from_b = DeliverOne(*b, *a);
      if (!from_a && !from_b) return;
    }
  }

  bool RunUntil(const std::function<bool()>& holds) {
    for (int i = 0; i < 24000; ++i) {
      DeliverAll();
      if (holds()) return true;
      executor.Advance(absl::Milliseconds(5));
    }
    return false;
  }

  testing::FakeExecutor executor;
  testing::LibraryTime library_time{executor.clock()};
  Stack stack{executor};
  std::optional<StackedEnd> a;
  std::optional<StackedEnd> b;
  std::mt19937 random{1};
  unsigned loss_percent = 0;
  size_t largest = 0;
};

TEST_F(StackedTest, AChannelCarriesMessagesBothWays) {
  MakeEnds();
  const ChannelKey key = *a->channels.Create({.label = "chat"});
  Start();
  DeliverAll();
  ASSERT_THAT(b->announced, SizeIs(1));
  ASSERT_TRUE(a->channels.Send(key, false, "ping").ok());
  a->RunEffects();
  ASSERT_TRUE(
      b->channels.Send(b->announced[0], true, std::string(65536, 'x')).ok());
  b->RunEffects();
  ASSERT_TRUE(RunUntil(
      [&] { return a->received.size() == 1 && b->received.size() == 1; }));
  EXPECT_EQ(b->received[0].payload, "ping");
  EXPECT_EQ(a->received[0].payload, std::string(65536, 'x'));
  EXPECT_LE(largest, dtls::Transport::kMtu);
}

TEST_F(StackedTest, EverythingArrivesOverALossyPath) {
  MakeEnds();
  loss_percent = 10;
  std::vector<ChannelKey> keys;
  for (int i = 0; i < 10; ++i) {
    keys.push_back(*a->channels.Create({.ordered = i % 2 == 0}));
  }
  Start();
  ASSERT_TRUE(RunUntil([&] { return b->announced.size() == 10; }));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(a->channels
                    .Send(keys[i % 10], true,
                          std::string(random() % 3000, 'a' + i % 26))
                    .ok());
    a->RunEffects();
  }
  ASSERT_TRUE(RunUntil([&] { return b->received.size() == 100; }));
  for (const ChannelKey key : keys) {
    EXPECT_EQ(a->channels.Find(key)->buffered_amount, 0);
    ASSERT_TRUE(a->channels.Close(key).ok());
  }
  a->RunEffects();
  ASSERT_TRUE(RunUntil([&] { return b->channels.counters().closed == 10; }));
}

TEST_F(StackedTest, ClosingOneEndClosesTheOther) {
  MakeEnds();
  const ChannelKey key = *a->channels.Create({});
  Start();
  DeliverAll();
  a->Close();
  DeliverAll();
  EXPECT_EQ(b->dtls->state(), dtls::State::kClosed);
  EXPECT_EQ(b->sctp->state(), State::kClosed);
  EXPECT_EQ(a->channels.Find(key)->state, ChannelState::kClosed);
  EXPECT_EQ(b->channels.Find(b->announced[0])->state, ChannelState::kClosed);
  EXPECT_EQ(stack.associations(), 0);
}

TEST_F(StackedTest, ItMayBeClosedAndDestroyedAtEveryMoment) {
  int events = 1;
  for (int last = 0; last < events; ++last) {
    MakeEnds();
    const auto key = a->channels.Create({});
    int seen = 0;
    for (StackedEnd* end : {&*a, &*b}) {
      end->on_event = [&, end] {
        if (++seen != last) return;
        end->Close();
        end->sctp.reset();
        end->dtls.reset();
      };
    }
    Start();
    DeliverAll();
    (void)a->channels.Send(*key, true, std::string(5000, 'x'));
    a->RunEffects();
    DeliverAll();
    (void)a->channels.Close(*key);
    a->RunEffects();
    DeliverAll();
    b->Close();
    DeliverAll();
    executor.Advance(absl::Milliseconds(200));
    if (last == 0) events = seen;
    a.reset();
    b.reset();
  }
  EXPECT_GT(events, 30);
  EXPECT_EQ(stack.associations(), 0);
}

}  // namespace
}  // namespace parley::sctp
