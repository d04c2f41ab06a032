// Sends each call to the node that holds the object it names.
// Safe for concurrent use.
#ifndef PARLEY_CLIENT_SRC_ROUTING_CONNECTION_H_
#define PARLEY_CLIENT_SRC_ROUTING_CONNECTION_H_

#include <functional>
#include <memory>
#include <string_view>

#include "parley/connection.h"

namespace parley::client::internal {

// A connection to a node; null where there is none.
using NodeConnection =
    std::function<std::shared_ptr<Connection>(std::string_view node)>;

// Adds the header parley-node, from which a proxy chooses. With `nodes`, a
// unary call that is answered WRONG_NODE is sent to the right node, once; so is
// every call that asks for a node. Streams that are answered so are opened
// again by those who read them, who know how to go on.
class RoutingConnection final : public Connection {
 public:
  RoutingConnection(std::shared_ptr<Connection> inner, NodeConnection nodes);

  void Unary(const Call& call, const google::protobuf::Message& request,
             google::protobuf::Message* response,
             std::function<void(absl::Status)> done) override;
  std::unique_ptr<Stream> OpenStream(const Call& call,
                                     const google::protobuf::Message& first,
                                     bool half_close) override;

 private:
  // The connection for the call; never null.
  std::shared_ptr<Connection> Choose(const Call& call) const;

  const std::shared_ptr<Connection> inner_;
  const NodeConnection nodes_;
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_ROUTING_CONNECTION_H_
