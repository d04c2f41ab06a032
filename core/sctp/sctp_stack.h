// usrsctp, once for the process.
//
// The state of usrsctp is global: every call into it is made under this stack's
// one mutex, by whichever executor has something to do, and costs a few
// microseconds. What usrsctp calls back while the mutex is held only marks or
// appends to the association's queues; these are worked off after the mutex was
// released, on the association's own executor. So no observer is ever called
// with the mutex held, and packets never recurse.
//
// Timers: one tick on one executor serves all associations. It stands still
// while there are none, and grows coarser the more there are, so that it costs
// about a hundredth of a core at most.
#ifndef PARLEY_CORE_SCTP_SCTP_STACK_H_
#define PARLEY_CORE_SCTP_SCTP_STACK_H_

#include <cstddef>
#include <memory>

#include "core/loop/executor.h"

namespace parley::sctp {

class Association;

// Safe for concurrent use. At most one at a time in a process (checked).
class Stack {
 public:
  // Ticks on this executor, which must outlive the stack.
  explicit Stack(Executor& ticker);

  // All associations must be gone (checked).
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  size_t associations() const;

  class Core;  // for core/sctp's own .cc files

 private:
  friend class Association;
  const std::shared_ptr<Core> core_;
};

}  // namespace parley::sctp

#endif  // PARLEY_CORE_SCTP_SCTP_STACK_H_
