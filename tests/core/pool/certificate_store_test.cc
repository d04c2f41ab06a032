#include "core/pool/certificate_store.h"

#include <openssl/pem.h>

#include <set>
#include <utility>

#include "absl/synchronization/notification.h"
#include "core/base/errors.h"
#include "core/crypto/openssl_ptr.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_random.h"

namespace parley::pool {
namespace {

using crypto::KeyType;

// One call's reply, awaited.
class Awaited {
 public:
  CertificateStore::Reply Reply() {
    return [this](absl::StatusOr<StoredCertificate> result) {
      result_ = std::move(result);
      done_.Notify();
    };
  }
  absl::StatusOr<StoredCertificate> Wait() {
    done_.WaitForNotification();
    return result_;
  }

 private:
  absl::StatusOr<StoredCertificate> result_ = absl::UnknownError("no reply");
  absl::Notification done_;
};

class CertificateStoreTest : public ::testing::Test {
 protected:
  CertificateStoreTest() {
    Make({.max_certificates = 4, .max_waiting_rsa = 2});
  }

  void Make(CertificateLimits limits) {
    store_.emplace(limits, identity_, clock_, random_);
  }
  absl::StatusOr<StoredCertificate> Try(crypto::CertificateOptions options,
                                        peer::Labels labels = {}) {
    Awaited reply;
    store_->Generate(tenant_, options, std::move(labels), reply.Reply());
    return reply.Wait();
  }
  StoredCertificate Generate(crypto::CertificateOptions options = {},
                             peer::Labels labels = {}) {
    auto made = Try(options, std::move(labels));
    EXPECT_TRUE(made.ok()) << made.status();
    return *made;
  }
  absl::StatusOr<StoredCertificate> Rotate(const std::string& name) {
    Awaited reply;
    store_->Rotate(tenant_, name, reply.Reply());
    return reply.Wait();
  }
  StoredCertificate Find(const std::string& name) {
    const auto found = store_->Find(*tenant_, name);
    EXPECT_TRUE(found.ok()) << found.status();
    return *found;
  }
  using Named = std::vector<peer::NamedCertificate>;
  absl::StatusOr<Named> Resolve(const std::vector<std::string>& names) {
    Named named;
    for (const std::string& name : names) named.push_back({.name = name});
    const absl::Status resolved = store_->Resolve(*tenant_, named);
    if (!resolved.ok()) return resolved;
    return named;
  }
  static std::string FieldOf(const absl::Status& status) {
    const auto error = GetError(status);
    if (!error) return "no error of ours";
    for (const auto& [key, value] : error->metadata) {
      if (key == "field") return value;
    }
    return "";
  }

  parley::testing::FakeClock clock_;
  parley::testing::FakeRandom random_;
  const Identity identity_ = *Identity::Make("here", random_);
  Tenants tenants_{{}, 1 << 20, clock_};
  TenantPtr tenant_ = tenants_.common();
  std::optional<CertificateStore> store_;
};

TEST_F(CertificateStoreTest, WhatIsGeneratedIsFoundByName) {
  const StoredCertificate made =
      Generate({.lifetime = absl::Hours(1)}, {{"room", "7"}});
  EXPECT_TRUE(made.name.starts_with("certificates/here." + identity_.epoch));
  EXPECT_EQ(made.certificate->key_type(), KeyType::kEcdsaP256);
  EXPECT_EQ(made.certificate->expires(), clock_.Now() + absl::Hours(1));
  EXPECT_EQ(made.create_time, clock_.Now());
  EXPECT_EQ(made.labels.at("room"), "7");
  EXPECT_FALSE(made.imported);
  EXPECT_EQ(made.peers, 0u);
  const StoredCertificate found = Find(made.name);
  EXPECT_EQ(found.certificate, made.certificate);
  EXPECT_EQ(store_->size(), 1u);
}

TEST_F(CertificateStoreTest, NamesThatLeadNowhereSayWhy) {
  const auto reason = [this](const std::string& name, Reason expected) {
    const absl::Status status = store_->Find(*tenant_, name).status();
    EXPECT_TRUE(HasReason(status, expected)) << status;
    EXPECT_EQ(store_->Delete(*tenant_, name), status);
    EXPECT_EQ(Rotate(name).status(), status);
  };
  reason(NewCertificateName(identity_, random_), Reason::kCertificateUnknown);
  reason(NewCertificateName(*Identity::Make("here", random_), random_),
         Reason::kCertificateUnknown);
  reason(NewCertificateName(*Identity::Make("there", random_), random_),
         Reason::kWrongNode);
  reason(NewPeerName(identity_, random_), Reason::kArgument);
  reason("", Reason::kArgument);
}

TEST_F(CertificateStoreTest, HoldsNoMoreThanItMay) {
  std::string last;
  for (int i = 0; i < 4; ++i) last = Generate().name;
  const absl::Status full = Try({}).status();
  EXPECT_TRUE(HasReason(full, Reason::kTenantQuota)) << full;
  EXPECT_TRUE(HasReason(Rotate(last).status(), Reason::kTenantQuota));
  ASSERT_TRUE(store_->Delete(*tenant_, last).ok());
  EXPECT_TRUE(HasReason(store_->Find(*tenant_, last).status(),
                        Reason::kCertificateUnknown));
  Generate();
}

TEST_F(CertificateStoreTest, WhatFailsTakesNoRoom) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(HasReason(Try({.key_type = KeyType::kOther}).status(),
                          Reason::kNotSupported));
    Awaited reply;
    store_->Import(tenant_, "no PEM", "no key", {}, reply.Reply());
    EXPECT_TRUE(HasReason(reply.Wait().status(), Reason::kArgument));
  }
  for (int i = 0; i < 4; ++i) Generate();
}

