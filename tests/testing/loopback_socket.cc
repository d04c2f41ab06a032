#include "tests/testing/loopback_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace parley::testing {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(port);
  return name;
}

}  // namespace

LoopbackSocket::LoopbackSocket() {
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in name = Loopback(0);
  socklen_t size = sizeof(name);
  EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&name), size), 0);
  EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size), 0);
  port_ = ntohs(name.sin_port);
}

LoopbackSocket::~LoopbackSocket() { close(fd_); }

std::optional<LoopbackSocket::Datagram> LoopbackSocket::Receive() {
  return Read(0);
}

std::optional<LoopbackSocket::Datagram> LoopbackSocket::TryReceive() {
  return Read(MSG_DONTWAIT);
}

// A socket that was shut reads a datagram without sender.
std::optional<LoopbackSocket::Datagram> LoopbackSocket::Read(int flags) {
  Datagram datagram;
  datagram.bytes.resize(65536);
  sockaddr_in from{};
  socklen_t size = sizeof(from);
  const ssize_t got =
      recvfrom(fd_, datagram.bytes.data(), datagram.bytes.size(), flags,
               reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0 || from.sin_family != AF_INET) return std::nullopt;
  datagram.bytes.resize(got);
  datagram.from = ntohs(from.sin_port);
  return datagram;
}

void LoopbackSocket::Send(std::string_view bytes, uint16_t port) {
  const sockaddr_in to = Loopback(port);
  sendto(fd_, bytes.data(), bytes.size(), 0,
         reinterpret_cast<const sockaddr*>(&to), sizeof(to));
}

void LoopbackSocket::Shut() { shutdown(fd_, SHUT_RDWR); }

}  // namespace parley::testing
