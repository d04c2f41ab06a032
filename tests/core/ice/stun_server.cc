#include "tests/core/ice/stun_server.h"

#include <optional>
#include <string>

namespace parley::ice::testing {
namespace {

using parley::testing::LoopbackSocket;

constexpr size_t kHeaderBytes = 20;

}  // namespace

StunServer::StunServer(bool answers)
    : answers_(answers), thread_([this] { Serve(); }) {}

StunServer::~StunServer() {
  socket_.Shut();
  thread_.join();
}

Server StunServer::At(const char* host) const {
  return {.kind = Server::Kind::kStun, .host = host, .port = socket_.port()};
}

void StunServer::Serve() {
  while (std::optional<LoopbackSocket::Datagram> request = socket_.Receive()) {
    if (request->bytes.size() < kHeaderBytes) return;
    ++requests_;
    if (!answers_) continue;
    // A binding success with MAPPED-ADDRESS, the one attribute which clients of
    // RFC 3489 (libnice's gathering) and of RFC 8489 both read.
    std::string response("\x01\x01\0\x0c", 4);
    response.append(request->bytes, 4, kHeaderBytes - 4);
    response.append("\0\x01\0\x08\0\x01", 6);
    response += static_cast<char>(request->from >> 8);
    response += static_cast<char>(request->from & 0xff);
    response.append("\xc0\0\x02\x37", 4);  // 192.0.2.55
    socket_.Send(response, request->from);
  }
}

}  // namespace parley::ice::testing
