#include "core/crypto/key_worker.h"

#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::crypto {
namespace {

// Keeps the worker at work until it is let go.
class Occupation {
 public:
  explicit Occupation(KeyWorker& worker) {
    worker.Run([this](absl::Status) {
      begun_.Notify();
      end_.WaitForNotification();
    });
    begun_.WaitForNotification();
  }
  void End() { end_.Notify(); }

 private:
  absl::Notification begun_;
  absl::Notification end_;
};

TEST(KeyWorkerTest, RunsTasksInTurnOnAThreadOfItsOwn) {
  KeyWorker worker(8);
  std::vector<int> order;
  absl::Notification done;
  const auto caller = std::this_thread::get_id();
  std::thread::id first;
  std::thread::id second;
  worker.Run([&](absl::Status status) {
    EXPECT_TRUE(status.ok());
    first = std::this_thread::get_id();
    order.push_back(1);
  });
  worker.Run([&](absl::Status) {
    second = std::this_thread::get_id();
    order.push_back(2);
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_NE(first, caller);
  EXPECT_EQ(first, second);
}

TEST(KeyWorkerTest, RefusesMoreThanMayWait) {
  KeyWorker worker(2);
  Occupation occupation(worker);
  absl::Notification done;
  worker.Run([](absl::Status) {});
  worker.Run([&done](absl::Status) { done.Notify(); });
  absl::Status refused;
  worker.Run([&refused](absl::Status status) { refused = status; });
  EXPECT_TRUE(HasReason(refused, Reason::kRate)) << refused;
  EXPECT_TRUE(GetError(refused)->retry_delay.has_value());
  occupation.End();
  done.WaitForNotification();
  // There is room again.
  absl::Notification again;
  worker.Run([&](absl::Status status) {
    EXPECT_TRUE(status.ok());
    again.Notify();
  });
  again.WaitForNotification();
}

TEST(KeyWorkerTest, StopRefusesWhatWaitsAndWhatComes) {
  KeyWorker worker(2);
  Occupation occupation(worker);
  absl::Status waited;
  worker.Run([&](absl::Status status) {
    waited = status;
    occupation.End();
  });
  worker.Stop();
  EXPECT_TRUE(HasReason(waited, Reason::kDraining)) << waited;
  absl::Status late;
  worker.Run([&late](absl::Status status) { late = status; });
  EXPECT_TRUE(HasReason(late, Reason::kDraining)) << late;
  worker.Stop();
}

}  // namespace
}  // namespace parley::crypto
