// What the server was told at its start: flags and environment variables,
// checked. Plain values.
#ifndef PARLEY_SERVICE_OPTIONS_H_
#define PARLEY_SERVICE_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/ice/ice_types.h"
#include "service/address.h"
#include "service/flags.h"
#include "service/log.h"

namespace parley::service {

struct Options {
  // Where it is reached.
  Address listen = {.text = "127.0.0.1:50051", .local = true, .port = 50051};
  std::optional<Address> admin_listen =
      Address{.text = "127.0.0.1:50052", .local = true, .port = 50052};
  bool insecure_bind = false;

  // The pool.
  std::string node = "local";
  uint64_t max_peers = 10000;
  uint64_t event_loops = 0;  // 0: as many as there are processors
  absl::Duration lease_ttl = absl::Minutes(5);
  absl::Duration max_lease_ttl = absl::Hours(24);
  absl::Duration tombstone_ttl = absl::Minutes(5);
  absl::Duration drain_timeout = absl::Seconds(5);

  // ICE and DTLS. The port range and the addresses are in `ice`.
  ice::TransportOptions ice;
  std::string certificate;  // path of a PEM file; empty: generated ones
  std::string key;

  // What calls have to keep to, in bytes unless said otherwise.
  uint64_t max_description_bytes = 256 << 10;
  uint64_t max_data_channels = 1024;  // channels
  uint64_t max_message_size = 256 << 10;
  uint64_t send_buffer_bytes = 1 << 20;
  uint64_t receive_buffer_bytes = 1 << 20;
  uint64_t peer_receive_buffer_bytes = 4 << 20;
  uint64_t event_history_bytes = 64 << 10;

  LogOptions log;
};

struct Invocation {
  enum class Kind { kServe, kHelp, kVersion };
  Kind kind = Kind::kServe;
  Options options;
};

// Reads and checks everything. The error is one line that names the flag or
// variable and what is wrong with it.
absl::StatusOr<Invocation> ParseInvocation(
    std::span<const std::string_view> arguments,
    const EnvironmentLookup& environment);

// The text of --help.
std::string HelpText();

}  // namespace parley::service

#endif  // PARLEY_SERVICE_OPTIONS_H_
