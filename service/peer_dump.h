// PoolService.DumpPeer: everything that is known about one peer, for people.
// Pure but for reading the peer, on whose strand it is called.
#ifndef PARLEY_SERVICE_PEER_DUMP_H_
#define PARLEY_SERVICE_PEER_DUMP_H_

#include "core/ice/address_policy.h"
#include "core/peer/peer.h"
#include "service/convert_state.h"

namespace parley::v1 {
class PeerDump;
}

namespace parley::service {

// `view` and `measured` are of the peer, now; `policy` is what the server
// allows of remote addresses.
void WriteDump(peer::Peer& peer, const peer::View& view,
               const peer::Measurement& measured,
               const ice::AddressPolicy& policy, const Shown& shown,
               v1::PeerDump* out);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_PEER_DUMP_H_
