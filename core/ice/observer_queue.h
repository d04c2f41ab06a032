// What a transport has to tell its observer, told from a task of its own: never
// from inside a method of the transport or of libnice. One executor's.
#ifndef PARLEY_CORE_ICE_OBSERVER_QUEUE_H_
#define PARLEY_CORE_ICE_OBSERVER_QUEUE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "core/ice/ice_transport.h"
#include "core/loop/executor.h"

namespace parley::ice {

class ObserverQueue {
 public:
  struct LocalCandidate {
    std::string ufrag;
    sdp::Candidate candidate;
  };
  struct Gathering {
    std::string ufrag;
    GatheringState state;
  };
  struct GatheringError {
    std::string ufrag;
    absl::Status error;
  };
  using Event = std::variant<LocalCandidate, Gathering, GatheringError,
                             ConnectionState, CandidatePair>;
  // Of no generation: of the transport.
  static constexpr uint64_t kTransport = 0;

  ObserverQueue(Executor& executor, IceTransport::Observer& observer)
      : executor_(executor), state_(std::make_shared<State>(observer)) {}
  ~ObserverQueue() { Close(); }
  ObserverQueue(const ObserverQueue&) = delete;
  ObserverQueue& operator=(const ObserverQueue&) = delete;

  void Push(uint64_t generation, Event event);
  // Nothing that waits of this generation is told.
  void Drop(uint64_t generation);
  // Nothing is told any more.
  void Close();

  // The observer, for what cannot wait; null once closed.
  IceTransport::Observer* observer() const { return state_->observer; }

 private:
  struct Entry {
    uint64_t generation;
    Event event;
  };
  struct State {
    explicit State(IceTransport::Observer& observer) : observer(&observer) {}
    IceTransport::Observer* observer;
    std::deque<Entry> events;
    bool posted = false;
  };

  static void Deliver(State& state);

  Executor& executor_;
  const std::shared_ptr<State> state_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_OBSERVER_QUEUE_H_
