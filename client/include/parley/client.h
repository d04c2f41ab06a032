// Parley's API for C++: W3C peer connections in a server, driven by calls.
//
//   using parley::client::Client;
//   Client client(parley::client::MakeConnection({.server = "host:50051"}));
//   auto peer = client.CreatePeer(parley::v1::CreatePeerRequest());
//   if (!peer.ok()) return peer.status();  // GetErrorInfo says more
//   auto offer = client.SetLocalDescription(peer->peer().name());
//
// Values are the generated messages of parley.v1 (parley/messages.h), so that
// nothing is lost between this and the contract; the comments there say what
// every field means and which errors every operation has.
//
// Client is a value: copies share the connection. Safe for concurrent use.
// Calls that change something get a request_id unless they have one, and are
// repeated as RetryPolicy says; every call ends by its deadline.
#ifndef PARLEY_CLIENT_H_
#define PARLEY_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "parley/connection.h"
#include "parley/data_session.h"
#include "parley/error_info.h"
#include "parley/names.h"
#include "parley/operations.h"
#include "parley/options.h"
#include "parley/peer_watch.h"
#include "parley/stream_reader.h"

namespace parley::v1 {
class IceCandidate;
class ReceiveMessagesRequest;
class ReceiveMessagesResponse;
class SessionDescription;
}  // namespace parley::v1

namespace parley::client {

// A connection to a server, or through a proxy to many. Connects by itself when
// it is first used and whenever it was lost. Destroying the last copy cancels
// what is still going on and waits for the callbacks to end (unless it is
// destroyed by one).
std::shared_ptr<Connection> MakeConnection(ConnectionOptions options = {});

// Runs once with the reply or the error, on any thread, perhaps before the call
// that it was given to returns. It must not block, nor call a blocking form.
template <typename Response>
using Callback = std::function<void(absl::StatusOr<Response>)>;

class Client {
 public:
  explicit Client(std::shared_ptr<Connection> connection);

  // Peers.

  // Creates a peer; the reply has its name.
  absl::StatusOr<v1::CreatePeerResponse> CreatePeer(
      const v1::CreatePeerRequest& request,
      const CallOptions& options = {}) const;
  void CreatePeer(const v1::CreatePeerRequest& request,
                  Callback<v1::CreatePeerResponse> done,
                  const CallOptions& options = {}) const;

  // Shows a peer, or the tombstone of one.
  absl::StatusOr<v1::GetPeerResponse> GetPeer(
      const v1::GetPeerRequest& request, const CallOptions& options = {}) const;
  void GetPeer(const v1::GetPeerRequest& request,
               Callback<v1::GetPeerResponse> done,
               const CallOptions& options = {}) const;

  // Lists peers, page by page.
  absl::StatusOr<v1::ListPeersResponse> ListPeers(
      const v1::ListPeersRequest& request,
      const CallOptions& options = {}) const;
  void ListPeers(const v1::ListPeersRequest& request,
                 Callback<v1::ListPeersResponse> done,
                 const CallOptions& options = {}) const;

  // W3C setConfiguration, and labels, lease and politeness.
  absl::StatusOr<v1::UpdatePeerResponse> UpdatePeer(
      const v1::UpdatePeerRequest& request,
      const CallOptions& options = {}) const;
  void UpdatePeer(const v1::UpdatePeerRequest& request,
                  Callback<v1::UpdatePeerResponse> done,
                  const CallOptions& options = {}) const;

  // Closes a peer. Can be repeated.
  absl::StatusOr<v1::ClosePeerResponse> ClosePeer(
      const v1::ClosePeerRequest& request,
      const CallOptions& options = {}) const;
  void ClosePeer(const v1::ClosePeerRequest& request,
                 Callback<v1::ClosePeerResponse> done,
                 const CallOptions& options = {}) const;

  // W3C getStats.
  absl::StatusOr<v1::GetStatsResponse> GetStats(
      const v1::GetStatsRequest& request,
      const CallOptions& options = {}) const;
  void GetStats(const v1::GetStatsRequest& request,
                Callback<v1::GetStatsResponse> done,
                const CallOptions& options = {}) const;

  // Negotiation.

