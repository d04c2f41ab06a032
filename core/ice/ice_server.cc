#include "core/ice/ice_server.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/base/errors.h"
#include "core/ice/ip_address.h"

namespace parley::ice {
namespace {

constexpr size_t kMaxUrlBytes = 1024;
constexpr size_t kMaxHostBytes = 253;      // RFC 1035 2.3.4
constexpr size_t kMaxUsernameBytes = 508;  // RFC 8489 14.3
constexpr size_t kMaxCredentialBytes = 512;
constexpr uint16_t kDefaultPort = 3478;
constexpr uint16_t kDefaultTlsPort = 5349;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool IsHostCharacter(char c) {
  c = Lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

absl::Status BadUrl(std::string message) {
  return MakeError(Reason::kIceServerUrl, std::move(message),
                   {{"field", "urls"}});
}

struct Scheme {
  std::string_view name;
  Server::Kind kind;
  bool tls;
};

constexpr Scheme kSchemes[] = {{"stun", Server::Kind::kStun, false},
                               {"stuns", Server::Kind::kStun, true},
                               {"turn", Server::Kind::kTurn, false},
                               {"turns", Server::Kind::kTurn, true}};

const Scheme* FindScheme(std::string_view name) {
  for (const Scheme& scheme : kSchemes) {
    if (EqualsIgnoringCase(scheme.name, name)) return &scheme;
  }
  return nullptr;
}

// Takes the host off the front of `rest`. nullopt when there is none.
std::optional<std::string> TakeHost(std::string_view& rest) {
  if (rest.starts_with('[')) {
    const size_t end = rest.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::Parse(rest.substr(1, end - 1));
    if (!address || !address->is_v6()) return std::nullopt;
    rest.remove_prefix(end + 1);
    return address->ToString();
  }
  const auto end = std::find_if_not(rest.begin(), rest.end(), IsHostCharacter);
  std::string host(rest.begin(), end);
  if (host.empty() || host.size() > kMaxHostBytes || host.front() == '.' ||
      host.find("..") != std::string::npos) {
    return std::nullopt;
  }
  rest.remove_prefix(host.size());
  std::transform(host.begin(), host.end(), host.begin(), Lower);
  return host;
}

// Takes ":port" off the front. False for what is no port; an absent or (RFC
// 3986) empty one leaves `port` as it is.
bool TakePort(std::string_view& rest, uint16_t& port) {
  if (!rest.starts_with(':')) return true;
  rest.remove_prefix(1);
  const size_t digits =
      std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (digits == 0) return true;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + digits, port);
  if (error != std::errc() || port == 0) return false;
  rest.remove_prefix(digits);
  return true;
}

}  // namespace

absl::StatusOr<Server> ParseServerUrl(std::string_view url) {
  if (url.size() > kMaxUrlBytes) {
    return BadUrl("An ICE server URL has more than 1024 bytes.");
  }
  const size_t colon = url.find(':');
  if (colon == std::string_view::npos) {
    return BadUrl(
        "An ICE server URL needs a scheme, as in stun:stun.example.org.");
  }
  const Scheme* scheme = FindScheme(url.substr(0, colon));
  if (scheme == nullptr) {
    return MakeError(Reason::kNotSupported,
                     "An ICE server URL's scheme must be stun, stuns, turn or "
                     "turns.",
                     {{"field", "urls"}});
  }

  Server server;
  server.kind = scheme->kind;
  server.port = scheme->tls ? kDefaultTlsPort : kDefaultPort;
  std::string_view rest = url.substr(colon + 1);
  std::optional<std::string> host = TakeHost(rest);
  if (!host) {
    return BadUrl(
        "An ICE server URL needs a host name or address right after the "
        "scheme, an IPv6 address in brackets.");
  }
  server.host = *std::move(host);
  if (!TakePort(rest, server.port)) {
    return BadUrl("An ICE server URL's port must be 1 to 65535.");
  }

  // turns without a transport means TCP; over UDP it would be DTLS.
  constexpr std::string_view kTransport = "?transport=";
  if (scheme->kind == Server::Kind::kTurn && rest.starts_with(kTransport)) {
    rest.remove_prefix(kTransport.size());
    if (EqualsIgnoringCase(rest, "tcp")) {
      server.protocol = Server::Protocol::kTcp;
    } else if (!EqualsIgnoringCase(rest, "udp")) {
      return BadUrl("A TURN server URL's transport must be udp or tcp.");
    }
    rest = {};
  }
  if (!rest.empty()) {
    return BadUrl(
        "An ICE server URL ends with the port, or for turn and turns with "
        "?transport=udp or ?transport=tcp.");
  }
  if (scheme->tls) server.protocol = Server::Protocol::kTls;
  return server;
}

absl::StatusOr<Server> ParseServer(std::string_view url,
                                   std::string_view username,
                                   std::string_view credential) {
  absl::StatusOr<Server> server = ParseServerUrl(url);
  if (!server.ok() || server->kind == Server::Kind::kStun) return server;
  if (username.empty() || credential.empty()) {
    return MakeError(Reason::kIceCredentialsMissing,
                     "A TURN server needs a username and a credential.",
                     {{"field", username.empty() ? "username" : "credential"}});
  }
  if (username.size() > kMaxUsernameBytes ||
      credential.size() > kMaxCredentialBytes) {
    return MakeError(
        Reason::kIceCredentialsMissing,
        "A TURN username has at most 508 bytes, a credential at most 512.",
        {{"field",
          username.size() > kMaxUsernameBytes ? "username" : "credential"}});
  }
  if (username.find('\0') != std::string_view::npos ||
      credential.find('\0') != std::string_view::npos) {
    return MakeError(Reason::kIceCredentialsMissing,
                     "A TURN username or credential has a NUL character.");
  }
  server->username = username;
  server->credential = credential;
  return server;
}

std::string ToUrl(const Server& server) {
  const bool stun = server.kind == Server::Kind::kStun;
  std::string url = stun ? "stun" : "turn";
  if (server.protocol == Server::Protocol::kTls) url += 's';
  url += ':';
  const bool v6 = server.host.find(':') != std::string::npos;
  url += v6 ? '[' + server.host + ']' : server.host;
  url += ':' + std::to_string(server.port);
  if (stun) return url;
  url += "?transport=";
  url += server.protocol == Server::Protocol::kUdp ? "udp" : "tcp";
  return url;
}

absl::Status CheckSupported(const Server& server) {
  if (server.protocol != Server::Protocol::kTls) return absl::OkStatus();
  return MakeError(Reason::kNotSupported,
                   "stuns and turns servers are not supported: use stun or "
                   "turn, where credentials are not sent in clear either.",
                   {{"field", "urls"}});
}

}  // namespace parley::ice
