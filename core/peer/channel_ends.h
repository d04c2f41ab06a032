// Who reads and who writes the messages of a peer's data channels, and the
// messages that wait to be read.
//
// A channel has one reader and one writer at a time; either can be taken over,
// and goes on where the one before it stopped, by number. Lives on the peer's
// strand.
#ifndef PARLEY_CORE_PEER_CHANNEL_ENDS_H_
#define PARLEY_CORE_PEER_CHANNEL_ENDS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "core/peer/inbox.h"
#include "core/sctp/data_channels.h"

namespace parley::peer {

// One that reads or writes channels. Called on the peer's strand; must not
// block.
class ChannelEnd {
 public:
  virtual ~ChannelEnd() = default;

  // The reader: there is a message after the last one.
  virtual void OnMessagesAvailable(sctp::ChannelKey channel) = 0;
  // Reader and writer (once, if it is both): the ready state changed.
  virtual void OnChannelState(const sctp::Channel& channel) = 0;
  // The writer: some of what it sent has left.
  virtual void OnBufferedAmountFell(const sctp::Channel& channel) = 0;
  // It is no longer the reader or writer: MESSAGES_OWNED (taken over) or
  // PEER_CLOSED.
  virtual void OnDetached(sctp::ChannelKey channel,
                          const absl::Status& why) = 0;
};

class ChannelEnds {
 public:
  struct Limits {
    uint64_t channel_bytes = 4 << 20;
    uint64_t peer_bytes = 16 << 20;
  };

  // `on_room` is called when an acknowledgement has made room.
  ChannelEnds(Limits limits, std::function<void()> on_room)
      : limits_(limits), on_room_(std::move(on_room)) {}

  // --- The peer ---

  void Add(sctp::ChannelKey channel);

  // Keeps a message and tells the reader. On an unreliable channel it is
  // dropped where there is no room for it.
  void Deliver(sctp::ChannelKey channel, bool reliable, bool binary,
               std::string data);

  // Tells reader and writer.
  void OnState(const sctp::Channel& channel);
  void OnBytesSent(const sctp::Channel& channel);

  // Whether a limit is reached; then the channel with the most unread bytes.
  struct Full {
    sctp::ChannelKey channel = 0;
    uint64_t unread_bytes = 0;
    uint64_t limit_bytes = 0;
  };
  std::optional<Full> full() const;
  // Whether, after having been full, there is room enough to go on: half of
  // each limit.
  bool roomy() const;

  // Detaches everybody and forgets everything.
  void Close(const absl::Status& why);

  // --- Readers and writers ---

  // Errors, nothing changed: CHANNEL_UNKNOWN, MESSAGES_OWNED (another has it,
  // and not `take_over`), MESSAGES_RETIRED (`after` lies before what was
  // acknowledged), ARGUMENT (`after` was never received). Messages up to
  // `after` are acknowledged.
  absl::Status AttachReader(sctp::ChannelKey channel,
                            std::shared_ptr<ChannelEnd> reader, bool take_over,
                            std::optional<uint64_t> after);
  absl::Status AttachWriter(sctp::ChannelKey channel,
                            std::shared_ptr<ChannelEnd> writer, bool take_over);
  // Ends what it is to the channel, without telling it.
  void Detach(sctp::ChannelKey channel, const ChannelEnd* end);

  // Null when there is none yet, or no such channel.
  std::shared_ptr<const Message> Next(sctp::ChannelKey channel,
                                      uint64_t after) const;
  void Acknowledge(sctp::ChannelKey channel, uint64_t sequence);
  uint64_t acknowledged(sctp::ChannelKey channel) const;
  uint64_t received(sctp::ChannelKey channel) const;
  // Bytes received and not acknowledged.
  uint64_t unread_bytes(sctp::ChannelKey channel) const;

  // The last message of the channel's writers that was accepted.
  uint64_t accepted(sctp::ChannelKey channel) const;
  void Accept(sctp::ChannelKey channel, uint64_t sequence);

 private:
  struct Ends {
    Inbox inbox;
    std::shared_ptr<ChannelEnd> reader;
    std::shared_ptr<ChannelEnd> writer;
    uint64_t accepted = 0;
    bool closed = false;
  };

  Ends* Find(sctp::ChannelKey channel);
  const Ends* Find(sctp::ChannelKey channel) const;
  void ForgetOld();

  const Limits limits_;
  const std::function<void()> on_room_;
  std::map<sctp::ChannelKey, Ends> channels_;
  uint64_t unread_bytes_ = 0;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_CHANNEL_ENDS_H_
