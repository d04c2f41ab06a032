#include "tests/client/cutting_proxy.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace parley {
namespace {

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

bool WriteAll(int to, const char* data, ssize_t size) {
  while (size > 0) {
    const ssize_t written =
        send(to, data, static_cast<size_t>(size), MSG_NOSIGNAL);
    if (written <= 0) return false;
    data += written;
    size -= written;
  }
  return true;
}

}  // namespace

CuttingProxy::CuttingProxy(std::string server_socket)
    : server_socket_(std::move(server_socket)) {
  char path[] = "/tmp/parley-proxy-XXXXXX";
  directory_ = mkdtemp(path);
  socket_ = directory_ + "/s";
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(socket_);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      listen(listener_, 16) != 0) {
    abort();
  }
  accepter_ = std::thread([this] { Accept(); });
}

CuttingProxy::~CuttingProxy() {
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  shutdown(listener_, SHUT_RDWR);
  accepter_.join();
  Cut();
  std::vector<std::thread> relays;
  {
    absl::MutexLock lock(&mutex_);
    relays.swap(relays_);
  }
  for (std::thread& relay : relays) relay.join();
  for (const auto& [client, server] : connections_) {
    close(client);
    close(server);
  }
  close(listener_);
  unlink(socket_.c_str());
  rmdir(directory_.c_str());
}

void CuttingProxy::Cut() {
  absl::MutexLock lock(&mutex_);
  for (const auto& [client, server] : connections_) {
    shutdown(client, SHUT_RDWR);
    shutdown(server, SHUT_RDWR);
  }
}

void CuttingProxy::Accept() {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = AddressOf(server_socket_);
    const bool connected =
        connect(server, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) == 0;
    absl::MutexLock lock(&mutex_);
    if (!connected || ended_) {
      close(client);
      close(server);
      continue;
    }
    // Closed only at the end, so that no number is used twice.
    connections_.emplace_back(client, server);
    relays_.emplace_back([this, client, server] { Relay(client, server); });
    relays_.emplace_back([this, client, server] { Relay(server, client); });
  }
}

void CuttingProxy::Relay(int from, int to) {
  char buffer[16384];
  while (true) {
    const ssize_t size = recv(from, buffer, sizeof(buffer), 0);
    if (size <= 0 || !WriteAll(to, buffer, size)) break;
  }
  shutdown(from, SHUT_RDWR);
  shutdown(to, SHUT_RDWR);
}

}  // namespace parley
