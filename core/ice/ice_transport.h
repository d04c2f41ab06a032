// One ICE transport: the contract between a peer and whatever does its ICE.
//
// Everything here, methods and observer calls alike, runs on one executor, the
// one the transport was created on. The observer is never called from inside a
// method, Close's `done` included: it may call any method from its callbacks.
//
// A transport lives through generations. Each Start begins one, with
// credentials of its own: it gathers, and once the remote parameters are known
// it checks. The first generation makes the connection; a later one is an ICE
// restart, which runs beside the one before it: the old pair carries data until
// the new one works, and packets that still arrive on the old one are
// delivered for a while. A generation that never got remote parameters is
// replaced by the next Start.
//
//   new -> [Prepare] -> Start -> SetRemote -> AddRemoteCandidate* -> connected
//        -> Start (restart) -> SetRemote | Rollback -> ... -> Close
#ifndef PARLEY_CORE_ICE_ICE_TRANSPORT_H_
#define PARLEY_CORE_ICE_ICE_TRANSPORT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/ice/ice_types.h"
#include "core/sdp/candidate.h"

namespace parley::ice {

struct CandidatePair {
  sdp::Candidate local;
  sdp::Candidate remote;

  friend bool operator==(const CandidatePair&, const CandidatePair&) = default;
};

// What became of a remote candidate that is no error.
enum class CandidateUse {
  kApplied,
  kDuplicate,          // had it already
  kIgnoredName,        // mDNS or domain name: never resolved
  kIgnoredTransport,   // TCP without having been asked for, or unknown
  kIgnoredComponent,   // RTCP of a transport that multiplexes it
  kIgnoredAddress,     // refused by policy; or the port is
  kIgnoredGeneration,  // of a generation that has ended
  kIgnoredCount,       // more than are looked at, or than have a descriptor
};

// Totals since the transport was created.
struct TransportCounters {
  uint64_t packets_sent = 0;
  uint64_t bytes_sent = 0;
  uint64_t packets_received = 0;
  uint64_t bytes_received = 0;
  uint64_t packets_discarded = 0;  // Send had no working pair, or no room
  uint64_t candidates_applied = 0;
  uint64_t candidates_ignored = 0;
  uint64_t restarts = 0;
};

// What a transport knows of its two ends, at one moment.
struct Measurement {
  // The generation whose pair carries data, or else the newest: its local
  // ice-ufrag; empty before the first Start.
  std::string ufrag;
  // Its candidates; those that checks have found (peer-reflexive) are among
  // them. A relay policy shows no related addresses.
  std::vector<sdp::Candidate> local;
  std::vector<sdp::Candidate> remote;
  std::optional<CandidatePair> selected;
  uint32_t selected_changes = 0;  // of the transport, its first pair included
  // Of the transport when the selected pair began to carry data.
  TransportCounters at_selection;
};

class IceTransport {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;

    // Each local candidate of a generation once, in the order found, before
    // that generation's kComplete. Nothing of a generation is reported once it
    // was rolled back or replaced.
    virtual void OnLocalCandidate(std::string_view ufrag,
                                  const sdp::Candidate& candidate) = 0;

    // The state of the newest generation; `ufrag` names it.
    virtual void OnGatheringState(std::string_view ufrag,
                                  GatheringState state) = 0;

    // A server could not be used (RTCPeerConnectionIceErrorEvent); gathering
    // goes on without it.
    virtual void OnGatheringError(std::string_view ufrag,
                                  const absl::Status& error) = 0;

    // Each change of state() once. A restart is no change by itself: by W3C it
    // leads from completed to connected, from disconnected or failed to
    // checking, and otherwise leaves the state.
    virtual void OnConnectionState(ConnectionState state) = 0;

    // A datagram which is not STUN, from a remote end that has proved that it
    // knows the credentials. May come before kConnected is reported. The bytes
    // are only valid in the call.
    virtual void OnPacket(std::span<const uint8_t> packet) = 0;

    // Data now takes this pair.
    virtual void OnSelectedPair(const CandidatePair& pair) = 0;
  };

