#include "core/peer/events.h"

namespace parley::peer {
namespace {

size_t Bytes(const std::vector<std::string>& ids) {
  size_t bytes = 0;
  for (const std::string& id : ids) bytes += sizeof(id) + id.size();
  return bytes;
}

// What it holds beyond itself: stream ids are the other end's choice.
size_t Bytes(const jsep::Transceiver& transceiver) {
  return sizeof(jsep::Encoding) * transceiver.encodings.size() +
         Bytes(transceiver.stream_ids) + Bytes(transceiver.remote_stream_ids);
}

size_t Bytes(const LocalCandidateFound& e) {
  return e.candidate.candidate.size();
}
size_t Bytes(const GatheringError& e) { return e.error.message().size(); }
size_t Bytes(const TrackReceived& e) {
  return Bytes(e.transceiver) + Bytes(e.streams);
}
size_t Bytes(const TrackMuted& e) { return Bytes(e.transceiver); }
size_t Bytes(const StreamChange& e) { return e.stream.size(); }
size_t Bytes(const sctp::Channel& channel) {
  return channel.init.label.size() + channel.init.protocol.size();
}
size_t Bytes(const ChannelAnnounced& e) { return Bytes(e.channel); }
size_t Bytes(const ChannelStateChange& e) {
  return Bytes(e.channel) + e.error.message().size();
}
size_t Bytes(const DescriptionApplied& e) { return SnapshotBytes(*e.state); }
size_t Bytes(const TransceiverChange& e) { return Bytes(e.transceiver); }
size_t Bytes(const SelectedPairChange& e) {
  return e.local.size() + e.remote.size();
}
template <typename Small>
size_t Bytes(const Small&) {
  return 0;
}

}  // namespace

std::string_view CloseReasonName(CloseReason reason) {
  switch (reason) {
    case CloseReason::kRequested:
      return "REQUESTED";
    case CloseReason::kLeaseExpired:
      return "LEASE_EXPIRED";
    case CloseReason::kDrained:
      return "DRAINED";
    case CloseReason::kFailed:
      return "FAILED";
  }
  return "";
}

size_t TransceiverBytes(const std::vector<jsep::Transceiver>& transceivers) {
  size_t bytes = 0;
  for (const jsep::Transceiver& transceiver : transceivers) {
    bytes += sizeof(transceiver) + Bytes(transceiver);
  }
  return bytes;
}

size_t SnapshotBytes(const Snapshot& state) {
  size_t bytes = sizeof(state) + TransceiverBytes(state.transceivers);
  for (const sctp::Channel& channel : state.channels) {
    bytes += sizeof(channel) + Bytes(channel);
  }
  return bytes;
}

size_t EventBytes(const Event& event) {
  return sizeof(Event) +
         std::visit([](const auto& body) { return Bytes(body); }, event.body);
}

}  // namespace parley::peer
