#include "tests/core/ice/stun_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "gtest/gtest.h"

namespace parley::ice::testing {
namespace {

constexpr size_t kHeaderBytes = 20;

}  // namespace

StunServer::StunServer(bool answers) : answers_(answers) {
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&name), size), 0);
  EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size), 0);
  port_ = ntohs(name.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

StunServer::~StunServer() {
  shutdown(fd_, SHUT_RDWR);
  thread_.join();
  close(fd_);
}

Server StunServer::At(const char* host) const {
  return {.kind = Server::Kind::kStun, .host = host, .port = port_};
}

void StunServer::Serve() {
  for (;;) {
    std::array<uint8_t, 512> request;
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const ssize_t got = recvfrom(fd_, request.data(), request.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &size);
    if (got < static_cast<ssize_t>(kHeaderBytes)) return;
    ++requests_;
    if (!answers_) continue;
    // A binding success with MAPPED-ADDRESS, the one attribute which clients of
    // RFC 3489 (libnice's gathering) and of RFC 8489 both read.
    std::array<uint8_t, kHeaderBytes + 12> response = {0x01, 0x01, 0, 12};
    std::copy(request.begin() + 4, request.begin() + kHeaderBytes,
              response.begin() + 4);
    const uint8_t* port = reinterpret_cast<const uint8_t*>(&from.sin_port);
    const std::array<uint8_t, 12> mapped = {0,       0x01,    0,   8, 0, 1,
                                            port[0], port[1], 192, 0, 2, 55};
    std::copy(mapped.begin(), mapped.end(), response.begin() + kHeaderBytes);
    sendto(fd_, response.data(), response.size(), 0,
           reinterpret_cast<sockaddr*>(&from), size);
  }
}

}  // namespace parley::ice::testing
