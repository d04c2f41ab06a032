#include "service/peer_dump.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "core/base/errors.h"
#include "core/ice/ip_address.h"
#include "core/sdp/candidate.h"
#include "parley/v1/peer_dump.pb.h"
#include "service/convert_basic.h"
#include "service/convert_event.h"
#include "service/convert_negotiation.h"
#include "service/convert_stats.h"
#include "service/status.h"

namespace parley::service {
namespace {

// The text with the values of its secrets blanked.
std::string Redacted(std::string_view sdp) {
  std::string out;
  out.reserve(sdp.size());
  while (!sdp.empty()) {
    const size_t end = std::min(sdp.find('\n'), sdp.size() - 1) + 1;
    std::string_view line = sdp.substr(0, end);
    sdp.remove_prefix(end);
    for (const std::string_view secret :
         {"a=ice-pwd:", "a=crypto:", "a=key:", "k="}) {
      if (!line.starts_with(secret)) continue;
      out.append(secret).append("(left out)");
      line.remove_prefix(std::min(line.find_first_of("\r\n"), line.size()));
    }
    out.append(line);
  }
  return out;
}

void WriteRedactedPeer(const peer::View& view, const Shown& shown,
                       v1::Peer* out) {
  ToProto(view, v1::PEER_VIEW_FULL, shown, out);
  for (const auto& [present, description] :
       {std::pair(out->has_pending_local_description(),
                  &v1::Peer::mutable_pending_local_description),
        std::pair(out->has_current_local_description(),
                  &v1::Peer::mutable_current_local_description),
        std::pair(out->has_pending_remote_description(),
                  &v1::Peer::mutable_pending_remote_description),
        std::pair(out->has_current_remote_description(),
                  &v1::Peer::mutable_current_remote_description)}) {
    if (!present) continue;
    v1::SessionDescription* text = (out->*description)();
    text->set_sdp(Redacted(text->sdp()));
  }
}

void WriteOperation(const peer::OperationRecord& operation,
                    v1::OperationRecord* out) {
  out->set_method(std::string(operation.method));
  ToProto(operation.time, out->mutable_time());
  ToProto(operation.wait, out->mutable_wait());
  ToProto(operation.run, out->mutable_run());
  if (!operation.status.ok()) {
    ToProto(operation.status, out->mutable_error());
  }
  out->set_signaling_state(ToWire<v1::SignalingState>(operation.state));
}

void WriteEvents(peer::Peer& peer, const peer::View& view, const Shown& shown,
                 v1::PeerDump* out) {
  uint64_t after = 0;
  auto event = peer.NextEvent(after);
  if (const auto gone = GetError(event.status())) {
    for (const auto& [key, value] : gone->metadata) {
      uint64_t first = 0;
      if (key == "first_sequence" && absl::SimpleAtoi(value, &first)) {
        event = peer.NextEvent(first - 1);
      }
    }
  }
  while (event.ok() && *event != nullptr) {
    ToProto(**event, view.info.name, shown, out->add_events());
    event = peer.NextEvent((*event)->sequence);
  }
}

bool SameAddress(const sdp::Candidate& a, const sdp::Candidate& b) {
  return a.address == b.address && a.port == b.port;
}

// The candidates that descriptions show, of both ends.
class Candidates {
 public:
  Candidates(const peer::View& view, const peer::Measurement& measured,
             const ice::AddressPolicy& policy, v1::PeerDump* out)
      : measured_(measured), policy_(policy), out_(out) {
    for (const auto& list : view.session.local_candidates) {
      Write(*list, v1::DESCRIPTION_SIDE_LOCAL);
    }
    for (const auto& list : view.session.remote_candidates) {
      Write(*list, v1::DESCRIPTION_SIDE_REMOTE);
    }
  }

 private:
  void Write(const jsep::CandidateList& list, v1::DescriptionSide side) {
    for (const sdp::Candidate& candidate : list.candidates) {
      v1::CandidateRecord* out = out_->add_candidates();
      out->set_side(side);
      out->mutable_candidate()->set_sdp_mid(list.mid);
      out->mutable_candidate()->set_username_fragment(list.ufrag);
      sdp::PrintCandidate(candidate,
                          *out->mutable_candidate()->mutable_candidate());
      out->set_selected(Selected(candidate, side));
      out->set_outcome(v1::ICE_CANDIDATE_OUTCOME_APPLIED);
      if (side != v1::DESCRIPTION_SIDE_REMOTE) continue;
      const v1::IceCandidateIgnoredReason why = WhyUnused(candidate);
      if (why != v1::ICE_CANDIDATE_IGNORED_REASON_UNSPECIFIED) {
        out->set_outcome(v1::ICE_CANDIDATE_OUTCOME_IGNORED);
        out->set_ignored_reason(why);
      }
    }
  }

