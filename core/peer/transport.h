// What carries one ICE/DTLS transport of a peer: ICE, the DTLS association over
// it and, where a data section uses it, the SCTP association over that.
//
// The contract between a peer's strand and its executor. Methods may be called
// from any thread and return at once; they take effect on the executor, in the
// order of the calls. The observer is called on the executor, never from inside
// a method.
#ifndef PARLEY_CORE_PEER_TRANSPORT_H_
#define PARLEY_CORE_PEER_TRANSPORT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "core/crypto/certificate.h"
#include "core/dtls/dtls_transport.h"
#include "core/ice/ice_transport.h"
#include "core/loop/executor.h"
#include "core/peer/measurement.h"
#include "core/sctp/association.h"
#include "core/sdp/candidate.h"

namespace parley::peer {

struct SctpStart {
  sctp::AssociationOptions options;
  uint16_t local_port = 5000;
  uint16_t remote_port = 5000;
};

class Transport {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;

    virtual void OnLocalCandidate(std::string_view ufrag,
                                  const sdp::Candidate& candidate) = 0;
    virtual void OnGatheringState(std::string_view ufrag,
                                  ice::GatheringState state) = 0;
    virtual void OnGatheringError(std::string_view ufrag,
                                  const absl::Status& error) = 0;
    virtual void OnIceState(ice::ConnectionState state) = 0;
    virtual void OnDtlsState(dtls::State state, const absl::Status& why) = 0;
    virtual void OnSelectedPair(const ice::CandidatePair& pair) = 0;
    // Of sctp::MessageTransport::Observer.
    virtual void OnSctpState(sctp::State state, sctp::StreamCounts streams,
                             const absl::Status& why) = 0;
    virtual void OnMessage(sctp::IncomingMessage message) = 0;
    virtual void OnIncomingStreamsReset(std::vector<uint16_t> streams) = 0;
    virtual void OnOutgoingStreamsReset(std::vector<uint16_t> streams) = 0;
    virtual void OnBytesSent(uint16_t stream, size_t bytes) = 0;
  };

  virtual ~Transport() = default;

  // The certificates to show from now on; before StartIce, in place of those of
  // its creation.
  virtual void SetCertificates(crypto::CertificateList certificates) = 0;

  // ice::IceTransport's Configure, Prepare, Start, SetRemote,
  // AddRemoteCandidate, EndOfRemoteCandidates and Rollback. `done` runs on the
  // executor, and so does `used`, which may be empty; it is dropped once the
  // transport is closed.
  virtual void Configure(ice::GatheringConfiguration configuration) = 0;
  virtual void PrepareIce() = 0;
  virtual void StartIce(ice::Credentials local, ice::Role role,
                        absl::AnyInvocable<void(absl::Status)> done) = 0;
  virtual void SetRemoteIce(ice::RemoteParameters remote) = 0;
  virtual void AddRemoteCandidate(
      sdp::Candidate candidate,
      absl::AnyInvocable<void(ice::CandidateUse)> used) = 0;
  virtual void EndOfRemoteCandidates() = 0;
  virtual void RollbackIce() = 0;

  // Begins the handshake as soon as ICE is connected. A second call with a
  // fingerprint that the remote did not show, or another role, begins a new
  // association with it, and a new one above it.
  virtual void StartDtls(dtls::Role role,
                         std::vector<crypto::Fingerprint> fingerprints) = 0;

  // Begins the association as soon as DTLS is connected; one that there was
  // before ends first.
  virtual void StartSctp(SctpStart start) = 0;
  virtual void CloseSctp() = 0;
  virtual void SendMessage(sctp::OutgoingMessage message) = 0;
  virtual void ResetStreams(std::vector<uint16_t> streams) = 0;
  // `done` always runs on the executor; after Close with an empty measurement.
  virtual void Measure(absl::AnyInvocable<void(TransportMeasurement)> done) = 0;
  // Whether the receive window is open.
  virtual void SetReceiving(bool receiving) = 0;

  // ABORT, close_notify, then ICE. `done` runs on the executor when nothing is
  // left, within a bounded time; the observer is not called any more from the
  // moment the executor has seen the call, and is let go of before `done`.
  virtual void Close(absl::AnyInvocable<void()> done) = 0;
};

class TransportFactory {
 public:
  virtual ~TransportFactory() = default;

  // The executor is the one that a peer's transports all live on. Creating one
  // takes no descriptor and cannot fail.
  virtual std::shared_ptr<Transport> Create(
      Executor& executor, ice::Mode mode, crypto::CertificateList certificates,
      ice::GatheringConfiguration configuration,
      std::shared_ptr<Transport::Observer> observer) = 0;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_TRANSPORT_H_
