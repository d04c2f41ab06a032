#include "core/crypto/certificate_stock.h"

#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_random.h"

namespace parley::crypto {
namespace {

using Made = absl::StatusOr<CertificatePtr>;

// Lets the test decide when the stock's thread may make the next certificate,
// and await that it wants to.
class Gate {
 public:
  void Pass() {
    absl::MutexLock lock(&mutex_);
    ++asked_;
    mutex_.Await(absl::Condition(
        +[](Gate* gate) { return gate->open_ || gate->permits_ > 0; }, this));
    if (!open_) --permits_;
  }
  void Permit(int count) {
    absl::MutexLock lock(&mutex_);
    permits_ += count;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  void AwaitAsked(int times) {
    absl::MutexLock lock(&mutex_);
    awaited_ = times;
    mutex_.Await(absl::Condition(
        +[](Gate* gate) { return gate->asked_ >= gate->awaited_; }, this));
  }

 private:
  absl::Mutex mutex_;
  int asked_ = 0;
  int awaited_ = 0;
  int permits_ = 0;
  bool open_ = false;
};

class CertificateStockTest : public ::testing::Test {
 protected:
  std::unique_ptr<CertificateStock> MakeStock(size_t capacity) {
    return std::make_unique<CertificateStock>(
        CertificateStock::Options{.capacity = capacity},
        [this] {
          gate_.Pass();
          return GenerateCertificate({}, clock_, random_);
        },
        clock_);
  }

  static Made TakeNow(CertificateStock& stock) {
    absl::Notification done;
    Made taken = absl::UnknownError("callback never ran");
    stock.Take([&](Made made) {
      taken = std::move(made);
      done.Notify();
    });
    done.WaitForNotification();
    return taken;
  }

  parley::testing::FakeClock clock_;
  parley::testing::FakeRandom random_;
  Gate gate_;
};

TEST_F(CertificateStockTest, FillsToItsCapacityAndHandsOutInline) {
  const auto stock = MakeStock(2);
  gate_.Permit(2);
  gate_.AwaitAsked(2);
  gate_.Open();
  while (stock->counters().ready < 2) std::this_thread::yield();
  EXPECT_EQ(stock->counters().generated, 2);

  std::thread::id ran_on;
  stock->Take([&](Made made) {
    EXPECT_TRUE(made.ok());
    ran_on = std::this_thread::get_id();
  });
  EXPECT_EQ(ran_on, std::this_thread::get_id());
  EXPECT_EQ(stock->counters().taken, 1);
}

TEST_F(CertificateStockTest, TakingFromAnEmptyStockWaitsForGeneration) {
  const auto stock = MakeStock(1);
  gate_.AwaitAsked(1);
  std::atomic<bool> called = false;
  absl::Notification done;
  stock->Take([&](Made made) {
    EXPECT_TRUE(made.ok());
    called = true;
    done.Notify();
  });
  EXPECT_FALSE(called);
  EXPECT_EQ(stock->counters().waiting, 1);
  gate_.Open();
  done.WaitForNotification();
}

TEST_F(CertificateStockTest, WithoutCapacityEachIsMadeOnDemand) {
  const auto stock = MakeStock(0);
  gate_.Open();
  ASSERT_TRUE(TakeNow(*stock).ok());
  ASSERT_TRUE(TakeNow(*stock).ok());
  EXPECT_EQ(stock->counters().generated, 2);
  EXPECT_EQ(stock->counters().ready, 0);
}

TEST_F(CertificateStockTest, OpenSslRefusingReachesEveryoneWhoWaits) {
  const auto stock = MakeStock(0);
  std::atomic<int> refused = 0;
  absl::Notification done;
  ASSERT_EQ(EVP_set_default_properties(nullptr, "provider=none"), 1);
  for (int i = 0; i < 3; ++i) {
    stock->Take([&](Made made) {
      EXPECT_TRUE(HasReason(made.status(), Reason::kCertificateGeneration));
      if (++refused == 3) done.Notify();
    });
  }
  gate_.Open();
  done.WaitForNotification();
  ASSERT_EQ(EVP_set_default_properties(nullptr, ""), 1);
  EXPECT_EQ(stock->counters().failed, 1);
  // Whoever asks next causes a new try, without waiting out the rest.
  EXPECT_TRUE(TakeNow(*stock).ok());
}

TEST_F(CertificateStockTest, OldOnesAreThrownAway) {
  const auto stock = MakeStock(1);
  gate_.Open();
  while (stock->counters().ready < 1) std::this_thread::yield();
  clock_.Advance(absl::Hours(24 * 15) + absl::Seconds(1));
  const Made made = TakeNow(*stock);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ((*made)->expires(), clock_.Now() + kDefaultCertificateLifetime);
}

TEST_F(CertificateStockTest, DestroyingItAnswersThoseWhoWait) {
  auto stock = MakeStock(1);
  gate_.AwaitAsked(1);  // the thread makes one, and both of these still wait
  int answered = 0;
  std::vector<absl::Status> seen;
  absl::Mutex mutex;
  for (int i = 0; i < 2; ++i) {
    stock->Take([&](Made made) {
      absl::MutexLock lock(&mutex);
      ++answered;
      seen.push_back(made.status());
    });
  }
  // The destructor takes the callbacks before it waits for the thread.
  std::thread opener([&, dying = stock.get()] {
    while (dying->counters().waiting > 0) std::this_thread::yield();
    gate_.Open();
  });
  stock.reset();
  opener.join();
  EXPECT_EQ(answered, 2);
  for (const absl::Status& status : seen) {
    EXPECT_TRUE(HasReason(status, Reason::kCertificateGeneration)) << status;
  }
}

TEST_F(CertificateStockTest, ManyTakersEachGetTheirOwn) {
  const auto stock = MakeStock(8);
  gate_.Open();
  absl::Mutex mutex;
  std::vector<std::string> values;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const Made made = TakeNow(*stock);
        ASSERT_TRUE(made.ok());
        absl::MutexLock lock(&mutex);
        values.push_back((*made)->fingerprint().value);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(values.begin(), values.end());
  EXPECT_EQ(std::unique(values.begin(), values.end()), values.end());
  EXPECT_EQ(values.size(), 200);
}

}  // namespace
}  // namespace parley::crypto
