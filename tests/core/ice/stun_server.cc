#include "tests/core/ice/stun_server.h"

#include <optional>
#include <string>

namespace parley::ice::testing {
namespace {

using parley::testing::LoopbackSocket;

constexpr size_t kHeaderBytes = 20;

}  // namespace

StunServer::StunServer(Manner manner)
    : manner_(manner), thread_([this] { Serve(); }) {}

StunServer::~StunServer() {
  socket_.Shut();
  thread_.join();
}

Server StunServer::At(const char* host) const {
  return {.kind = Server::Kind::kStun, .host = host, .port = socket_.port()};
}

int StunServer::requests() const {
  absl::MutexLock lock(&mutex_);
  return requests_;
}

bool StunServer::AwaitRequests(int requests) const {
  absl::MutexLock lock(&mutex_);
  const auto met = [&] {
    mutex_.AssertHeld();
    return requests_ >= requests;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&met), absl::Seconds(30));
}

void StunServer::Serve() {
  while (std::optional<LoopbackSocket::Datagram> request = socket_.Receive()) {
    if (request->bytes.size() < kHeaderBytes) return;
    {
      absl::MutexLock lock(&mutex_);
      ++requests_;
    }
    if (!manner_.answers) continue;
    socket_.Send(Answer(request->bytes, request->from), request->from);
  }
}

std::string StunServer::Answer(const std::string& request,
                               uint16_t from) const {
  const bool alternate = manner_.alternate_port != 0;
  // The class of the answer, with the method of the request.
  std::string answer = {
      static_cast<char>(request[0] | 1),
      static_cast<char>(request[1] | (manner_.error == 0 ? 0 : 0x10))};
  answer += '\0';
  answer += static_cast<char>(manner_.error == 0 ? 12 : alternate ? 20 : 8);
  answer.append(request, 4, kHeaderBytes - 4);
  if (manner_.error != 0) {
    answer.append("\0\x09\0\x04\0\0", 6);  // ERROR-CODE
    answer += static_cast<char>(manner_.error / 100);
    answer += static_cast<char>(manner_.error % 100);
    if (!alternate) return answer;
    answer.append("\x80\x23\0\x08\0\x01", 6);  // ALTERNATE-SERVER
    answer += static_cast<char>(manner_.alternate_port >> 8);
    answer += static_cast<char>(manner_.alternate_port & 0xff);
    answer.append("\x7f\0\0\x01", 4);
    return answer;
  }
  // XOR-MAPPED-ADDRESS (RFC 8489 section 14.2).
  constexpr uint8_t kCookie[] = {0x21, 0x12, 0xa4, 0x42};
  answer.append("\0\x20\0\x08\0\x01", 6);
  answer += static_cast<char>((from >> 8) ^ kCookie[0]);
  answer += static_cast<char>((from & 0xff) ^ kCookie[1]);
  for (int i = 0; i < 4; ++i) {
    answer += static_cast<char>(manner_.sees[i] ^ kCookie[i]);
  }
  return answer;
}

}  // namespace parley::ice::testing