  bool Selected(const sdp::Candidate& candidate,
                v1::DescriptionSide side) const {
    return std::any_of(measured_.transports.begin(), measured_.transports.end(),
                       [&](const auto& transport) {
                         const auto& pair = transport.is.ice.selected;
                         return pair &&
                                SameAddress(candidate,
                                            side == v1::DESCRIPTION_SIDE_LOCAL
                                                ? pair->local
                                                : pair->remote);
                       });
  }

  // Why no transport has it, where that can be said.
  v1::IceCandidateIgnoredReason WhyUnused(
      const sdp::Candidate& candidate) const {
    for (const auto& transport : measured_.transports) {
      for (const sdp::Candidate& known : transport.is.ice.remote) {
        if (SameAddress(known, candidate)) {
          return v1::ICE_CANDIDATE_IGNORED_REASON_UNSPECIFIED;
        }
      }
    }
    if (candidate.transport != sdp::CandidateTransport::kUdp) {
      return v1::ICE_CANDIDATE_IGNORED_REASON_TRANSPORT;
    }
    if (candidate.component != 1) {
      return v1::ICE_CANDIDATE_IGNORED_REASON_COMPONENT;
    }
    const auto address = ice::IpAddress::Parse(candidate.address);
    if (!address) return v1::ICE_CANDIDATE_IGNORED_REASON_HOST_NAME;
    return Permits(policy_, *address)
               ? v1::ICE_CANDIDATE_IGNORED_REASON_UNSPECIFIED
               : v1::ICE_CANDIDATE_IGNORED_REASON_ADDRESS_POLICY;
  }

  const peer::Measurement& measured_;
  const ice::AddressPolicy& policy_;
  v1::PeerDump* out_;
};

// Those that calls brought and that no description shows.
void WriteUnused(const peer::CandidateRecord& record, v1::PeerDump* out) {
  if (record.result.error.ok() &&
      record.result.outcome == jsep::CandidateOutcome::kApplied) {
    return;
  }
  v1::CandidateRecord* shown = out->add_candidates();
  shown->set_side(v1::DESCRIPTION_SIDE_REMOTE);
  v1::IceCandidate* candidate = shown->mutable_candidate();
  candidate->set_candidate(record.candidate.candidate);
  if (record.candidate.mid) candidate->set_sdp_mid(*record.candidate.mid);
  if (record.candidate.mline_index) {
    candidate->set_sdp_m_line_index(*record.candidate.mline_index);
  }
  if (record.candidate.ufrag) {
    candidate->set_username_fragment(*record.candidate.ufrag);
  }
  v1::IceCandidateResult result;
  ToProto(record.result, &result);
  shown->set_outcome(result.outcome());
  shown->set_ignored_reason(result.ignored_reason());
  if (result.has_error()) *shown->mutable_error() = result.error();
}

void WriteCounters(const peer::View& view, const peer::Measurement& measured,
                   v1::PeerDump* out) {
  auto& counters = *out->mutable_counters();
  counters["events"] = view.state.last_event_sequence;
  counters["candidate_names_ignored"] = measured.candidate_names_ignored;
  counters["candidates_ignored"] = measured.candidate_names_ignored;
  for (const auto& transport : measured.transports) {
    const ice::TransportCounters& of = transport.is.counters;
    counters["packets_sent"] += of.packets_sent;
    counters["bytes_sent"] += of.bytes_sent;
    counters["packets_received"] += of.packets_received;
    counters["bytes_received"] += of.bytes_received;
    counters["packets_discarded"] += of.packets_discarded;
    counters["candidates_applied"] += of.candidates_applied;
    counters["candidates_ignored"] += of.candidates_ignored;
    counters["ice_restarts"] += of.restarts;
  }
}

}  // namespace

void WriteDump(peer::Peer& peer, const peer::View& view,
               const peer::Measurement& measured,
               const ice::AddressPolicy& policy, const Shown& shown,
               v1::PeerDump* out) {
  WriteRedactedPeer(view, shown, out->mutable_peer());
  for (const peer::OperationRecord& operation : peer.history().operations()) {
    WriteOperation(operation, out->add_operations());
  }
  WriteEvents(peer, view, shown, out);
  Candidates(view, measured, policy, out);
  for (const peer::CandidateRecord& record : peer.history().candidates()) {
    WriteUnused(record, out);
  }
  WriteCounters(view, measured, out);
  ToProto(measured, peer::MeasurementSelector(), out->mutable_stats());
}

}  // namespace parley::service
