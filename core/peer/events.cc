#include "core/peer/events.h"

namespace parley::peer {
namespace {

constexpr size_t kTransceiverBytes = 512;
constexpr size_t kChannelBytes = 256;

size_t Bytes(const LocalCandidateFound& e) {
  return e.candidate.candidate.size();
}
size_t Bytes(const GatheringError& e) { return e.error.message().size(); }
size_t Bytes(const TrackReceived& e) {
  return kTransceiverBytes + 32 * e.streams.size();
}
size_t Bytes(const TrackMuted&) { return kTransceiverBytes; }
size_t Bytes(const StreamChange& e) { return e.stream.size(); }
size_t Bytes(const ChannelAnnounced& e) {
  return e.channel.init.label.size() + e.channel.init.protocol.size();
}
size_t Bytes(const ChannelStateChange& e) {
  return e.channel.init.label.size() + e.channel.init.protocol.size() +
         e.error.message().size();
}
size_t Bytes(const DescriptionApplied& e) {
  return sizeof(Snapshot) + kTransceiverBytes * e.state->transceivers.size() +
         kChannelBytes * e.state->channels.size();
}
size_t Bytes(const TransceiverChange&) { return kTransceiverBytes; }
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

size_t EventBytes(const Event& event) {
  return sizeof(Event) +
         std::visit([](const auto& body) { return Bytes(body); }, event.body);
}

}  // namespace parley::peer
