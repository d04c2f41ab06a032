#include "core/ice/path_watch.h"

#include "gtest/gtest.h"

namespace parley::ice {
namespace {

using State = PathWatch::State;

absl::Duration At(double seconds) { return absl::Seconds(seconds); }

class PathWatchTest : public ::testing::Test {
 protected:
  PathWatch watch_{LiteTiming()};
};

TEST_F(PathWatchTest, NothingIsDueBeforeAPathIsSelected) {
  EXPECT_FALSE(watch_.OnPacket(At(1)));
  EXPECT_FALSE(watch_.OnCheck(At(1)));
  EXPECT_FALSE(watch_.Tick(At(1000)));
  EXPECT_EQ(watch_.state(), State::kNone);
  EXPECT_EQ(watch_.deadline(), absl::InfiniteDuration());
}

TEST_F(PathWatchTest, SilentAfterSevenSecondsAndBackWithAnyPacket) {
  EXPECT_TRUE(watch_.Begin(At(0)));
  EXPECT_EQ(watch_.deadline(), At(7));
  EXPECT_FALSE(watch_.OnPacket(At(2)));
  EXPECT_EQ(watch_.deadline(), At(9));
  EXPECT_FALSE(watch_.Tick(At(8.9)));
  EXPECT_TRUE(watch_.Tick(At(9)));
  EXPECT_EQ(watch_.state(), State::kSilent);
  EXPECT_TRUE(watch_.OnPacket(At(20)));
  EXPECT_EQ(watch_.state(), State::kFresh);
}

TEST_F(PathWatchTest, PacketsAreLifeButNoConsent) {
  watch_.Begin(At(0));
  for (int i = 1; i < 30; ++i) watch_.OnPacket(At(i));
  EXPECT_EQ(watch_.deadline(), At(30));
  EXPECT_TRUE(watch_.Tick(At(30)));
  EXPECT_EQ(watch_.state(), State::kExpired);
}

TEST_F(PathWatchTest, ACheckRenewsConsent) {
  watch_.Begin(At(0));
  EXPECT_TRUE(watch_.Tick(At(7)));
  EXPECT_EQ(watch_.deadline(), At(30));
  EXPECT_TRUE(watch_.OnCheck(At(25)));
  EXPECT_EQ(watch_.state(), State::kFresh);
  EXPECT_TRUE(watch_.Tick(At(32)));
  EXPECT_EQ(watch_.deadline(), At(55));
}

TEST_F(PathWatchTest, ExpiredIsForEver) {
  watch_.Begin(At(0));
  watch_.Tick(At(30));
  EXPECT_FALSE(watch_.Begin(At(31)));
  EXPECT_FALSE(watch_.OnCheck(At(31)));
  EXPECT_FALSE(watch_.OnPacket(At(31)));
  EXPECT_EQ(watch_.state(), State::kExpired);
  EXPECT_EQ(watch_.deadline(), absl::InfiniteDuration());
}

}  // namespace
}  // namespace parley::ice
