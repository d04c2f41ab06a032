// What comes in for a SinglePortTransport, and what it sees from that.

#include <utility>

#include "core/ice/single_port_transport.h"

namespace parley::ice {

void SinglePortTransport::OnDatagram(const Path& path,
                                     const DatagramHeader& header,
                                     std::span<const uint8_t> datagram) {
  switch (header.kind) {
    case DatagramKind::kMalformed:
      return;
    case DatagramKind::kCheck:
      return OnCheck(path, header, datagram);
    case DatagramKind::kOtherStun:
      OnLife(path);
      return;
    case DatagramKind::kData:
      break;
  }
  if (!OnLife(path)) return;
  ++counters_.packets_received;
  counters_.bytes_received += datagram.size();
  queue_.observer()->OnPacket(datagram);
}

void SinglePortTransport::OnCheck(const Path& path,
                                  const DatagramHeader& header,
                                  std::span<const uint8_t> datagram) {
  Generation* const generation = generations_.FindUfrag(header.ufrag);
  if (generation == nullptr || !generation->listening ||
      generation->policy == TransportPolicy::kRelay) {
    return;
  }
  // Not even an answer goes where the policy forbids it.
  if (!Permitted(path.remote.address)) {
    shared_->port.Count(SharedPort::Refusal::kDenied);
    return;
  }
  if (generation->remote.has_value() &&
      header.remote_ufrag != generation->remote->ufrag) {
    // Of two generations: no answer, see IsCheckOfAnother.
    shared_->port.Count(SharedPort::Refusal::kUnauthenticated);
    return;
  }
  const CheckAnswer answer =
      shared_->responder.Answer(datagram, generation->local, path.remote);
  // The path is bound before the answer leaves: data may follow it at once.
  if (answer.verdict == CheckVerdict::kAuthentic) {
    if (!Accept(*generation, path, answer)) return;
  } else {
    const bool authentic = answer.verdict == CheckVerdict::kRoleConflict ||
                           answer.verdict == CheckVerdict::kUnknownRequired;
    shared_->port.Count(authentic ? SharedPort::Refusal::kRefused
                                  : SharedPort::Refusal::kUnauthenticated);
  }
  if (!answer.datagram.empty()) {
    shared_->port.Send(route_.loop, path, answer.datagram);
  }
}

// False when it gets no answer: nobody sends one check from two places.
bool SinglePortTransport::Accept(Generation& generation, const Path& path,
                                 const CheckAnswer& answer) {
  switch (generation.Note(answer.transaction, path)) {
    case Generation::Novelty::kReplayed:
      shared_->port.Count(SharedPort::Refusal::kReplayed);
      return false;
    case Generation::Novelty::kRetransmitted:
      return true;
    case Generation::Novelty::kNew:
      break;
  }
  const auto given_up = generation.OnCheck(path, answer.priority);
  if (given_up) GiveBack(generation, *given_up);
  shared_->port.Bind(path, route_);
  Progress& progress = generation.status.progress;
  if (progress == Progress::kIdle) {
    progress = Progress::kChecking;
    if (!answer.use_candidate) Update();
  }
  if (answer.use_candidate && generation.nominated != path) {
    generation.nominated = path;
    if (generation.remote.has_value()) progress = Progress::kReady;
    generation.watch.Begin(Now());
    OnWatchChanged(generation);
  } else if (generation.nominated == path) {
    if (generation.watch.OnCheck(Now())) OnWatchChanged(generation);
  }
  return true;
}

// Something that is no check came over the path. False when the path is none
// of these (any more).
bool SinglePortTransport::OnLife(const Path& path) {
  bool known = false;
  for (auto& generation : generations_) {
    if (!generation->listening || !generation->Has(path)) continue;
    known = true;
    if (generation->nominated == path && generation->watch.OnPacket(Now())) {
      OnWatchChanged(*generation);
    }
  }
  return known;
}

// Keeps one timer, which looks at its time what time it has become: packets do
// not touch it.
void SinglePortTransport::Watch(Generation& generation) {
  if (generation.watch_timer != TimerId::kNone) return;
  const absl::Duration deadline = generation.watch.deadline();
  if (deadline == absl::InfiniteDuration()) return;
  generation.watch_timer =
      After(deadline - Now(), generation, &SinglePortTransport::OnWatchTimer);
}

void SinglePortTransport::OnWatchTimer(Generation& generation) {
  generation.watch_timer = TimerId::kNone;
  const bool changed = generation.watch.Tick(Now());
  Watch(generation);
  if (changed) OnWatchChanged(generation);
}

void SinglePortTransport::OnWatchChanged(Generation& generation) {
  const PathWatch::State state = generation.watch.state();
  generation.status.silent = state == PathWatch::State::kSilent;
  if (state == PathWatch::State::kFresh) {
    // The next silence comes before what the timer waits for.
    shared_->executor.Cancel(generation.watch_timer);
    generation.watch_timer = TimerId::kNone;
    Watch(generation);
  }
  if (state == PathWatch::State::kExpired) {
    // Only a restart brings consent back: the other end shall see that too.
    generation.status.progress = Progress::kLost;
    Leave(generation);
  }
  Update();
}

}  // namespace parley::ice
