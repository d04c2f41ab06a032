#include "service/convert_event.h"

#include <charconv>
#include <optional>
#include <string>
#include <variant>

#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/pool/names.h"
#include "parley/v1/event.pb.h"
#include "service/convert_basic.h"
#include "service/convert_negotiation.h"
#include "service/convert_transceiver.h"
#include "service/status.h"
#include "service/utf8.h"

namespace parley::service {
namespace {

// "The STUN server could not be reached" (W3C, RTCPeerConnectionIceErrorEvent).
constexpr uint32_t kServerNotReached = 701;

uint32_t Number(const std::string& text, uint32_t fallback) {
  uint32_t number = fallback;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class Writer {
 public:
  Writer(std::string_view peer, const Shown& shown, v1::Event* out)
      : peer_(peer), shown_(shown), out_(*out) {}

  void operator()(const peer::NegotiationNeeded&) {
    out_.mutable_negotiation_needed();
  }
  void operator()(const peer::SignalingStateChange& event) {
    out_.mutable_signaling_state_change()->set_signaling_state(
        ToWire<v1::SignalingState>(event.state));
  }
  void operator()(const peer::IceGatheringStateChange& event) {
    out_.mutable_ice_gathering_state_change()->set_ice_gathering_state(
        ToWire<v1::IceGatheringState>(event.state));
  }
  void operator()(const peer::IceConnectionStateChange& event) {
    out_.mutable_ice_connection_state_change()->set_ice_connection_state(
        ToWire<v1::IceConnectionState>(event.state));
  }
  void operator()(const peer::ConnectionStateChange& event) {
    out_.mutable_connection_state_change()->set_connection_state(
        ToWire<v1::PeerConnectionState>(event.state));
  }
  void operator()(const peer::LocalCandidateFound& event) {
    ToProto(event.candidate,
            out_.mutable_local_candidate()->mutable_candidate());
  }
  void operator()(const peer::GatheringError& event) {
    v1::IceCandidateGatheringError* out = out_.mutable_ice_candidate_error();
    out->set_error_code(kServerNotReached);
    out->set_error_text(ToUtf8(ToStd(event.error.message())));
    const std::optional<Error> error = GetError(event.error);
    if (!error) return;
    for (const auto& [key, value] : error->metadata) {
      if (key == "url") out->set_url(ToUtf8(value));
      if (key == "address") out->set_address(value);
      if (key == "port") out->set_port(Number(value, 0));
      if (key == "error_code") {
        out->set_error_code(Number(value, kServerNotReached));
      }
    }
  }
  void operator()(const peer::TrackReceived& event) {
    v1::TrackReceived* out = out_.mutable_track();
    ToProto(event.transceiver, peer_, out->mutable_transceiver());
    out->set_track(event.transceiver.receiver_track_id);
    for (const std::string& stream : event.streams) out->add_streams(stream);
  }
  void operator()(const peer::TrackMuted& event) {
    v1::TrackMuted* out = out_.mutable_track_muted();
    ToProto(event.transceiver, peer_, out->mutable_transceiver());
    out->set_track(event.transceiver.receiver_track_id);
  }
  void operator()(const peer::StreamChange& event) {
    v1::StreamChange* out = out_.mutable_stream_change();
    out->set_transceiver(pool::TransceiverName(peer_, event.transceiver));
    out->set_track(jsep::ReceiverTrackId(event.transceiver));
    out->set_stream(event.stream);
    out->set_added(event.added);
  }
  void operator()(const peer::ChannelAnnounced& event) {
    ToProto(event.channel, peer_,
            out_.mutable_data_channel()->mutable_data_channel());
  }
  void operator()(const peer::ChannelStateChange& event) {
    v1::DataChannelStateChange* out = out_.mutable_data_channel_state_change();
    ToProto(event.channel, peer_, out->mutable_data_channel());
    if (!event.error.ok()) ToProto(event.error, out->mutable_error());
  }
  void operator()(const peer::BufferedAmountLow& event) {
    v1::BufferedAmountLow* out = out_.mutable_buffered_amount_low();
    out->set_data_channel(pool::DataChannelName(peer_, event.channel));
    out->set_buffered_amount(event.buffered_amount);
  }
  void operator()(const peer::ReceiveBufferFull& event) {
    v1::ReceiveBufferFull* out = out_.mutable_receive_buffer_full();
    out->set_data_channel(pool::DataChannelName(peer_, event.channel));
    out->set_unread_bytes(event.unread_bytes);
    out->set_limit_bytes(event.limit_bytes);
  }
  void operator()(const peer::SctpTransportChange& event) {
    ToProto(event.sctp, shown_,
            out_.mutable_sctp_transport_change()->mutable_sctp());
  }
  void operator()(const peer::DescriptionApplied& event) {
    v1::DescriptionApplied* out = out_.mutable_description_applied();
    out->set_side(ToWire<v1::DescriptionSide>(event.side));
    out->set_type(ToWire<v1::SdpType>(event.type));
    out->set_implicit(event.implicit);
    if (event.description) {
      ToProto(*event.description, out->mutable_description());
    }
    if (!event.state) return;
    ToProto(*event.state, peer_, shown_, out->mutable_state());
    out->mutable_state()->set_last_event_sequence(out_.sequence());
  }
  void operator()(const peer::TransceiverChange& event) {
    ToProto(event.transceiver, peer_,
            out_.mutable_transceiver_change()->mutable_transceiver());
  }
  void operator()(const peer::IceRestarted& event) {
    v1::IceRestarted* out = out_.mutable_ice_restarted();
    out->set_mid(event.mid);
    out->set_local_username_fragment(event.local_ufrag);
    out->set_remote_username_fragment(event.remote_ufrag);
  }
  void operator()(const peer::SelectedPairChange& event) {
    v1::SelectedCandidatePairChange* out =
        out_.mutable_selected_candidate_pair_change();
    out->set_mid(event.mid);
    out->set_local(event.local);
    out->set_remote(event.remote);
  }
  void operator()(const peer::LeaseWarning& event) {
    ToProto(event.expires, out_.mutable_lease_warning()->mutable_expire_time());
  }
  void operator()(const peer::Draining& event) {
    ToProto(event.deadline, out_.mutable_draining()->mutable_deadline());
  }
  void operator()(const peer::Closed& event) {
    v1::Closed* out = out_.mutable_closed();
    out->set_reason(ToWire<v1::CloseReason>(event.reason));
    out->set_detail(ToUtf8(event.detail));
  }

 private:
  const std::string_view peer_;
  const Shown& shown_;
  v1::Event& out_;
};

}  // namespace

void ToProto(const peer::Event& event, std::string_view peer,
             const Shown& shown, v1::Event* out) {
  out->set_sequence(event.sequence);
  ToProto(event.time, out->mutable_time());
  std::visit(Writer(peer, shown, out), event.body);
}

}  // namespace parley::service
