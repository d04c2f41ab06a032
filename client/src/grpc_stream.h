// A Stream over gRPC. Safe for concurrent use, as Stream says.
#ifndef PARLEY_CLIENT_SRC_GRPC_STREAM_H_
#define PARLEY_CLIENT_SRC_GRPC_STREAM_H_

#include <memory>
#include <string>

#include "client/src/call_registry.h"
#include "google/protobuf/message.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "parley/connection.h"

namespace parley::client::internal {

using MessageStub = grpc::TemplatedGenericStub<google::protobuf::MessageLite,
                                               google::protobuf::MessageLite>;

// Starts the call and sends `first`, which is copied.
std::unique_ptr<Stream> OpenGrpcStream(
    std::shared_ptr<MessageStub> stub, std::shared_ptr<CallRegistry> registry,
    std::unique_ptr<grpc::ClientContext> context, const std::string& method,
    const google::protobuf::Message& first, bool half_close);

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_GRPC_STREAM_H_
