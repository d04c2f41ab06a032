// The unary operations of the API, once: PARLEY_OPERATIONS(X) expands to
// X(Service, Method) for each. What has to name them all is made from it.
#ifndef PARLEY_OPERATIONS_H_
#define PARLEY_OPERATIONS_H_

// clang-format off
#define PARLEY_OPERATIONS(X)                 \
  X(PeerService, CreatePeer)                 \
  X(PeerService, GetPeer)                    \
  X(PeerService, ListPeers)                  \
  X(PeerService, UpdatePeer)                 \
  X(PeerService, ClosePeer)                  \
  X(PeerService, CreateOffer)                \
  X(PeerService, CreateAnswer)               \
  X(PeerService, SetLocalDescription)        \
  X(PeerService, SetRemoteDescription)       \
  X(PeerService, AddIceCandidates)           \
  X(PeerService, RestartIce)                 \
  X(PeerService, AddTransceiver)             \
  X(PeerService, UpdateTransceiver)          \
  X(PeerService, StopTransceiver)            \
  X(PeerService, AddTrack)                   \
  X(PeerService, RemoveTrack)                \
  X(PeerService, ReplaceTrack)               \
  X(PeerService, CreateDataChannel)          \
  X(PeerService, CloseDataChannel)           \
  X(PeerService, GetCapabilities)            \
  X(PeerService, GetStats)                   \
  X(PeerService, Offer)                      \
  X(PeerService, Answer)                     \
  X(DataChannelService, SendMessage)         \
  X(CertificateService, GenerateCertificate) \
  X(CertificateService, ImportCertificate)   \
  X(CertificateService, GetCertificate)      \
  X(CertificateService, ListCertificates)    \
  X(CertificateService, RotateCertificate)   \
  X(CertificateService, DeleteCertificate)   \
  X(PoolService, GetPool)                    \
  X(PoolService, Drain)                      \
  X(PoolService, DumpPeer)
// clang-format on

namespace parley::v1 {

// Their messages are declared here and defined in parley/messages.h.
#define PARLEY_DECLARE(Service, Method) \
  class Method##Request;                \
  class Method##Response;
PARLEY_OPERATIONS(PARLEY_DECLARE)
#undef PARLEY_DECLARE

}  // namespace parley::v1

#endif  // PARLEY_OPERATIONS_H_