// Bounded work: each RSA key takes a quarter of a second and more.
TEST_F(CertificateStoreTest, RsaKeysAreMadeElsewhereAndFewWait) {
  constexpr int kCalls = 6;
  Make({.max_certificates = 100, .max_waiting_rsa = 2});
  Awaited replies[kCalls];
  for (Awaited& reply : replies) {
    store_->Generate(tenant_, {.key_type = KeyType::kRsa2048}, {},
                     reply.Reply());
  }
  // ECDSA ones do not wait for them.
  EXPECT_EQ(Generate().certificate->key_type(), KeyType::kEcdsaP256);
  int made = 0;
  int refused = 0;
  for (Awaited& reply : replies) {
    const auto result = reply.Wait();
    if (result.ok()) {
      EXPECT_EQ(result->certificate->key_type(), KeyType::kRsa2048);
      ++made;
    } else {
      EXPECT_TRUE(HasReason(result.status(), Reason::kRate));
      ++refused;
    }
  }
  EXPECT_GE(made, 2);
  EXPECT_GE(refused, 1);
  EXPECT_EQ(made + refused, kCalls);
  EXPECT_EQ(store_->size(), static_cast<size_t>(made) + 1);
}

TEST_F(CertificateStoreTest, StopEndsWhatWaits) {
  Make({.max_certificates = 100, .max_waiting_rsa = 8});
  Awaited replies[4];
  for (Awaited& reply : replies) {
    store_->Generate(tenant_, {.key_type = KeyType::kRsa2048}, {},
                     reply.Reply());
  }
  store_->Stop();
  EXPECT_TRUE(HasReason(replies[3].Wait().status(), Reason::kDraining));
  // Each has its reply, whatever it is.
  for (Awaited& reply : replies) (void)reply.Wait();
  EXPECT_TRUE(HasReason(Try({}).status(), Reason::kDraining));
}

TEST_F(CertificateStoreTest, ImportsWhatAnotherMade) {
  const auto made = crypto::GenerateCertificate({}, clock_, random_);
  ASSERT_TRUE(made.ok());
  const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PrivateKey(bio.get(), (*made)->private_key(), nullptr,
                                     nullptr, 0, nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  Awaited reply;
  store_->Import(tenant_, (*made)->Pem(),
                 std::string(text, static_cast<size_t>(size)),
                 {{"from", "elsewhere"}}, reply.Reply());
  const auto imported = reply.Wait();
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_TRUE(imported->imported);
  EXPECT_EQ(imported->certificate->fingerprint(), (*made)->fingerprint());
  EXPECT_EQ(imported->labels.at("from"), "elsewhere");
}

TEST_F(CertificateStoreTest, ListsTheNewestFirstPageByPage) {
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) {
    names.push_back(Generate({}, {{"even", i % 2 == 0 ? "yes" : "no"}}).name);
  }
  auto page = store_->List(*tenant_, 3, "", {});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->certificates.size(), 3u);
  EXPECT_EQ(page->certificates[0].name, names[3]);
  EXPECT_EQ(page->certificates[2].name, names[1]);
  // One made or deleted meanwhile changes nothing for the rest.
  ASSERT_TRUE(store_->Delete(*tenant_, names[3]).ok());
  Generate();
  const auto next = store_->List(*tenant_, 3, page->next, {});
  ASSERT_TRUE(next.ok());
  ASSERT_EQ(next->certificates.size(), 1u);
  EXPECT_EQ(next->certificates[0].name, names[0]);
  EXPECT_EQ(next->next, "");

  const auto even = store_->List(*tenant_, 1, "", {{"even", "yes"}});
  ASSERT_TRUE(even.ok());
  EXPECT_EQ(even->certificates[0].name, names[2]);
  EXPECT_EQ(store_->List(*tenant_, 1, even->next, {{"even", "yes"}})
                ->certificates[0]
                .name,
            names[0]);
  for (const std::string& bad :
       {std::string("x"), identity_.epoch, identity_.epoch + "0",
        identity_.epoch + "1x", "a" + page->next}) {
    EXPECT_TRUE(HasReason(store_->List(*tenant_, 1, bad, {}).status(),
                          Reason::kPageToken))
        << bad;
  }
}

