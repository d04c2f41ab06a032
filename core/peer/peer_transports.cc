// What a peer's transports report, and the states that follow from it.

#include <algorithm>
#include <utility>

#include "core/jsep/candidates.h"
#include "core/peer/peer.h"
#include "core/peer/transport_entry.h"
#include "core/sdp/candidate.h"

namespace parley::peer {

// Brings the reports of one transport from the executor to the strand. What
// comes after the transport was let go of is dropped.
class Peer::TransportEvents : public Transport::Observer {
 public:
  explicit TransportEvents(std::weak_ptr<Peer> peer) : peer_(std::move(peer)) {}

  // Before its transport is started: until then there is nothing to report.
  void SetId(jsep::TransportId id) { id_ = id; }

  void OnLocalCandidate(std::string_view ufrag,
                        const sdp::Candidate& candidate) override {
    PostHeld([id = id_, ufrag = std::string(ufrag), candidate](Peer& peer) {
      peer.OnLocalCandidate(id, ufrag, candidate);
    });
  }
  void OnGatheringState(std::string_view ufrag,
                        ice::GatheringState state) override {
    PostHeld([id = id_, ufrag = std::string(ufrag), state](Peer& peer) {
      peer.OnGatheringState(id, ufrag, state);
    });
  }
  void OnGatheringError(std::string_view, const absl::Status& error) override {
    PostHeld([error](Peer& peer) { peer.Emit(GatheringError{error}); });
  }
  void OnIceState(ice::ConnectionState state) override {
    Post([state](Peer& peer, TransportEntry& entry) {
      entry.states.ice = state;
      peer.UpdateStates();
    });
  }
  void OnSelectedPair(const ice::CandidatePair& pair) override {
    Post([pair](Peer& peer, TransportEntry& entry) {
      SelectedPairChange change{.mid = entry.mid};
      sdp::PrintCandidate(pair.local, change.local);
      sdp::PrintCandidate(pair.remote, change.remote);
      peer.Emit(std::move(change));
    });
  }
  void OnDtlsState(dtls::State state, const absl::Status&) override {
    Post([state](Peer& peer, TransportEntry& entry) {
      entry.states.dtls = state;
      peer.UpdateStates();
    });
  }
  void OnSctpState(sctp::State state, sctp::StreamCounts streams,
                   const absl::Status& why) override {
    Post([state, streams, why](Peer& peer, TransportEntry&) {
      peer.OnSctpState(state, streams, why);
    });
  }
  void OnMessage(sctp::IncomingMessage message) override {
    Post([message = std::move(message)](Peer& peer, TransportEntry&) mutable {
      peer.channels_.OnMessage(std::move(message));
      peer.RunChannelEffects();
    });
  }
  void OnIncomingStreamsReset(std::vector<uint16_t> streams) override {
    Post([streams = std::move(streams)](Peer& peer, TransportEntry&) {
      peer.channels_.OnIncomingStreamsReset(streams);
      peer.RunChannelEffects();
    });
  }
  void OnOutgoingStreamsReset(std::vector<uint16_t> streams) override {
    Post([streams = std::move(streams)](Peer& peer, TransportEntry&) {
      peer.channels_.OnOutgoingStreamsReset(streams);
      peer.RunChannelEffects();
    });
  }
  void OnBytesSent(uint16_t stream, size_t bytes) override {
    Post([stream, bytes](Peer& peer, TransportEntry&) {
      peer.OnBytesSent(stream, bytes);
    });
  }

 private:
  template <typename Report>
  void Post(Report report) {
    const std::shared_ptr<Peer> peer = peer_.lock();
    if (peer == nullptr) return;
    peer->strand_.Post([peer, id = id_, report = std::move(report)]() mutable {
      TransportEntry* entry = peer->FindEntry(id);
      if (entry != nullptr && !peer->closed()) report(*peer, *entry);
    });
  }

