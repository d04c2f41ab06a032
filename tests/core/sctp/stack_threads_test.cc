// Associations on several event loops share one usrsctp.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "core/loop/event_loop_pool.h"
#include "core/sctp/association.h"
#include "gtest/gtest.h"

namespace parley::sctp {
namespace {

constexpr int kMessages = 200;

// An end that lives on its loop and posts its packets to the other's.
class LoopEnd : public Association::Observer,
                public std::enable_shared_from_this<LoopEnd> {
 public:
  LoopEnd(Stack& stack, Executor& executor, absl::BlockingCounter& done)
      : stack_(stack), executor_(executor), done_(done) {}

  void Start(std::shared_ptr<LoopEnd> other) {
    executor_.Post([self = shared_from_this(), other = std::move(other)] {
      self->other_ = other;
      self->association_ = std::make_unique<Association>(
          self->stack_, AssociationOptions(), self->executor_, *self);
      ASSERT_TRUE(self->association_->Connect(5000, 5000).ok());
    });
  }

  void Stop(absl::BlockingCounter& stopped) {
    executor_.Post([self = shared_from_this(), &stopped] {
      self->association_->Close();
      self->association_.reset();
      self->other_.reset();
      stopped.DecrementCount();
    });
  }

  void OnSctpPacket(std::span<const uint8_t> packet) override {
    other_->executor_.Post([other = other_, bytes = std::vector<uint8_t>(
                                                packet.begin(), packet.end())] {
      if (other->association_) other->association_->HandlePacket(bytes);
    });
  }
  void OnSctpState(State state, StreamCounts, const absl::Status&) override {
    EXPECT_TRUE(executor_.OnExecutor());
    if (state != State::kConnected) return;
    for (int i = 0; i < kMessages; ++i) {
      association_->Send({.stream = static_cast<uint16_t>(i % 4),
                          .ppid = 53,
                          .payload = std::string(2000, 'x')});
    }
  }
  void OnSctpMessage(IncomingMessage) override {
    if (++received_ == kMessages) done_.DecrementCount();
  }
  void OnIncomingStreamsReset(std::span<const uint16_t>) override {}
  void OnOutgoingStreamsReset(std::span<const uint16_t>) override {}
  void OnBytesSent(uint16_t, size_t) override {}

 private:
  Stack& stack_;
  Executor& executor_;
  absl::BlockingCounter& done_;
  std::shared_ptr<LoopEnd> other_;
  std::unique_ptr<Association> association_;
  int received_ = 0;
};

TEST(StackThreadsTest, AssociationsOnTwoLoopsTalkToEachOther) {
  constexpr int kPairs = 8;
  const auto loops = *EventLoopPool::Create(2);
  Stack stack(loops->loop(0));
  absl::BlockingCounter done(2 * kPairs);
  std::vector<std::shared_ptr<LoopEnd>> ends;
  for (int i = 0; i < kPairs; ++i) {
    auto a = std::make_shared<LoopEnd>(stack, loops->loop(0), done);
    auto b = std::make_shared<LoopEnd>(stack, loops->loop(1), done);
    a->Start(b);
    b->Start(a);
    ends.push_back(std::move(a));
    ends.push_back(std::move(b));
  }
  done.Wait();
  absl::BlockingCounter stopped(2 * kPairs);
  for (const auto& end : ends) end->Stop(stopped);
  stopped.Wait();
  EXPECT_EQ(stack.associations(), 0);
  loops->Stop();
}

}  // namespace
}  // namespace parley::sctp
