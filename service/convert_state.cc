#include "service/convert_state.h"

#include <algorithm>
#include <optional>
#include <string>

#include "core/jsep/candidates.h"
#include "core/pool/names.h"
#include "parley/v1/peer.pb.h"
#include "service/convert_basic.h"
#include "service/convert_configuration.h"
#include "service/convert_negotiation.h"
#include "service/convert_transceiver.h"
#include "service/utf8.h"

namespace parley::service {
namespace {

static_assert(ToWire<v1::SignalingState>(jsep::SignalingState::kStable) ==
              v1::SIGNALING_STATE_STABLE);
static_assert(
    ToWire<v1::SignalingState>(jsep::SignalingState::kHaveLocalOffer) ==
    v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
static_assert(
    ToWire<v1::SignalingState>(jsep::SignalingState::kHaveRemoteOffer) ==
    v1::SIGNALING_STATE_HAVE_REMOTE_OFFER);
static_assert(
    ToWire<v1::SignalingState>(jsep::SignalingState::kHaveLocalPranswer) ==
    v1::SIGNALING_STATE_HAVE_LOCAL_PRANSWER);
static_assert(
    ToWire<v1::SignalingState>(jsep::SignalingState::kHaveRemotePranswer) ==
    v1::SIGNALING_STATE_HAVE_REMOTE_PRANSWER);
static_assert(ToWire<v1::SignalingState>(jsep::SignalingState::kClosed) ==
              v1::SIGNALING_STATE_CLOSED);
static_assert(ToWire<v1::IceGatheringState>(ice::GatheringState::kComplete) ==
              v1::ICE_GATHERING_STATE_COMPLETE);
static_assert(
    ToWire<v1::IceConnectionState>(ice::ConnectionState::kCompleted) ==
    v1::ICE_CONNECTION_STATE_COMPLETED);
static_assert(ToWire<v1::IceConnectionState>(ice::ConnectionState::kClosed) ==
              v1::ICE_CONNECTION_STATE_CLOSED);
static_assert(
    ToWire<v1::PeerConnectionState>(peer::ConnectionState::kConnected) ==
    v1::PEER_CONNECTION_STATE_CONNECTED);
static_assert(ToWire<v1::PeerConnectionState>(peer::ConnectionState::kClosed) ==
              v1::PEER_CONNECTION_STATE_CLOSED);
static_assert(ToWire<v1::CloseReason>(peer::CloseReason::kRequested) ==
              v1::CLOSE_REASON_REQUESTED);
static_assert(ToWire<v1::CloseReason>(peer::CloseReason::kFailed) ==
              v1::CLOSE_REASON_FAILED);
static_assert(ToWire<v1::DataChannelState>(sctp::ChannelState::kConnecting) ==
              v1::DATA_CHANNEL_STATE_CONNECTING);
static_assert(ToWire<v1::DataChannelState>(sctp::ChannelState::kClosed) ==
              v1::DATA_CHANNEL_STATE_CLOSED);

v1::Priority WirePriority(sctp::Priority priority) {
  switch (priority) {
    case sctp::Priority::kVeryLow:
      return v1::PRIORITY_VERY_LOW;
    case sctp::Priority::kLow:
      return v1::PRIORITY_LOW;
    case sctp::Priority::kMedium:
      return v1::PRIORITY_MEDIUM;
    case sctp::Priority::kHigh:
      return v1::PRIORITY_HIGH;
  }
  return v1::PRIORITY_LOW;  // the other end chose a number of its own
}

v1::SctpTransportState WireState(sctp::State state) {
  switch (state) {
    case sctp::State::kNew:
    case sctp::State::kConnecting:
      return v1::SCTP_TRANSPORT_STATE_CONNECTING;
    case sctp::State::kConnected:
      return v1::SCTP_TRANSPORT_STATE_CONNECTED;
    case sctp::State::kClosed:
      return v1::SCTP_TRANSPORT_STATE_CLOSED;
  }
  return v1::SCTP_TRANSPORT_STATE_UNSPECIFIED;
}

template <typename Summary>
void WriteSummary(const std::optional<peer::DescriptionSummary>& summary,
                  Summary mutable_summary) {
  if (summary) ToProto(*summary, mutable_summary());
}

void WriteTexts(const peer::View& view, v1::Peer* out) {
  const jsep::Session& session = view.session;
  const auto write = [&](jsep::Side side,
                         const std::optional<jsep::SessionDescription>& from,
                         auto mutable_description) {
    if (!from) return;
    v1::SessionDescription* to = (out->*mutable_description)();
    ToProto(*from, session, to);
    to->set_sdp(jsep::TextWithCandidates(session, side, *from));
  };
  write(jsep::Side::kLocal, session.pending_local,
        &v1::Peer::mutable_pending_local_description);
  write(jsep::Side::kLocal, session.current_local,
        &v1::Peer::mutable_current_local_description);
  write(jsep::Side::kRemote, session.pending_remote,
        &v1::Peer::mutable_pending_remote_description);
  write(jsep::Side::kRemote, session.current_remote,
        &v1::Peer::mutable_current_remote_description);
}

// The transceivers of `out` are those of the view, one for one.
void WriteNegotiated(const peer::View& view, v1::PeerState* out) {
  for (int i = 0; i < out->transceivers_size(); ++i) {
    const jsep::Transceiver& one =
        view.state.transceivers[static_cast<size_t>(i)];
    if (!one.mline_index) continue;
    const jsep::Section& section = view.session.sections[*one.mline_index];
    if (section.media == nullptr || section.transceiver != one.id) continue;
    ToProto(section, one.kind,
            out->mutable_transceivers(i)->mutable_negotiated());
  }
}

void Write(const peer::Closure& closure, const Shown& shown, v1::Closure* out) {
  out->set_reason(ToWire<v1::CloseReason>(closure.reason));
  out->set_detail(ToUtf8(closure.detail));
  ToProto(closure.time, out->mutable_close_time());
  ToProto(closure.time + shown.tombstone_ttl, out->mutable_purge_time());
}

}  // namespace

void ToProto(const sctp::Channel& channel, std::string_view peer,
             v1::DataChannel* out) {
  const sctp::ChannelInit& init = channel.init;
  out->set_name(pool::DataChannelName(peer, channel.key));
  // What the other end announced need not be UTF-8.
  out->set_label(channel.remote ? ToUtf8(init.label) : init.label);
  out->set_protocol(channel.remote ? ToUtf8(init.protocol) : init.protocol);
  out->set_ordered(init.ordered);
  if (init.max_packet_life_time) {
    out->set_max_packet_life_time(*init.max_packet_life_time);
  }
  if (init.max_retransmits) out->set_max_retransmits(*init.max_retransmits);
  out->set_negotiated(init.negotiated);
  if (channel.id) out->set_id(*channel.id);
  out->set_ready_state(ToWire<v1::DataChannelState>(channel.state));
  out->set_buffered_amount(channel.buffered_amount);
  out->set_buffered_amount_low_threshold(channel.buffered_amount_low_threshold);
  out->set_announced(channel.remote);
  out->set_priority(WirePriority(init.priority));
}

void ToProto(const peer::SctpSummary& sctp, const Shown& shown,
             v1::SctpTransport* out) {
  out->set_state(WireState(sctp.state));
  out->set_max_message_size(
      sctp.max_message_size == 0
          ? shown.max_message_size
          : std::min(sctp.max_message_size, shown.max_message_size));
  if (sctp.max_channels) out->set_max_channels(*sctp.max_channels);
}

void ToProto(const peer::DescriptionSummary& summary,
             v1::DescriptionSummary* out) {
  out->set_type(ToWire<v1::SdpType>(summary.type));
  out->set_id(summary.id);
}

void ToProto(const peer::Snapshot& state, std::string_view peer,
             const Shown& shown, v1::PeerState* out) {
  out->set_signaling_state(ToWire<v1::SignalingState>(state.signaling_state));
  out->set_ice_gathering_state(
      ToWire<v1::IceGatheringState>(state.ice_gathering_state));
  out->set_ice_connection_state(
      ToWire<v1::IceConnectionState>(state.ice_connection_state));
  out->set_connection_state(
      ToWire<v1::PeerConnectionState>(state.connection_state));
  out->set_negotiation_needed(state.negotiation_needed);
  WriteSummary(state.pending_local,
               [out] { return out->mutable_pending_local_description(); });
  WriteSummary(state.current_local,
               [out] { return out->mutable_current_local_description(); });
  WriteSummary(state.pending_remote,
               [out] { return out->mutable_pending_remote_description(); });
  WriteSummary(state.current_remote,
               [out] { return out->mutable_current_remote_description(); });
  if (state.can_trickle)
    out->set_can_trickle_ice_candidates(*state.can_trickle);
  for (const jsep::Transceiver& transceiver : state.transceivers) {
    ToProto(transceiver, peer, out->add_transceivers());
  }
  for (const sctp::Channel& channel : state.channels) {
    ToProto(channel, peer, out->add_data_channels());
  }
  if (state.sctp) ToProto(*state.sctp, shown, out->mutable_sctp());
  out->set_last_event_sequence(state.last_event_sequence);
}

void ToProto(const peer::View& view, v1::PeerView how_much, const Shown& shown,
             v1::Peer* out) {
  const peer::PeerInfo& info = view.info;
  out->set_name(info.name);
  ToProto(*view.session.configuration, info.gathering, info.certificates,
          out->mutable_configuration());
  out->set_ice_mode(view.session.configuration->ice_lite
                        ? v1::ICE_MODE_SINGLE_PORT
                        : v1::ICE_MODE_FULL);
  out->set_polite(info.polite);
  out->set_max_data_channels(info.max_data_channels);
  for (const auto& [key, value] : *info.labels) {
    (*out->mutable_labels())[key] = value;
  }
  ToProto(info.create_time, out->mutable_create_time());
  ToProto(info.lease_ttl, out->mutable_lease()->mutable_ttl());
  if (info.lease_expires != absl::InfiniteFuture() && !info.closure) {
    ToProto(info.lease_expires, out->mutable_lease()->mutable_expire_time());
  }
  ToProto(view.state, info.name, shown, out->mutable_state());
  if (how_much == v1::PEER_VIEW_FULL) {
    WriteTexts(view, out);
    WriteNegotiated(view, out->mutable_state());
  }
  if (info.closure) Write(*info.closure, shown, out->mutable_closure());
}

}  // namespace parley::service
