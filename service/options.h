// What the server was told at its start: flags and environment variables,
// checked. Plain values.
#ifndef PARLEY_SERVICE_OPTIONS_H_
#define PARLEY_SERVICE_OPTIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/pool/engine.h"
#include "service/access_options.h"
#include "service/address.h"
#include "service/flags.h"
#include "service/log.h"

namespace parley::service {

// PEM files of the API's port, read again every few seconds, so that renewed
// ones are taken up without a restart.
struct TlsOptions {
  std::string certificate_path;  // with its chain; empty: plaintext
  std::string key_path;
  std::string client_ca_path;  // not empty: who calls must show a certificate

  bool enabled() const { return !certificate_path.empty(); }
};

struct Options {
  // Where it is reached.
  Address listen = {.text = "127.0.0.1:50051", .local = true, .port = 50051};
  std::optional<Address> admin_listen =
      Address{.text = "127.0.0.1:50052", .local = true, .port = 50052};
  std::optional<Address> metrics_listen;  // none: no metrics to be had
  bool insecure_bind = false;
  TlsOptions tls;
  AccessOptions access;
  // How long the end of the server waits for its peers and calls.
  absl::Duration drain_timeout = absl::Seconds(5);
  // How long it waits at least, within that, so that proxies learn of it.
  absl::Duration drain_notice;

  pool::EngineOptions engine;
  // Bytes of the whole process, 0: no limit. Absent: what its control group
  // sets, if anything. The server reads that when it starts.
  std::optional<uint64_t> max_memory;
  // What ICE_MODE_UNSPECIFIED means.
  bool single_port_by_default = false;

  // What calls have to keep to, besides engine.limits.
  uint64_t max_data_channels = 1024;      // that a peer may ask for
  uint64_t max_message_size = 256 << 10;  // bytes
  uint64_t max_exchange_bytes = 1 << 20;  // of the frames of one request

  // A file that says which codecs are negotiated; empty: Parley's defaults. The
  // server reads it when it starts, into `media`.
  std::string media_path;
  std::shared_ptr<const jsep::MediaCatalog> media;  // null: the defaults

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
