// Messages of data channels over one stream, exactly once and in order.
//
// Safe for concurrent use, but only one Receive at a time may be under way.
#ifndef PARLEY_DATA_SESSION_H_
#define PARLEY_DATA_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace parley::v1 {
class Attach;
class DataMessage;
class ServerFrame;
}  // namespace parley::v1

namespace parley::client {

namespace internal {
class DataSessionImpl;
}  // namespace internal

struct DataSessionOptions {
  // Bytes of messages that may wait to be accepted by the server, of all
  // channels together; Send beyond that is refused as RESOURCE_EXHAUSTED. A
  // single message may be larger.
  size_t max_unaccepted_bytes = 4 * 1024 * 1024;

  // true: messages count as dealt with as soon as Receive has given them out.
  // false: when Acknowledge says so; what was not acknowledged comes again to
  // the next reader of the channel.
  bool acknowledge_on_receive = true;

  // How long a broken stream is tried to be resumed before the session ends
  // with the error that broke it.
  absl::Duration reconnect_timeout = absl::Minutes(2);

  // The waits between these attempts.
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(5);
};

// One Exchange stream, which serves one channel, a whole peer or many channels
// of peers of one node (an HTTP/2 connection has room for about 100 streams).
//
// A stream that breaks is opened again: messages that the server had not
// accepted are sent again under their old numbers, messages that came before
// are not given out twice. To get its channels back from its own broken stream
// the session then attaches with take_over; while it cannot reach the server,
// another reader may have been taken over from. A channel that somebody else
// takes over is not taken back.
//
// Attachments hold the leases of their peers. Destruction ends the session at
// once: messages not accepted and acknowledgements not sent are lost with it;
// Finish ends it in order.
class DataSession {
 public:
  explicit DataSession(std::shared_ptr<internal::DataSessionImpl> impl);
  DataSession(DataSession&&) noexcept;
  DataSession& operator=(DataSession&&) noexcept;
  ~DataSession();

  // Attaches to one more channel, or to all channels of a peer, present and
  // future; to read and to write, unless `attach` says otherwise. The outcome
  // comes by Receive as `attached` or `detached`; messages may be sent before.
  void Attach(std::string_view name);
  void Attach(std::string_view name, const v1::Attach& attach);

  // Ends an attachment made with this name. Messages received but not
  // acknowledged are kept by the server.
  void Detach(std::string_view name);

  // Sends one message on a channel and waits until the server has accepted it,
  // at most `timeout` (then DEADLINE_EXCEEDED, and it may still be sent). Each
  // costs a round trip: to send many use the form with a callback. Not from a
  // callback of this library.
  //
  // Errors are those of DataChannelService.Exchange, as statuses: a message
  // that is too large, a channel that is unknown, closed or taken over.
  absl::Status SendText(std::string_view channel, std::string text,
                        absl::Duration timeout = absl::Seconds(15));
  absl::Status SendBinary(std::string_view channel, std::string bytes,
                          absl::Duration timeout = absl::Seconds(15));

  // The same without waiting. Messages of a channel are accepted in the order
  // of the calls. `done` runs once, on any thread, perhaps before this returns.
  // The message's sequence is set by the session.
  void Send(std::string_view channel, v1::DataMessage message,
            std::function<void(absl::Status)> done);

  // Waits for the next thing that happens on a channel: `attached`, `message`,
  // `ready_state_change` or `detached`, always with the channel's name. At most
  // `timeout` (then DEADLINE_EXCEEDED, and nothing is lost: call again). Every
  // other error is the end of the session. After a resumption a channel is
  // attached again silently. Not from a callback of this library.
  absl::StatusOr<v1::ServerFrame> Receive(
      absl::Duration timeout = absl::InfiniteDuration());

  // The same without waiting: `done` runs once, on any thread, perhaps before
  // this returns.
  void Receive(std::function<void(absl::StatusOr<v1::ServerFrame>)> done);

  // The messages of a channel up to this number are dealt with. Needed only
  // without acknowledge_on_receive.
  void Acknowledge(std::string_view channel, uint64_t sequence);

  // Ends the session in order: what was sent is accepted or refused, what was
  // acknowledged is known to the server. Messages that still come are left to
  // the next reader. Afterwards only the destructor is of use.
  absl::Status Finish(absl::Duration timeout = absl::Seconds(15));

  // Ends the session at once. May be called from any thread.
  void Cancel();

 private:
  std::shared_ptr<internal::DataSessionImpl> impl_;
};

}  // namespace parley::client

#endif  // PARLEY_DATA_SESSION_H_
