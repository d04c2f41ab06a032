#include "client/src/routing_connection.h"

#include <optional>
#include <string>
#include <utility>

#include "client/src/wrong_node.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "parley/names.h"
#include "parley/v1/exchange.pb.h"

namespace parley::client::internal {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The object that the request is about: its field `name`, by the contract; on
// an Exchange stream that of the first frame.
std::string NameIn(const Message& request) {
  if (request.GetDescriptor() == v1::ExchangeRequest::descriptor()) {
    const auto& exchange = static_cast<const v1::ExchangeRequest&>(request);
    return exchange.frames().empty() ? "" : exchange.frames(0).name();
  }
  const FieldDescriptor* field =
      request.GetDescriptor()->FindFieldByName("name");
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  return request.GetReflection()->GetString(request, field);
}

Call WithNodeHeader(Call call, const Message& request) {
  if (call.node.empty()) call.node = std::string(NodeOf(NameIn(request)));
  if (!call.node.empty()) call.headers.emplace_back("parley-node", call.node);
  return call;
}

}  // namespace

RoutingConnection::RoutingConnection(std::shared_ptr<Connection> inner,
                                     NodeConnection nodes)
    : inner_(std::move(inner)), nodes_(std::move(nodes)) {}

std::shared_ptr<Connection> RoutingConnection::Choose(const Call& call) const {
  if (call.node.empty() || nodes_ == nullptr) return inner_;
  std::shared_ptr<Connection> connection = nodes_(call.node);
  return connection == nullptr ? inner_ : connection;
}

void RoutingConnection::Unary(const Call& call, const Message& request,
                              Message* response,
                              std::function<void(absl::Status)> done) {
  const Call first = WithNodeHeader(call, request);
  if (!call.node.empty() || nodes_ == nullptr) {
    Choose(call)->Unary(first, request, response, std::move(done));
    return;
  }
  inner_->Unary(first, request, response,
                [call, &request, response, nodes = nodes_,
                 done = std::move(done)](absl::Status status) {
                  const std::optional<std::string> node = RightNode(status);
                  std::shared_ptr<Connection> right =
                      node.has_value() ? nodes(*node) : nullptr;
                  if (right == nullptr) {
                    done(std::move(status));
                    return;
                  }
                  Call second = call;
                  second.node = *node;
                  right->Unary(WithNodeHeader(std::move(second), request),
                               request, response, done);
                });
}

std::unique_ptr<Stream> RoutingConnection::OpenStream(const Call& call,
                                                      const Message& first,
                                                      bool half_close) {
  return Choose(call)->OpenStream(WithNodeHeader(call, first), first,
                                  half_close);
}

}  // namespace parley::client::internal
