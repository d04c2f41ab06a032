// The contract between data channels and what carries their messages: streams
// of messages over an SCTP association (RFC 8831), or a fake of it.
//
// Everything here, methods and observer calls alike, runs on one executor. The
// observer is called from inside methods and from timers; its callbacks may
// call any method and may destroy the transport.
#ifndef PARLEY_CORE_SCTP_MESSAGE_TRANSPORT_H_
#define PARLEY_CORE_SCTP_MESSAGE_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parley::sctp {

// RTCSctpTransportState.
enum class State { kNew, kConnecting, kConnected, kClosed };
std::string_view StateName(State state);  // "new", "connecting", ...

// How many streams each direction has, known when connected. Stream ids go from
// 0 to one less; W3C's maxChannels is the smaller of the two.
struct StreamCounts {
  uint16_t incoming = 0;
  uint16_t outgoing = 0;
};

struct OutgoingMessage {
  uint16_t stream = 0;
  uint32_t ppid = 0;
  bool ordered = true;
  // RFC 3758; at most one of the two. Without: reliable.
  std::optional<uint16_t> max_retransmits;
  std::optional<uint16_t> max_lifetime_ms;
  // Share of the bandwidth against other streams with messages waiting: twice
  // the weight gets twice the bytes (RFC 8831 6.4). At least 1.
  uint16_t weight = 256;
  // At least one byte: SCTP has no empty messages.
  std::string payload;
};

struct IncomingMessage {
  uint16_t stream = 0;
  uint32_t ppid = 0;
  std::string payload;
};

class MessageTransport {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;

    // Each change of state once. `streams` are set for kConnected; `why` is not
    // OK when kClosed was neither asked for by Close nor by the remote.
    virtual void OnSctpState(State state, StreamCounts streams,
                             const absl::Status& why) = 0;

    // One whole message.
    virtual void OnSctpMessage(IncomingMessage message) = 0;

    // The remote will send no more on these streams until they are used anew
    // (RFC 6525). What it sent before was delivered before.
    virtual void OnIncomingStreamsReset(std::span<const uint16_t> streams) = 0;

    // ResetStreams has ended for these streams: the remote agreed, or there was
    // nothing to agree to, because it refuses or has no such stream.
    virtual void OnOutgoingStreamsReset(std::span<const uint16_t> streams) = 0;

    // So many payload bytes of this stream went from the queue to the network
    // stack (or were given up because the stream was reset).
    virtual void OnBytesSent(uint16_t stream, size_t bytes) = 0;
  };

  virtual ~MessageTransport() = default;

  // Queues the message; never blocks. Messages of a stream leave in order,
  // those of different streams share the bandwidth by their weights. Until
  // connected the message waits; in closed it is dropped. The size of the queue
  // is the caller's to bound.
  virtual void Send(OutgoingMessage message) = 0;

  // Resets the outgoing side of the streams, after the messages already queued
  // on them. To ask again for what is under way does nothing.
  virtual void ResetStreams(std::span<const uint16_t> streams) = 0;

  // With false no further message is delivered (nor anything else that the
  // remote sent after it, like a reset or its close), and the receive window
  // closes as unread data piles up; true delivers what waited, inside the call.
  virtual void SetReceiving(bool receiving) = 0;

  // Ends the association at once (SCTP's ABORT); queued messages are dropped.
  virtual void Close() = 0;
};

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_MESSAGE_TRANSPORT_H_
