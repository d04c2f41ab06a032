// The account of one data channel on Exchange streams: what was sent and not
// accepted, what was received and not acknowledged. Outlives the streams.
//
// Sans-IO: frames in, frames out. Not safe for concurrent use.
#ifndef PARLEY_CLIENT_SRC_CHANNEL_LEDGER_H_
#define PARLEY_CLIENT_SRC_CHANNEL_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "parley/v1/exchange.pb.h"

namespace parley::client::internal {

// Callbacks to be run when no lock is held.
using Completions = std::vector<std::function<void()>>;
using SendDone = std::function<void(absl::Status)>;

// Bytes that a message counts against a window.
size_t SizeOf(const v1::DataMessage& message);

// Why a message is not sent on a channel in this state.
absl::Status NotOpen(v1::DataChannelState state);

class ChannelLedger {
 public:
  explicit ChannelLedger(v1::Attach attach) : attach_(std::move(attach)) {}

  // What to attach with: as asked for, or, after a stream that had the channel,
  // so as to go on where that ended.
  v1::Attach NextAttach() const;

  // A new stream: nothing of the old one counts.
  void OnNewStream();

  // The stream has it now. True: for the first time.
  bool OnAttached(const v1::Attached& attached, Completions& completions);

  // The server accepted messages, and perhaps gave credit.
  void OnAcknowledge(const v1::Acknowledge& acknowledge,
                     Completions& completions);

  // The server will not send one message.
  void OnRejected(const v1::Rejected& rejected, Completions& completions);

  // False: it came before.
  bool OnMessage(const v1::DataMessage& message);

  // The channel's state changed. What waits for a channel that is closing will
  // never be sent, and fails.
  void OnReadyState(v1::DataChannelState state, Completions& completions);

  // The server took the attachment back because the channel is no longer open
  // to write on: from now on it is only read.
  void ReadOnly(const absl::Status& status, Completions& completions);

  // Nothing more will be sent: every message not accepted fails so.
  void Fail(const absl::Status& status, Completions& completions);

  // Takes the message, or refuses it and leaves `done` to the caller.
  absl::Status Send(v1::DataMessage message, SendDone done);

  // The user has dealt with the messages up to this number.
  void Acknowledge(uint64_t sequence);

  // The next message that may be written now, if it has at most `room` bytes;
  // it then counts as written. Else nullptr.
  const v1::DataMessage* NextToWrite(size_t room);

  // An acknowledgement that is due, and then counts as written.
  std::optional<uint64_t> AcknowledgementToWrite();

  bool attached() const { return attached_; }
  bool ever_attached() const { return ever_attached_; }
  bool reads() const;
  bool writes() const;
  size_t unaccepted() const { return outgoing_.size(); }
  size_t unaccepted_bytes() const { return unaccepted_bytes_; }
  v1::DataChannelState ready_state() const { return ready_state_; }

 private:
  struct Outgoing {
    v1::DataMessage message;
    size_t size;
    SendDone done;
  };

  // Takes a message out; its sender learns the status.
  void Complete(size_t index, const absl::Status& status,
                Completions& completions);
  void AcceptUpTo(uint64_t sequence, Completions& completions);

  v1::Attach attach_;
  bool attached_ = false;
  bool ever_attached_ = false;
  v1::DataChannelState ready_state_ = v1::DATA_CHANNEL_STATE_UNSPECIFIED;

  // Writing. The first `written_` of outgoing_ are under way.
  std::deque<Outgoing> outgoing_;
  size_t unaccepted_bytes_ = 0;
  size_t written_ = 0;
  size_t written_bytes_ = 0;
  uint64_t window_ = 0;
  uint64_t last_number_ = 0;  // given to a message of ours

  // Reading.
  uint64_t received_ = 0;
  uint64_t seen_ = 0;  // on the present stream
  uint64_t acknowledged_ = 0;
  uint64_t acknowledged_written_ = 0;
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_CHANNEL_LEDGER_H_
