// Nodes that come, go, and say things at the same time.
#include "parley/nodes_watch.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "client/src/nodes_watch_reader.h"
#include "gmock/gmock.h"

namespace parley::client::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(60);

// A node's stream, whose updates a test sends. Safe for concurrent use.
class FakeNode : public Reader<v1::WatchPeersResponse> {
 public:
  void Next(Done done) override {
    {
      absl::MutexLock lock(&mutex_);
      ++reads_;
      if (!cancelled_) {
        waiting_ = std::move(done);
        return;
      }
    }
    done(absl::CancelledError(""));
  }
  bool Abandon() override { return false; }
  void Cancel() override {
    Done done;
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      done = std::exchange(waiting_, nullptr);
    }
    if (done != nullptr) done(absl::CancelledError(""));
  }

  // To the read that is under way, or that comes.
  void Send(Result result) {
    Done done;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](Done* waiting) { return *waiting != nullptr; }, &waiting_));
      done = std::exchange(waiting_, nullptr);
    }
    done(std::move(result));
  }
  void SendUpdate(const std::string& token) {
    v1::WatchPeersResponse update;
    update.set_resume_token(token);
    Send(std::optional(update));
  }

  void AwaitRead() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* reads) { return *reads > 0; }, &reads_));
  }
  void AwaitCancelled() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&cancelled_));
  }
  int reads() {
    absl::MutexLock lock(&mutex_);
    return reads_;
  }
  bool cancelled() {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

 private:
  absl::Mutex mutex_;
  Done waiting_ ABSL_GUARDED_BY(mutex_);
  int reads_ ABSL_GUARDED_BY(mutex_) = 0;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

class NodesWatchTest : public ::testing::Test {
 protected:
  using List = absl::StatusOr<std::vector<std::string>>;

  explicit NodesWatchTest(List listed = std::vector<std::string>{"a", "b"})
      : world_(std::make_shared<World>()) {
    Listed(std::move(listed));
    auto reader = std::make_shared<NodesWatchReader>(
        [world = world_] {
          absl::MutexLock lock(&world->mutex);
          ++world->listings;
          return world->listed;
        },
        [world = world_](const std::string& node) {
          absl::MutexLock lock(&world->mutex);
          return world->nodes[absl::StrCat(node, ++world->opened[node])] =
                     std::make_shared<FakeNode>();
        },
        absl::Milliseconds(1));
    reader->Start();
    watch_.emplace(std::move(reader));
  }

  // What every later listing gives.
  void Listed(List listed) {
    absl::MutexLock lock(&world_->mutex);
    world_->listed = std::move(listed);
  }
  // So many listings more have begun.
  void AwaitListings(int number) {
    absl::MutexLock lock(&world_->mutex);
    const int until = world_->listings + number;
    const auto come = [&] {
      world_->mutex.AssertHeld();
      return world_->listings >= until;
    };
    world_->mutex.Await(absl::Condition(&come));
  }
  // "a1": what was opened first for the node a, and is being read.
  std::shared_ptr<FakeNode> Node(const std::string& name) {
    std::shared_ptr<FakeNode> node;
    {
      absl::MutexLock lock(&world_->mutex);
      const auto there = [&] {
        world_->mutex.AssertHeld();
        return world_->nodes.contains(name);
      };
      world_->mutex.Await(absl::Condition(&there));
      node = world_->nodes[name];
    }
    node->AwaitRead();
    return node;
  }

  // "a:1", "a lost", "end UNAVAILABLE".
  std::string Next() {
    const auto update = watch_->Next(kPatience);
    if (!update.ok()) {
      return absl::StrCat("end ",
                          absl::StatusCodeToString(update.status().code()));
    }
    const NodeUpdate& one = **update;
    return one.lost.ok()
               ? absl::StrCat(one.node, ":", one.update.resume_token())
               : absl::StrCat(one.node, " lost");
  }

  struct World {
    absl::Mutex mutex;
    List listed ABSL_GUARDED_BY(mutex);
    int listings ABSL_GUARDED_BY(mutex) = 0;
    std::map<std::string, int> opened ABSL_GUARDED_BY(mutex);
    std::map<std::string, std::shared_ptr<FakeNode>> nodes
        ABSL_GUARDED_BY(mutex);
  };
  // The watch's thread may outlive the test.
  const std::shared_ptr<World> world_;
  std::optional<NodesWatch> watch_;
};

TEST_F(NodesWatchTest, GivesTheUpdatesOfEachInTheirOrder) {
  Node("a1")->SendUpdate("1");
  Node("b1")->SendUpdate("1");
  EXPECT_THAT((std::vector{Next(), Next()}),
              UnorderedElementsAre("a:1", "b:1"));
  Node("a1")->SendUpdate("2");
  EXPECT_EQ(Next(), "a:2");
  Node("a1")->SendUpdate("3");
  EXPECT_EQ(Next(), "a:3");
}

TEST_F(NodesWatchTest, HoldsOneUpdateOfEachNode) {
  Node("a1")->SendUpdate("1");
  Node("b1")->SendUpdate("1");
  // Nobody has taken them.
  EXPECT_EQ(Node("a1")->reads(), 1);
  EXPECT_EQ(Node("b1")->reads(), 1);
  EXPECT_EQ(Next(), "a:1");
  EXPECT_EQ(Node("a1")->reads(), 2);
  EXPECT_EQ(Node("b1")->reads(), 1);
}

TEST_F(NodesWatchTest, WatchesNodesThatCome) {
  Listed(std::vector<std::string>{"a", "b", "c"});
  Node("c1")->SendUpdate("1");
  EXPECT_EQ(Next(), "c:1");
}

TEST_F(NodesWatchTest, LosesANodeThatIsNoLongerListed) {
  const auto lost = Node("b1");
  lost->SendUpdate("0");
  EXPECT_EQ(Next(), "b:0");
  Listed(std::vector<std::string>{"a"});
  EXPECT_EQ(Next(), "b lost");
  lost->AwaitCancelled();
  // It is a new one when it comes back.
  Listed(std::vector<std::string>{"a", "b"});
  Node("b2")->SendUpdate("1");
  EXPECT_EQ(Next(), "b:1");
  EXPECT_FALSE(Node("a1")->cancelled());
}

TEST_F(NodesWatchTest, ANodeThatBreaksForGoodIsLostAndTriedAnew) {
  Node("a1")->SendUpdate("1");
  EXPECT_EQ(Next(), "a:1");
  Node("a1")->Send(absl::UnavailableError("it does not answer"));
  EXPECT_EQ(Next(), "a lost");
  Node("a2")->SendUpdate("9");
  EXPECT_EQ(Next(), "a:9");
}

TEST_F(NodesWatchTest, ANodeThatNeverAnsweredIsNotSpokenOf) {
  for (const char* attempt : {"a1", "a2", "a3"}) {
    Node(attempt)->Send(absl::UnavailableError("it does not answer"));
  }
  Node("b1")->SendUpdate("1");
  EXPECT_EQ(Next(), "b:1");
}

// What nobody takes does not pile up.
TEST_F(NodesWatchTest, ALostNodeIsTriedAnewWhenThatHasBeenTaken) {
  Node("a1")->SendUpdate("1");
  EXPECT_EQ(Next(), "a:1");
  Node("a1")->Send(absl::UnavailableError("it does not answer"));
  AwaitListings(4);
  {
    absl::MutexLock lock(&world_->mutex);
    EXPECT_EQ(world_->opened["a"], 1);
  }
  EXPECT_EQ(Next(), "a lost");
  Node("a2");
}

TEST_F(NodesWatchTest, ARefusalIsTheEnd) {
  const auto other = Node("b1");
  Node("a1")->Send(absl::UnauthenticatedError("who are you?"));
  EXPECT_EQ(Next(), "end UNAUTHENTICATED");
  EXPECT_EQ(Next(), "end UNAUTHENTICATED");
  EXPECT_TRUE(other->cancelled());
}

TEST_F(NodesWatchTest, AListingThatFailsLaterChangesNothing) {
  Node("a1");
  Listed(absl::UnavailableError("no DNS"));
  AwaitListings(4);
  EXPECT_FALSE(Node("a1")->cancelled());
  Node("b1")->SendUpdate("1");
  EXPECT_EQ(Next(), "b:1");
}

TEST_F(NodesWatchTest, CancellingEndsWhatWaitsAndEveryNode) {
  const auto a = Node("a1");
  const auto b = Node("b1");
  absl::Notification ended;
  watch_->Next([&](absl::StatusOr<NodesWatch::Update> update) {
    EXPECT_TRUE(absl::IsCancelled(update.status()));
    ended.Notify();
  });
  watch_->Cancel();
  ended.WaitForNotification();
  EXPECT_TRUE(a->cancelled() && b->cancelled());
}

class NoNodesTest : public NodesWatchTest {
 protected:
  NoNodesTest() : NodesWatchTest(absl::UnavailableError("no DNS")) {}
};

TEST_F(NoNodesTest, AFirstListingThatFailsIsTheEnd) {
  EXPECT_EQ(Next(), "end UNAVAILABLE");
}

TEST(ResolveNodesTest, GivesAddressesWithTheirPort) {
  EXPECT_THAT(*ResolveNodes("127.0.0.1:50051"), ElementsAre("127.0.0.1:50051"));
  EXPECT_THAT(*ResolveNodes("[::1]:50051"), ElementsAre("[::1]:50051"));
  for (const char* wrong : {"", "localhost", "localhost:", ":50051", "::1:1",
                            "[]:1", "[::1]", "localhost:http"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ResolveNodes(wrong).status())) << wrong;
  }
}

}  // namespace
}  // namespace parley::client::internal
