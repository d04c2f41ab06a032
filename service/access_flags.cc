#include "service/access_flags.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/strings.h"

namespace parley::service {
namespace {

constexpr size_t kMaxWordBytes = 256;

absl::Status ReadFiles(std::string_view text, std::vector<std::string>& out) {
  std::vector<std::string> paths;
  if (absl::Status read = ReadList(text, paths); !read.ok()) return read;
  for (const std::string& path : paths) {
    if (access(path.c_str(), R_OK) == 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", path, "\" cannot be read: ", std::string(strerror(errno))));
  }
  out = std::move(paths);
  return absl::OkStatus();
}

absl::Status ReadFile(std::string_view text, std::string& out) {
  std::vector<std::string> paths;
  if (absl::Status read = ReadFiles(text, paths); !read.ok()) return read;
  if (paths.size() != 1) {
    return absl::InvalidArgumentError("is one file, not several");
  }
  out = std::move(paths.front());
  return absl::OkStatus();
}

absl::Status ReadWord(std::string_view text, std::string& out) {
  if (text.empty() || text.size() > kMaxWordBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("is a text of 1 to ", kMaxWordBytes, " bytes"));
  }
  out = text;
  return absl::OkStatus();
}

// One in a quarter of an hour: with less the times are no numbers any more.
constexpr double kLeastRate = 0.001;

absl::Status ReadRate(std::string_view text, double max, double& out) {
  double rate = 0;
  if (!absl::SimpleAtod(ToAbsl(text), &rate) || !(rate >= 0) || rate > max ||
      (rate > 0 && rate < kLeastRate)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(text.substr(0, 80)), "\" is no number from ",
                     kLeastRate, " to ", max, ", such as 50 or 0.5, nor 0"));
  }
  out = rate;
  return absl::OkStatus();
}

Flag Word(std::string_view name, std::string& out, std::string fallback,
          std::string_view help) {
  return {name, "TEXT",
          "",   std::move(fallback),
          help, [&out](std::string_view text) { return ReadWord(text, out); }};
}

Flag Most(std::string_view name, size_t& out, std::string_view help) {
  return {name, "N", "", "no limit", help, [&out](std::string_view text) {
            uint64_t number = 0;
            absl::Status read = ReadNumber(text, {0, 1000000}, number);
            if (read.ok()) out = number;
            return read;
          }};
}

Flag PerSecond(std::string_view name, double& out, std::string fallback,
               std::string_view help) {
  return {
      name, "N",
      "",   std::move(fallback),
      help, [&out](std::string_view text) {
            return ReadRate(text, 1e6, out); }};
}

}  // namespace

FlagGroup AccessFlags(Options& o) {
  AccessOptions& access = o.access;
  pool::TenantLimits& limits = o.engine.tenants;
  return {
      "Who may call (without these: all who reach it, as admins of one tenant)",
      {{"tokens", "PATH", "", "none",
        "File of bearer tokens: a line for each, with its tenant, its role "
        "(user or admin) and itself, or sha256: and its SHA-256. Like all "
        "files of these flags it is read again when it changes.",
        [&access](std::string_view text) {
          return ReadFile(text, access.tokens_path);
        }},
       {"jwt-keys", "PATH,...", "", "none",
        "Files of public keys, in PEM form or as JWK sets: JSON Web Tokens "
        "that these have signed (RS256, ES256) are bearer tokens.",
        [&access](std::string_view text) {
          return ReadFiles(text, access.jwt.key_paths);
        }},
       Word("jwt-issuer", access.jwt.issuer, "any",
            "What the claim iss of such tokens must be."),
       Word("jwt-audience", access.jwt.audience, "any",
            "What their claim aud must be or contain."),
       Word("jwt-tenant-claim", access.jwt.tenant_claim,
            access.jwt.tenant_claim, "The claim that names the tenant."),
       Word("jwt-role-claim", access.jwt.role_claim, access.jwt.role_claim,
            "The claim that is or contains \"admin\" for admins."),
       {"tls-client-tenants", "BOOL", "true", "false",
        "Who shows no token is who the subject of the TLS certificate says: O "
        "is the tenant, an OU admin makes an admin. With --tls-client-ca.",
        [&access](std::string_view text) {
          return ReadBool(text, access.certificate_tenants);
        }},
       Most("tenant-max-peers", limits.max_peers,
            "Peers of one tenant at a time. Beyond: RESOURCE_EXHAUSTED, "
            "TENANT_QUOTA."),
       Most("tenant-max-certificates", limits.max_certificates,
            "The same of certificates."),
       Most("tenant-max-streams", limits.max_streams,
            "Streams that one tenant may have open. Beyond: "
            "RESOURCE_EXHAUSTED, RATE."),
       PerSecond("tenant-call-rate", limits.calls.per_second, "no limit",
                 "Calls of one tenant in a second, in the long run. Beyond: "
                 "RESOURCE_EXHAUSTED, RATE."),
       PerSecond("tenant-call-burst", limits.calls.burst, "those of one second",
                 "Calls that may come at once after a pause.")}};
}

absl::Status CheckAccess(const Options& o) {
  const AccessOptions& access = o.access;
  if (access.certificate_tenants && o.tls.client_ca_path.empty()) {
    return absl::InvalidArgumentError(
        "--tls-client-tenants: needs --tls-client-ca");
  }
  if (access.jwt.key_paths.empty() &&
      !(access.jwt.issuer.empty() && access.jwt.audience.empty())) {
    return absl::InvalidArgumentError(absl::StrCat(
        access.jwt.issuer.empty() ? "--jwt-audience" : "--jwt-issuer",
        ": needs --jwt-keys"));
  }
  if (o.engine.tenants.calls.burst > 0 && !o.engine.tenants.calls.limited()) {
    return absl::InvalidArgumentError(
        "--tenant-call-burst: needs --tenant-call-rate");
  }
  if (!o.listen.local && !o.tls.enabled() && !o.insecure_bind &&
      access.asks_for_tokens()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--listen: ", o.listen.text,
        " is reachable from other machines, and without TLS whoever is on the "
        "way can read the tokens; give --tls-certificate and --tls-key, or say "
        "--insecure-bind if that is meant"));
  }
  return absl::OkStatus();
}

}  // namespace parley::service
