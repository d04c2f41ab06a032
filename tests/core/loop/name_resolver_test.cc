#include "core/loop/name_resolver.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/loop/fake_dns.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using testing::FakeDns;
using ::testing::UnorderedElementsAre;

class NameResolverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loop = EventLoop::Create("test");
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    Make({});
  }
  void TearDown() override {
    On([&] { resolver_.reset(); });
  }

  void Make(NameResolver::Options options) {
    options.server = dns_.address();
    On([&] { resolver_ = std::make_unique<NameResolver>(*loop_, options); });
  }
  void On(std::function<void()> work) {
    absl::Notification done;
    ASSERT_TRUE(loop_->Post([&] {
      work();
      done.Notify();
    }));
    done.WaitForNotification();
  }
  NameResolver::Answer Resolve(const std::string& name) {
    NameResolver::Answer result = absl::UnknownError("unset");
    absl::Notification done;
    bool inside = true;
    loop_->Post([&] {
      resolver_->Resolve(name, [&](const NameResolver::Answer& answer) {
        EXPECT_FALSE(inside);
        EXPECT_TRUE(loop_->OnExecutor());
        result = answer;
        done.Notify();
      });
      inside = false;
    });
    done.WaitForNotification();
    return result;
  }

  FakeDns dns_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<NameResolver> resolver_;
};

TEST_F(NameResolverTest, ANameHasTheAddressesOfBothFamilies) {
  const auto answer = Resolve("good.test");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer, UnorderedElementsAre("192.0.2.7", "2001:db8::7"));
}

TEST_F(NameResolverTest, OneFamilyIsEnough) {
  const auto answer = Resolve("four.test");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer, ElementsAre("192.0.2.7"));
}

TEST_F(NameResolverTest, LocalhostNeedsNoServer) {
  const auto answer = Resolve("localhost");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer, ::testing::Contains("127.0.0.1"));
  EXPECT_EQ(dns_.Queries("localhost"), 0);
}

TEST_F(NameResolverTest, NamesWithoutAddressesAreNotFound) {
  EXPECT_TRUE(absl::IsNotFound(Resolve("none.test").status()));
  EXPECT_TRUE(absl::IsNotFound(Resolve("empty.test").status()));
}

TEST_F(NameResolverTest, AnAnswerIsKeptARefusalToo) {
  EXPECT_TRUE(Resolve("four.test").ok());
  EXPECT_FALSE(Resolve("none.test").ok());
  const int good = dns_.Queries("four.test");
  const int none = dns_.Queries("none.test");
  On([&] {
    EXPECT_EQ(resolver_->Kept("good.test"), std::nullopt);
    ASSERT_TRUE(resolver_->Kept("four.test").has_value());
    EXPECT_TRUE(resolver_->Kept("four.test")->ok());
    EXPECT_FALSE(resolver_->Kept("none.test")->ok());
  });
  EXPECT_TRUE(Resolve("four.test").ok());
  EXPECT_FALSE(Resolve("none.test").ok());
  EXPECT_EQ(dns_.Queries("four.test"), good);
  EXPECT_EQ(dns_.Queries("none.test"), none);
}

TEST_F(NameResolverTest, WhatIsNotKeptIsAskedAgain) {
  Make({.keep = absl::ZeroDuration()});
  EXPECT_TRUE(Resolve("four.test").ok());
  const int queries = dns_.Queries("four.test");
  EXPECT_TRUE(Resolve("four.test").ok());
  EXPECT_EQ(dns_.Queries("four.test"), 2 * queries);
}

TEST_F(NameResolverTest, ASilentServerIsGivenUp) {
  Make({.timeout = absl::Milliseconds(20), .tries = 2});
  EXPECT_TRUE(absl::IsDeadlineExceeded(Resolve("silent.test").status()));
}

TEST_F(NameResolverTest, OneSilentNameDoesNotHoldUpAnother) {
  On([&] {
    resolver_->Resolve("silent.test", [](const NameResolver::Answer&) {});
  });
  EXPECT_TRUE(Resolve("good.test").ok());
}

TEST_F(NameResolverTest, AskersOfOneNameShareTheQuery) {
  absl::Notification done;
  int answers = 0;
  On([&] {
    for (int i = 0; i < 10; ++i) {
      resolver_->Resolve("four.test", [&](const NameResolver::Answer& answer) {
        EXPECT_TRUE(answer.ok());
        if (++answers == 10) done.Notify();
      });
    }
  });
  done.WaitForNotification();
  EXPECT_LE(dns_.Queries("four.test"), 2);  // one a family
}

TEST_F(NameResolverTest, ACancelledCallbackIsDestroyedAtOnce) {
  auto token = std::make_shared<int>(0);
  On([&] {
    auto id = resolver_->Resolve(
        "four.test", [token](const NameResolver::Answer&) { FAIL(); });
    resolver_->Cancel(id);
    EXPECT_EQ(token.use_count(), 1);
    resolver_->Cancel(id);
  });
  EXPECT_TRUE(Resolve("four.test").ok());
}

TEST_F(NameResolverTest, TooManyNamesAreRefusedNotQueued) {
  Make({.timeout = absl::Milliseconds(50), .tries = 1, .max_pending = 2});
  On([&] {
    resolver_->Resolve("silent.test", [](const NameResolver::Answer&) {});
    resolver_->Resolve("a.silent.test", [](const NameResolver::Answer&) {});
  });
  EXPECT_TRUE(absl::IsResourceExhausted(Resolve("good.test").status()));
}

TEST_F(NameResolverTest, DestroyedWithQueriesUnderWayItCallsNobody) {
  auto token = std::make_shared<int>(0);
  On([&] {
    for (const char* name : {"silent.test", "good.test", "localhost"}) {
      resolver_->Resolve(name,
                         [token](const NameResolver::Answer&) { FAIL(); });
    }
    resolver_.reset();
  });
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace parley
