// How the ways to get a certificate hand over what they got. For core/crypto's
// own .cc files.
#ifndef PARLEY_CORE_CRYPTO_CERTIFICATE_MATERIAL_H_
#define PARLEY_CORE_CRYPTO_CERTIFICATE_MATERIAL_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/crypto/certificate.h"
#include "core/crypto/openssl_ptr.h"

namespace parley::crypto {

struct Certificate::Material {
  KeyPtr key;
  std::vector<uint8_t> der;
  KeyType key_type;
  absl::Time expires;
  Fingerprint fingerprint;
};

// INTERNAL when OpenSSL cannot even hash.
absl::StatusOr<CertificatePtr> MakeCertificate(KeyPtr key,
                                               std::vector<uint8_t> der,
                                               KeyType key_type,
                                               absl::Time expires);

}  // namespace parley::crypto

#endif  // PARLEY_CORE_CRYPTO_CERTIFICATE_MATERIAL_H_
