#include "core/peer/reply_cache.h"

#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::peer {
namespace {

TEST(ReplyCacheTest, FindsWhatWasStoredAndOnlyThat) {
  ReplyCache cache(4);
  EXPECT_EQ(*cache.Find("a", 1), nullptr);
  cache.Store("a", 1, "reply");
  ASSERT_NE(*cache.Find("a", 1), nullptr);
  EXPECT_EQ(**cache.Find("a", 1), "reply");
  EXPECT_EQ(*cache.Find("b", 1), nullptr);
}

TEST(ReplyCacheTest, TheSameIdForAnotherRequestIsAConflict) {
  ReplyCache cache(4);
  cache.Store("a", 1, "reply");
  EXPECT_TRUE(
      HasReason(cache.Find("a", 2).status(), Reason::kRequestIdConflict));
}

TEST(ReplyCacheTest, TheOldestIsForgottenFirst) {
  ReplyCache cache(2);
  cache.Store("a", 1, "1");
  cache.Store("b", 1, "2");
  cache.Store("c", 1, "3");
  EXPECT_EQ(*cache.Find("a", 1), nullptr);
  EXPECT_NE(*cache.Find("b", 1), nullptr);
  cache.Store("d", 1, "4");
  EXPECT_EQ(*cache.Find("b", 1), nullptr);
  EXPECT_NE(*cache.Find("c", 1), nullptr);
}

TEST(ReplyCacheTest, TheFirstReplyStays) {
  ReplyCache cache(1);
  cache.StoreFirst("first", 1, "");
  cache.StoreFirst("first", 1, "reply");
  cache.Store("a", 1, "1");
  cache.Store("b", 1, "2");
  EXPECT_EQ(**cache.Find("first", 1), "reply");
  EXPECT_TRUE(
      HasReason(cache.Find("first", 2).status(), Reason::kRequestIdConflict));
}

}  // namespace
}  // namespace parley::peer
