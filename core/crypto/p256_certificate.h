// The fast way to a self-signed ECDSA P-256 certificate.
//
// OpenSSL 3.0 spends a third of a millisecond to put a public key into an X509
// object, four times what making the key and signing cost. Everything in such a
// certificate but the serial number, the dates, the key and the signature is
// the same each time, so the certificate is written as DER around these, and
// parsed only if a handshake needs it.
#ifndef PARLEY_CORE_CRYPTO_P256_CERTIFICATE_H_
#define PARLEY_CORE_CRYPTO_P256_CERTIFICATE_H_

#include <openssl/evp.h>

#include <cstdint>
#include <span>
#include <vector>

#include "absl/time/time.h"
#include "core/crypto/openssl_ptr.h"

namespace parley::crypto {

inline constexpr size_t kSerialSize = 16;

// A new key; null, with OpenSSL's error queue filled, when OpenSSL refuses.
// Safe on any thread: each has its own generator state.
KeyPtr GenerateP256Key();

// The certificate of the P-256 key, with the subject and issuer CN=WebRTC.
// Empty, with the error queue filled, when OpenSSL refuses.
std::vector<uint8_t> SignP256Certificate(
    EVP_PKEY* key, std::span<const uint8_t, kSerialSize> serial,
    absl::Time not_before, absl::Time not_after);

}  // namespace parley::crypto

#endif  // PARLEY_CORE_CRYPTO_P256_CERTIFICATE_H_
