// The network between two ends on 127.0.0.1: each is told a port of the wire as
// the other's only candidate. It can be cut, and shows what passed. Test
// threads only, except where said.
#ifndef PARLEY_TESTS_CORE_ICE_WIRE_H_
#define PARLEY_TESTS_CORE_ICE_WIRE_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/loop/event_loop.h"
#include "tests/core/ice/endpoint.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice::testing {

class Wire : private EventLoop::FdHandler {
 public:
  enum class From { kA, kB };
  // Whether a packet passes; it may change it. Called on the wire's loop.
  using Filter = std::function<bool(From, std::string& packet)>;

  // Carries packets on the loop.
  explicit Wire(EventLoop& loop);
  ~Wire();

  // Starts both ends, or a restart of both, tells each of the other behind the
  // wire, and awaits that pairs of them are selected; `a` controls.
  bool Join(Endpoint& a, Endpoint& b);

  void SetFilter(Filter filter);
  void Cut();
  void Heal() { SetFilter(nullptr); }

  // STUN Binding requests that `a` has sent since the start.
  size_t requests() ABSL_LOCKS_EXCLUDED(mutex_);
  // Packets of any kind that `a` has sent.
  size_t packets() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits, at most 30 s, until `a` has sent that many requests more.
  bool AwaitRequests(size_t more) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void OnFdReady(int fd, uint32_t events) override;
  void Count(std::string_view packet) ABSL_LOCKS_EXCLUDED(mutex_);

  EventLoop& loop_;
  // What `a` sends to the one leaves from the other, towards `b`.
  parley::testing::LoopbackSocket for_a_;
  parley::testing::LoopbackSocket for_b_;

  // The loop's.
  uint16_t a_port_ = 0;
  uint16_t b_port_ = 0;
  Filter filter_;

  absl::Mutex mutex_;
  size_t requests_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t packets_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_WIRE_H_
