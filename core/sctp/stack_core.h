// The inside of Stack: the mutex around usrsctp, its callbacks, its tick. For
// core/sctp's own .cc files.
#ifndef PARLEY_CORE_SCTP_STACK_CORE_H_
#define PARLEY_CORE_SCTP_STACK_CORE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "core/loop/executor.h"
#include "core/sctp/sctp_stack.h"

namespace parley::sctp {

class Endpoint;

// usrsctp knows an endpoint by this number, given as its address in a void
// pointer, rather than by a pointer that it could use after its end.
//
// Numbers are registered with usrsctp once and used again: to deregister one
// makes usrsctp's own thread walk over all endpoints, holding on to them.
using EndpointId = uintptr_t;

class Stack::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(Executor& ticker) : ticker_(ticker) {}

  void Start();
  // Lets usrsctp finish; false when endpoints are left.
  bool Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Held around every call into usrsctp.
  absl::Mutex& mutex() ABSL_LOCK_RETURNED(mutex_) { return mutex_; }

  EndpointId Add(Endpoint* endpoint) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(EndpointId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t endpoints() const ABSL_LOCKS_EXCLUDED(mutex_);

  // The endpoint has something to do after the tick.
  void Touch(EndpointId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    touched_.push_back(id);
  }

  // Something goes on: the tick is to be fine.
  void MarkActive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { active_ = true; }

  // For usrsctp's callbacks, which come with the mutex held.
  static Endpoint* FindFromCallback(EndpointId id)
      ABSL_NO_THREAD_SAFETY_ANALYSIS;

  // Room for one read, shared because the mutex is held anyway.
  std::vector<uint8_t>& scratch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return scratch_;
  }

 private:
  EndpointId TakeId() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static int SendPacket(void* address, void* packet, size_t size, uint8_t,
                        uint8_t);
  Endpoint* Find(EndpointId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartTicking();
  void Tick() ABSL_LOCKS_EXCLUDED(mutex_);
  void ScheduleTick(absl::Duration delay);
  absl::Duration TickInterval() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Executor& ticker_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<EndpointId, Endpoint*> by_id_ ABSL_GUARDED_BY(mutex_);
  EndpointId next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::deque<EndpointId> free_ids_ ABSL_GUARDED_BY(mutex_);  // oldest first
  std::vector<EndpointId> touched_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint8_t> scratch_ ABSL_GUARDED_BY(mutex_);
  bool active_ ABSL_GUARDED_BY(mutex_) = false;
  bool ticking_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration last_tick_ ABSL_GUARDED_BY(mutex_);
  // When the last endpoint went: usrsctp may still have timers for a while.
  absl::Duration idle_since_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_STACK_CORE_H_
