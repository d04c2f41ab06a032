#include "service/convert_certificate.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "core/base/errors.h"
#include "parley/v1/certificate.pb.h"
#include "parley/v1/certificate_service.pb.h"
#include "service/convert_basic.h"
#include "service/convert_configuration.h"

namespace parley::service {
namespace {

constexpr size_t kMaxPemBytes = 16 << 10;
constexpr absl::Duration kMinLifetime = absl::Seconds(1);

v1::KeyAlgorithm WireAlgorithm(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::kEcdsaP256:
      return v1::KEY_ALGORITHM_ECDSA_P256;
    case crypto::KeyType::kRsa2048:
      return v1::KEY_ALGORITHM_RSA_2048;
    case crypto::KeyType::kOther:
      return v1::KEY_ALGORITHM_OTHER;
  }
  return v1::KEY_ALGORITHM_OTHER;
}

}  // namespace

void ToProto(const pool::StoredCertificate& certificate, v1::Certificate* out) {
  const crypto::Certificate& native = *certificate.certificate;
  out->set_name(certificate.name);
  out->set_key_algorithm(WireAlgorithm(native.key_type()));
  v1::DtlsFingerprint* fingerprint = out->add_fingerprints();
  fingerprint->set_algorithm(native.fingerprint().algorithm);
  fingerprint->set_value(absl::AsciiStrToLower(native.fingerprint().value));
  ToProto(certificate.create_time, out->mutable_create_time());
  ToProto(native.expires(), out->mutable_expire_time());
  out->set_imported(certificate.imported);
  out->set_replaced_by(certificate.replaced_by);
  out->mutable_labels()->insert(certificate.labels.begin(),
                                certificate.labels.end());
  out->set_peers(static_cast<uint32_t>(certificate.peers));
}

absl::StatusOr<CertificateInit> FromProto(
    const v1::GenerateCertificateRequest& request) {
  CertificateInit out;
  switch (request.key_algorithm()) {
    case v1::KEY_ALGORITHM_UNSPECIFIED:
    case v1::KEY_ALGORITHM_ECDSA_P256:
      break;
    case v1::KEY_ALGORITHM_RSA_2048:
      out.options.key_type = crypto::KeyType::kRsa2048;
      break;
    default:
      return MakeError(Reason::kNotSupported,
                       "keys are made for ECDSA_P256 and RSA_2048; import "
                       "others",
                       {{"field", "key_algorithm"}});
  }
  if (request.has_validity()) {
    const auto validity =
        FromProto(request.validity(), "validity", kMinLifetime,
                  crypto::kMaxCertificateLifetime);
    if (!validity.ok()) return validity.status();
    out.options.lifetime = *validity;
  }
  auto labels = ReadLabels(request.labels());
  if (!labels.ok()) return labels.status();
  out.labels = *std::move(labels);
  return out;
}

absl::StatusOr<peer::Labels> FromProto(
    const v1::ImportCertificateRequest& request) {
  for (const absl::Status& fits :
       {CheckLimit("certificate_pem", request.certificate_pem().size(), "bytes",
                   kMaxPemBytes),
        CheckLimit("private_key_pem", request.private_key_pem().size(), "bytes",
                   kMaxPemBytes)}) {
    if (!fits.ok()) return fits;
  }
  return ReadLabels(request.labels());
}

}  // namespace parley::service
