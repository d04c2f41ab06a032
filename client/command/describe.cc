#include "client/command/describe.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/src/durations.h"
#include "parley/names.h"

namespace parley::command {
namespace {

using client::W3cName;

constexpr size_t kShownBytes = 32;

std::string DescribeChannel(const v1::DataChannel& channel) {
  std::string text =
      absl::StrCat(channel.name(), " \"", Printable(channel.label()), "\" ",
                   W3cName(channel.ready_state()));
  if (channel.has_id()) absl::StrAppend(&text, ", stream ", channel.id());
  if (channel.announced()) absl::StrAppend(&text, ", announced");
  return text;
}

std::string DescribeTransceiver(const v1::Transceiver& transceiver) {
  return absl::StrCat(
      transceiver.name(), " ", W3cName(transceiver.kind()), " ",
      W3cName(transceiver.direction()), ", mid ",
      transceiver.has_mid() ? Printable(transceiver.mid()) : "not assigned");
}

std::string DescribeCandidate(const v1::IceCandidate& candidate) {
  if (candidate.candidate().empty()) {
    return absl::StrCat("end of candidates of mid ",
                        Printable(candidate.sdp_mid()));
  }
  return absl::StrCat(Printable(candidate.candidate()), " (mid ",
                      Printable(candidate.sdp_mid()), ")");
}

std::string DescribeApplied(const v1::DescriptionApplied& applied) {
  return absl::StrCat(W3cName(applied.side()), " ", W3cName(applied.type()),
                      " applied; ", DescribeState(applied.state()));
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (absl::ascii_iscntrl(c)) c = ' ';
  }
  return result;
}

std::string DescribeTime(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%H:%M:%E3S", client::internal::FromProto(time),
                          absl::UTCTimeZone());
}

std::string DescribeState(const v1::PeerState& state) {
  return absl::StrCat("signaling ", W3cName(state.signaling_state()),
                      ", gathering ", W3cName(state.ice_gathering_state()),
                      ", ice ", W3cName(state.ice_connection_state()),
                      ", connection ", W3cName(state.connection_state()));
}

std::string SummarizePeer(const v1::Peer& peer) {
  std::string text =
      absl::StrCat(peer.name(), "  ", W3cName(peer.state().connection_state()),
                   "  ", W3cName(peer.state().signaling_state()));
  if (peer.has_closure()) {
    absl::StrAppend(&text, "  (", W3cName(peer.closure().reason()), ")");
  }
  for (const auto& [key, value] : peer.labels()) {
    absl::StrAppend(&text, "  ", Printable(key), "=", Printable(value));
  }
  return text;
}

std::string DescribePeer(const v1::Peer& peer) {
  std::string text =
      absl::StrCat(peer.name(), "\n  ", DescribeState(peer.state()));
  if (peer.state().negotiation_needed()) {
    absl::StrAppend(&text, "\n  negotiation needed");
  }
  for (const v1::Transceiver& transceiver : peer.state().transceivers()) {
    absl::StrAppend(&text, "\n  transceiver ",
                    DescribeTransceiver(transceiver));
  }
  for (const v1::DataChannel& channel : peer.state().data_channels()) {
    absl::StrAppend(&text, "\n  data channel ", DescribeChannel(channel));
  }
  for (const auto& [key, value] : peer.labels()) {
    absl::StrAppend(&text, "\n  label ", Printable(key), "=", Printable(value));
  }
  if (peer.has_closure()) {
    const v1::Closure& closure = peer.closure();
    absl::StrAppend(&text, "\n  closed at ", DescribeTime(closure.close_time()),
                    " UTC: ", W3cName(closure.reason()),
                    closure.detail().empty() ? "" : ", ",
                    Printable(closure.detail()));
  } else if (peer.lease().has_expire_time()) {
    absl::StrAppend(&text, "\n  lease ends at ",
                    DescribeTime(peer.lease().expire_time()), " UTC");
  } else {
    absl::StrAppend(&text, "\n  lease held by a stream");
  }
  absl::StrAppend(&text, "\n  last event ", peer.state().last_event_sequence());
  for (const auto* description :
       {&peer.pending_local_description(), &peer.current_local_description(),
        &peer.pending_remote_description(),
        &peer.current_remote_description()}) {
    if (description->sdp().empty()) continue;
    absl::StrAppend(&text, "\n\n", W3cName(description->type()), ":\n",
                    description->sdp());
  }
  return text;
}

