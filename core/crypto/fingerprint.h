// Certificate fingerprints (RFC 8122 5) as sdp::Fingerprint carries them.
// Pure functions.
#ifndef PARLEY_CORE_CRYPTO_FINGERPRINT_H_
#define PARLEY_CORE_CRYPTO_FINGERPRINT_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/sdp/description.h"

namespace parley::crypto {

using sdp::Fingerprint;

// Hashes a DER certificate. `algorithm` is a name of the IANA registry "Hash
// Function Textual Names", in any case: sha-1, sha-224, sha-256, sha-384 or
// sha-512. NOT_SUPPORTED for any other; md2 and md5 are among those, because
// RFC 8122 5 forbids them.
absl::StatusOr<Fingerprint> MakeFingerprint(
    std::string_view algorithm, std::span<const uint8_t> certificate_der);

// Reads "sha-256 AA:BB:..." in any case, and checks that the number of octets
// is the algorithm's. ARGUMENT when it is not of that form, NOT_SUPPORTED for
// an algorithm that MakeFingerprint does not know.
absl::StatusOr<Fingerprint> ParseFingerprint(std::string_view text);

// Whether both name the same hash value; letter case makes no difference.
bool SameFingerprint(const Fingerprint& a, const Fingerprint& b);

// Whether any of the fingerprints is the certificate's (RFC 8122 5). Those of
// algorithms that MakeFingerprint does not know never match.
bool MatchesAny(std::span<const Fingerprint> fingerprints,
                std::span<const uint8_t> certificate_der);

}  // namespace parley::crypto

#endif  // PARLEY_CORE_CRYPTO_FINGERPRINT_H_
