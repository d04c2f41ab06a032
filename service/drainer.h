// How the server takes its leave, or a pause: health says NOT_SERVING, new
// peers are refused, those that live are told until when, and at the deadline
// they are closed. Thread-safe.
#ifndef PARLEY_SERVICE_DRAINER_H_
#define PARLEY_SERVICE_DRAINER_H_

#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/pool/pool.h"
#include "service/timer.h"

namespace parley::service {

class Drainer {
 public:
  // Both outlive it. `set_serving` tells the health services.
  Drainer(pool::Pool& pool, std::function<void(bool)> set_serving)
      : pool_(pool),
        set_serving_(std::move(set_serving)),
        self_(std::make_shared<Drainer*>(this)) {}

  // Begins, or moves the deadline.
  void Begin(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);
  // The server serves again; peers that were closed stay closed.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

  // Begins for good, and returns when every peer has given everything back,
  // which takes until the deadline where peers are not closed before, and then
  // a bounded time. Not before `notice`, or the deadline, also without peers.
  void Finish(absl::Time notice, absl::Time deadline)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // nullopt: it serves.
  std::optional<absl::Time> deadline() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void ClosePeers();

  pool::Pool& pool_;
  const std::function<void(bool)> set_serving_;
  mutable absl::Mutex mutex_;
  std::optional<absl::Time> deadline_ ABSL_GUARDED_BY(mutex_);
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  Timer timer_ ABSL_GUARDED_BY(mutex_);
  const std::shared_ptr<Drainer*> self_;  // the timer's task holds it weakly
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_DRAINER_H_
