// What the API's port asks of connections: nothing, TLS, or TLS both ways.
#ifndef PARLEY_SERVICE_CREDENTIALS_H_
#define PARLEY_SERVICE_CREDENTIALS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"
#include "service/options.h"

namespace parley::service {

// Reads the files once, so that a server does not start with what every
// handshake would fail on; the error names the file. From then on a thread of
// gRPC's looks for renewed ones; connections that are open keep what they have.
// The files are to be replaced all at once, as Kubernetes does it by a symbolic
// link: as long as they do not belong together, no connection comes about.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const TlsOptions& tls);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CREDENTIALS_H_
