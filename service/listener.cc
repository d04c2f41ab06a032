#include "service/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"

namespace parley::service {
namespace {

// Descriptors that no connection gets: libraries may abort without one.
constexpr rlim_t kLeft = 32;
// How long it waits when the kernel has nothing for a connection.
constexpr int kPauseMs = 100;
// Accepted before it looks whether it is to end.
constexpr int kAtOnce = 64;

struct SocketName {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

SocketName UnixName(const Address& address) {
  SocketName name;
  auto& to = reinterpret_cast<sockaddr_un&>(name.storage);
  const size_t colon = address.text.find(':');
  const std::string_view path =
      std::string_view(address.text).substr(colon + 1);
  // An abstract one begins with a zero and ends with its size.
  const size_t at = address.unix_abstract() ? 1 : 0;
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path + at, path.data(), path.size());
  name.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + at +
                                     path.size());
  return name;
}

SocketName InternetName(const Address& address, bool v6_exists) {
  SocketName name;
  std::string host = address.text.substr(0, address.text.rfind(':'));
  if (host == "[::]" && !v6_exists) host = "0.0.0.0";
  if (host.starts_with('[')) {
    auto& to = reinterpret_cast<sockaddr_in6&>(name.storage);
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(address.port);
    inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &to.sin6_addr);
    name.size = sizeof(to);
  } else {
    auto& to = reinterpret_cast<sockaddr_in&>(name.storage);
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    inet_pton(AF_INET, host.c_str(), &to.sin_addr);
    name.size = sizeof(to);
  }
  return name;
}

// The socket, or -1.
int Bind(SocketName name) {
  const int fd =
      socket(name.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  if (name.family() != AF_UNIX) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    // Those that are accepted have it from here.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  if (name.family() == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (bind(fd, name.get(), name.size) != 0 || listen(fd, SOMAXCONN) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

int BoundPort(int fd) {
  SocketName name;
  name.size = sizeof(name.storage);
  getsockname(fd, name.get(), &name.size);
  return ntohs(name.family() == AF_INET6
                   ? reinterpret_cast<sockaddr_in6&>(name.storage).sin6_port
                   : reinterpret_cast<sockaddr_in&>(name.storage).sin_port);
}

// Nothing but a socket is ever taken away.
void Unlink(const Address& address) {
  if (!address.unix_socket() || address.unix_abstract()) return;
  const std::string path = address.unix_path();
  struct stat found = {};
  if (lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
    unlink(path.c_str());
  }
}

int OpenSocket(const Address& address) {
  if (!address.unix_socket()) {
    const int fd = Bind(InternetName(address, /*v6_exists=*/true));
    if (fd >= 0 || errno != EAFNOSUPPORT) return fd;
    return Bind(InternetName(address, /*v6_exists=*/false));
  }
  if (!CheckFree(address).ok()) return -1;
  Unlink(address);
  return Bind(UnixName(address));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const Address& address,
                                                         Log& log) {
  const int fd = OpenSocket(address);
  if (fd < 0) return absl::UnavailableError("cannot listen");
  const int end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (end < 0) {
    close(fd);
    return absl::UnavailableError("no file descriptor is left");
  }
  return std::unique_ptr<Listener>(new Listener(
      address.unix_socket() ? address.text : address.WithPort(BoundPort(fd)),
      fd, end, log));
}

Listener::~Listener() {
  if (thread_.joinable()) {
    eventfd_write(end_, 1);
    thread_.join();
  }
  close(socket_);
  close(end_);
  Unlink(Address{.text = address_});
}

void Listener::Serve(std::unique_ptr<Acceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  thread_ = std::thread([this] { Run(); });
}

void Listener::Run() {
  bool pausing = false;
  while (true) {
    // Who pauses waits for its end only.
    pollfd ready[] = {{.fd = end_, .events = POLLIN, .revents = 0},
                      {.fd = socket_, .events = POLLIN, .revents = 0}};
    poll(ready, pausing ? 1 : 2, pausing ? kPauseMs : -1);
    if (ready[0].revents != 0) return;
    pausing = !AcceptSome();
  }
}

// False: the kernel has nothing for the next one.
bool Listener::AcceptSome() {
  for (int i = 0; i < kAtOnce; ++i) {
    const int connection =
        accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection >= 0) {
      Take(connection);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
               errno == ENOMEM) {
      return false;
    }
    // Else it was this connection's fault.
  }
  return true;
}

void Listener::Take(int connection) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);  // cannot fail
  // The kernel gives the lowest number that is free.
  const bool full = static_cast<rlim_t>(connection) + kLeft >= limit.rlim_cur;
  if (std::exchange(refusing_, full) != full && full) {
    log_.Warning("connections refused: no file descriptors left",
                 {{"address", address_},
                  {"limit", static_cast<uint64_t>(limit.rlim_cur)}});
  }
  if (full) {
    close(connection);
    return;
  }
  Acceptor::NewConnectionParameters parameters;
  parameters.listener_fd = socket_;
  parameters.fd = connection;
  acceptor_->HandleNewConnection(&parameters);
}

}  // namespace parley::service