TEST_F(CertificateStoreTest, CountsWhoUsesACertificate) {
  const std::string name = Generate().name;
  auto first = Resolve({name});
  ASSERT_TRUE(first.ok());
  auto second = Resolve({name});
  crypto::CertificatePtr copy = (*first)[0].certificate;
  EXPECT_EQ(copy->fingerprint(), Find(name).certificate->fingerprint());
  EXPECT_EQ(Find(name).peers, 2u);
  first->clear();
  EXPECT_EQ(Find(name).peers, 2u) << "a copy is left";
  copy.reset();
  EXPECT_EQ(Find(name).peers, 1u);
  // Deleted in use: who has it keeps it, nobody else gets it.
  ASSERT_TRUE(store_->Delete(*tenant_, name).ok());
  EXPECT_NE((*second)[0].certificate->x509(), nullptr);
  const absl::Status gone = Resolve({name}).status();
  EXPECT_TRUE(HasReason(gone, Reason::kCertificateUnknown));
  EXPECT_EQ(FieldOf(gone), "certificates[0]");
}

TEST_F(CertificateStoreTest, AnExpiredOneIsNotUsed) {
  const std::string good = Generate().name;
  const std::string brief = Generate({.lifetime = absl::Seconds(5)}).name;
  ASSERT_TRUE(Resolve({good, brief}).ok());
  clock_.Advance(absl::Seconds(5));
  const absl::Status expired = Resolve({good, brief}).status();
  EXPECT_TRUE(HasReason(expired, Reason::kCertificateExpired)) << expired;
  EXPECT_EQ(FieldOf(expired), "certificates[1]");
  EXPECT_EQ(Find(good).peers, 0u) << "nothing is half used";
}

TEST_F(CertificateStoreTest, RotationLeadsNewPeersToTheSuccessor) {
  const StoredCertificate old =
      Generate({.lifetime = absl::Hours(2)}, {{"room", "7"}});
  auto before = Resolve({old.name});
  const auto fresh = Rotate(old.name);
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_NE(fresh->name, old.name);
  EXPECT_NE(fresh->certificate->fingerprint(), old.certificate->fingerprint());
  EXPECT_EQ(fresh->certificate->expires(), clock_.Now() + absl::Hours(2));
  EXPECT_EQ(fresh->labels.at("room"), "7");
  EXPECT_EQ(Find(old.name).replaced_by, fresh->name);
  EXPECT_EQ(Find(old.name).peers, 1u);
  const auto after = Resolve({old.name});
  ASSERT_TRUE(after.ok());
  EXPECT_EQ((*after)[0].name, fresh->name);
  EXPECT_EQ(Find(fresh->name).peers, 1u);

  // The first name leads to the newest.
  const auto newest = Rotate(old.name);
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(Find(fresh->name).replaced_by, newest->name);
  EXPECT_EQ((*Resolve({old.name}))[0].name, newest->name);
}

TEST_F(CertificateStoreTest, DeletingASuccessorUndoesItsRotation) {
  const std::string first = Generate().name;
  const std::string second = Rotate(first)->name;
  const std::string third = Rotate(second)->name;
  ASSERT_TRUE(store_->Delete(*tenant_, second).ok());
  EXPECT_EQ(Find(first).replaced_by, third);
  ASSERT_TRUE(store_->Delete(*tenant_, third).ok());
  EXPECT_EQ(Find(first).replaced_by, "");
  EXPECT_EQ((*Resolve({first}))[0].name, first);
}

}  // namespace
}  // namespace parley::pool
