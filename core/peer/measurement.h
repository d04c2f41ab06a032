// What a peer is and does at one moment, for W3C's getStats: plain values, with
// what cannot be measured left out.
#ifndef PARLEY_CORE_PEER_MEASUREMENT_H_
#define PARLEY_CORE_PEER_MEASUREMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/crypto/certificate.h"
#include "core/dtls/dtls_transport.h"
#include "core/ice/ice_transport.h"
#include "core/jsep/transceiver.h"
#include "core/jsep/transport.h"
#include "core/sctp/data_channels.h"

namespace parley::peer {

// RTCIceTransport and RTCDtlsTransport.
struct TransportMeasurement {
  ice::ConnectionState ice_state = ice::ConnectionState::kNew;
  std::optional<ice::Role> ice_role;
  ice::Measurement ice;
  ice::TransportCounters counters;
  dtls::State dtls_state = dtls::State::kNew;
  std::optional<dtls::Role> dtls_role;
  std::optional<dtls::SessionInfo> dtls_session;
  // DER, the leaf first.
  std::vector<std::vector<uint8_t>> remote_certificates;
};

struct Measurement {
  struct Transport {
    jsep::TransportId id = 0;
    TransportMeasurement is;
  };
  struct Channel {
    sctp::Channel is;
    uint64_t unread_bytes = 0;  // received, and not acknowledged by a reader
  };

  absl::Time time;
  // Null before the first description.
  crypto::CertificatePtr certificate;
  std::vector<Transport> transports;
  std::vector<Channel> channels;
  sctp::DataChannels::Counters channel_counters;
  // Remote candidates with a name in place of an address, in all.
  uint64_t candidate_names_ignored = 0;
};

// W3C getStats' selector: all of the peer, or what belongs to one part of it.
struct MeasurementSelector {
  std::optional<jsep::TransceiverId> transceiver;
  std::optional<sctp::ChannelKey> channel;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_MEASUREMENT_H_
