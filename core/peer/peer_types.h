// The words of the peer's interface: what it is made from and what its calls
// carry. Plain values.
#ifndef PARLEY_CORE_PEER_PEER_TYPES_H_
#define PARLEY_CORE_PEER_PEER_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/crypto/certificate.h"
#include "core/ice/ice_types.h"
#include "core/jsep/candidates.h"
#include "core/jsep/configuration.h"
#include "core/jsep/offer.h"
#include "core/jsep/session.h"
#include "core/jsep/transceivers.h"
#include "core/peer/events.h"
#include "core/peer/snapshot.h"
#include "core/peer/transport.h"
#include "core/sctp/data_channels.h"

namespace parley::peer {

// Bounds of what one peer holds. Bytes unless said otherwise.
struct Limits {
  size_t event_history_bytes = 64 << 10;
  size_t request_ids = 32;  // replies remembered
  size_t max_description_bytes = 4 << 20;
  size_t max_queued_candidates = 256;  // waiting for their description
  size_t max_transceivers = 1024;
  uint64_t send_buffer_bytes = 16 << 20;          // of one channel
  uint64_t receive_buffer_bytes = 4 << 20;        // of one channel, unread
  uint64_t peer_receive_buffer_bytes = 16 << 20;  // of all its channels
};

// Where certificates come from: calls back once, on any thread, perhaps inside
// the call. Errors: CERTIFICATE_GENERATION, CERTIFICATE_UNREADABLE,
// CERTIFICATE_EXPIRED.
using CertificateSource = std::function<void(
    absl::AnyInvocable<void(absl::StatusOr<crypto::CertificatePtr>)>)>;

struct PeerInfo;

// What all peers share. Outlives them.
struct Environment {
  const Clock& clock;
  Random& random;
  TransportFactory& transports;
  CertificateSource certificates;
  Limits limits;
  // Told of each peer that was closed and has given everything back, on its
  // strand. May be empty.
  std::function<void(const PeerInfo&)> on_closed;
};

// The application's own marks, for lists.
using Labels = std::map<std::string, std::string>;

struct TransceiverSpec {
  jsep::MediaKind kind = jsep::MediaKind::kAudio;
  jsep::TransceiverInit init;
  std::vector<jsep::Codec> codec_preferences;
};

// A certificate that several peers may share.
struct NamedCertificate {
  std::string name;
  crypto::CertificatePtr certificate;
};

struct ChannelSpec {
  sctp::ChannelInit init;
  uint64_t buffered_amount_low_threshold = 0;
};

// What CreatePeer gives.
struct PeerInit {
  jsep::Configuration configuration;
  ice::GatheringConfiguration gathering;
  // See crypto::CertificateList. Empty: one of Environment's own.
  std::vector<NamedCertificate> certificates;
  std::vector<TransceiverSpec> transceivers;
  std::vector<ChannelSpec> channels;
  Labels labels;
  // Whether a remote offer that crosses ours wins (perfect negotiation). An
  // impolite peer answers GLARE instead.
  bool polite = true;
  uint16_t max_data_channels = 256;
  absl::Duration lease_ttl = absl::Minutes(5);
};

// RTCConfiguration.
struct RtcConfiguration {
  ice::GatheringConfiguration gathering;
  // Names; empty: as they are.
  std::vector<std::string> certificates;
  jsep::BundlePolicy bundle_policy = jsep::BundlePolicy::kBalanced;
  uint32_t ice_candidate_pool_size = 0;  // 0-255
};

// What UpdatePeer gives. What is absent stays as it is.
struct PeerUpdate {
  std::optional<RtcConfiguration> configuration;
  std::optional<Labels> labels;
  std::optional<absl::Duration> lease_ttl;
  std::optional<bool> polite;
};

struct Closure {
  CloseReason reason = CloseReason::kRequested;
  std::string detail;
  absl::Time time;
};

// What a peer is besides its negotiation.
struct PeerInfo {
  std::string name;
  std::shared_ptr<const Labels> labels;  // never null
  bool polite = true;
  uint16_t max_data_channels = 256;
  ice::GatheringConfiguration gathering;
  std::vector<std::string> certificates;  // their names
  absl::Time create_time;
  absl::Duration lease_ttl;
  absl::Time lease_expires;  // infinite while somebody holds the lease
  std::optional<Closure> closure;
};

// A peer as a reply shows it. Valid in the callback that gets it.
struct View {
  const PeerInfo& info;
  const jsep::Session& session;
  const Snapshot& state;
};

// What comes with a call that changes the peer.
struct Call {
  // Empty: not repeatable.
  std::string request_id;
  uint64_t request_hash = 0;
  // Refused with SIGNALING_STATE unless this is the state when the call's turn
  // comes.
  std::optional<jsep::SignalingState> expected_state;
  // Called instead of the reply's callback when the request_id had its answer
  // before, with what Peer::replies has.
  absl::AnyInvocable<void(const std::string&)> replay;
};

// Callbacks of calls: called exactly once, on the peer's strand, perhaps inside
// the call, also when the peer closes under it. They must not block.
template <typename T>
using Reply = absl::AnyInvocable<void(absl::StatusOr<T>, const View&)>;
using StatusReply = absl::AnyInvocable<void(absl::Status, const View&)>;

// RTCOfferOptions, the legacy pair included.
struct OfferRequest {
  jsep::OfferOptions options;
  std::optional<bool> receive_audio;
  std::optional<bool> receive_video;
};

// An RTCIceCandidateInit that owns its text.
struct CandidateInput {
  std::string candidate;
  std::optional<std::string> mid;
  std::optional<uint32_t> mline_index;
  std::optional<std::string> ufrag;
};

enum class CandidateIgnored {
  kNot,
  kPreviousGeneration,
  kStopped,
  kBundled,
  kDuplicate,
  kTransport,
  kComponent,
  kHostName,       // mDNS or domain name: never resolved
  kAddressPolicy,  // refused by policy, or port 0
  kTooMany,        // more candidates than are looked at
};

struct CandidateResult {
  jsep::CandidateOutcome outcome = jsep::CandidateOutcome::kApplied;
  CandidateIgnored ignored = CandidateIgnored::kNot;
  absl::Status error;  // not OK: neither applied, ignored nor queued
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_PEER_TYPES_H_
