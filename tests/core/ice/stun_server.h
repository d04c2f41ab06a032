// A STUN server on 127.0.0.1 which sees every client at 192.0.2.55, or answers
// nothing at all. Everything is safe on any thread.
#ifndef PARLEY_TESTS_CORE_ICE_STUN_SERVER_H_
#define PARLEY_TESTS_CORE_ICE_STUN_SERVER_H_

#include <atomic>
#include <thread>

#include "core/ice/ice_server.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice::testing {

class StunServer {
 public:
  explicit StunServer(bool answers = true);
  ~StunServer();

  // stun:HOST:port, where HOST is a name or address of this machine.
  Server At(const char* host) const;
  int requests() const { return requests_; }

 private:
  void Serve();

  const bool answers_;
  parley::testing::LoopbackSocket socket_;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_STUN_SERVER_H_
