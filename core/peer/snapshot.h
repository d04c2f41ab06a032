// The state of a peer at one moment, as replies and events carry it. A value.
#ifndef PARLEY_CORE_PEER_SNAPSHOT_H_
#define PARLEY_CORE_PEER_SNAPSHOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ice/ice_types.h"
#include "core/jsep/signaling.h"
#include "core/jsep/transceiver.h"
#include "core/peer/connection_state.h"
#include "core/sctp/data_channels.h"
#include "core/sctp/message_transport.h"

namespace parley::peer {

// Which description is in force, without its text.
struct DescriptionSummary {
  jsep::SdpType type = jsep::SdpType::kOffer;
  std::string id;
};

// RTCSctpTransport.
struct SctpSummary {
  sctp::State state = sctp::State::kNew;
  uint64_t max_message_size = 0;  // bytes we may send; 0: any
  std::optional<uint16_t> max_channels;
};

struct Snapshot {
  jsep::SignalingState signaling_state = jsep::SignalingState::kStable;
  ice::GatheringState ice_gathering_state = ice::GatheringState::kNew;
  ice::ConnectionState ice_connection_state = ice::ConnectionState::kNew;
  ConnectionState connection_state = ConnectionState::kNew;
  bool negotiation_needed = false;
  std::optional<DescriptionSummary> pending_local;
  std::optional<DescriptionSummary> current_local;
  std::optional<DescriptionSummary> pending_remote;
  std::optional<DescriptionSummary> current_remote;
  std::optional<bool> can_trickle;
  std::vector<jsep::Transceiver> transceivers;
  std::vector<sctp::Channel> channels;
  std::optional<SctpSummary> sctp;
  // The last event whose change this state shows.
  uint64_t last_event_sequence = 0;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_SNAPSHOT_H_
