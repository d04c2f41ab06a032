#include "core/crypto/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "core/base/errors.h"
#include "core/crypto/openssl_ptr.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_random.h"

namespace parley::crypto {
namespace {

std::string KeyPem(EVP_PKEY* key, const char* passphrase = nullptr) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PrivateKey(
                bio.get(), key, passphrase ? EVP_aes_128_cbc() : nullptr,
                reinterpret_cast<const unsigned char*>(passphrase),
                passphrase ? static_cast<int>(std::strlen(passphrase)) : 0,
                nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts;
  EXPECT_EQ(ASN1_TIME_to_tm(time, &parts), 1);
  return absl::FromTM(parts, absl::UTCTimeZone());
}

class CertificateTest : public ::testing::Test {
 protected:
  CertificatePtr Generate(CertificateOptions options = {}) {
    auto made = GenerateCertificate(options, clock_, random_);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : nullptr;
  }

  parley::testing::FakeClock clock_;
  parley::testing::FakeRandom random_;
};

TEST_F(CertificateTest, DefaultIsP256SelfSignedForThirtyDays) {
  const CertificatePtr certificate = Generate();
  EXPECT_EQ(certificate->key_type(), KeyType::kEcdsaP256);
  EXPECT_EQ(certificate->expires(), clock_.Now() + absl::Hours(24 * 30));

  X509* x509 = certificate->x509();
  ASSERT_NE(x509, nullptr);
  EXPECT_EQ(X509_verify(x509, certificate->private_key()), 1);
  EXPECT_EQ(X509_check_private_key(x509, certificate->private_key()), 1);
  EXPECT_EQ(X509_get_version(x509), 2);
  EXPECT_EQ(
      X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)),
      0);
  EXPECT_EQ(ToTime(X509_get0_notAfter(x509)), certificate->expires());
  EXPECT_EQ(ToTime(X509_get0_notBefore(x509)), clock_.Now() - absl::Hours(24));
  EXPECT_EQ(X509_get_signature_nid(x509), NID_ecdsa_with_SHA256);
}

TEST_F(CertificateTest, OurDerIsWhatOpenSslWrites) {
  for (int i = 0; i < 200; ++i) {
    const CertificatePtr certificate = Generate();
    uint8_t* encoded = nullptr;
    // Re-encodes the parsed parts rather than the kept bytes.
    ASSERT_GT(i2d_re_X509_tbs(certificate->x509(), &encoded), 0);
    ASSERT_EQ(X509_verify(certificate->x509(), certificate->private_key()), 1);
    OPENSSL_free(encoded);
    uint8_t* whole = nullptr;
    const int size = i2d_X509(certificate->x509(), &whole);
    EXPECT_EQ(std::vector<uint8_t>(whole, whole + size),
              std::vector<uint8_t>(certificate->der().begin(),
                                   certificate->der().end()));
    OPENSSL_free(whole);
  }
}

TEST_F(CertificateTest, DatesBeyond2049AreWritten) {
  clock_.Advance(
      absl::FromCivil(absl::CivilDay(2049, 12, 20), absl::UTCTimeZone()) -
      clock_.Now());
  const CertificatePtr certificate = Generate();
  EXPECT_EQ(ToTime(X509_get0_notAfter(certificate->x509())),
            certificate->expires());
  EXPECT_EQ(X509_verify(certificate->x509(), certificate->private_key()), 1);
}

TEST_F(CertificateTest, EachHasItsOwnKeyAndSerial) {
  const CertificatePtr a = Generate();
  const CertificatePtr b = Generate();
  EXPECT_NE(a->fingerprint(), b->fingerprint());
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(a->x509()),
                             X509_get0_serialNumber(b->x509())),
            0);
  EXPECT_EQ(EVP_PKEY_eq(a->private_key(), b->private_key()), 0);
}

TEST_F(CertificateTest, RsaOnRequest) {
  const CertificatePtr certificate = Generate({.key_type = KeyType::kRsa2048});
  EXPECT_EQ(certificate->key_type(), KeyType::kRsa2048);
  EXPECT_EQ(EVP_PKEY_get_bits(certificate->private_key()), 2048);
  EXPECT_EQ(X509_verify(certificate->x509(), certificate->private_key()), 1);
  EXPECT_EQ(ToTime(X509_get0_notAfter(certificate->x509())),
            certificate->expires());
}

TEST_F(CertificateTest, LifetimeIsCappedAtAYearAndMustBePositive) {
  EXPECT_EQ(Generate({.lifetime = absl::Hours(24 * 1000)})->expires(),
            clock_.Now() + absl::Hours(24 * 365));
  EXPECT_TRUE(HasReason(
      GenerateCertificate({.lifetime = absl::ZeroDuration()}, clock_, random_)
          .status(),
      Reason::kArgument));
  EXPECT_TRUE(HasReason(
      GenerateCertificate({.key_type = KeyType::kOther}, clock_, random_)
          .status(),
      Reason::kNotSupported));
}

