// Calls of any method by its descriptor, with any header. Used by one thread.
#ifndef PARLEY_TESTS_SERVICE_CALLS_H_
#define PARLEY_TESTS_SERVICE_CALLS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "tests/service/harness.h"

namespace parley::service {

// "Bearer " and a token; "": the call says nothing of who makes it.
struct CallAs {
  std::string authorization;
};
inline CallAs Token(const std::string& token) { return {"Bearer " + token}; }

// Every method of Parley's services.
inline void ForEachMethod(
    const std::function<void(const google::protobuf::MethodDescriptor&)>&
        visit) {
  for (const char* name :
       {"parley.v1.PeerService", "parley.v1.DataChannelService",
        "parley.v1.CertificateService", "parley.v1.PoolService"}) {
    const auto* service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name);
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i) {
      visit(*service->method(i));
    }
  }
}

// An empty request of the method.
inline std::unique_ptr<google::protobuf::Message> NewRequest(
    const google::protobuf::MethodDescriptor& method) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.input_type())
          ->New());
}

// Sends one request, and reads until the call ends.
inline grpc::Status CallMethod(const std::shared_ptr<grpc::Channel>& channel,
                               const CallAs& as,
                               const google::protobuf::MethodDescriptor& method,
                               const google::protobuf::Message& request) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  if (!as.authorization.empty()) {
    context.AddMetadata("authorization", as.authorization);
  }
  grpc::CompletionQueue queue;
  const auto await = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const std::string text = request.SerializeAsString();
  const grpc::Slice slice(text);
  const grpc::ByteBuffer message(&slice, 1);
  grpc::GenericStub stub(channel);
  const auto call = stub.PrepareCall(
      &context, "/" + method.service()->full_name() + "/" + method.name(),
      &queue);
  call->StartCall(nullptr);
  await();
  call->WriteLast(message, grpc::WriteOptions(), nullptr);
  await();
  bool more = true;
  while (more) {
    grpc::ByteBuffer reply;
    call->Read(&reply, nullptr);
    more = await();
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  await();
  return status;
}

// One unary call of a stub's method.
template <typename Stub, typename Request, typename Response>
grpc::Status CallStub(const std::shared_ptr<grpc::Channel>& channel,
                      const CallAs& as,
                      grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                   const Request&, Response*),
                      const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  if (!as.authorization.empty()) {
    context.AddMetadata("authorization", as.authorization);
  }
  Stub stub(channel);
  return (stub.*method)(&context, request, response);
}

}  // namespace parley::service

#endif  // PARLEY_TESTS_SERVICE_CALLS_H_