  // The same for what gathering finds, which nobody may see before its
  // description is applied (W3C "release early candidates").
  template <typename Report>
  void PostHeld(Report report) {
    Post([report = std::move(report)](Peer& peer, TransportEntry&) mutable {
      if (!peer.holding_) return report(peer);
      peer.held_.push_back(
          [&peer, report = std::move(report)]() mutable { report(peer); });
    });
  }

  const std::weak_ptr<Peer> peer_;
  jsep::TransportId id_ = 0;
};

Peer::TransportEntry* Peer::FindEntry(jsep::TransportId id) {
  for (const auto& entry : transports_) {
    if (entry->id == id) return entry.get();
  }
  return nullptr;
}

std::unique_ptr<Peer::TransportEntry> Peer::NewTransport() {
  auto entry = std::make_unique<TransportEntry>();
  entry->events = std::make_shared<TransportEvents>(weak_from_this());
  entry->transport = environment_.transports.Create(
      executor_,
      session_.configuration->ice_lite ? ice::Mode::kSinglePort
                                       : ice::Mode::kFull,
      certificates_, info_.gathering, entry->events);
  return entry;
}

Peer::TransportEntry& Peer::OpenTransport(const jsep::StartIce& start) {
  auto entry = pooled_ == nullptr ? NewTransport() : TakePooled();
  entry->id = start.transport;
  entry->mid = start.mid;
  entry->events->SetId(start.transport);
  transports_.push_back(std::move(entry));
  return *transports_.back();
}

void Peer::CloseEntry(jsep::TransportId id) {
  const auto it =
      std::find_if(transports_.begin(), transports_.end(),
                   [id](const auto& entry) { return entry->id == id; });
  if (it == transports_.end()) return;
  std::shared_ptr<Transport> transport = std::move((*it)->transport);
  transports_.erase(it);
  CloseTransport(std::move(transport));
}

void Peer::CloseTransport(std::shared_ptr<Transport> transport) {
  ++closing_transports_;
  Transport& closing = *transport;
  closing.Close(
      [self = shared_from_this(), transport = std::move(transport)]() mutable {
        self->strand_.Post([self, transport = std::move(transport)] {
          --self->closing_transports_;
          self->CheckGone();
        });
      });
}

void Peer::OnLocalCandidate(jsep::TransportId id, const std::string& ufrag,
                            const std::optional<sdp::Candidate>& candidate) {
  TransportEntry* entry = FindEntry(id);
  if (entry == nullptr) return;
  for (const auto& generation : entry->generations) {
    if (generation.ufrag != ufrag) continue;
    auto shown =
        jsep::AddLocalCandidate(session_, id, generation.number, candidate);
    if (shown) Emit(LocalCandidateFound{*std::move(shown)});
    return;
  }
}

void Peer::OnGatheringState(jsep::TransportId id, const std::string& ufrag,
                            ice::GatheringState state) {
  TransportEntry* entry = FindEntry(id);
  if (entry == nullptr) return;
  if (state == ice::GatheringState::kComplete) {
    OnLocalCandidate(id, ufrag, std::nullopt);
  }
  for (auto& generation : entry->generations) {
    if (generation.ufrag == ufrag) generation.gathering = state;
  }
  entry->FollowGathering();
  UpdateStates();
}

void Peer::ReleaseHeld() {
  holding_ = false;
  for (auto& report : std::exchange(held_, {})) report();
}

void Peer::UpdateStates() {
  if (closed()) return;
  std::vector<TransportStates> states;
  states.reserve(transports_.size());
  for (const auto& entry : transports_) states.push_back(entry->states);
  // W3C's order: gathering stands for itself, and the connection state follows
  // the ICE connection state.
  if (const auto now = DeriveGatheringState(states); now != gathering_state_) {
    gathering_state_ = now;
    Emit(IceGatheringStateChange{now});
  }
  if (const auto now = DeriveIceState(states); now != ice_state_) {
    ice_state_ = now;
    Emit(IceConnectionStateChange{now});
  }
  if (const auto now = DeriveConnectionState(states);
      now != connection_state_) {
    connection_state_ = now;
    connected_ = now == ConnectionState::kConnected;
    Emit(ConnectionStateChange{now});
  }
}

}  // namespace parley::peer
