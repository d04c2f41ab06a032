// A STUN server on 127.0.0.1 which sees every client at one address of its own
// choice, refuses, or answers nothing at all. Everything is safe on any thread.
#ifndef PARLEY_TESTS_CORE_ICE_STUN_SERVER_H_
#define PARLEY_TESTS_CORE_ICE_STUN_SERVER_H_

#include <array>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/ice/ice_server.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice::testing {

class StunServer {
 public:
  struct Manner {
    bool answers = true;
    // Where it sees everyone, with their own port.
    std::array<uint8_t, 4> sees = {192, 0, 2, 55};
    int error = 0;  // refuses with it
    // With an error of 300: the port of 127.0.0.1 that it points to.
    uint16_t alternate_port = 0;
  };

  StunServer() : StunServer(Manner()) {}
  explicit StunServer(Manner manner);
  ~StunServer();

  // stun:HOST:port, where HOST is a name or address of this machine.
  Server At(const char* host) const;
  int requests() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits, at most 30 s, until it has got that many.
  bool AwaitRequests(int requests) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Serve();

  std::string Answer(const std::string& request, uint16_t from) const;

  const Manner manner_;
  parley::testing::LoopbackSocket socket_;
  mutable absl::Mutex mutex_;
  int requests_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_STUN_SERVER_H_