  // W3C createOffer: changes nothing.
  absl::StatusOr<v1::CreateOfferResponse> CreateOffer(
      const v1::CreateOfferRequest& request,
      const CallOptions& options = {}) const;
  void CreateOffer(const v1::CreateOfferRequest& request,
                   Callback<v1::CreateOfferResponse> done,
                   const CallOptions& options = {}) const;

  // W3C createAnswer: changes nothing.
  absl::StatusOr<v1::CreateAnswerResponse> CreateAnswer(
      const v1::CreateAnswerRequest& request,
      const CallOptions& options = {}) const;
  void CreateAnswer(const v1::CreateAnswerRequest& request,
                    Callback<v1::CreateAnswerResponse> done,
                    const CallOptions& options = {}) const;

  // W3C setLocalDescription. Without a description: the one that the signaling
  // state calls for, created if need be.
  absl::StatusOr<v1::SetLocalDescriptionResponse> SetLocalDescription(
      const v1::SetLocalDescriptionRequest& request,
      const CallOptions& options = {}) const;
  void SetLocalDescription(const v1::SetLocalDescriptionRequest& request,
                           Callback<v1::SetLocalDescriptionResponse> done,
                           const CallOptions& options = {}) const;

  // W3C setRemoteDescription.
  absl::StatusOr<v1::SetRemoteDescriptionResponse> SetRemoteDescription(
      const v1::SetRemoteDescriptionRequest& request,
      const CallOptions& options = {}) const;
  void SetRemoteDescription(const v1::SetRemoteDescriptionRequest& request,
                            Callback<v1::SetRemoteDescriptionResponse> done,
                            const CallOptions& options = {}) const;

  // W3C addIceCandidate, for a batch; each candidate has a result of its own.
  absl::StatusOr<v1::AddIceCandidatesResponse> AddIceCandidates(
      const v1::AddIceCandidatesRequest& request,
      const CallOptions& options = {}) const;
  void AddIceCandidates(const v1::AddIceCandidatesRequest& request,
                        Callback<v1::AddIceCandidatesResponse> done,
                        const CallOptions& options = {}) const;

  // W3C restartIce.
  absl::StatusOr<v1::RestartIceResponse> RestartIce(
      const v1::RestartIceRequest& request,
      const CallOptions& options = {}) const;
  void RestartIce(const v1::RestartIceRequest& request,
                  Callback<v1::RestartIceResponse> done,
                  const CallOptions& options = {}) const;

  // CreatePeer (or a peer that exists), CreateOffer, SetLocalDescription.
  absl::StatusOr<v1::OfferResponse> Offer(
      const v1::OfferRequest& request, const CallOptions& options = {}) const;
  void Offer(const v1::OfferRequest& request, Callback<v1::OfferResponse> done,
             const CallOptions& options = {}) const;

  // CreatePeer (or a peer that exists), SetRemoteDescription, CreateAnswer,
  // SetLocalDescription.
  absl::StatusOr<v1::AnswerResponse> Answer(
      const v1::AnswerRequest& request, const CallOptions& options = {}) const;
  void Answer(const v1::AnswerRequest& request,
              Callback<v1::AnswerResponse> done,
              const CallOptions& options = {}) const;

  // Transceivers.

  // W3C addTransceiver.
  absl::StatusOr<v1::AddTransceiverResponse> AddTransceiver(
      const v1::AddTransceiverRequest& request,
      const CallOptions& options = {}) const;
  void AddTransceiver(const v1::AddTransceiverRequest& request,
                      Callback<v1::AddTransceiverResponse> done,
                      const CallOptions& options = {}) const;

  // W3C direction, setCodecPreferences, setStreams, setParameters.
  absl::StatusOr<v1::UpdateTransceiverResponse> UpdateTransceiver(
      const v1::UpdateTransceiverRequest& request,
      const CallOptions& options = {}) const;
  void UpdateTransceiver(const v1::UpdateTransceiverRequest& request,
                         Callback<v1::UpdateTransceiverResponse> done,
                         const CallOptions& options = {}) const;

  // W3C stop.
  absl::StatusOr<v1::StopTransceiverResponse> StopTransceiver(
      const v1::StopTransceiverRequest& request,
      const CallOptions& options = {}) const;
  void StopTransceiver(const v1::StopTransceiverRequest& request,
                       Callback<v1::StopTransceiverResponse> done,
                       const CallOptions& options = {}) const;

