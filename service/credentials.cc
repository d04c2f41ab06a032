#include "service/credentials.h"

#include <string>
#include <utility>

#include "core/base/clock.h"
#include "grpc/grpc.h"
#include "grpc/grpc_security.h"
#include "service/tls_files.h"

namespace parley::service {
namespace {

// gRPC's own watcher of files hands on whatever it finds in them, and then no
// handshake succeeds until they are good again. Its older way asks at each
// handshake whether there is something new, and here we answer.
class RenewedCredentials final : public grpc::ServerCredentials {
 public:
  RenewedCredentials(std::unique_ptr<TlsFiles> files, bool both_ways)
      : files_(std::move(files)),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                both_ways
                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                    : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
                &RenewedCredentials::Fetch, files_.get()))) {}
  ~RenewedCredentials() override {
    grpc_server_credentials_release(credentials_);
  }

  // Whose callers are known by more than their connection is not asked here.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  // One call at a time, of the one port there is.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* user_data, grpc_ssl_server_certificate_config** config) {
    auto& files = *static_cast<TlsFiles*>(user_data);
    if (!files.Renew()) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const TlsTexts& texts = files.texts();
    const grpc_ssl_pem_key_cert_pair pair = {texts.key.c_str(),
                                             texts.certificate.c_str()};
    // gRPC wants some authority even where nobody is asked for a certificate.
    const std::string& roots =
        texts.client_ca.empty() ? texts.certificate : texts.client_ca;
    *config =
        grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  const std::unique_ptr<TlsFiles> files_;
  grpc_server_credentials* const credentials_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const TlsOptions& options, Log& log) {
  if (!options.enabled()) return grpc::InsecureServerCredentials();
  auto files = std::make_unique<TlsFiles>(options, SystemClock(), log);
  if (absl::Status loaded = files->Load(); !loaded.ok()) return loaded;
  return std::make_shared<RenewedCredentials>(std::move(files),
                                              !options.client_ca_path.empty());
}

}  // namespace parley::service
