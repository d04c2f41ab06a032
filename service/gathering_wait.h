// Waits, for a bounded time, until a peer has gathered its candidates. Holds
// nothing of the peer up. Lives on its strand.
#ifndef PARLEY_SERVICE_GATHERING_WAIT_H_
#define PARLEY_SERVICE_GATHERING_WAIT_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/peer/peer.h"
#include "service/timer.h"

namespace parley::service {

// Whether candidates may still come.
bool HasGathered(const peer::View& view);

class GatheringWait final : public peer::Watcher,
                            public std::enable_shared_from_this<GatheringWait> {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  // On the strand. Calls `done` once, there, perhaps inside the call: when all
  // candidates have come or the time is over; with PEER_CLOSED when the peer
  // is.
  static void Start(std::shared_ptr<peer::Peer> peer, absl::Duration timeout,
                    Done done);

  GatheringWait(std::shared_ptr<peer::Peer> peer, Done done)
      : peer_(std::move(peer)), done_(std::move(done)) {}

  // peer::Watcher, on the strand.
  void OnEventsAvailable() override;

 private:
  void End(absl::Status status);

  const std::shared_ptr<peer::Peer> peer_;
  Done done_;  // null once it was called
  Timer timer_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_GATHERING_WAIT_H_
