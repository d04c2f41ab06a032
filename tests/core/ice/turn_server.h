// coturn on 127.0.0.1, relaying on the loopback too, with one user, or with
// credentials that expire. Test threads only.
#ifndef PARLEY_TESTS_CORE_ICE_TURN_SERVER_H_
#define PARLEY_TESTS_CORE_ICE_TURN_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "core/ice/ice_server.h"

namespace parley::ice::testing {

class TurnServer {
 public:
  struct Manner {
    std::string relay_address = "127.0.0.1";
    bool credentials_expire = false;
  };

  // Waits until it serves. Not ok() where coturn is not installed.
  TurnServer() : TurnServer(Manner()) {}
  explicit TurnServer(const Manner& manner);
  ~TurnServer();

  bool ok() const { return process_ > 0; }
  Server At(Server::Protocol protocol, const char* host = "127.0.0.1") const;
  // With credentials that expire then: a time as the user's name, and what the
  // server's secret makes of it, as usual for such servers.
  Server Until(absl::Time expiry, Server::Protocol protocol) const;
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
