// All data channels of one peer: W3C's RTCDataChannel semantics over the
// streams of one association (RFC 8831, RFC 8832), decided without IO.
//
// Pure: methods change the value and append effects; the owner takes the
// effects after each call and carries them out in order, those of the
// transport on a MessageTransport, the others as events of the peer. Owned by
// one strand; not safe for concurrent use.
//
// A channel's life: Create (or a remote's DATA_CHANNEL_OPEN) -> connecting ->
// open, once the transport is connected and the id is known -> closing (Close,
// or the remote's stream reset) -> closed, when both directions were reset, or
// the transport closed. An id can be used again after that.
#ifndef PARLEY_CORE_SCTP_DATA_CHANNELS_H_
#define PARLEY_CORE_SCTP_DATA_CHANNELS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/sctp/message_transport.h"
#include "core/sctp/unsent_messages.h"

namespace parley::sctp {

// Names a channel for the life of its peer; never used again.
using ChannelKey = uint32_t;

// RTCDataChannelState.
enum class ChannelState { kConnecting, kOpen, kClosing, kClosed };
std::string_view ChannelStateName(ChannelState state);  // "connecting", ...

// RTCPriorityType, as RFC 8831 6.4 numbers them.
enum class Priority : uint16_t {
  kVeryLow = 128,
  kLow = 256,
  kMedium = 512,
  kHigh = 1024,
};

// RTCDataChannelInit with its label.
struct ChannelInit {
  std::string label;     // at most 65,535 bytes of UTF-8
  std::string protocol;  // the same
  bool ordered = true;
  std::optional<uint16_t> max_packet_life_time;  // ms
  std::optional<uint16_t> max_retransmits;
  bool negotiated = false;
  // Ignored unless negotiated, as W3C has it.
  std::optional<uint16_t> id;
  Priority priority = Priority::kLow;

  friend bool operator==(const ChannelInit&, const ChannelInit&) = default;
};

// RTCDataChannel. Byte and message counts are those of RTCDataChannelStats.
struct Channel {
  ChannelKey key = 0;
  ChannelInit init;
  std::optional<uint16_t> id;  // the SCTP stream, once known
  ChannelState state = ChannelState::kConnecting;
  bool remote = false;  // opened by the remote's DATA_CHANNEL_OPEN
  uint64_t buffered_amount = 0;
  uint64_t buffered_amount_low_threshold = 0;
  uint64_t messages_sent = 0;
  uint64_t messages_received = 0;
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
};

// --- Effects ---

// For the MessageTransport.
struct SendMessage {
  OutgoingMessage message;
};
struct ResetStream {
  uint16_t stream = 0;
};
// For the peer's observers. W3C's datachannel event: comes before the channel's
// first ChannelStateChanged.
struct ChannelAnnounced {
  ChannelKey channel = 0;
};
struct ChannelIdAssigned {
  ChannelKey channel = 0;
  uint16_t id = 0;
};
// open, closing, close events.
struct ChannelStateChanged {
  ChannelKey channel = 0;
  ChannelState state = ChannelState::kConnecting;
};
// W3C's error event: why a channel is about to close by itself.
struct ChannelFailed {
  ChannelKey channel = 0;
  absl::Status why;
};
struct MessageReceived {
  ChannelKey channel = 0;
  bool binary = false;
  // When not binary: as it came; UTF-8 by RFC 8831, which nobody has checked.
  std::string payload;
};
struct BufferedAmountLow {
  ChannelKey channel = 0;
};

using ChannelEffect =
    std::variant<SendMessage, ResetStream, ChannelAnnounced, ChannelIdAssigned,
                 ChannelStateChanged, ChannelFailed, MessageReceived,
                 BufferedAmountLow>;

class DataChannels {
 public:
  struct Limits {
    // Channels not yet closed, the remote's included: 1 to kMaxStreams.
    uint16_t max_channels = 256;
    // What may wait to be sent on one channel, in bytes: bufferedAmount, and
    // UnsentMessages::kOverheadBytes for each message that waits already.
    uint64_t max_send_buffer = 16 << 20;
    // Labels and protocols of all channels together: every snapshot has them,
    // and a remote may make each 128 KiB long.
    size_t max_name_bytes = 1 << 20;
    // Messages on streams that no channel has yet (a negotiated channel that is
    // created a little later here than there), over all streams.
    size_t max_early_bytes = 65536;
    size_t max_early_messages = 64;
  };

  // Who takes the even stream ids: the DTLS client (RFC 8832 6).
  enum class IdParity { kEven, kOdd };

  struct Counters {
    uint64_t opened = 0;  // dataChannelsOpened of RTCPeerConnectionStats
    uint64_t closed = 0;
    uint64_t malformed = 0;  // DCEP messages refused
    uint64_t discarded = 0;  // messages of no channel, or of an unknown PPID
  };

  explicit DataChannels(Limits limits) : limits_(limits) {}