std::string DescribeEvent(const v1::Event& event) {
  switch (event.event_case()) {
    case v1::Event::kNegotiationNeeded:
      return "negotiation needed";
    case v1::Event::kSignalingStateChange:
      return absl::StrCat(
          "signaling ",
          W3cName(event.signaling_state_change().signaling_state()));
    case v1::Event::kIceGatheringStateChange:
      return absl::StrCat(
          "gathering ",
          W3cName(event.ice_gathering_state_change().ice_gathering_state()));
    case v1::Event::kIceConnectionStateChange:
      return absl::StrCat(
          "ice ",
          W3cName(event.ice_connection_state_change().ice_connection_state()));
    case v1::Event::kConnectionStateChange:
      return absl::StrCat(
          "connection ",
          W3cName(event.connection_state_change().connection_state()));
    case v1::Event::kLocalCandidate:
      return absl::StrCat(
          "local ", DescribeCandidate(event.local_candidate().candidate()));
    case v1::Event::kIceCandidateError:
      return absl::StrCat("candidate error ",
                          event.ice_candidate_error().error_code(), " of ",
                          Printable(event.ice_candidate_error().url()), ": ",
                          Printable(event.ice_candidate_error().error_text()));
    case v1::Event::kTrack:
      return absl::StrCat("track ", Printable(event.track().track()), " of ",
                          DescribeTransceiver(event.track().transceiver()));
    case v1::Event::kTrackMuted:
      return absl::StrCat("track ", Printable(event.track_muted().track()),
                          " muted");
    case v1::Event::kStreamChange:
      return absl::StrCat("track ", Printable(event.stream_change().track()),
                          event.stream_change().added() ? " joined" : " left",
                          " stream ",
                          Printable(event.stream_change().stream()));
    case v1::Event::kDataChannel:
      return absl::StrCat("data channel ",
                          DescribeChannel(event.data_channel().data_channel()));
    case v1::Event::kDataChannelStateChange:
      return absl::StrCat(
          "data channel ",
          DescribeChannel(event.data_channel_state_change().data_channel()));
    case v1::Event::kBufferedAmountLow:
      return absl::StrCat(
          "buffered amount low: ", event.buffered_amount_low().data_channel(),
          ", ", event.buffered_amount_low().buffered_amount(), " bytes");
    case v1::Event::kDescriptionApplied:
      return DescribeApplied(event.description_applied());
    case v1::Event::kTransceiverChange:
      return absl::StrCat(
          "transceiver ",
          DescribeTransceiver(event.transceiver_change().transceiver()));
    case v1::Event::kIceRestarted:
      return absl::StrCat("ice restarted, mid ",
                          Printable(event.ice_restarted().mid()));
    case v1::Event::kSelectedCandidatePairChange:
      return absl::StrCat(
          "selected pair: ",
          Printable(event.selected_candidate_pair_change().local()), " and ",
          Printable(event.selected_candidate_pair_change().remote()));
    case v1::Event::kReceiveBufferFull:
      return absl::StrCat(
          "receive buffer full: ", event.receive_buffer_full().data_channel(),
          ", ", event.receive_buffer_full().unread_bytes(), " of ",
          event.receive_buffer_full().limit_bytes(), " bytes");
    case v1::Event::kSctpTransportChange:
      return absl::StrCat(
          "sctp ", W3cName(event.sctp_transport_change().sctp().state()));
    case v1::Event::kLeaseWarning:
      return absl::StrCat("lease ends at ",
                          DescribeTime(event.lease_warning().expire_time()),
                          " UTC");
    case v1::Event::kDraining:
      return absl::StrCat("the server drains until ",
                          DescribeTime(event.draining().deadline()), " UTC");
    case v1::Event::kClosed:
      return absl::StrCat("closed: ", W3cName(event.closed().reason()),
                          event.closed().detail().empty() ? "" : ", ",
                          Printable(event.closed().detail()));
    default:
      return "an event that this program does not know";
  }
}

std::string DescribeMessage(const v1::DataMessage& message) {
  if (message.has_text()) return Printable(message.text());
  const std::string& bytes = message.binary();
  return absl::StrCat("binary, ", bytes.size(), " bytes: ",
                      absl::BytesToHexString(bytes.substr(0, kShownBytes)),
                      bytes.size() > kShownBytes ? "..." : "");
}

std::string DescribeCandidateResult(const v1::IceCandidateResult& result) {
  std::string text = W3cName(result.outcome());
  if (result.outcome() == v1::ICE_CANDIDATE_OUTCOME_IGNORED) {
    absl::StrAppend(&text, ": ", W3cName(result.ignored_reason()));
  } else if (result.has_error()) {
    absl::StrAppend(&text, ": ", result.error().reason(), ": ",
                    Printable(result.error().message()));
  }
  return text;
}

}  // namespace parley::command
