// Certificates on the wire. Pure functions; see convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_CERTIFICATE_H_
#define PARLEY_SERVICE_CONVERT_CERTIFICATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "core/crypto/certificate.h"
#include "core/peer/peer_types.h"
#include "core/pool/certificate_store.h"

namespace parley::v1 {
class Certificate;
class GenerateCertificateRequest;
class ImportCertificateRequest;
}  // namespace parley::v1

namespace parley::service {

void ToProto(const pool::StoredCertificate& certificate, v1::Certificate* out);

struct CertificateInit {
  crypto::CertificateOptions options;
  peer::Labels labels;
};
absl::StatusOr<CertificateInit> FromProto(
    const v1::GenerateCertificateRequest& request);

// Checks the sizes, and reads the labels.
absl::StatusOr<peer::Labels> FromProto(
    const v1::ImportCertificateRequest& request);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_CERTIFICATE_H_
