// Peers, their state and their data channels on the wire. Pure functions; see
// convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_STATE_H_
#define PARLEY_SERVICE_CONVERT_STATE_H_

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "core/peer/peer_types.h"

namespace parley::v1 {
class DataChannel;
class Peer;
class PeerState;
class SctpTransport;
class DescriptionSummary;
enum PeerView : int;
}  // namespace parley::v1

namespace parley::service {

// What the server's options say about what it shows.
struct Shown {
  uint64_t max_message_size = 0;  // bytes we send; W3C's "no limit" becomes it
  absl::Duration tombstone_ttl;
};

// `peer` is the name of the peer.
void ToProto(const sctp::Channel& channel, std::string_view peer,
             v1::DataChannel* out);
void ToProto(const peer::SctpSummary& sctp, const Shown& shown,
             v1::SctpTransport* out);
void ToProto(const peer::DescriptionSummary& summary,
             v1::DescriptionSummary* out);
void ToProto(const peer::Snapshot& state, std::string_view peer,
             const Shown& shown, v1::PeerState* out);
void ToProto(const peer::View& view, v1::PeerView how_much, const Shown& shown,
             v1::Peer* out);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_STATE_H_
