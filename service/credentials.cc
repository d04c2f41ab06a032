#include "service/credentials.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/clock.h"
#include "core/crypto/certificate.h"
#include "core/crypto/openssl_ptr.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "openssl/err.h"
#include "openssl/pem.h"

namespace parley::service {
namespace {

namespace tls = grpc::experimental;

constexpr unsigned kRefreshSeconds = 2;

bool HasCertificate(const std::string& path) {
  const crypto::BioPtr file(BIO_new_file(path.c_str(), "r"));
  const crypto::X509Ptr certificate(
      file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)
           : nullptr);
  ERR_clear_error();
  return certificate != nullptr;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const TlsOptions& options) {
  if (!options.enabled()) return grpc::InsecureServerCredentials();
  const auto loaded = crypto::LoadCertificate(options.certificate_path,
                                              options.key_path, SystemClock());
  if (!loaded.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--tls-certificate, --tls-key: ", loaded.status().message()));
  }
  const bool both_ways = !options.client_ca_path.empty();
  if (both_ways && !HasCertificate(options.client_ca_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--tls-client-ca: ", options.client_ca_path,
                     " has no certificate in PEM form"));
  }
  tls::TlsServerCredentialsOptions credentials(
      std::make_shared<tls::FileWatcherCertificateProvider>(
          options.key_path, options.certificate_path, options.client_ca_path,
          kRefreshSeconds));
  credentials.watch_identity_key_cert_pairs();
  if (both_ways) {
    credentials.watch_root_certs();
    credentials.set_cert_request_type(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(credentials);
}

}  // namespace parley::service
