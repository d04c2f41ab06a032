#include "core/peer/channel_ends.h"

#include <vector>

#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::peer {
namespace {

class Recorder : public ChannelEnd {
 public:
  void OnMessagesAvailable(sctp::ChannelKey) override { ++available; }
  void OnChannelState(const sctp::Channel&) override { ++states; }
  void OnBufferedAmountFell(const sctp::Channel&) override { ++fell; }
  void OnDetached(sctp::ChannelKey, const absl::Status& why) override {
    detached.push_back(why);
  }
  int available = 0;
  int states = 0;
  int fell = 0;
  std::vector<absl::Status> detached;
};

constexpr sctp::ChannelKey kChannel = 1;

class ChannelEndsTest : public ::testing::Test {
 protected:
  ChannelEndsTest() { ends_.Add(kChannel); }

  void Deliver(std::string data, bool reliable = true) {
    ends_.Deliver(kChannel, reliable, false, std::move(data));
  }

  int room_ = 0;
  ChannelEnds ends_{{.channel_bytes = 1000, .peer_bytes = 1500},
                    [this] { ++room_; }};
  std::shared_ptr<Recorder> a_ = std::make_shared<Recorder>();
  std::shared_ptr<Recorder> b_ = std::make_shared<Recorder>();
};

TEST_F(ChannelEndsTest, MessagesWaitForTheirReader) {
  Deliver("early");
  ASSERT_TRUE(ends_.AttachReader(kChannel, a_, false, std::nullopt).ok());
  EXPECT_EQ(ends_.Next(kChannel, 0)->data, "early");
  Deliver("late");
  EXPECT_EQ(a_->available, 1);
  EXPECT_EQ(ends_.received(kChannel), 2u);
}

TEST_F(ChannelEndsTest, ASecondReaderMustTakeOver) {
  ASSERT_TRUE(ends_.AttachReader(kChannel, a_, false, std::nullopt).ok());
  EXPECT_TRUE(HasReason(ends_.AttachReader(kChannel, b_, false, std::nullopt),
                        Reason::kMessagesOwned));
  EXPECT_TRUE(a_->detached.empty());
  ASSERT_TRUE(ends_.AttachReader(kChannel, b_, true, std::nullopt).ok());
  ASSERT_EQ(a_->detached.size(), 1u);
  EXPECT_TRUE(HasReason(a_->detached[0], Reason::kMessagesOwned));
  Deliver("x");
  EXPECT_EQ(a_->available, 0);
  EXPECT_EQ(b_->available, 1);
}

TEST_F(ChannelEndsTest, AReaderResumesByNumberWithoutLossOrDouble) {
  for (const char* data : {"1", "2", "3"}) Deliver(data);
  ASSERT_TRUE(ends_.AttachReader(kChannel, a_, false, 2).ok());
  EXPECT_EQ(ends_.acknowledged(kChannel), 2u);
  EXPECT_EQ(ends_.Next(kChannel, 2)->data, "3");
  ends_.Detach(kChannel, a_.get());
  EXPECT_TRUE(HasReason(ends_.AttachReader(kChannel, b_, false, 1),
                        Reason::kMessagesRetired));
  EXPECT_TRUE(
      HasReason(ends_.AttachReader(kChannel, b_, false, 4), Reason::kArgument));
  EXPECT_TRUE(ends_.AttachReader(kChannel, b_, false, 3).ok());
}

TEST_F(ChannelEndsTest, AFullChannelIsToldAndRoomIsAnnounced) {
  EXPECT_FALSE(ends_.full().has_value());
  Deliver(std::string(500, 'x'));
  EXPECT_FALSE(ends_.full().has_value());
  Deliver(std::string(500, 'x'));
  ASSERT_TRUE(ends_.full().has_value());
  EXPECT_EQ(ends_.full()->channel, kChannel);
  EXPECT_EQ(ends_.full()->limit_bytes, 1000u);
  EXPECT_FALSE(ends_.roomy());
  ends_.Acknowledge(kChannel, 2);
  EXPECT_EQ(room_, 1);
  EXPECT_TRUE(ends_.roomy());
}

TEST_F(ChannelEndsTest, AFullPeerIsToldThoughNoChannelIs) {
  constexpr sctp::ChannelKey kOther = 2;
  ends_.Add(kOther);
  Deliver(std::string(900, 'x'));
  // Each message counts 64 bytes more.
  ends_.Deliver(kOther, true, false, std::string(471, 'x'));
  EXPECT_FALSE(ends_.full().has_value());
  ends_.Deliver(kOther, true, false, "x");
  ASSERT_TRUE(ends_.full().has_value());
  EXPECT_EQ(ends_.full()->limit_bytes, 1500u);
}

TEST_F(ChannelEndsTest, OnlyAnUnreliableChannelDropsWhatFindsNoRoom) {
  Deliver(std::string(900, 'x'));
  Deliver(std::string(900, 'y'), /*reliable=*/false);
  Deliver(std::string(900, 'z'), /*reliable=*/true);
  EXPECT_EQ(ends_.received(kChannel), 3u);
  ASSERT_NE(ends_.Next(kChannel, 1), nullptr);
  EXPECT_EQ(ends_.Next(kChannel, 1)->sequence, 3u);
}

TEST_F(ChannelEndsTest, WritersHandOverWhatWasAccepted) {
  ASSERT_TRUE(ends_.AttachWriter(kChannel, a_, false).ok());
  ends_.Accept(kChannel, 5);
  EXPECT_TRUE(HasReason(ends_.AttachWriter(kChannel, b_, false),
                        Reason::kMessagesOwned));
  ASSERT_TRUE(ends_.AttachWriter(kChannel, b_, true).ok());
  EXPECT_EQ(ends_.accepted(kChannel), 5u);
}

TEST_F(ChannelEndsTest, ClosingThePeerDetachesEveryoneOnce) {
  ASSERT_TRUE(ends_.AttachReader(kChannel, a_, false, std::nullopt).ok());
  ASSERT_TRUE(ends_.AttachWriter(kChannel, a_, false).ok());
  ends_.Close(MakeError(Reason::kPeerClosed, "closed"));
  ASSERT_EQ(a_->detached.size(), 1u);
  EXPECT_TRUE(HasReason(ends_.AttachReader(kChannel, a_, false, std::nullopt),
                        Reason::kChannelUnknown));
}

TEST_F(ChannelEndsTest, ClosedAndReadChannelsAreForgottenInTime) {
  for (sctp::ChannelKey key = 2; key < 1000; ++key) {
    ends_.Add(key);
    sctp::Channel channel;
    channel.key = key;
    channel.state = sctp::ChannelState::kClosed;
    ends_.OnState(channel);
  }
  EXPECT_FALSE(ends_.AttachReader(2, a_, false, std::nullopt).ok());
  EXPECT_TRUE(ends_.AttachReader(999, a_, false, std::nullopt).ok());
  EXPECT_TRUE(ends_.AttachReader(kChannel, a_, false, std::nullopt).ok());
}

}  // namespace
}  // namespace parley::peer
