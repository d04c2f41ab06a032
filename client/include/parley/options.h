// How a client reaches a server and how long it tries. Values; no state.
#ifndef PARLEY_OPTIONS_H_
#define PARLEY_OPTIONS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace parley::client {

// When a call is repeated: only after UNAVAILABLE, and only where a repetition
// cannot do a thing twice, that is reads and calls with a request_id. The
// library gives every other call a request_id of its own, so that all of them
// are safe.
//
// The wait before attempt n+1 is initial_backoff * 2^(n-1), at most
// max_backoff, less up to a fifth at random; if the server says RetryInfo, its
// delay instead, unless that is more than max_server_delay: then the error is
// returned at once.
struct RetryPolicy {
  // Attempts in all, 1 or more. 1: no retries.
  int max_attempts = 4;
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(5);
  absl::Duration max_server_delay = absl::Seconds(30);
};

// Per call.
struct CallOptions {
  // From the call to its end, with all retries and the waits between them. A
  // deadline that passes (DEADLINE_EXCEEDED) may leave the call done on the
  // server. absl::InfiniteDuration(): none.
  absl::Duration timeout = absl::Seconds(15);
};

// TLS towards the server. PEM texts.
struct TlsOptions {
  // Who may sign the server's certificate. Empty: the system's roots.
  std::string root_certificates;
  // The client's own certificate and key, for mutual TLS. Empty: none.
  std::string certificate_chain;
  std::string private_key;
  // The name that the server's certificate must have. Empty: that of the
  // target; nodes that are reached by their addresses have another.
  std::string server_name;
};

// Of a connection.
struct ConnectionOptions {
  // gRPC target: host:port, unix:path, dns:///name:port ...
  std::string server = "localhost:50051";

  // Absent: plaintext.
  std::optional<TlsOptions> tls;

  // Sent as "authorization: Bearer ..." with every call. Empty: none.
  std::string token;

  // A file with the token, which is read again while the connection is used, so
  // that a renewed one is taken up. Wins over `token`. Empty: none.
  std::string token_file;

  // Without TLS whoever is on the way can read a token, so it is sent to this
  // machine alone (localhost, 127.*, [::1], unix:), and every call to another
  // one fails as FAILED_PRECONDITION. True: it is sent all the same.
  bool plaintext_token = false;

  RetryPolicy retry;

  // The gRPC target of a node, or "" where there is none. With it a call that
  // is answered WRONG_NODE is sent, once, to the node that the answer names.
  // Called from any thread; must not block. Empty: WRONG_NODE is returned.
  std::function<std::string(std::string_view node)> resolve_node;

  // The largest reply, bytes. The server's own limits lie far below.
  int max_reply_bytes = 64 * 1024 * 1024;
};

}  // namespace parley::client

#endif  // PARLEY_OPTIONS_H_
