#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/errors.h"
#include "core/crypto/certificate.h"
#include "core/crypto/certificate_material.h"
#include "core/crypto/openssl_error.h"
#include "core/crypto/p256_certificate.h"

namespace parley::crypto {
namespace {

constexpr absl::Duration kClockSkew = absl::Hours(24);
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

using Serial = std::array<uint8_t, kSerialSize>;

absl::Status Refused() {
  return MakeRetryableError(
      Reason::kCertificateGeneration,
      "no certificate could be generated: OpenSSL says " + TakeOpenSslError(),
      kRetryDelay);
}

struct Validity {
  absl::Time begins;
  absl::Time ends;
};

X509Ptr MakeRsaX509(EVP_PKEY* key, const Serial& serial, Validity validity) {
  X509Ptr x509(X509_new());
  if (x509 == nullptr) return nullptr;
  const std::unique_ptr<BIGNUM, OpenSslDeleter<BN_free>> number(
      BN_bin2bn(serial.data(), serial.size(), nullptr));
  X509_NAME* name = X509_get_subject_name(x509.get());
  const auto* common_name = reinterpret_cast<const uint8_t*>("WebRTC");
  const bool made =
      number != nullptr &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509.get())) !=
          nullptr &&
      X509_set_version(x509.get(), 2) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(x509.get()),
                    absl::ToTimeT(validity.begins)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(x509.get()),
                    absl::ToTimeT(validity.ends)) != nullptr &&
      X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                 common_name, -1, -1, 0) == 1 &&
      X509_set_issuer_name(x509.get(), name) == 1 &&
      X509_set_pubkey(x509.get(), key) == 1 &&
      X509_sign(x509.get(), key, EVP_sha256()) > 0;
  return made ? std::move(x509) : nullptr;
}

std::vector<uint8_t> SignRsaCertificate(EVP_PKEY* key, const Serial& serial,
                                        Validity validity) {
  const X509Ptr x509 = MakeRsaX509(key, serial, validity);
  if (x509 == nullptr) return {};
  const int size = i2d_X509(x509.get(), nullptr);
  if (size <= 0) return {};
  std::vector<uint8_t> der(static_cast<size_t>(size));
  uint8_t* out = der.data();
  i2d_X509(x509.get(), &out);
  return der;
}

}  // namespace

absl::StatusOr<CertificatePtr> GenerateCertificate(
    const CertificateOptions& options, const Clock& clock, Random& random) {
  if (options.lifetime <= absl::ZeroDuration()) {
    return MakeError(Reason::kArgument,
                     "a certificate's lifetime must be positive",
                     {{"field", "lifetime"}});
  }
  if (options.key_type == KeyType::kOther) {
    return MakeError(Reason::kNotSupported,
                     "certificates are generated with ECDSA P-256 or RSA-2048 "
                     "keys; import others",
                     {{"field", "key_type"}});
  }
  // Whole seconds, because a certificate knows no others.
  const absl::Time now =
      absl::FromUnixSeconds(absl::ToUnixSeconds(clock.Now()));
  const Validity validity{
      .begins = now - kClockSkew,
      .ends = now + std::min(options.lifetime, kMaxCertificateLifetime)};
  Serial serial;
  random.Fill(serial);

  const bool p256 = options.key_type == KeyType::kEcdsaP256;
  KeyPtr key = p256 ? GenerateP256Key() : KeyPtr(EVP_RSA_gen(2048));
  if (key == nullptr) return Refused();
  std::vector<uint8_t> der =
      p256 ? SignP256Certificate(key.get(), serial, validity.begins,
                                 validity.ends)
           : SignRsaCertificate(key.get(), serial, validity);
  if (der.empty()) return Refused();
  auto certificate = MakeCertificate(std::move(key), std::move(der),
                                     options.key_type, validity.ends);
  if (!certificate.ok()) return Refused();
  return certificate;
}

}  // namespace parley::crypto
