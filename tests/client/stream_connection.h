// A connection that hands out scripted streams. Safe for one thread.
#ifndef PARLEY_TESTS_CLIENT_STREAM_CONNECTION_H_
#define PARLEY_TESTS_CLIENT_STREAM_CONNECTION_H_

#include <functional>
#include <memory>
#include <vector>

#include "parley/connection.h"
#include "parley/mocks/fake_stream.h"

namespace parley::client {

// Every OpenStream makes a stream, whose server end and first request are kept.
template <typename Request>
class StreamConnection : public Connection {
 public:
  void Unary(const Call&, const google::protobuf::Message&,
             google::protobuf::Message*,
             std::function<void(absl::Status)> done) override {
    done(absl::UnimplementedError("streams only"));
  }

  std::unique_ptr<Stream> OpenStream(const Call& call,
                                     const google::protobuf::Message& first,
                                     bool half_close) override {
    calls.push_back(call);
    half_closed = half_close;
    requests.emplace_back().CopyFrom(first);
    servers.push_back(std::make_shared<FakeStreamServer>());
    if (on_open != nullptr) on_open(*servers.back());
    return servers.back()->stream();
  }

  std::vector<Call> calls;
  std::vector<Request> requests;
  std::vector<std::shared_ptr<FakeStreamServer>> servers;
  bool half_closed = false;
  std::function<void(FakeStreamServer&)> on_open;
};

}  // namespace parley::client

#endif  // PARLEY_TESTS_CLIENT_STREAM_CONNECTION_H_
