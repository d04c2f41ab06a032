#include "tests/core/ice/tcp_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

#include "gtest/gtest.h"

namespace parley::ice::testing {
namespace {

constexpr timeval kLongestWait = {.tv_sec = 30, .tv_usec = 0};

void LimitWaits(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kLongestWait, sizeof(kLongestWait));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kLongestWait, sizeof(kLongestWait));
}

}  // namespace

TcpClient::TcpClient(int fd) : fd_(fd) { LimitWaits(fd_); }

TcpClient TcpClient::To(const TransportAddress& address) {
  sockaddr_storage name{};
  const socklen_t size = ToSockaddr(address, name);
  TcpClient client(socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(client.fd_, reinterpret_cast<sockaddr*>(&name), size), 0);
  return client;
}

TcpClient::TcpClient(TcpClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

TcpClient& TcpClient::operator=(TcpClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

TcpClient::~TcpClient() { Close(); }

TransportAddress TcpClient::local() const {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size);
  return FromSockaddr(name).value_or(TransportAddress());
}

bool TcpClient::Send(std::span<const uint8_t> packet) {
  return Send(Text(packet));
}

bool TcpClient::Send(std::string_view packet) {
  return SendRaw(Framed(packet));
}

bool TcpClient::SendRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool TcpClient::ReadAll(char* to, size_t size) {
  while (size > 0) {
    const ssize_t got = recv(fd_, to, size, 0);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

std::optional<std::string> TcpClient::Receive() {
  std::string header(2, '\0');
  if (!ReadAll(header.data(), header.size())) return std::nullopt;
  std::string packet(
      static_cast<uint8_t>(header[0]) << 8 | static_cast<uint8_t>(header[1]),
      '\0');
  if (!ReadAll(packet.data(), packet.size())) return std::nullopt;
  return packet;
}

bool TcpClient::AwaitEnd() {
  char bytes[4096];
  ssize_t got;
  do {
    got = recv(fd_, bytes, sizeof(bytes), 0);
  } while (got > 0);
  return got == 0 || errno == ECONNRESET;
}

void TcpClient::Reset() {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void TcpClient::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

int TcpClient::Release() { return std::exchange(fd_, -1); }

TcpServer::TcpServer(uint16_t port)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      address_{IpAddress::V4({127, 0, 0, 1}), port} {
  const int on = 1;
  setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_storage name{};
  socklen_t size = ToSockaddr(address_, name);
  EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&name), size), 0);
  EXPECT_EQ(listen(fd_, 16), 0);
  size = sizeof(name);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size);
  address_ = FromSockaddr(name).value_or(address_);
  LimitWaits(fd_);
}

TcpServer::~TcpServer() { close(fd_); }

TcpClient TcpServer::Accept() {
  const int fd = accept(fd_, nullptr, nullptr);
  EXPECT_GE(fd, 0) << "nobody has connected";
  return TcpClient(fd);
}

bool TcpServer::HasOne() {
  pollfd wanted{.fd = fd_, .events = POLLIN};
  return poll(&wanted, 1, /*timeout in ms=*/5) == 1;
}

std::string Framed(std::string_view packet) {
  std::string framed = {static_cast<char>(packet.size() >> 8),
                        static_cast<char>(packet.size())};
  return framed.append(packet);
}

}  // namespace parley::ice::testing