TEST_F(CertificateTest, FingerprintsAreOfTheDer) {
  const CertificatePtr certificate = Generate();
  EXPECT_EQ(certificate->fingerprint(),
            *MakeFingerprint("sha-256", certificate->der()));
  EXPECT_EQ(certificate->FingerprintOf("sha-512")->algorithm, "sha-512");
  EXPECT_FALSE(certificate->FingerprintOf("md5").ok());
}

TEST_F(CertificateTest, OpenSslRefusingIsRetryableNotReadable) {
  // Takes every algorithm away, as a broken FIPS configuration would.
  ASSERT_EQ(EVP_set_default_properties(nullptr, "provider=none"), 1);
  const auto p256 = GenerateCertificate({}, clock_, random_);
  const auto rsa =
      GenerateCertificate({.key_type = KeyType::kRsa2048}, clock_, random_);
  ASSERT_EQ(EVP_set_default_properties(nullptr, ""), 1);

  for (const auto& refused : {p256, rsa}) {
    ASSERT_FALSE(refused.ok());
    EXPECT_TRUE(HasReason(refused.status(), Reason::kCertificateGeneration));
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(GetError(refused.status())->exception,
              DomException::kNotReadableError);
    EXPECT_TRUE(GetError(refused.status())->retry_delay.has_value());
  }
  EXPECT_TRUE(GenerateCertificate({}, clock_, random_).ok());
}

TEST_F(CertificateTest, ExportedPemImportsAgain) {
  const CertificatePtr made = Generate();
  const auto imported =
      ImportCertificate(made->Pem(), KeyPem(made->private_key()), clock_);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ((*imported)->fingerprint(), made->fingerprint());
  EXPECT_EQ((*imported)->expires(), made->expires());
  EXPECT_EQ((*imported)->key_type(), KeyType::kEcdsaP256);
  EXPECT_EQ(made->Pem().find("PRIVATE"), std::string::npos);
}

TEST_F(CertificateTest, ImportRefusesWhatDoesNotFit) {
  const CertificatePtr a = Generate();
  const CertificatePtr b = Generate();
  const std::string key = KeyPem(a->private_key());
  const auto refused = [&](const std::string& pem, const std::string& key) {
    return HasReason(ImportCertificate(pem, key, clock_).status(),
                     Reason::kArgument);
  };
  EXPECT_TRUE(refused("", key));
  EXPECT_TRUE(refused("garbage", key));
  EXPECT_TRUE(refused(a->Pem(), ""));
  EXPECT_TRUE(refused(a->Pem(), a->Pem()));
  EXPECT_TRUE(refused(b->Pem(), key));
  EXPECT_TRUE(refused(a->Pem(), KeyPem(a->private_key(), "secret")));
  EXPECT_TRUE(refused(a->Pem().substr(0, a->Pem().size() / 2), key));
}

TEST_F(CertificateTest, ImportRefusesAnExpiredOne) {
  const CertificatePtr made = Generate();
  clock_.Advance(absl::Hours(24 * 30));
  const auto imported =
      ImportCertificate(made->Pem(), KeyPem(made->private_key()), clock_);
  EXPECT_TRUE(HasReason(imported.status(), Reason::kCertificateExpired));
}

