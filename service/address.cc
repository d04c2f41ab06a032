#include "service/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"
#include "service/flags.h"

namespace parley::service {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kUnixAbstract = "unix-abstract:";
constexpr size_t kMaxUnixPath = sizeof(sockaddr_un::sun_path) - 1;

absl::Status Wrong(std::string_view text, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", ToAbsl(text.substr(0, 80)), "\" ", ToAbsl(what)));
}

absl::StatusOr<Address> ParseUnix(std::string_view text,
                                  std::string_view scheme) {
  const std::string_view path = text.substr(scheme.size());
  if (path.empty() || path.size() > kMaxUnixPath) {
    return Wrong(text, "names no Unix socket of 1 to 107 bytes");
  }
  return Address{.text = std::string(text), .local = true};
}

}  // namespace

std::string Address::WithPort(int port) const {
  return absl::StrCat(ToAbsl(std::string_view(text).substr(0, text.rfind(':'))),
                      ":", port);
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  for (const std::string_view scheme : {kUnix, kUnixAbstract}) {
    if (text.starts_with(scheme)) return ParseUnix(text, scheme);
  }
  const size_t colon = text.rfind(':');
  uint64_t port = 0;
  if (colon == std::string_view::npos ||
      !ReadNumber(text.substr(colon + 1), {0, 65535}, port).ok()) {
    return Wrong(text, "is not HOST:PORT with a port from 0 to 65535");
  }
  std::string host(text.substr(0, colon));
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  in_addr v4;
  in6_addr v6;
  Address address{.port = static_cast<uint16_t>(port)};
  if (host.empty() && !bracketed) {
    address.text = absl::StrCat("[::]:", port);
  } else if (!bracketed && inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    address.local = (ntohl(v4.s_addr) >> 24) == 127;
    address.text = absl::StrCat(host, ":", port);
  } else if (bracketed && inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    address.local = IN6_IS_ADDR_LOOPBACK(&v6);
    address.text = absl::StrCat("[", host, "]:", port);
  } else {
    return Wrong(text,
                 "has a host that is neither an IP address (IPv6 in brackets) "
                 "nor localhost");
  }
  return address;
}

absl::Status CheckFree(const Address& address) {
  if (!address.text.starts_with(kUnix)) return absl::OkStatus();
  const std::string path = address.text.substr(kUnix.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "no socket to be had");
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  const int connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name));
  // A queue of connections that is full has an owner too.
  const bool served = connected == 0 || errno == EAGAIN;
  close(fd);
  if (served) {
    return absl::AlreadyExistsError("another server listens there");
  }
  return absl::OkStatus();
}

}  // namespace parley::service
