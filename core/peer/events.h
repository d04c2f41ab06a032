// What happened to a peer, as those who watch it are told. Values.
//
// Each event carries what it changed as it was then, so that a mirror that
// began with a Snapshot stays true whatever happened since.
#ifndef PARLEY_CORE_PEER_EVENTS_H_
#define PARLEY_CORE_PEER_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/jsep/candidates.h"
#include "core/peer/snapshot.h"

namespace parley::peer {

// Why a peer was closed.
enum class CloseReason { kRequested, kLeaseExpired, kDrained, kFailed };
std::string_view CloseReasonName(CloseReason reason);  // "REQUESTED", ...

// W3C events of RTCPeerConnection.
struct NegotiationNeeded {};
struct SignalingStateChange {
  jsep::SignalingState state = jsep::SignalingState::kStable;
};
struct IceGatheringStateChange {
  ice::GatheringState state = ice::GatheringState::kNew;
};
struct IceConnectionStateChange {
  ice::ConnectionState state = ice::ConnectionState::kNew;
};
struct ConnectionStateChange {
  ConnectionState state = ConnectionState::kNew;
};
struct LocalCandidateFound {
  jsep::LocalCandidate candidate;
};
struct GatheringError {
  absl::Status error;
};
struct TrackReceived {
  jsep::Transceiver transceiver;
  std::vector<std::string> streams;
};

struct TrackMuted {
  jsep::Transceiver transceiver;
};
// A received track joined or left a stream.
struct StreamChange {
  jsep::TransceiverId transceiver = 0;  // may be gone
  std::string stream;
  bool added = false;
};

// Data channels: announced by the remote; any change of state; W3C's
// bufferedamountlow.
struct ChannelAnnounced {
  sctp::Channel channel;
};
struct ChannelStateChange {
  sctp::Channel channel;
  absl::Status error;  // why it closes by itself; OK: it was asked to
};
struct BufferedAmountLow {
  sctp::ChannelKey channel = 0;
  uint64_t buffered_amount = 0;
};
struct ReceiveBufferFull {
  sctp::ChannelKey channel = 0;
  uint64_t unread_bytes = 0;
  uint64_t limit_bytes = 0;
};
struct SctpTransportChange {
  SctpSummary sctp;
};

// What calls changed.
struct DescriptionApplied {
  jsep::Side side = jsep::Side::kLocal;
  jsep::SdpType type = jsep::SdpType::kOffer;
  std::optional<DescriptionSummary> description;  // none for a rollback
  std::shared_ptr<const Snapshot> state;          // after it
  bool implicit = false;  // a rollback that a remote offer caused
};
struct TransceiverChange {
  jsep::Transceiver transceiver;
};

struct IceRestarted {
  std::string mid;
  std::string local_ufrag;
  std::string remote_ufrag;
};
struct SelectedPairChange {
  std::string mid;
  std::string local;  // candidate-attributes
  std::string remote;
};

// The service's own.
struct LeaseWarning {
  absl::Time expires;
};
struct Draining {
  absl::Time deadline;
};
struct Closed {  // always the last event
  CloseReason reason = CloseReason::kRequested;
  std::string detail;
};

using EventBody = std::variant<
    NegotiationNeeded, SignalingStateChange, IceGatheringStateChange,
    IceConnectionStateChange, ConnectionStateChange, LocalCandidateFound,
    GatheringError, TrackReceived, TrackMuted, StreamChange, ChannelAnnounced,
    ChannelStateChange, BufferedAmountLow, ReceiveBufferFull,
    SctpTransportChange, DescriptionApplied, TransceiverChange, IceRestarted,
    SelectedPairChange, LeaseWarning, Draining, Closed>;

struct Event {
  uint64_t sequence = 0;  // 1, 2, 3, ... of its peer
  absl::Time time;
  EventBody body;
};

// What these cost in memory, about.
size_t TransceiverBytes(const std::vector<jsep::Transceiver>& transceivers);
size_t SnapshotBytes(const Snapshot& state);
size_t EventBytes(const Event& event);

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_EVENTS_H_
