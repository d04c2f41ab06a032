// What a committed plan asks of the layer that does IO, and what it tells those
// who watch the peer. Plain values.
//
// Commit returns them in the order to carry them out: first the instructions
// (what transports have to do), then the events in W3C's order, by when the
// session already shows the new state.
#ifndef PARLEY_CORE_JSEP_EFFECTS_H_
#define PARLEY_CORE_JSEP_EFFECTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/jsep/signaling.h"
#include "core/jsep/transceiver.h"
#include "core/jsep/transport.h"
#include "core/sdp/candidate.h"

namespace parley::jsep {

// --- Instructions --------------------------------------------------------

enum class IceRole : uint8_t { kControlling, kControlled };

// Begin an ICE generation: the first one of a transport (then it is to be
// created) or a restart beside the one in use.
struct StartIce {
  TransportId transport = 0;
  uint32_t generation = 0;
  IceCredentials local;
  IceRole role = IceRole::kControlling;
  // For the candidates' events and lines.
  std::string mid;
  size_t mline_index = 0;
  bool rtcp_mux = true;
  bool first = false;  // the transport is new
};

// The remote end of this generation.
struct SetRemoteIce {
  TransportId transport = 0;
  uint32_t generation = 0;
  RemoteIce remote;
  bool offered = false;  // the other end awaits our answer
};

// Candidates of the remote end of this generation, from its description or
// trickled before both descriptions were in force.
struct AddRemoteCandidates {
  TransportId transport = 0;
  uint32_t generation = 0;
  std::vector<sdp::Candidate> candidates;
};

struct EndRemoteCandidates {
  TransportId transport = 0;
  uint32_t generation = 0;
};

// The newest generation was rolled back: discard its candidates and sockets.
// The one before it, if any, is in force again.
struct AbandonIce {
  TransportId transport = 0;
  uint32_t generation = 0;
};

// Run DTLS in this role against these fingerprints, any of which may match.
// `association` is another than before: the old association ends, a new one
// begins (new fingerprint or tls-id after an ICE restart).
struct SetDtls {
  TransportId transport = 0;
  uint32_t association = 0;
  DtlsRole role = DtlsRole::kClient;
  std::vector<sdp::Fingerprint> remote_fingerprints;
};

// Run SCTP over this transport. `association` is another than before: the
// remote port changed, the old association ends. Otherwise only the message
// size did.
struct SetSctp {
  TransportId transport = 0;
  uint32_t association = 0;
  uint16_t local_port = 5000;
  uint16_t remote_port = 5000;
  uint64_t remote_max_message_size = 65536;  // bytes; 0: any
};

// The data section was rejected: the association ends.
struct CloseSctp {
  TransportId transport = 0;
};

// No section uses it any more: end ICE and DTLS, give everything back.
struct CloseTransport {
  TransportId transport = 0;
};

// The formats, extensions, transport or direction of the transceiver's section
// changed: see Session::sections.
struct MediaNegotiated {
  TransceiverId transceiver = 0;
};

// --- Events --------------------------------------------------------------

// A description is in force. Always the first event.
struct DescriptionApplied {
  Side side = Side::kLocal;
  SdpType type = SdpType::kOffer;
  std::string id;  // see SessionDescription
};

struct RolledBack {
  Side side = Side::kLocal;  // whose offer is gone
  bool implicit = false;     // a remote offer did it
};

// By a remote offer.
struct TransceiverCreated {
  TransceiverId transceiver = 0;
};

// mid and m-line index were given, or taken away by rollback.
struct TransceiverAssociated {
  TransceiverId transceiver = 0;
};

struct CurrentDirectionChanged {
  TransceiverId transceiver = 0;
  std::optional<Direction> direction;
};

// Stopped for good; its track has ended.
struct TransceiverStopped {
  TransceiverId transceiver = 0;
};

// No longer in the set of transceivers.
struct TransceiverRemoved {
  TransceiverId transceiver = 0;
};

// RTCPeerConnection's signalingstatechange.
struct SignalingStateChanged {
  SignalingState from = SignalingState::kStable;
  SignalingState to = SignalingState::kStable;
};

// The remote track is muted: the other end stopped sending.
struct TrackMuted {
  TransceiverId transceiver = 0;
};

// The receiver's track left or joined a stream.
struct TrackRemovedFromStream {
  TransceiverId transceiver = 0;
  std::string stream_id;
};
struct TrackAddedToStream {
  TransceiverId transceiver = 0;
  std::string stream_id;
};

// RTCPeerConnection's track event.
struct TrackEvent {
  TransceiverId transceiver = 0;
  std::vector<std::string> stream_ids;
};

using Effect =
    std::variant<StartIce, SetRemoteIce, AddRemoteCandidates,
                 EndRemoteCandidates, AbandonIce, SetDtls, SetSctp, CloseSctp,
                 CloseTransport, MediaNegotiated, DescriptionApplied,
                 RolledBack, TransceiverCreated, TransceiverAssociated,
                 CurrentDirectionChanged, TransceiverStopped,
                 TransceiverRemoved, SignalingStateChanged, TrackMuted,
                 TrackRemovedFromStream, TrackAddedToStream, TrackEvent>;

using Effects = std::vector<Effect>;

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_EFFECTS_H_
