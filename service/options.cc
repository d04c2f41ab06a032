#include "service/options.h"

#include <unistd.h>

#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"
#include "service/access_flags.h"
#include "service/network_words.h"

namespace parley::service {
namespace {

constexpr uint64_t kKiB = 1 << 10;
constexpr uint64_t kMiB = 1 << 20;

absl::Status ReadNode(std::string_view text, std::string& out) {
  const auto edge = [](char c) {
    return std::islower(static_cast<unsigned char>(c)) ||
           std::isdigit(static_cast<unsigned char>(c));
  };
  bool label = !text.empty() && text.size() <= 63 && edge(text.front()) &&
               edge(text.back());
  for (const char c : text) label = label && (edge(c) || c == '-');
  if (!label) {
    return absl::InvalidArgumentError(
        "a node is named by a DNS label: 1 to 63 lower-case letters, digits "
        "and hyphens, the first and last no hyphen");
  }
  out = text;
  return absl::OkStatus();
}

absl::Status ReadLocation(std::string_view text, Address& out) {
  absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) return address.status();
  out = *std::move(address);
  return absl::OkStatus();
}

absl::Status ReadReadablePath(std::string_view text, std::string& out) {
  std::string path(text);
  if (access(path.c_str(), R_OK) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", path, "\" cannot be read: ", std::string(strerror(errno))));
  }
  out = std::move(path);
  return absl::OkStatus();
}

template <typename Value, size_t N>
absl::Status ReadWord(
    std::string_view text,
    const std::array<std::pair<std::string_view, Value>, N>& words,
    Value& out) {
  std::string expected;
  for (const auto& [word, value] : words) {
    if (text == word) return out = value, absl::OkStatus();
    absl::StrAppend(&expected, expected.empty() ? "" : ", ", ToAbsl(word));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", ToAbsl(text.substr(0, 80)), "\" is none of ", expected));
}