// A certificate for the key, signed by `signer` with the hash.
std::string Sign(EVP_PKEY* key, EVP_PKEY* signer, const EVP_MD* hash,
                 absl::Time now) {
  const X509Ptr x509(X509_new());
  X509_set_version(x509.get(), 2);
  ASN1_TIME_set(X509_getm_notBefore(x509.get()), absl::ToTimeT(now));
  ASN1_TIME_set(X509_getm_notAfter(x509.get()),
                absl::ToTimeT(now + absl::Hours(1)));
  X509_NAME* name = X509_get_subject_name(x509.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const uint8_t*>("subject"), -1,
                             -1, 0);
  if (key == signer) X509_set_issuer_name(x509.get(), name);
  X509_set_pubkey(x509.get(), key);
  EXPECT_GT(X509_sign(x509.get(), signer, hash), 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), x509.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

TEST_F(CertificateTest, ImportTakesTheKeysThatDtlsCanUseAndNoOthers) {
  const auto import = [this](const KeyPtr& key, const EVP_MD* hash) {
    return ImportCertificate(Sign(key.get(), key.get(), hash, clock_.Now()),
                             KeyPem(key.get()), clock_);
  };
  const EVP_MD* sha256 = EVP_sha256();
  for (const char* curve : {"P-521", "secp256k1", "brainpoolP256r1"}) {
    const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
    EXPECT_TRUE(HasReason(import(key, sha256).status(), Reason::kNotSupported))
        << curve;
  }
  EXPECT_TRUE(HasReason(
      import(KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), nullptr)
          .status(),
      Reason::kNotSupported));
  EXPECT_TRUE(HasReason(import(KeyPtr(EVP_RSA_gen(1024)), sha256).status(),
                        Reason::kNotSupported));
  const auto p384 = import(
      KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")), sha256);
  ASSERT_TRUE(p384.ok()) << p384.status();
  EXPECT_EQ((*p384)->key_type(), KeyType::kOther);
  const auto rsa = import(KeyPtr(EVP_RSA_gen(2048)), sha256);
  ASSERT_TRUE(rsa.ok()) << rsa.status();
  EXPECT_EQ((*rsa)->key_type(), KeyType::kRsa2048);
}

TEST_F(CertificateTest, ImportRefusesAWeakSignatureOfAnother) {
  const KeyPtr issuer(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const auto import = [&](EVP_PKEY* signer, const EVP_MD* hash) {
    return ImportCertificate(Sign(key.get(), signer, hash, clock_.Now()),
                             KeyPem(key.get()), clock_)
        .status();
  };
  EXPECT_TRUE(
      HasReason(import(issuer.get(), EVP_sha1()), Reason::kNotSupported));
  EXPECT_TRUE(import(issuer.get(), EVP_sha256()).ok());
  EXPECT_TRUE(import(key.get(), EVP_sha1()).ok())
      << "its own signature nobody looks at";
}

// As a damaged file has it: it would sign what nobody can verify.
TEST_F(CertificateTest, ImportRefusesAKeyWhoseHalvesDisagree) {
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const KeyPtr other(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  // RFC 5915: the secret stands behind seven octets, the public half at the
  // end.
  const auto der_of = [](const KeyPtr& from) {
    std::vector<uint8_t> der(
        static_cast<size_t>(i2d_PrivateKey(from.get(), nullptr)));
    uint8_t* out = der.data();
    i2d_PrivateKey(from.get(), &out);
    return der;
  };
  constexpr size_t kSecretAt = 7;
  constexpr size_t kSecretBytes = 32;
  std::vector<uint8_t> der = der_of(key);
  const std::vector<uint8_t> secret = der_of(other);
  std::copy_n(secret.begin() + kSecretAt, kSecretBytes,
              der.begin() + kSecretAt);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), "EC PRIVATE KEY", "", der.data(),
                static_cast<long>(der.size()));
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  const absl::Status refused =
      ImportCertificate(
          Sign(key.get(), other.get(), EVP_sha256(), clock_.Now()),
          {text, static_cast<size_t>(size)}, clock_)
          .status();
  EXPECT_TRUE(HasReason(refused, Reason::kArgument)) << refused;
}

class LoadCertificateTest : public CertificateTest {
 protected:
  void SetUp() override {
    std::string path = ::testing::TempDir() + "parley_certificate_XXXXXX";
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    directory_ = path;
    made_ = Generate();
    Write(CertificatePath(), made_->Pem());
    Write(KeyPath(), KeyPem(made_->private_key()));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string CertificatePath() const { return directory_ + "/cert.pem"; }
  std::string KeyPath() const { return directory_ + "/key.pem"; }
  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  absl::StatusOr<CertificatePtr> Load() {
    return LoadCertificate(CertificatePath(), KeyPath(), clock_);
  }
  // The path an error blames.
  static std::string Blamed(const absl::Status& status) {
    const std::optional<Error> error = GetError(status);
    for (const auto& [key, value] : error->metadata) {
      if (key == "path") return value;
    }
    return "";
  }

  std::string directory_;
  CertificatePtr made_;
};

TEST_F(LoadCertificateTest, ReadsAnewEachTime) {
  ASSERT_TRUE(Load().ok()) << Load().status();
  EXPECT_EQ((*Load())->fingerprint(), made_->fingerprint());
  const CertificatePtr next = Generate();
  Write(CertificatePath(), next->Pem());
  Write(KeyPath(), KeyPem(next->private_key()));
  EXPECT_EQ((*Load())->fingerprint(), next->fingerprint());
}

TEST_F(LoadCertificateTest, UnreadableFilesAreNotReadable) {
  const auto expect_blame = [&](const std::string& path) {
    const absl::Status status = Load().status();
    ASSERT_TRUE(HasReason(status, Reason::kCertificateUnreadable)) << status;
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(GetError(status)->exception, DomException::kNotReadableError);
    EXPECT_EQ(Blamed(status), path);
  };
  Write(KeyPath(), "not a key");
  expect_blame(KeyPath());
  std::filesystem::remove(KeyPath());
  expect_blame(KeyPath());
  Write(CertificatePath(), std::string(70000, 'x'));
  expect_blame(CertificatePath());
  Write(CertificatePath(), "garbage");
  Write(KeyPath(), KeyPem(made_->private_key()));
  expect_blame(CertificatePath());
  std::filesystem::remove(CertificatePath());
  expect_blame(CertificatePath());
  std::filesystem::create_directory(CertificatePath());
  expect_blame(CertificatePath());
}

TEST_F(LoadCertificateTest, AFifoDoesNotBlock) {
  std::filesystem::remove(CertificatePath());
  ASSERT_EQ(mkfifo(CertificatePath().c_str(), 0600), 0);
  EXPECT_TRUE(HasReason(Load().status(), Reason::kCertificateUnreadable));
}

TEST_F(LoadCertificateTest, AnExpiredOneIsItsOwnError) {
  clock_.Advance(absl::Hours(24 * 31));
  EXPECT_TRUE(HasReason(Load().status(), Reason::kCertificateExpired));
}

}  // namespace
}  // namespace parley::crypto
