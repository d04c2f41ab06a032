// The seam between Client and the wire: what carries one call or one stream.
//
// A Client drives any Connection: the one that MakeConnection makes, or one of
// a test (parley/mocks/mock_connection.h). Decorators (retries, routing) are
// Connections around Connections.
//
// Implementations are safe for concurrent use.
#ifndef PARLEY_CONNECTION_H_
#define PARLEY_CONNECTION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace parley::client {

// What a connection has to know about a call besides its messages.
struct Call {
  // Such as "/parley.v1.PeerService/CreateOffer". Lives for ever.
  std::string_view method;

  // When the caller gives up: of a unary call over all attempts, of a stream
  // over its whole life.
  absl::Time deadline = absl::InfiniteFuture();

  // The node to go to. Empty: that of the object which the request names.
  std::string node;

  // Further headers: lower-case keys, ASCII values.
  std::vector<std::pair<std::string, std::string>> headers;
};

// One stream of messages from the server, perhaps of requests to it. At most
// one Read and one Write are under way at a time. Its methods may be called
// from any thread, also from a callback; callbacks run on any thread, exactly
// once each, also after Cancel and after the end of this object.
class Stream {
 public:
  // Cancels what is still going on.
  virtual ~Stream() = default;

  // nullopt: the response was read. Else the stream has ended, with that
  // status; every later Read says the same.
  using ReadDone = std::function<void(std::optional<absl::Status> end)>;

  // `response` lives until `done` has run.
  virtual void Read(google::protobuf::Message* response, ReadDone done) = 0;

  // `request` lives until `done` has run. False: the stream is broken, and Read
  // will say why.
  virtual void Write(const google::protobuf::Message& request,
                     std::function<void(bool ok)> done) = 0;

  // Half-close: nothing will be written any more. Not while a Write is under
  // way.
  virtual void CloseSending() = 0;

  // Ends the stream as CANCELLED as soon as possible.
  virtual void Cancel() = 0;
};

class Connection {
 public:
  virtual ~Connection() = default;

  // Starts a unary call. `done` runs exactly once, on any thread, perhaps
  // before this returns; `request` and `response` live until it has run.
  virtual void Unary(const Call& call, const google::protobuf::Message& request,
                     google::protobuf::Message* response,
                     std::function<void(absl::Status)> done) = 0;

  // Starts a stream and sends its first request, which is copied. A stream that
  // cannot be started says so at the first Read. With `half_close` nothing
  // follows that request.
  virtual std::unique_ptr<Stream> OpenStream(
      const Call& call, const google::protobuf::Message& first,
      bool half_close) = 0;
};

}  // namespace parley::client

#endif  // PARLEY_CONNECTION_H_
