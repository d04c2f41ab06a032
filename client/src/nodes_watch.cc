#include "parley/nodes_watch.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/src/nodes_watch_reader.h"
#include "client/src/peer_watch_reader.h"
#include "client/src/time_source.h"
#include "parley/client.h"

namespace parley::client {
namespace {

struct HostAndPort {
  std::string host;
  std::string port;
};

// "host:50051" or "[::1]:50051".
std::optional<HostAndPort> Split(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  HostAndPort parts{text.substr(0, colon), text.substr(colon + 1)};
  uint32_t port = 0;
  if (!absl::SimpleAtoi(parts.port, &port) || port > 65535) return std::nullopt;
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  } else if (parts.host.find(':') != std::string::npos) {
    return std::nullopt;
  }
  if (parts.host.empty()) return std::nullopt;
  return parts;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ResolveNodes(
    const std::string& host_and_port) {
  const auto parts = Split(host_and_port);
  if (!parts.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", host_and_port, "\" is not HOST:PORT"));
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found);
  if (failed != 0) {
    return absl::UnavailableError(absl::StrCat("cannot resolve ", parts->host,
                                               ": ", gai_strerror(failed)));
  }
  std::set<std::string> nodes;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char address[NI_MAXHOST];
    if (getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof(address),
                    nullptr, 0, NI_NUMERICHOST) != 0) {
      continue;
    }
    nodes.insert(one->ai_family == AF_INET6
                     ? absl::StrCat("[", address, "]:", parts->port)
                     : absl::StrCat(address, ":", parts->port));
  }
  freeaddrinfo(found);
  return std::vector<std::string>(nodes.begin(), nodes.end());
}

NodesWatch WatchNodes(ListNodes list, ConnectionOptions connection,
                      NodesWatchOptions options) {
  PeersWatchOptions of_node;
  static_cast<ResumeOptions&>(of_node) = options;
  of_node.labels = std::move(options.labels);
  of_node.full_view = options.full_view;
  auto open = [connection = std::move(connection),
               of_node = std::move(of_node)](const std::string& node) {
    ConnectionOptions to_node = connection;
    to_node.server = node;
    return std::make_shared<internal::PeersWatchReader>(
        MakeConnection(std::move(to_node)), of_node, internal::SystemTime());
  };
  auto reader = std::make_shared<internal::NodesWatchReader>(
      std::move(list), std::move(open), options.refresh_interval);
  reader->Start();
  return NodesWatch(std::move(reader));
}

}  // namespace parley::client
