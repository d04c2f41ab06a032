#include "core/ice/observer_queue.h"

#include <utility>

namespace parley::ice {
namespace {

struct Tell {
  void operator()(const ObserverQueue::LocalCandidate& e) const {
    observer.OnLocalCandidate(e.ufrag, e.candidate);
  }
  void operator()(const ObserverQueue::Gathering& e) const {
    observer.OnGatheringState(e.ufrag, e.state);
  }
  void operator()(const ObserverQueue::GatheringError& e) const {
    observer.OnGatheringError(e.ufrag, e.error);
  }
  void operator()(ConnectionState state) const {
    observer.OnConnectionState(state);
  }
  void operator()(const CandidatePair& pair) const {
    observer.OnSelectedPair(pair);
  }

  IceTransport::Observer& observer;
};

}  // namespace

void ObserverQueue::Push(uint64_t generation, Event event) {
  if (state_->observer == nullptr) return;
  state_->events.push_back({generation, std::move(event)});
  if (state_->posted) return;
  state_->posted = true;
  executor_.Post([state = state_] { Deliver(*state); });
}

void ObserverQueue::Drop(uint64_t generation) {
  std::erase_if(state_->events,
                [=](const Entry& e) { return e.generation == generation; });
}

void ObserverQueue::Close() {
  state_->observer = nullptr;
  state_->events.clear();
}

void ObserverQueue::Deliver(State& state) {
  state.posted = false;
  // The observer may call for more to be told, or for nothing to be.
  while (!state.events.empty()) {
    const Event event = std::move(state.events.front().event);
    state.events.pop_front();
    std::visit(Tell{*state.observer}, event);
  }
}

}  // namespace parley::ice
