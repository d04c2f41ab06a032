// Where a server listens. Pure functions, but for CheckFree.
#ifndef PARLEY_SERVICE_ADDRESS_H_
#define PARLEY_SERVICE_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parley::service {

struct Address {
  // As gRPC takes it: "127.0.0.1:50051", "[::1]:50051", "unix:/run/p.sock".
  std::string text;
  // Nobody but processes of this machine can reach it.
  bool local = false;
  // 0: any that is free, or a Unix socket.
  uint16_t port = 0;

  bool unix_socket() const { return text.starts_with("unix"); }
  bool unix_abstract() const { return text.starts_with("unix-abstract:"); }
  // Of a Unix socket that is not abstract.
  std::string unix_path() const { return text.substr(text.find(':') + 1); }
  // The same with another port. Not of a Unix socket.
  std::string WithPort(int port) const;
};

// Reads HOST:PORT or a Unix socket (unix:PATH, unix-abstract:NAME). HOST is an
// IP address (an IPv6 one in brackets), localhost (127.0.0.1), or nothing: all
// addresses. Names are not looked up: what is listened on must not depend on a
// name server. The error says what is wrong, without the caller's flag.
absl::StatusOr<Address> ParseAddress(std::string_view text);

// Whether nobody serves this Unix socket, so that it can be taken over. OK for
// every other address, which the kernel guards.
absl::Status CheckFree(const Address& address);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_ADDRESS_H_
