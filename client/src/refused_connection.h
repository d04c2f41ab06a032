// A connection that is not made, and says why to every call. Safe for
// concurrent use.
#ifndef PARLEY_CLIENT_SRC_REFUSED_CONNECTION_H_
#define PARLEY_CLIENT_SRC_REFUSED_CONNECTION_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "parley/connection.h"

namespace parley::client::internal {

class RefusedStream final : public Stream {
 public:
  explicit RefusedStream(absl::Status why) : why_(std::move(why)) {}

  void Read(google::protobuf::Message*, ReadDone done) override { done(why_); }
  void Write(const google::protobuf::Message&,
             std::function<void(bool ok)> done) override {
    done(false);
  }
  void CloseSending() override {}
  void Cancel() override {}

 private:
  const absl::Status why_;
};

class RefusedConnection final : public Connection {
 public:
  explicit RefusedConnection(absl::Status why) : why_(std::move(why)) {}

  void Unary(const Call&, const google::protobuf::Message&,
             google::protobuf::Message*,
             std::function<void(absl::Status)> done) override {
    done(why_);
  }
  std::unique_ptr<Stream> OpenStream(const Call&,
                                     const google::protobuf::Message&,
                                     bool) override {
    return std::make_unique<RefusedStream>(why_);
  }

 private:
  const absl::Status why_;
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_REFUSED_CONNECTION_H_
