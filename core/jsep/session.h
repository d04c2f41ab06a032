// The negotiation of one peer connection, as a value.
//
// Everything that RTCPeerConnection remembers between calls and that bears on
// offers and answers is here; copies are cheap where they can be (descriptions
// and negotiated parameters are shared and immutable). Readers look at the
// fields; writers go through the functions of this room, each of which either
// succeeds or changes nothing:
//   transceivers.h         addTransceiver, addTrack, stop, ...
//   offer.h, answer.h      createOffer, createAnswer
//   plan.h                 setLocalDescription, setRemoteDescription
//   candidates.h           addIceCandidate, local candidates
//   negotiation_needed.h   whether an offer is due
// Thread-compatible: one owner at a time, as a strand gives.
#ifndef PARLEY_CORE_JSEP_SESSION_H_
#define PARLEY_CORE_JSEP_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/random.h"
#include "core/jsep/configuration.h"
#include "core/jsep/effects.h"
#include "core/jsep/media.h"
#include "core/jsep/media_catalog.h"
#include "core/jsep/numbers.h"
#include "core/jsep/signaling.h"
#include "core/jsep/transceiver.h"
#include "core/jsep/transport.h"
#include "core/sdp/description.h"

namespace parley::jsep {

struct Blueprint;  // blueprint.h: how a created description came about

// The content of a description: text, and what it says.
struct DescriptionBody {
  // Names the description within and beyond its session: session id and version
  // of its o= line, "4611686018427387904.2". The offer_id of answers.
  std::string id;
  std::string text;
  sdp::Description parsed;
};

// RTCSessionDescription: one of the four of a peer.
struct SessionDescription {
  SdpType type = SdpType::kOffer;
  std::shared_ptr<const DescriptionBody> body;
};

// What createOffer and createAnswer return. Cheap to copy.
struct CreatedDescription {
  SdpType type = SdpType::kOffer;  // kOffer or kAnswer
  std::shared_ptr<const Blueprint> blueprint;

  const std::string& text() const;
  const std::string& id() const;  // see DescriptionBody
};

enum class SectionKind : uint8_t { kAudio, kVideo, kData, kOther };
constexpr bool IsMedia(SectionKind kind) {
  return kind == SectionKind::kAudio || kind == SectionKind::kVideo;
}

// One m= section as the last applied descriptions leave it.
struct Section {
  SectionKind kind = SectionKind::kOther;
  std::string mid;  // ours where the remote end gave none
  TransceiverId transceiver = 0;
  TransportId transport = 0;  // 0: rejected, or no transport chosen yet
  bool rejected = false;      // its index is free for another
  bool answered = false;      // an answer has accepted it
  bool bundled = false;       // an answer has put it into a BUNDLE group
  bool bundle_only = false;   // offered so, not answered yet
  bool mid_invented = false;  // the other end gave no mid, so we did
  // Has been in an a=msid line of ours: then it stays (RFC 9429 5.2.2).
  bool msid_shown = false;
  // Simulcast, fixed by the first answer: rids that we and the other end send.
  std::vector<std::string> send_rids;
  std::vector<std::string> recv_rids;
  // In force since the last answer; null before.
  std::shared_ptr<const MediaParameters> media;

  friend bool operator==(const Section&, const Section&) = default;
};

// The SCTP association of the data channels.
struct Sctp {
  std::string mid;
  TransportId transport = 0;
  uint32_t association = 0;  // counts from 1
  uint16_t remote_port = 5000;
  uint64_t remote_max_message_size = 65536;  // bytes; 0: any

  friend bool operator==(const Sctp&, const Sctp&) = default;
};

// The candidates of one section and generation, on one side.
struct CandidateList {
  std::string mid;
  std::string ufrag;
  std::vector<sdp::Candidate> candidates;
  bool complete = false;  // end-of-candidates

  friend bool operator==(const CandidateList&, const CandidateList&) = default;
};

// What rollback returns to, of what a description changes.
struct StableState {
  struct Slots {
    TransceiverId id = 0;
    std::optional<std::string> mid;
    std::optional<size_t> mline_index;
    std::vector<Encoding> encodings;
    std::vector<std::string> remote_stream_ids;
  };
  std::vector<Slots> transceivers;
  std::vector<Section> sections;
  std::vector<Transport> transports;
  std::optional<Sctp> sctp;
  bool needs_ice_restart = false;
  std::optional<IceRole> ice_role;
  std::shared_ptr<const NumberBook> numbers;
};

struct Session {
  std::shared_ptr<const Configuration> configuration;
  std::shared_ptr<const MediaCatalog> catalog;  // of its capabilities
  SignalingState state = SignalingState::kStable;