  // W3C createDataChannel. Errors, nothing changed:
  //  ARGUMENT (TypeError): label or protocol too long; both max_* set;
  //    negotiated without id; id 65535.
  //  DATA_CHANNELS (OperationError): max_channels or max_name_bytes reached;
  //    the id in use, or not below the number of streams; no free id of our
  //    parity left.
  absl::StatusOr<ChannelKey> Create(ChannelInit init);

  // W3C send. Errors, nothing changed: CHANNEL_UNKNOWN; CHANNEL_NOT_OPEN;
  // MESSAGE_TOO_LARGE (more than the remote's max-message-size); SEND_BUFFER
  // (retryable, when it would exceed max_send_buffer).
  absl::Status Send(ChannelKey channel, bool binary, std::string payload);

  // Whether a message of so many bytes would not exceed max_send_buffer now.
  // One of at most that many bytes fits once nothing waits.
  bool Fits(ChannelKey channel, size_t bytes) const;

  // W3C close: no effect in closing and closed; what was sent before still
  // leaves. CHANNEL_UNKNOWN.
  absl::Status Close(ChannelKey channel);

  // CHANNEL_UNKNOWN.
  absl::Status SetBufferedAmountLowThreshold(ChannelKey channel,
                                             uint64_t bytes);

  // --- What the negotiation finds out ---

  // From the DTLS role; to be called before OnConnected, and anew with the
  // same value for a later transport.
  void SetIdParity(IdParity parity);

  // The remote's a=max-message-size; absent means 65536, 0 no limit.
  void SetRemoteMaxMessageSize(uint64_t bytes);

  // --- What the MessageTransport reports ---

  void OnConnected(StreamCounts streams);
  // Closes every channel; `why` not OK is reported as ChannelFailed.
  void OnClosed(const absl::Status& why);
  void OnMessage(IncomingMessage message);
  void OnIncomingStreamsReset(std::span<const uint16_t> streams);
  void OnOutgoingStreamsReset(std::span<const uint16_t> streams);
  void OnBytesSent(uint16_t stream, size_t bytes);

  // --- Reading ---

  // Null for an unknown channel. A closed one can be read until kClosedKept
  // others have closed after it, or fewer with very long names. Valid until the
  // next call.
  const Channel* Find(ChannelKey channel) const;
  // The channel that has this stream now.
  const Channel* FindByStream(uint16_t stream) const;
  // In order of creation, the closed ones that are kept included.
  std::vector<const Channel*> All() const;
  // Channels not closed yet.
  size_t live() const { return live_; }
  const Counters& counters() const { return counters_; }
  // RTCSctpTransport.maxChannels: nullopt until connected.
  std::optional<uint16_t> max_channels() const;

  // The effects since the last call, in order.
  std::vector<ChannelEffect> TakeEffects();

  static constexpr size_t kClosedKept = 64;

 private:
  struct Entry {
    Channel channel;
    // RFC 8832 6: until the ACK (or a message) came, everything goes ordered.
    bool acknowledged = true;
    bool incoming_reset = false;
    bool outgoing_reset = false;
    UnsentMessages unsent;
  };

  template <typename Effect>
  void Emit(Effect effect) {
    effects_.emplace_back(std::in_place_type<Effect>, std::move(effect));
  }
  Entry* Lookup(ChannelKey key);
  bool Fits(const Entry& entry, size_t bytes) const;
  Entry* OnStream(uint16_t stream);
  absl::Status CheckInit(const ChannelInit& init) const;
  bool NamesFit(const ChannelInit& init) const;
  std::optional<uint16_t> FreeId() const;
  uint16_t StreamLimit() const;
  Entry& Insert(ChannelInit init, bool remote);
  void AssignId(Entry& entry, uint16_t id);
  void Open(Entry& entry);
  void SendOpen(Entry& entry);
  void SendDcep(Entry& entry, std::string message);
  void SetState(Entry& entry, ChannelState state);
  void StartClosing(Entry& entry);
  void FinishClosing(Entry& entry);
  void Finish(Entry& entry);
  void ForgetOldest();
  void Fail(Entry& entry, const absl::Status& why);
  void Deliver(Entry& entry, IncomingMessage message);
  std::vector<IncomingMessage> TakeEarly(uint16_t stream);
  void KeepEarly(IncomingMessage message);
  void DropEarly(uint16_t stream);
  void HandleDcep(IncomingMessage message);
  void HandleOpen(IncomingMessage message);
  void RefuseStream(uint16_t stream);

  const Limits limits_;
  std::optional<IdParity> parity_;
  std::optional<StreamCounts> streams_;
  uint64_t remote_max_message_size_ = 65536;
  ChannelKey next_key_ = 1;
  size_t live_ = 0;  // entries not closed
  // Bytes of labels and protocols, of these and of the closed ones.
  size_t live_name_bytes_ = 0;
  size_t closed_name_bytes_ = 0;

  std::map<ChannelKey, Entry> channels_;
  std::deque<ChannelKey> closed_;  // oldest first
  absl::flat_hash_map<uint16_t, ChannelKey> by_stream_;
  std::deque<IncomingMessage> early_;
  size_t early_bytes_ = 0;
  Counters counters_;
  std::vector<ChannelEffect> effects_;
};

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_DATA_CHANNELS_H_