  // W3C addTrack.
  absl::StatusOr<v1::AddTrackResponse> AddTrack(
      const v1::AddTrackRequest& request,
      const CallOptions& options = {}) const;
  void AddTrack(const v1::AddTrackRequest& request,
                Callback<v1::AddTrackResponse> done,
                const CallOptions& options = {}) const;

  // W3C removeTrack.
  absl::StatusOr<v1::RemoveTrackResponse> RemoveTrack(
      const v1::RemoveTrackRequest& request,
      const CallOptions& options = {}) const;
  void RemoveTrack(const v1::RemoveTrackRequest& request,
                   Callback<v1::RemoveTrackResponse> done,
                   const CallOptions& options = {}) const;

  // W3C replaceTrack.
  absl::StatusOr<v1::ReplaceTrackResponse> ReplaceTrack(
      const v1::ReplaceTrackRequest& request,
      const CallOptions& options = {}) const;
  void ReplaceTrack(const v1::ReplaceTrackRequest& request,
                    Callback<v1::ReplaceTrackResponse> done,
                    const CallOptions& options = {}) const;

  // W3C getCapabilities.
  absl::StatusOr<v1::GetCapabilitiesResponse> GetCapabilities(
      const v1::GetCapabilitiesRequest& request,
      const CallOptions& options = {}) const;
  void GetCapabilities(const v1::GetCapabilitiesRequest& request,
                       Callback<v1::GetCapabilitiesResponse> done,
                       const CallOptions& options = {}) const;

  // Data channels.

  // W3C createDataChannel.
  absl::StatusOr<v1::CreateDataChannelResponse> CreateDataChannel(
      const v1::CreateDataChannelRequest& request,
      const CallOptions& options = {}) const;
  void CreateDataChannel(const v1::CreateDataChannelRequest& request,
                         Callback<v1::CreateDataChannelResponse> done,
                         const CallOptions& options = {}) const;

  // W3C close of a data channel.
  absl::StatusOr<v1::CloseDataChannelResponse> CloseDataChannel(
      const v1::CloseDataChannelRequest& request,
      const CallOptions& options = {}) const;
  void CloseDataChannel(const v1::CloseDataChannelRequest& request,
                        Callback<v1::CloseDataChannelResponse> done,
                        const CallOptions& options = {}) const;

  // W3C send: one message. For many, and to receive, open a DataSession.
  absl::StatusOr<v1::SendMessageResponse> SendMessage(
      const v1::SendMessageRequest& request,
      const CallOptions& options = {}) const;
  void SendMessage(const v1::SendMessageRequest& request,
                   Callback<v1::SendMessageResponse> done,
                   const CallOptions& options = {}) const;

  // Certificates.

  // W3C generateCertificate.
  absl::StatusOr<v1::GenerateCertificateResponse> GenerateCertificate(
      const v1::GenerateCertificateRequest& request,
      const CallOptions& options = {}) const;
  void GenerateCertificate(const v1::GenerateCertificateRequest& request,
                           Callback<v1::GenerateCertificateResponse> done,
                           const CallOptions& options = {}) const;

  // Takes over a certificate with its key.
  absl::StatusOr<v1::ImportCertificateResponse> ImportCertificate(
      const v1::ImportCertificateRequest& request,
      const CallOptions& options = {}) const;
  void ImportCertificate(const v1::ImportCertificateRequest& request,
                         Callback<v1::ImportCertificateResponse> done,
                         const CallOptions& options = {}) const;

  // Shows one.
  absl::StatusOr<v1::GetCertificateResponse> GetCertificate(
      const v1::GetCertificateRequest& request,
      const CallOptions& options = {}) const;
  void GetCertificate(const v1::GetCertificateRequest& request,
                      Callback<v1::GetCertificateResponse> done,
                      const CallOptions& options = {}) const;

  // Lists them, page by page.
  absl::StatusOr<v1::ListCertificatesResponse> ListCertificates(
      const v1::ListCertificatesRequest& request,
      const CallOptions& options = {}) const;
  void ListCertificates(const v1::ListCertificatesRequest& request,
                        Callback<v1::ListCertificatesResponse> done,
                        const CallOptions& options = {}) const;