  // To be called only after `done` of Close, or when Start never was.
  virtual ~IceTransport() = default;

  // Servers and policy of generations to come (setConfiguration). Those under
  // way keep theirs; what was prepared with others is prepared anew.
  virtual void Configure(GatheringConfiguration configuration) = 0;

  // Begins to gather for a first Start that controls, which tells at once and
  // in order what was found by then (RFC 8829 section 3.5.4); another one
  // begins anew. Until then nothing is told, states are as after creation, and
  // budgets count what is held. No effect when it has been done, or after
  // Start. Errors as of Start, which may be called all the same, but ARGUMENT.
  virtual absl::Status Prepare() = 0;

  // Begins a generation and its gathering. The role must be kControlling when
  // the remote end is known to be lite. Errors leave everything as it was:
  // FILE_DESCRIPTORS, PORTS (the port range is used up), MEMORY,
  // RESOURCE_INSPECTION (the machine's addresses cannot be read), ARGUMENT
  // (credentials not of RFC 8839's form or those of a live generation),
  // PEER_CLOSED.
  virtual absl::Status Start(const Credentials& local, Role role) = 0;

  // The remote end of the newest generation, from its description. Checks begin
  // as soon as there is a candidate pair. Not so in a restart whose old pair
  // works, where the other end may be the one that controls, as whoever offers
  // the restart often is (RemoteParameters::offered): it checks first, and ours
  // begin with its first check, or when it has had the time for one. A lite end
  // never checks. The same parameters again change nothing. Errors: ARGUMENT
  // (not of RFC 8839's form; a lite one for a controlled generation; no
  // generation, or other parameters than those it has: these take a Start
  // first), PEER_CLOSED.
  virtual absl::Status SetRemote(const RemoteParameters& remote) = 0;

  // A candidate of the newest generation that has remote parameters, or of the
  // one that its ufrag names. Errors: CANDIDATE_GENERATION (its ufrag was never
  // known, or there are no remote parameters), PEER_CLOSED.
  virtual absl::StatusOr<CandidateUse> AddRemoteCandidate(
      const sdp::Candidate& candidate) = 0;

  // The newest generation that has remote parameters gets no more candidates.
  virtual void EndOfRemoteCandidates() = 0;

  // Ends the newest generation: its candidates and sockets are discarded and
  // the one before it is the newest again, its gathering state included. After
  // the only one: as after creation. No effect without a generation.
  virtual void Rollback() = 0;

  // Sends one datagram over the selected pair. False, and the datagram is
  // discarded, while there is none, when the socket has no room, or when it is
  // empty or over 65,507 bytes: UDP's promises.
  virtual bool Send(std::span<const uint8_t> packet) = 0;

  virtual ConnectionState state() const = 0;
  virtual GatheringState gathering_state() const = 0;
  // The role that the newest generation began with; nullopt without one. A
  // role conflict (RFC 8445 section 7.3.1.1) may have changed it since, which
  // libnice does not tell.
  virtual std::optional<Role> role() const = 0;
  virtual std::optional<CandidatePair> SelectedPair() const = 0;
  virtual TransportCounters counters() const = 0;
  // Costs some microseconds for each candidate.
  virtual Measurement Measure() const = 0;

  // Ends everything: relays are released, sockets closed. `done` runs on the
  // executor when nothing is left, at most TransportOptions::close_timeout
  // later. From the call on the observer is never called again, and state() is
  // kClosed. A second Close only adds its `done`.
  virtual void Close(absl::AnyInvocable<void()> done) = 0;
};

// Makes transports; each belongs to one executor and is used on it. The
// observer must outlive the call of Close. Creating one takes no descriptor.
class IceTransportFactory {
 public:
  virtual ~IceTransportFactory() = default;

  virtual std::unique_ptr<IceTransport> Create(
      std::shared_ptr<const TransportOptions> options,
      GatheringConfiguration configuration,
      IceTransport::Observer& observer) = 0;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_ICE_TRANSPORT_H_
