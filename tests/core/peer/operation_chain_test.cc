#include "core/peer/operation_chain.h"

#include <optional>
#include <string>
#include <vector>

#include "core/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::peer {
namespace {

using ::testing::ElementsAre;

class OperationChainTest : public ::testing::Test {
 protected:
  OperationChain::Operation AtOnce(std::string name) {
    return {.run =
                [this, name](OperationChain::Finished finished) {
                  log_.push_back(name);
                  finished();
                },
            .refuse =
                [this, name](const absl::Status&) {
                  log_.push_back(name + " refused");
                }};
  }
  OperationChain::Operation Later(std::string name) {
    auto operation = AtOnce(name);
    operation.run = [this, name](OperationChain::Finished finished) {
      log_.push_back(name);
      finish_ = std::move(finished);
    };
    return operation;
  }

  std::vector<std::string> log_;
  OperationChain::Finished finish_;
  OperationChain chain_{[this] { log_.push_back("empty"); }};
};

TEST_F(OperationChainTest, OneAtATimeInOrderOfArrival) {
  chain_.Enqueue(Later("a"));
  chain_.Enqueue(AtOnce("b"));
  chain_.Enqueue(AtOnce("c"));
  EXPECT_THAT(log_, ElementsAre("a"));
  EXPECT_FALSE(chain_.empty());
  std::move(finish_)();
  EXPECT_THAT(log_, ElementsAre("a", "b", "c", "empty"));
  EXPECT_TRUE(chain_.empty());
}

TEST_F(OperationChainTest, AnOperationMayChainAnother) {
  chain_.Enqueue({.run =
                      [this](OperationChain::Finished finished) {
                        chain_.Enqueue(AtOnce("second"));
                        log_.push_back("first");
                        finished();
                      },
                  .refuse = [](const absl::Status&) {}});
  EXPECT_THAT(log_, ElementsAre("first", "second", "empty"));
}

TEST_F(OperationChainTest, CloseRefusesWhatWaitsAndWhatComes) {
  chain_.Enqueue(Later("a"));
  chain_.Enqueue(AtOnce("b"));
  chain_.Close(MakeError(Reason::kPeerClosed, "closed"));
  chain_.Enqueue(AtOnce("c"));
  EXPECT_THAT(log_, ElementsAre("a", "b refused", "c refused"));
  std::move(finish_)();
  EXPECT_THAT(log_, ElementsAre("a", "b refused", "c refused"));
}

TEST_F(OperationChainTest, TooManyWaitingAreRefusedAtOnce) {
  chain_.Enqueue(Later("a"));
  for (size_t i = 0; i < OperationChain::kMaxWaiting; ++i) {
    chain_.Enqueue(AtOnce("x"));
  }
  std::optional<absl::Status> refused;
  auto operation = AtOnce("y");
  operation.refuse = [&](const absl::Status& why) { refused = why; };
  chain_.Enqueue(std::move(operation));
  ASSERT_TRUE(refused.has_value());
  EXPECT_TRUE(HasReason(*refused, Reason::kRate));
  std::move(finish_)();
  EXPECT_EQ(log_.size(), OperationChain::kMaxWaiting + 2);
}

TEST_F(OperationChainTest, ManyImmediateOperationsDoNotDeepenTheStack) {
  chain_.Enqueue(Later("a"));
  for (size_t i = 0; i < OperationChain::kMaxWaiting; ++i) {
    chain_.Enqueue(AtOnce("x"));
  }
  std::move(finish_)();
  EXPECT_TRUE(chain_.empty());
}

}  // namespace
}  // namespace parley::peer