  // Makes a new one like an old one.
  absl::StatusOr<v1::RotateCertificateResponse> RotateCertificate(
      const v1::RotateCertificateRequest& request,
      const CallOptions& options = {}) const;
  void RotateCertificate(const v1::RotateCertificateRequest& request,
                         Callback<v1::RotateCertificateResponse> done,
                         const CallOptions& options = {}) const;

  // Forgets one.
  absl::StatusOr<v1::DeleteCertificateResponse> DeleteCertificate(
      const v1::DeleteCertificateRequest& request,
      const CallOptions& options = {}) const;
  void DeleteCertificate(const v1::DeleteCertificateRequest& request,
                         Callback<v1::DeleteCertificateResponse> done,
                         const CallOptions& options = {}) const;

  // The pool.

  // Shows capacity, use, limits, version and features.
  absl::StatusOr<v1::GetPoolResponse> GetPool(
      const v1::GetPoolRequest& request, const CallOptions& options = {}) const;
  void GetPool(const v1::GetPoolRequest& request,
               Callback<v1::GetPoolResponse> done,
               const CallOptions& options = {}) const;

  // Takes no new peers any more. Needs the admin role.
  absl::StatusOr<v1::DrainResponse> Drain(
      const v1::DrainRequest& request, const CallOptions& options = {}) const;
  void Drain(const v1::DrainRequest& request, Callback<v1::DrainResponse> done,
             const CallOptions& options = {}) const;

  // Shows all that is known about a peer. Needs the admin role.
  absl::StatusOr<v1::DumpPeerResponse> DumpPeer(
      const v1::DumpPeerRequest& request,
      const CallOptions& options = {}) const;
  void DumpPeer(const v1::DumpPeerRequest& request,
                Callback<v1::DumpPeerResponse> done,
                const CallOptions& options = {}) const;
  // The same with less to write.

  absl::StatusOr<v1::GetPeerResponse> GetPeer(
      std::string_view peer, const CallOptions& options = {}) const;
  absl::StatusOr<v1::ClosePeerResponse> ClosePeer(
      std::string_view peer, const CallOptions& options = {}) const;
  absl::StatusOr<v1::CreateOfferResponse> CreateOffer(
      std::string_view peer, const CallOptions& options = {}) const;
  absl::StatusOr<v1::CreateAnswerResponse> CreateAnswer(
      std::string_view peer, const CallOptions& options = {}) const;
  absl::StatusOr<v1::SetLocalDescriptionResponse> SetLocalDescription(
      std::string_view peer, const CallOptions& options = {}) const;
  absl::StatusOr<v1::SetRemoteDescriptionResponse> SetRemoteDescription(
      std::string_view peer, const v1::SessionDescription& description,
      const CallOptions& options = {}) const;

  // One candidate. A refused one is the error here.
  absl::StatusOr<v1::AddIceCandidatesResponse> AddIceCandidate(
      std::string_view peer, const v1::IceCandidate& candidate,
      const CallOptions& options = {}) const;

  // Streams. None has a deadline of its own.

  // The events of a peer; resumes by itself.
  PeerWatch WatchPeer(std::string_view peer, WatchOptions options = {}) const;

  // The events of all peers of the tenant on one node; resumes by itself. For
  // those of several nodes: WatchNodes (parley/nodes_watch.h).
  PeersWatch WatchPeers(PeersWatchOptions options = {}) const;

  // The messages of one channel. Does not resume by itself.
  StreamReader<v1::ReceiveMessagesResponse> ReceiveMessages(
      const v1::ReceiveMessagesRequest& request) const;

  // Messages of a channel, or of all channels of a peer, both ways; resumes by
  // itself. Attaches to `name`, to read and to write unless `attach` says
  // otherwise.
  DataSession OpenDataSession(std::string_view name,
                              DataSessionOptions options = {}) const;
  DataSession OpenDataSession(std::string_view name, const v1::Attach& attach,
                              DataSessionOptions options = {}) const;

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace parley::client

#endif  // PARLEY_CLIENT_H_
