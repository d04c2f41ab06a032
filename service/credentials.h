// What the API's port asks of connections: nothing, TLS, or TLS both ways.
#ifndef PARLEY_SERVICE_CREDENTIALS_H_
#define PARLEY_SERVICE_CREDENTIALS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"
#include "service/log.h"
#include "service/options.h"

namespace parley::service {

// Reads the files once, so that a server does not start with what every
// handshake would fail on; the error names the file. From then on new
// connections find renewed ones (tls_files.h), those that are open keep what
// they have. The log and what this returns must outlive the server.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const TlsOptions& tls, Log& log);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CREDENTIALS_H_
