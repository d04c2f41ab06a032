// Tenants: names, quotas, rates, and who is forgotten.

#include "core/pool/tenant.h"

#include <string>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "core/pool/certificate_store.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_random.h"

namespace parley::pool {
namespace {

constexpr size_t kPlenty = 64 << 20;

class TenantsTest : public ::testing::Test {
 protected:
  parley::testing::FakeClock clock_;
};

TEST_F(TenantsTest, OneNameIsOneTenant) {
  Tenants tenants({}, kPlenty, clock_);
  const auto a = tenants.Get("a");
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(*tenants.Get("a"), *a);
  EXPECT_NE(*tenants.Get("b"), *a);
  EXPECT_EQ(*tenants.Get("default"), tenants.common());
  EXPECT_EQ(tenants.size(), 3u);
}

TEST_F(TenantsTest, NamesAreShortAndPrintable) {
  Tenants tenants({}, kPlenty, clock_);
  EXPECT_TRUE(tenants.Get(std::string(128, 'x')).ok());
  EXPECT_TRUE(tenants.Get("Acme Inc.").ok());
  for (const std::string& bad :
       {std::string(), std::string(129, 'x'), std::string(" a"),
        std::string("a "), std::string("a\n"), std::string("\xC3\xA4"),
        std::string("a\0b", 3)}) {
    EXPECT_TRUE(HasReason(tenants.Get(bad).status(), Reason::kArgument)) << bad;
  }
}

TEST_F(TenantsTest, WhoIsNotUsedIsForgottenAndIsAnotherLater) {
  Tenants tenants({.calls = {.per_second = 1}}, kPlenty, clock_);
  const TenantPtr kept = *tenants.Get("kept");
  const uint64_t life = (*tenants.Get("gone"))->life();
  ASSERT_TRUE((*tenants.Get("busy"))->CountCall(clock_.Monotonic()).ok());
  const uint64_t busy = (*tenants.Get("busy"))->life();
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(tenants.Get("t" + std::to_string(i)).ok());
    ASSERT_LE(tenants.size(), 1025u);
  }
  EXPECT_EQ(*tenants.Get("kept"), kept);
  EXPECT_NE((*tenants.Get("gone"))->life(), life);
  EXPECT_EQ((*tenants.Get("busy"))->life(), busy) << "its bucket is not full";
}

TEST_F(TenantsTest, AQuotaIsMetExactly) {
  Tenants tenants({.max_peers = 2}, kPlenty, clock_);
  Quota& peers = tenants.common()->peers();
  EXPECT_TRUE(peers.Take());
  EXPECT_TRUE(peers.Take());
  EXPECT_FALSE(peers.Take());
  EXPECT_EQ(peers.used(), 2u);
  peers.Give();
  EXPECT_TRUE(peers.Take());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(tenants.common()->streams().Take()) << "0 is no limit";
  }
}

TEST_F(TenantsTest, CallsHaveABurstAndThenARate) {
  Tenants tenants({.calls = {.per_second = 10, .burst = 3}}, kPlenty, clock_);
  Tenant& tenant = *tenants.common();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(tenant.CountCall(clock_.Monotonic()).ok()) << i;
    }
    const absl::Status refused = tenant.CountCall(clock_.Monotonic());
    ASSERT_TRUE(HasReason(refused, Reason::kRate));
    EXPECT_EQ(GetError(refused)->retry_delay, absl::Milliseconds(100));
    // Refused calls are not counted.
    clock_.Advance(absl::Milliseconds(99));
    EXPECT_FALSE(tenant.CountCall(clock_.Monotonic()).ok());
    clock_.Advance(absl::Milliseconds(1));
    EXPECT_TRUE(tenant.CountCall(clock_.Monotonic()).ok());
    EXPECT_FALSE(tenant.CountCall(clock_.Monotonic()).ok());
    clock_.Advance(absl::Hours(1));
  }
}

