// The certificate a peer shows in its DTLS handshakes (W3C RTCCertificate): an
// X.509 certificate with its private key.
//
// A Certificate never changes and is shared; it is safe for concurrent use. The
// functions are safe on any thread, but they compute and read files: the costs
// stand beside them.
#ifndef PARLEY_CORE_CRYPTO_CERTIFICATE_H_
#define PARLEY_CORE_CRYPTO_CERTIFICATE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/crypto/fingerprint.h"

// OpenSSL's X509 and EVP_PKEY, for core/dtls.
struct x509_st;
struct evp_pkey_st;

namespace parley::crypto {

enum class KeyType {
  kEcdsaP256,  // W3C's mandatory default; some 0.1 ms to generate
  kRsa2048,    // 0.25 s to generate: never on an event loop
  kOther,      // imported only: RSA of another size, or another curve
};

class Certificate {
 public:
  // What the functions below make one of; defined beside them.
  struct Material;
  explicit Certificate(Material material);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  KeyType key_type() const { return key_type_; }

  // RTCCertificate.expires: the certificate's notAfter.
  absl::Time expires() const { return expires_; }
  bool ExpiredAt(absl::Time now) const { return now >= expires_; }

  // The SHA-256 fingerprint, made once.
  const Fingerprint& fingerprint() const { return fingerprint_; }

  // RTCCertificate.getFingerprints with the algorithm of choice.
  absl::StatusOr<Fingerprint> FingerprintOf(std::string_view algorithm) const {
    return MakeFingerprint(algorithm, der_);
  }

  // The certificate; never its private key.
  std::span<const uint8_t> der() const { return der_; }
  std::string Pem() const;

  // For SSL_use_certificate and SSL_use_PrivateKey. The first call of x509
  // parses the certificate (up to 0.3 ms); null only if memory ran out.
  x509_st* x509() const;
  evp_pkey_st* private_key() const;

 private:
  class Native;
  const std::unique_ptr<Native> native_;
  const std::vector<uint8_t> der_;
  const KeyType key_type_;
  const absl::Time expires_;
  const Fingerprint fingerprint_;
};

using CertificatePtr = std::shared_ptr<const Certificate>;

// What one end may show in its handshakes, not empty: a DTLS client shows the
// first, a server the first whose kind of key (ECDSA, RSA) is that of the
// cipher suite.
using CertificateList = std::vector<CertificatePtr>;

// W3C "generateCertificate": 30 days unless said otherwise, at most 365.
inline constexpr absl::Duration kDefaultCertificateLifetime =
    absl::Hours(24 * 30);
inline constexpr absl::Duration kMaxCertificateLifetime = absl::Hours(24 * 365);

struct CertificateOptions {
  KeyType key_type = KeyType::kEcdsaP256;
  absl::Duration lifetime = kDefaultCertificateLifetime;  // capped at the max
};

// Makes a key and a self-signed certificate for it. The subject says nothing of
// the server; `random` gives the serial number (the key is of OpenSSL's own
// generator); validity begins a day before the clock's now, because other
// clocks go wrong. CERTIFICATE_GENERATION (UNAVAILABLE, with a retry delay)
// when OpenSSL refuses, NOT_SUPPORTED for kOther, ARGUMENT for a lifetime that
// is not positive.
absl::StatusOr<CertificatePtr> GenerateCertificate(
    const CertificateOptions& options, const Clock& clock, Random& random);

// Holds the text of a private key, and wipes it.
struct SecretText {
  SecretText() = default;
  explicit SecretText(std::string secret) : text(std::move(secret)) {}
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText();
  std::string text;
};

// Reads a certificate and its private key from PEM texts (the first
// certificate counts: who checks fingerprints needs no chain; the key has no
// passphrase). ARGUMENT when one cannot be read, the key is not consistent or
// they do not belong together, NOT_SUPPORTED for a key or a signature that DTLS
// 1.2 as we speak it cannot use: ECDSA must be on P-256 or P-384, RSA have
// 2,048 to 4,096 bits; CERTIFICATE_EXPIRED. Some milliseconds with RSA.
absl::StatusOr<CertificatePtr> ImportCertificate(
    std::string_view certificate_pem, std::string_view key_pem,
    const Clock& clock);

// The same from files, of at most 64 KiB each, read at each call, so that a
// rotated certificate is found. Whatever is wrong with them but the date is
// CERTIFICATE_UNREADABLE (NotReadableError), with the path in the metadata
// `path`; CERTIFICATE_EXPIRED (InvalidAccessError). Reads files: not on an
// event loop.
absl::StatusOr<CertificatePtr> LoadCertificate(
    const std::string& certificate_path, const std::string& key_path,
    const Clock& clock);

}  // namespace parley::crypto

#endif  // PARLEY_CORE_CRYPTO_CERTIFICATE_H_