  // The set of transceivers, in order of creation, and the m= sections.
  std::vector<Transceiver> transceivers;
  std::vector<Section> sections;
  std::vector<Transport> transports;
  std::optional<Sctp> sctp;
  bool data_channel_created = false;

  // The four descriptions, and W3C's [[LastCreatedOffer]] and
  // [[LastCreatedAnswer]].
  std::optional<SessionDescription> pending_local;
  std::optional<SessionDescription> current_local;
  std::optional<SessionDescription> pending_remote;
  std::optional<SessionDescription> current_remote;
  std::optional<CreatedDescription> last_offer;
  std::optional<CreatedDescription> last_answer;

  // Candidates by section and generation, as the descriptions show them.
  std::vector<std::shared_ptr<const CandidateList>> local_candidates;
  std::vector<std::shared_ptr<const CandidateList>> remote_candidates;

  // W3C's [[LocalIceCredentialsToReplace]]: ufrags that restartIce marked.
  std::vector<std::string> ufrags_to_replace;
  // Servers or policy changed after gathering began: the next offer restarts
  // ICE (RFC 9429 section 3.5.1).
  bool needs_ice_restart = false;
  // Absent before the first offer, and again when that is rolled back: another
  // may decide otherwise. Never changed by signaling once it is answered.
  std::optional<IceRole> ice_role;

  // --- Bookkeeping, of no use outside this room ---

  std::string default_stream_id;  // of remote tracks without a=msid
  // Of remote generations that no description shows any more. Bounded.
  std::vector<std::string> retired_ufrags;
  uint64_t session_id = 0;    // of o=, below 2^63 - 1
  uint64_t last_version = 0;  // of the last created description
  uint64_t revision = 0;      // grows with whatever may change an offer
  uint64_t next_transceiver_id = 1;
  uint32_t last_sctp_association = 0;
  TransportId next_transport_id = 1;
  uint64_t next_mid = 0;
  std::string proposed_data_mid;  // as Transceiver::proposed_mid
  // Of a first offer that was not set yet: the next one has them again.
  std::optional<IceCredentials> proposed_credentials;
  std::shared_ptr<const NumberBook> numbers;
  std::shared_ptr<const StableState> last_stable;  // null in stable
};

// A new session: stable, without transceivers. The configuration's rules are
// those of SetConfiguration.
absl::StatusOr<Session> MakeSession(Configuration configuration,
                                    Random& random);

// PEER_CLOSED, naming the operation, once the session is closed.
absl::Status CheckOpen(const Session& session, const char* operation);

// W3C setConfiguration. Errors, which change nothing: PEER_CLOSED;
// CONFIGURATION_IMMUTABLE (bundle or rtcp-mux policy, certificates once there
// are some, lite mode, SCTP port or capabilities changed; pool size changed
// after a local description was set; metadata `field`); ARGUMENT.
absl::Status SetConfiguration(Session& session, Configuration configuration);

// Certificates that were still being made have come. CONFIGURATION_IMMUTABLE
// when there are others already.
absl::Status SetFingerprints(Session& session,
                             std::vector<sdp::Fingerprint> fingerprints);

// A data channel was created. Idempotent. Errors: PEER_CLOSED.
absl::Status NoteDataChannelCreated(Session& session);

// W3C restartIce: the next offer, whoever makes it, replaces the credentials
// that descriptions show now. Errors: PEER_CLOSED.
absl::Status RestartIce(Session& session);

// Makes [[LastCreatedOffer]] or [[LastCreatedAnswer]] of what CreateOffer or
// CreateAnswer returned: only then can it be set.
void Remember(Session& session, const CreatedDescription& created);

// Empties both, as an applied answer does: what was created can no longer be
// set.
void ForgetCreated(Session& session);

// Closes: state closed, transceivers stopped, transports gone. The effects are
// CloseSctp and CloseTransport only: W3C fires no event on close. Idempotent.
Effects Close(Session& session);

// --- Looking things up; nullptr or nullopt: none ---

const Transceiver* FindTransceiver(const Session& session, TransceiverId id);
const Transport* FindTransport(const Session& session, TransportId id);
const Transport* FindTransport(const std::vector<Transport>& transports,
                               TransportId id);
const Section* FindSection(const Session& session, std::string_view mid);
std::optional<size_t> SectionIndex(const Session& session,
                                   std::string_view mid);
// localDescription and remoteDescription: the pending one, or else the current.
const SessionDescription* LocalDescription(const Session& session);
const SessionDescription* RemoteDescription(const Session& session);
// W3C canTrickleIceCandidates; nullopt before the first remote description.
std::optional<bool> CanTrickle(const Session& session);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_SESSION_H_
