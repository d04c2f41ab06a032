// coturn on 127.0.0.1, relaying there too, with one user. Test threads only.
#ifndef PARLEY_TESTS_CORE_ICE_TURN_SERVER_H_
#define PARLEY_TESTS_CORE_ICE_TURN_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "core/ice/ice_server.h"

namespace parley::ice::testing {

class TurnServer {
 public:
  // Waits until it serves. Not ok() where coturn is not installed.
  TurnServer();
  ~TurnServer();

  bool ok() const { return process_ > 0; }
  Server At(Server::Protocol protocol, const char* host = "127.0.0.1") const;
  // It answers nothing from now on.
  void Kill();
  // Waits, at most 10 s, until its log has the text.
  bool AwaitLog(const std::string& text);

 private:
  pid_t process_ = -1;
  int log_ = -1;  // what it prints
  uint16_t port_ = 0;
  std::string logged_;
};

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_TURN_SERVER_H_
