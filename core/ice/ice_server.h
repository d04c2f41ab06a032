// STUN and TURN servers as RTCIceServer names them. Pure functions.
#ifndef PARLEY_CORE_ICE_ICE_SERVER_H_
#define PARLEY_CORE_ICE_ICE_SERVER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parley::ice {

struct Server {
  enum class Kind { kStun, kTurn };
  enum class Protocol { kUdp, kTcp, kTls };

  Kind kind = Kind::kStun;
  Protocol protocol = Protocol::kUdp;
  // A domain name, or an IP literal without brackets.
  std::string host;
  uint16_t port = 0;
  // TURN only. Both are secrets: never in a log.
  std::string username;
  std::string credential;

  friend bool operator==(const Server&, const Server&) = default;
};

// Reads one entry of RTCIceServer.urls: the stun and stuns URIs of RFC 7064,
// the turn and turns URIs of RFC 7065, with their default ports (3478 and
// 5349). Errors: ICE_SERVER_URL (SyntaxError) for what is no such URI, also
// one with a userinfo, path, fragment or unknown query, or over 1,024 bytes;
// NOT_SUPPORTED (NotSupportedError) for another scheme.
absl::StatusOr<Server> ParseServerUrl(std::string_view url);

// The same with the entry's credentials, by W3C "validate an ICE server": a
// TURN server needs both (ICE_CREDENTIALS_MISSING, InvalidAccessError), the
// username has at most 508 bytes of UTF-8 (ICE_CREDENTIALS_MISSING too, as W3C
// gives both one name). A STUN server's are ignored.
absl::StatusOr<Server> ParseServer(std::string_view url,
                                   std::string_view username,
                                   std::string_view credential);

// The server as a URL, without its credentials.
std::string ToUrl(const Server& server);

// Whether the transports can use the server: NOT_SUPPORTED for stuns and turns,
// whose TLS they lack; never are credentials sent in clear instead.
absl::Status CheckSupported(const Server& server);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_ICE_SERVER_H_
