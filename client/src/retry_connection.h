// Repeats unary calls that failed for a passing reason.
// Safe for concurrent use.
#ifndef PARLEY_CLIENT_SRC_RETRY_CONNECTION_H_
#define PARLEY_CLIENT_SRC_RETRY_CONNECTION_H_

#include <functional>
#include <memory>
#include <string>

#include "client/src/time_source.h"
#include "parley/connection.h"
#include "parley/options.h"

namespace parley::client::internal {

// 128 random bits as a UUID (RFC 9562, version 4).
std::string NewRequestId();

// Gives every request that can carry a request_id and has none one of its own,
// so that all calls may be repeated, and repeats those that end UNAVAILABLE, as
// RetryPolicy says. Streams pass through: who reads one knows how to resume it.
class RetryConnection final : public Connection {
 public:
  // `time` outlives all calls.
  RetryConnection(std::shared_ptr<Connection> inner, RetryPolicy policy,
                  TimeSource& time);

  void Unary(const Call& call, const google::protobuf::Message& request,
             google::protobuf::Message* response,
             std::function<void(absl::Status)> done) override;
  std::unique_ptr<Stream> OpenStream(const Call& call,
                                     const google::protobuf::Message& first,
                                     bool half_close) override;

 private:
  const std::shared_ptr<Connection> inner_;
  const RetryPolicy policy_;
  TimeSource& time_;
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_RETRY_CONNECTION_H_
