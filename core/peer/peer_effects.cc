// What a committed plan asks of the transports and tells those who watch.

#include <algorithm>
#include <utility>

#include "core/peer/candidate_batch.h"
#include "core/peer/peer.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {

void Peer::Execute(jsep::Effects effects) {
  snapshot_.reset();
  for (jsep::Effect& effect : effects) {
    std::visit([this](const auto& one) { Do(one); }, effect);
  }
  ReleaseHeld();
  // A first offer that was rolled back leaves the peer as before it.
  FollowPool();
  UpdateStates();
  RunChannelEffects();
}

void Peer::Do(const jsep::StartIce& effect) {
  TransportEntry* entry = FindEntry(effect.transport);
  if (entry != nullptr) entry->FollowGathering();
}

void Peer::Do(const jsep::SetRemoteIce& effect) {
  TransportEntry* entry = FindEntry(effect.transport);
  if (entry == nullptr) return;
  entry->transport->SetRemoteIce({effect.remote.credentials.ufrag,
                                  effect.remote.credentials.pwd,
                                  effect.remote.lite, effect.offered});
  if (effect.generation <= 1) return;
  for (const auto& generation : entry->generations) {
    if (generation.number != effect.generation) continue;
    Emit(IceRestarted{entry->mid, generation.ufrag,
                      effect.remote.credentials.ufrag});
  }
}

void Peer::Do(const jsep::AddRemoteCandidates& effect) {
  TransportEntry* entry = FindEntry(effect.transport);
  if (entry == nullptr) return;
  for (const sdp::Candidate& candidate : effect.candidates) {
    if (HasName(candidate)) {
      CountIgnoredName();
      continue;
    }
    absl::AnyInvocable<void(ice::CandidateUse)> used;
    if (batch_ != nullptr) {
      batch_->handed = true;
      used = [batch = batch_,
              index = batch_->results.size()](ice::CandidateUse use) {
        batch->uses.emplace_back(index, use);
      };
    }
    entry->transport->AddRemoteCandidate(candidate, std::move(used));
  }
}

void Peer::Do(const jsep::EndRemoteCandidates& effect) {
  TransportEntry* entry = FindEntry(effect.transport);
  if (entry != nullptr) entry->transport->EndOfRemoteCandidates();
}

void Peer::Do(const jsep::AbandonIce& effect) {
  TransportEntry* entry = FindEntry(effect.transport);
  if (entry == nullptr) return;
  std::erase_if(entry->generations, [&](const auto& generation) {
    return generation.number == effect.generation;
  });
  entry->FollowGathering();
  entry->transport->RollbackIce();
}

void Peer::Do(const jsep::SetDtls& effect) {
  TransportEntry* entry = FindEntry(effect.transport);
  if (entry == nullptr) return;
  const bool client = effect.role == jsep::DtlsRole::kClient;
  if (session_.sctp && session_.sctp->transport == effect.transport) {
    channels_.SetIdParity(client ? sctp::DataChannels::IdParity::kEven
                                 : sctp::DataChannels::IdParity::kOdd);
  }
  entry->transport->StartDtls(
      client ? dtls::Role::kClient : dtls::Role::kServer,
      effect.remote_fingerprints);
}

void Peer::Do(const jsep::SetSctp& effect) {
  TransportEntry* entry = FindEntry(effect.transport);
  if (entry == nullptr) return;
  if (const auto* transport = jsep::FindTransport(session_, effect.transport);
      transport != nullptr && transport->dtls_role) {
    channels_.SetIdParity(*transport->dtls_role == jsep::DtlsRole::kClient
                              ? sctp::DataChannels::IdParity::kEven
                              : sctp::DataChannels::IdParity::kOdd);
  }
  channels_.SetRemoteMaxMessageSize(effect.remote_max_message_size);
  if (effect.association == sctp_association_) return;
  if (sctp_association_ != 0) channels_.OnClosed(absl::OkStatus());
  sctp_association_ = effect.association;
  sctp_state_ = sctp::State::kConnecting;
  const uint64_t max_message_size = session_.configuration->max_message_size;
  SctpStart start{.local_port = effect.local_port,
                  .remote_port = effect.remote_port};
  start.options.streams = info_.max_data_channels;
  if (max_message_size != 0) start.options.max_message_size = max_message_size;
  entry->transport->StartSctp(start);
}

void Peer::Do(const jsep::CloseSctp& effect) {
  TransportEntry* entry = FindEntry(effect.transport);
  if (entry != nullptr) entry->transport->CloseSctp();
  sctp_association_ = 0;
  sctp_state_ = sctp::State::kClosed;
  channels_.OnClosed(absl::OkStatus());
}

void Peer::Do(const jsep::CloseTransport& effect) {
  CloseEntry(effect.transport);
}

void Peer::EmitApplied(jsep::Side side, jsep::SdpType type,
                       std::optional<DescriptionSummary> description,
                       bool implicit) {
  auto state = std::make_shared<Snapshot>(CurrentSnapshot());
  // The state is the one that this event itself leads to.
  ++state->last_event_sequence;
  Emit(DescriptionApplied{side, type, std::move(description), std::move(state),
                          implicit});
}

void Peer::Do(const jsep::DescriptionApplied& effect) {
  const Snapshot& now = CurrentSnapshot();
  const bool local = effect.side == jsep::Side::kLocal;
  const auto& pending = local ? now.pending_local : now.pending_remote;
  const auto& current = local ? now.current_local : now.current_remote;
  EmitApplied(effect.side, effect.type, pending ? pending : current);
}

void Peer::Do(const jsep::RolledBack& effect) {
  EmitApplied(effect.side, jsep::SdpType::kRollback, std::nullopt,
              effect.implicit);
}

void Peer::Do(const jsep::SignalingStateChanged& effect) {
  if (effect.to == jsep::SignalingState::kStable) negotiation_needed_.Clear();
  Emit(SignalingStateChange{effect.to});
}

void Peer::Do(const jsep::TrackMuted& effect) {
  const auto* transceiver = jsep::FindTransceiver(session_, effect.transceiver);
  if (transceiver != nullptr) Emit(TrackMuted{*transceiver});
}

void Peer::Do(const jsep::TrackRemovedFromStream& effect) {
  Emit(StreamChange{effect.transceiver, effect.stream_id, false});
}

void Peer::Do(const jsep::TrackAddedToStream& effect) {
  Emit(StreamChange{effect.transceiver, effect.stream_id, true});
}

void Peer::Do(const jsep::TrackEvent& effect) {
  const auto* transceiver = jsep::FindTransceiver(session_, effect.transceiver);
  if (transceiver != nullptr) {
    Emit(TrackReceived{*transceiver, effect.stream_ids});
  }
}

}  // namespace parley::peer