constexpr std::array<std::pair<std::string_view, ice::LoopbackUse>, 3>
    kLoopbackWords = {{{"auto", ice::LoopbackUse::kWhenAlone},
                       {"always", ice::LoopbackUse::kAlways},
                       {"never", ice::LoopbackUse::kNever}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> kIceModeWords = {
    {{"full", false}, {"single-port", true}}};
constexpr std::array<std::pair<std::string_view, LogFormat>, 2> kFormatWords = {
    {{"text", LogFormat::kText}, {"json", LogFormat::kJson}}};
constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevelWords = {
    {{"debug", LogLevel::kDebug},
     {"info", LogLevel::kInfo},
     {"warning", LogLevel::kWarning},
     {"error", LogLevel::kError}}};

absl::Status ReadMemory(std::string_view text, std::optional<uint64_t>& out) {
  if (text == "auto") return out.reset(), absl::OkStatus();
  if (text == "0") return out = 0, absl::OkStatus();
  return ReadSize(text, {64 * kMiB, uint64_t{1} << 44}, out.emplace());
}

// Rows for the commonest kinds of value.
Flag Size(std::string_view name, uint64_t& out, Bounds<uint64_t> bounds,
          std::string_view help) {
  return {name,
          "BYTES",
          "",
          SizeText(out),
          help,
          [&out, bounds](std::string_view text) {
            return ReadSize(text, bounds, out);
          }};
}

Flag Number(std::string_view name, uint64_t& out, Bounds<uint64_t> bounds,
            std::string fallback, std::string_view help) {
  return {name,
          "N",
          "",
          std::move(fallback),
          help,
          [&out, bounds](std::string_view text) {
            return ReadNumber(text, bounds, out);
          }};
}

Flag Time(std::string_view name, absl::Duration& out,
          Bounds<absl::Duration> bounds, std::string_view help) {
  return {name,
          "DURATION",
          "",
          absl::FormatDuration(out),
          help,
          [&out, bounds](std::string_view text) {
            return ReadDuration(text, bounds, out);
          }};
}

Flag Switch(std::string_view name, bool& out, std::string_view help) {
  return {
      name,   "BOOL",
      "true", out ? "true" : "false",
      help,   [&out](std::string_view text) { return ReadBool(text, out); }};
}

Flag List(std::string_view name, std::vector<std::string>& out,
          std::string_view help) {
  return {name, "NAME,...",
          "",   "none",
          help, [&out](std::string_view text) { return ReadList(text, out); }};
}

Flag Networks(std::string_view name, std::vector<ice::IpNetwork>& out,
              std::string_view help) {
  return {
      name, "NETWORK,...",
      "",   "none",
      help, [&out](std::string_view text) { return ReadNetworks(text, out); }};
}

Flag Path(std::string_view name, std::string& out, std::string_view help) {
  return {name,
          "PATH",
          "",
          "none",
          help,
          [&out](std::string_view text) {
            return ReadReadablePath(text, out); }};
}

absl::Status ReadMetricsLocation(std::string_view text,
                                 std::optional<Address>& out) {
  if (text == "off") return out.reset(), absl::OkStatus();
  const absl::Status read = ReadLocation(text, out.emplace());
  if (!read.ok() || !out->unix_socket()) return read;
  return absl::InvalidArgumentError("is HOST:PORT, not a Unix socket");
}

FlagGroup ListenFlags(Options& o) {
  const auto admin = [&o](std::string_view text) {
    if (text == "off") return o.admin_listen.reset(), absl::OkStatus();
    return ReadLocation(text, o.admin_listen.emplace());
  };
  return {
      "Where it is reached",
      {
          {"listen", "ADDRESS", "", o.listen.text,
           "The API, as HOST:PORT (an IP address, localhost, or nothing for "
           "all "
           "addresses; port 0 for one that is free) or unix:PATH.",
           [&o](std::string_view text) {
             return ReadLocation(text, o.listen);
           }},
          {"admin-listen", "ADDRESS", "", o.admin_listen->text,
           "The admin port, plaintext, with health for probes. \"off\": none.",
           admin},
          {"metrics-listen", "ADDRESS", "", "off",
           "Metrics for Prometheus, as HTTP at /metrics of this HOST:PORT, "
           "such as 127.0.0.1:50053: plaintext, for whoever reaches it.",
           [&o](std::string_view text) {
             return ReadMetricsLocation(text, o.metrics_listen);
           }},
          Path("tls-certificate", o.tls.certificate_path,
               "PEM file of the API's certificate and its chain: the API "
               "speaks TLS. Renewed files are taken up without a restart."),
          Path("tls-key", o.tls.key_path, "PEM file of its private key."),
          Path("tls-client-ca", o.tls.client_ca_path,
               "PEM file of the authorities one of which must have signed the "
               "certificate of whoever calls. Without: nobody shows one."),
          Switch(
              "insecure-bind", o.insecure_bind,
              "Let the API listen beyond this machine although it is "
              "plaintext and asks nobody who they are. Only behind something "
              "that does both."),
      }};
}

FlagGroup PoolFlags(Options& o) {
  const Bounds<absl::Duration> day = {absl::Seconds(1), absl::Hours(24)};
  return {
      "The pool of peers",
      {{"node", "NAME", "", o.engine.node,
        "This server's part of its peers' names, by which a proxy can route: "
        "a DNS label, different for each server.",
        [&o](std::string_view text) { return ReadNode(text, o.engine.node); }},
       Number("max-peers", o.engine.pool.max_peers, {1, 1000000},
              std::to_string(o.engine.pool.max_peers),
              "Peers at a time. Beyond: RESOURCE_EXHAUSTED, PEERS."),
       Number("max-certificates", o.engine.certificates.max_certificates,
              {1, 100000},
              std::to_string(o.engine.certificates.max_certificates),
              "Certificates made or imported by CertificateService at a time. "
              "Beyond: RESOURCE_EXHAUSTED, TENANT_QUOTA."),
       {"max-memory", "BYTES", "", "auto",
        "Memory that the server may take, peers and all. Beyond: "
        "RESOURCE_EXHAUSTED, MEMORY. auto: as much as its control group may, "
        "its container; 0: no limit.",
        [&o](std::string_view text) { return ReadMemory(text, o.max_memory); }},
       Number("event-loops", o.engine.event_loops, {1, 256},
              "one per processor",
              "Threads that carry the network traffic of all peers."),
       Time("lease-ttl", o.engine.pool.default_lease_ttl, day,
            "How long a peer lives that nobody renews and that asked for "
            "nothing else."),
       Time("max-lease-ttl", o.engine.pool.max_lease_ttl, day,
            "The longest time a peer may ask for."),
       Time("tombstone-ttl", o.engine.pool.tombstone_ttl,
            {absl::ZeroDuration(), day.max},
            "How long a closed peer can be asked why it closed."),
       Time("drain-timeout", o.drain_timeout, {absl::ZeroDuration(), day.max},
            "How long SIGTERM and SIGINT wait for peers and calls to end; a "
            "second signal waits for nothing."),
       Time("drain-notice", o.drain_notice, {absl::ZeroDuration(), day.max},
            "How long they wait at least, within that, also without peers, so "
            "that proxies that ask for its health send no more calls when it "
            "ends.")}};
}

FlagGroup NetworkFlags(Options& o) {
  ice::AddressSelection& addresses = o.engine.ice.addresses;
  return {
      "The network of the peers",
      {{"port-range", "FIRST-LAST", "", "any",
        "Ports of host candidates, of UDP and, with ice_tcp, of TCP. Beyond: "
        "RESOURCE_EXHAUSTED, PORTS.",
        [&o](std::string_view text) {
          return ReadPortRange(text, o.engine.ice);
        }},
       {"udp-port", "PORT", "", "none",
        "The UDP port that all single-port peers (ICE-lite) share, on each of "
        "the server's addresses. 0 or none: such peers are not to be had.",
        [&o](std::string_view text) {
          return ReadUdpPort(text, o.engine.single_port);
        }},
       {"ice-mode", "MODE", "", "full",
        "What a peer is that does not say: full, or single-port.",
        [&o](std::string_view text) {
          return ReadWord(text, kIceModeWords, o.single_port_by_default);
        }},
       {"loopback", "WHEN", "always", "auto",
        "Loopback addresses as candidates: always, never, or auto: where there "
        "is no other address.",
        [&addresses](std::string_view text) {
          return ReadWord(text, kLoopbackWords, addresses.loopback);
        }},
       List("interfaces", addresses.interfaces,
            "Only these network interfaces; a name may end in *."),
       List("exclude-interfaces", addresses.excluded_interfaces,
            "Never these network interfaces, such as docker*."),
       {"addresses", "IP,...", "", "all",
        "Exactly these local addresses, whatever the interfaces.",
        [&addresses](std::string_view text) {
          return ReadAddresses(text, addresses.addresses);
        }},
       {"external-addresses", "[LOCAL=]IP,...", "", "none",
        "The addresses that a 1:1 NAT before this machine shows for its local "
        "ones: for LOCAL only, or for all of the family that have none of "
        "their own. They are told in place of the local ones.",
        [&o](std::string_view text) {
          return ReadExternalAddresses(text, o.engine.ice.external.rules);
        }},
       Switch("keep-local-addresses", o.engine.ice.external.keep_local,
              "Tell the local addresses besides the external ones."),
       Switch("ipv4", addresses.ipv4, "IPv4 candidates."),
       Switch("ipv6", addresses.ipv6, "IPv6 candidates."),
       Networks("allow-networks", o.engine.ice.policy.allowed,
                "Remote addresses that peers may send to besides the usual "
                "ones: loopback, link-local addresses and the metadata "
                "services of clouds are denied by default."),
       Networks("deny-networks", o.engine.ice.policy.denied,
                "Remote addresses that peers never send to."),
       Path("media", o.media_path,
            "Which codecs and RTP header extensions peers negotiate that ask "
            "for nothing else: a file with a parley.v1.MediaConfiguration in "
            "JSON. Without: those of browsers."),
       Path("certificate", o.engine.certificate_path,
            "PEM file of the certificate that peers show in DTLS. Read again "
            "for each peer, so it can be rotated. Without: each peer has a "
            "fresh ECDSA one of its own, as in a browser."),
       Path("key", o.engine.key_path, "PEM file of its private key.")}};
}

FlagGroup LimitFlags(Options& o) {
  return {
      "Limits of calls",
      {Size("max-description-size", o.engine.limits.max_description_bytes,
            {kKiB, 16 * kMiB}, "The text of one session description."),
       Number("max-data-channels", o.max_data_channels, {1, 1024},
              std::to_string(o.max_data_channels),
              "The most data channels that a peer may ask for."),
       Size("max-message-size", o.max_message_size, {kKiB, kMiB},
            "One message of a data channel, in either direction."),
       Size("send-buffer", o.engine.limits.send_buffer_bytes,
            {64 * kKiB, 64 * kMiB},
            "What may wait to be sent on one data channel."),
       Size("receive-buffer", o.engine.limits.receive_buffer_bytes,
            {64 * kKiB, 64 * kMiB},
            "What one data channel keeps of messages not yet read."),
       Size("peer-receive-buffer", o.engine.limits.peer_receive_buffer_bytes,
            {64 * kKiB, 256 * kMiB}, "The same, of all channels of a peer."),
       Size("event-history", o.engine.limits.event_history_bytes,
            {4 * kKiB, 16 * kMiB},
            "What a peer keeps of its events for watchers that resume."),
       Size("pool-event-history", o.engine.pool.journal_bytes,
            {64 * kKiB, 1024 * kMiB},
            "The same of all peers together, for watchers of all peers.")}};
}

FlagGroup LogFlags(Options& o) {
  return {"Logs, to standard error",
          {{"log-format", "FORMAT", "", "text", "text or json.",
            [&o](std::string_view text) {
              return ReadWord(text, kFormatWords, o.log.format);
            }},
           {"log-level", "LEVEL", "", "info",
            "debug (every call), info, warning or error.",
            [&o](std::string_view text) {
              return ReadWord(text, kLevelWords, o.log.level);
            }}}};
}

std::vector<FlagGroup> Flags(Options& options) {
  return {ListenFlags(options),  AccessFlags(options), PoolFlags(options),
          NetworkFlags(options), LimitFlags(options),  LogFlags(options)};
}

// What no flag can judge alone.
absl::Status Check(const Options& o) {
  if (absl::Status bad = CheckAccess(o); !bad.ok()) return bad;
  if (!o.listen.local && !o.tls.enabled() && !o.insecure_bind) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--listen: ", o.listen.text,
        " is reachable from other machines, and the API is plaintext and asks "
        "nobody who they are; give --tls-certificate and --tls-key, or say "
        "--insecure-bind if that is meant"));
  }
  if (o.tls.enabled() != !o.tls.key_path.empty()) {
    return absl::InvalidArgumentError(
        o.tls.enabled() ? "--tls-certificate: needs --tls-key beside it"
                        : "--tls-key: needs --tls-certificate beside it");
  }
  if (!o.tls.client_ca_path.empty() && !o.tls.enabled()) {
    return absl::InvalidArgumentError(
        "--tls-client-ca: needs --tls-certificate and --tls-key");
  }
  if (o.admin_listen && !o.listen.unix_socket() && o.listen.port != 0 &&
      o.admin_listen->port == o.listen.port) {
    return absl::InvalidArgumentError(
        "--admin-listen: has the port of --listen");
  }
  if (o.metrics_listen && o.metrics_listen->port != 0) {
    const uint16_t port = o.metrics_listen->port;
    if (port == o.listen.port ||
        (o.admin_listen && port == o.admin_listen->port)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--metrics-listen: has the port of --",
                       port == o.listen.port ? "listen" : "admin-listen"));
    }
  }
  if (o.engine.certificate_path.empty() != o.engine.key_path.empty()) {
    return absl::InvalidArgumentError(
        o.engine.key_path.empty() ? "--certificate: needs --key beside it"
                                  : "--key: needs --certificate beside it");
  }
  if (!o.engine.single_port && o.single_port_by_default) {
    return absl::InvalidArgumentError(
        "--ice-mode: single-port needs --udp-port beside it");
  }
  if (o.engine.pool.default_lease_ttl > o.engine.pool.max_lease_ttl) {
    return absl::InvalidArgumentError(
        "--lease-ttl: is longer than --max-lease-ttl");
  }
  if (!o.engine.ice.addresses.ipv4 && !o.engine.ice.addresses.ipv6) {
    return absl::InvalidArgumentError(
        "--ipv6: is off, and so is --ipv4: no address is left");
  }
  for (const auto& [flag, bytes] :
       {std::pair("--send-buffer", o.engine.limits.send_buffer_bytes),
        std::pair("--receive-buffer", o.engine.limits.receive_buffer_bytes),
        std::pair("--peer-receive-buffer",
                  o.engine.limits.peer_receive_buffer_bytes)}) {
    if (bytes >= o.max_message_size) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": ", SizeText(bytes),
                     " does not hold one message of "
                     "--max-message-size, ",
                     SizeText(o.max_message_size)));
  }
  if (o.engine.limits.peer_receive_buffer_bytes <
      o.engine.limits.receive_buffer_bytes) {
    return absl::InvalidArgumentError(
        "--peer-receive-buffer: is smaller than --receive-buffer");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Invocation> ParseInvocation(
    std::span<const std::string_view> arguments,
    const EnvironmentLookup& environment) {
  for (const std::string_view argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      return Invocation{.kind = Invocation::Kind::kHelp};
    }
    if (argument == "--version") {
      return Invocation{.kind = Invocation::Kind::kVersion};
    }
  }
  Invocation invocation;
  const std::vector<FlagGroup> flags = Flags(invocation.options);
  absl::Status status = ParseFlags(flags, arguments, environment);
  if (status.ok()) status = Check(invocation.options);
  if (!status.ok()) return status;
  return invocation;
}

std::string HelpText() {
  Options options;
  return absl::StrCat(
      R"(parleyd: WebRTC peer connections, driven by gRPC calls.

Usage: parleyd [FLAG...]

Starts the server in the foreground. When it is ready it prints one line,
"parleyd listening on ADDRESS". Try it from another terminal:

  grpcurl -plaintext localhost:50051 list
  grpcurl -plaintext localhost:50051 describe parley.v1.PeerService
  grpcurl -plaintext -d '{}' localhost:50051 parley.v1.PeerService/CreatePeer

SIGTERM and SIGINT end it in order: health says NOT_SERVING, new peers are
refused, the others are closed.

Every flag is also an environment variable: --max-peers is PARLEY_MAX_PEERS.
A flag beats its variable. In brackets: the default.

)",
      DescribeFlags(Flags(options)), R"(
  --help, --version
      Print this text, or the version, and exit.

Exit codes: 0 ended as asked, 1 could not start or go on, 2 wrong usage.
)");
}

}  // namespace parley::service
