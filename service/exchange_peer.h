// The channels of one peer that one Exchange stream reads and writes.
//
// Lives on the strand of its peer. The public methods may be called from any
// thread and post there.
#ifndef PARLEY_SERVICE_EXCHANGE_PEER_H_
#define PARLEY_SERVICE_EXCHANGE_PEER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/peer/peer.h"
#include "parley/v1/exchange.pb.h"
#include "service/convert_message.h"

namespace parley::service {

class ExchangeStream;

class ExchangePeer final : public peer::ChannelEnd,
                           public peer::Watcher,
                           public std::enable_shared_from_this<ExchangePeer> {
 public:
  ExchangePeer(std::shared_ptr<ExchangeStream> stream,
               std::shared_ptr<peer::Peer> peer)
      : stream_(std::move(stream)), peer_(std::move(peer)) {}

  // Frames of the client, each with its name. Ends with
  // ExchangeStream::FramesDone.
  void Handle(std::vector<v1::ClientFrame> frames);
  // The client will send no more. Ends with ExchangeStream::FramesDone.
  void HalfClose();
  // The stream has room again.
  void PumpAll();
  // A message was written after the half-close: it counts as acknowledged.
  void Written(sctp::ChannelKey channel, uint64_t sequence);
  // Whether nothing of it is attached, nor will be without a frame.
  bool idle() const { return idle_; }
  // The stream is done; `delivered`: and everything sent on it has arrived.
  void Close(bool delivered);

  // peer::ChannelEnd and peer::Watcher, on the strand.
  void OnMessagesAvailable(sctp::ChannelKey channel) override;
  void OnChannelState(const sctp::Channel& channel) override;
  void OnBufferedAmountFell(const sctp::Channel& channel) override;
  void OnDetached(sctp::ChannelKey channel, const absl::Status& why) override;
  void OnEventsAvailable() override;

 private:
  // What the stream is to one channel.
  struct Attachment {
    bool reader = false;
    bool writer = false;
    // Reading: the last message sent, and those not acknowledged.
    struct Sent {
      uint64_t sequence = 0;
      uint64_t bytes = 0;
    };
    uint64_t cursor = 0;
    uint64_t window = 0;
    uint64_t sent_bytes = 0;
    std::deque<Sent> sent;
    // Writing: the last number given, and messages the channel has not taken.
    struct Waiting {
      uint64_t sequence = 0;
      Payload payload;
      absl::Status refused;  // not OK: it only waits to be rejected
    };
    uint64_t last_number = 0;
    uint64_t waiting_bytes = 0;
    std::deque<Waiting> waiting;
  };

  void Dispatch(v1::ClientFrame frame);
  void AttachAll(const v1::Attach& attach);
  void DetachAll();
  void AttachOne(sctp::ChannelKey channel, const v1::Attach& attach);
  absl::Status TakeEnds(sctp::ChannelKey channel, const v1::Attach& attach);
  void Receive(sctp::ChannelKey channel, const v1::DataMessage& message);
  void Acknowledged(sctp::ChannelKey channel, const v1::Acknowledge& frame);
  void TakeAcknowledged(sctp::ChannelKey channel, uint64_t sequence);
  void PumpReader(sctp::ChannelKey channel);
  void PumpWriter(sctp::ChannelKey channel);
  void EndWriting(sctp::ChannelKey channel);
  void AttachNew();
  void NoteFormer(sctp::ChannelKey channel, bool may_be_acknowledged);
  void Shut();

  Attachment* Find(sctp::ChannelKey channel);
  uint64_t WriteWindow(const sctp::Channel& channel) const;
  // Forgets the attachment and tells the client.
  void Drop(sctp::ChannelKey channel, v1::DetachReason reason,
            const absl::Status& why = absl::OkStatus());
  void Refuse(sctp::ChannelKey channel, const absl::Status& why) {
    Drop(channel, v1::DETACH_REASON_REFUSED, why);
  }
  void SendDetached(const std::string& name, v1::DetachReason reason,
                    const absl::Status& why);
  void SendAccepted(sctp::ChannelKey channel, bool with_window);
  std::string NameOf(sctp::ChannelKey channel) const;
  void UpdateLease();

  const std::shared_ptr<ExchangeStream> stream_;
  const std::shared_ptr<peer::Peer> peer_;

  std::atomic<bool> idle_ = true;  // changed on the strand

  // --- On the strand ---
  std::map<sctp::ChannelKey, Attachment> attachments_;
  // Channels that were attached and are no more: whether what was sent of them
  // may still be acknowledged.
  std::map<sctp::ChannelKey, bool> former_;
  // How every channel, also those to come, is attached; none: only some are.
  std::optional<v1::Attach> all_;
  uint64_t events_seen_ = 0;
  bool half_closed_ = false;
  bool shut_ = false;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_EXCHANGE_PEER_H_