// Lets something happen to a peer of the tenant.
void WriteEntry(Tenant& tenant) {
  static const auto subject =
      std::make_shared<Subject>("peer", std::make_shared<const peer::Labels>());
  tenant.journal().Append(
      subject, std::make_shared<const peer::Event>(peer::Event{
                   1, absl::UnixEpoch(), peer::Closed{.detail = "test"}}));
}

TEST_F(TenantsTest, AJournalGivesWayToAnotherOnlyBeyondItsPart) {
  constexpr size_t kRoom = 64 << 10;
  Tenants tenants({}, kRoom, clock_);
  const TenantPtr loud = *tenants.Get("loud");
  const TenantPtr quiet = *tenants.Get("quiet");
  for (int i = 0; i < 10; ++i) WriteEntry(*quiet);
  for (int i = 0; i < 10000; ++i) WriteEntry(*loud);
  EXPECT_TRUE(quiet->journal().Next(0).ok()) << "a quiet one keeps everything";
  EXPECT_FALSE(loud->journal().Next(0).ok());
  EXPECT_TRUE(loud->journal().Next(loud->journal().last() - 10).ok());
  EXPECT_EQ(tenants.journal_entries(), 10010u);
}

TEST_F(TenantsTest, WhoHasFallenSilentKeepsNoMoreThanItsPart) {
  constexpr size_t kRoom = 64 << 10;
  constexpr size_t kMost = 40;
  Tenants tenants({}, kRoom, clock_);
  std::vector<TenantPtr> all;
  while (all.size() < kMost) {
    all.push_back(*tenants.Get("tenant" + std::to_string(all.size())));
    Journal& newest = all.back()->journal();
    // It fills whatever the others leave it, and then says no more.
    for (int i = 0; i < 1000; ++i) {
      WriteEntry(*all.back());
      ASSERT_LE(tenants.journal_bytes(), kRoom);
      ASSERT_TRUE(newest.Next(newest.last() - 1).ok()) << "the newest stays";
    }
  }
  EXPECT_GT(tenants.journal_bytes(), kRoom / 4) << "what there is is used";
}

TEST_F(TenantsTest, JournalsEndForThoseToComeToo) {
  Tenants tenants({}, kPlenty, clock_);
  const TenantPtr before = *tenants.Get("before");
  tenants.EndJournals();
  EXPECT_TRUE(before->journal().ended());
  EXPECT_TRUE((*tenants.Get("after"))->journal().ended());
}

TEST_F(TenantsTest, ACertificateOfAnotherIsAsUnknownAsNone) {
  Tenants tenants({.max_certificates = 1}, kPlenty, clock_);
  parley::testing::FakeRandom random;
  CertificateStore store({}, *Identity::Make("local", random), clock_, random);
  const TenantPtr a = *tenants.Get("a");
  const TenantPtr b = *tenants.Get("b");
  const auto make = [&store](const TenantPtr& tenant) {
    absl::StatusOr<StoredCertificate> made;
    absl::Notification done;
    store.Generate(tenant, {}, {}, [&](auto result) {
      made = std::move(result);
      done.Notify();
    });
    done.WaitForNotification();
    return made;
  };
  const auto made = make(a);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(HasReason(make(a).status(), Reason::kTenantQuota));
  EXPECT_TRUE(make(b).ok()) << "the quota is each one's own";

  const std::string& name = made->name;
  ASSERT_TRUE(store.Find(*a, name).ok());
  const absl::Status unknown = store.Find(*b, name).status();
  EXPECT_TRUE(HasReason(unknown, Reason::kCertificateUnknown));
  EXPECT_EQ(store.Delete(*b, name), unknown);
  std::vector<peer::NamedCertificate> named = {{.name = name}};
  EXPECT_TRUE(HasReason(store.Resolve(*b, named), Reason::kCertificateUnknown));
  EXPECT_EQ(store.List(*b, 10, "", {})->certificates.size(), 1u);

  ASSERT_TRUE(store.Delete(*a, name).ok());
  EXPECT_EQ(store.Delete(*a, name), unknown) << "not a word of difference";
  EXPECT_TRUE(make(a).ok());
}

}  // namespace
}  // namespace parley::pool
