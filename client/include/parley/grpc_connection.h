// A connection over a gRPC channel of the caller's own making: other
// credentials, an in-process channel, interceptors. Stateless.
#ifndef PARLEY_GRPC_CONNECTION_H_
#define PARLEY_GRPC_CONNECTION_H_

#include <memory>

#include "parley/connection.h"
#include "parley/options.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace parley::client {

// As MakeConnection, but over this channel; `options` then serve for the token,
// the retries and for connections to other nodes.
std::shared_ptr<Connection> MakeGrpcConnection(
    std::shared_ptr<grpc::Channel> channel, ConnectionOptions options = {});

}  // namespace parley::client

#endif  // PARLEY_GRPC_CONNECTION_H_
