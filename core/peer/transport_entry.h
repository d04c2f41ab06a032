// What a peer keeps of one of its transports. Private to core/peer.
#ifndef PARLEY_CORE_PEER_TRANSPORT_ENTRY_H_
#define PARLEY_CORE_PEER_TRANSPORT_ENTRY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/jsep/transport.h"
#include "core/peer/connection_state.h"
#include "core/peer/peer.h"
#include "core/peer/transport.h"

namespace parley::peer {

struct Peer::TransportEntry {
  struct Generation {
    uint32_t number = 0;
    std::string ufrag;
    ice::GatheringState gathering = ice::GatheringState::kNew;
  };

  // The state that counts is that of the newest generation.
  void FollowGathering() {
    states.gathering = generations.empty() ? ice::GatheringState::kNew
                                           : generations.back().gathering;
  }

  jsep::TransportId id = 0;
  std::string mid;
  std::shared_ptr<Transport> transport;
  std::shared_ptr<TransportEvents> events;
  TransportStates states;
  std::vector<Generation> generations;  // those in force or replaced by them
  uint32_t dtls_association = 0;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_TRANSPORT_ENTRY_H_
