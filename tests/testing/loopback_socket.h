// A UDP socket on a port of 127.0.0.1 that nobody has. Everything is safe on
// any thread.
#ifndef PARLEY_TESTS_TESTING_LOOPBACK_SOCKET_H_
#define PARLEY_TESTS_TESTING_LOOPBACK_SOCKET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::testing {

class LoopbackSocket {
 public:
  struct Datagram {
    std::string bytes;
    uint16_t from = 0;  // the sender's port, on 127.0.0.1
  };

  LoopbackSocket();
  ~LoopbackSocket();
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  int fd() const { return fd_; }
  uint16_t port() const { return port_; }

  // Waits for the next datagram; nullopt once the socket was shut.
  std::optional<Datagram> Receive();
  // nullopt when there is none now.
  std::optional<Datagram> TryReceive();
  // To a port of 127.0.0.1.
  void Send(std::string_view bytes, uint16_t port);
  // Ends the waits.
  void Shut();

 private:
  std::optional<Datagram> Read(int flags);

  int fd_ = -1;
  uint16_t port_ = 0;
};

}  // namespace parley::testing

#endif  // PARLEY_TESTS_TESTING_LOOPBACK_SOCKET_H_
