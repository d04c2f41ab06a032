// What the server asks of its callers. Plain values.
#ifndef PARLEY_SERVICE_ACCESS_OPTIONS_H_
#define PARLEY_SERVICE_ACCESS_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace parley::service {

// JSON Web Tokens (RFC 7519) as bearer tokens.
struct JwtOptions {
  std::vector<std::string> key_paths;  // none: no such tokens
  std::string issuer;                  // empty: any
  std::string audience;                // empty: any
  std::string tenant_claim = "tenant";
  std::string role_claim = "role";
};

struct AccessOptions {
  std::string tokens_path;  // of static tokens; empty: none
  JwtOptions jwt;
  // The tenant and role of a caller without a token stand in the subject of its
  // TLS certificate.
  bool certificate_tenants = false;
  // How often the files are looked at again.
  absl::Duration reload_interval = absl::Seconds(2);

  bool asks_for_tokens() const {
    return !tokens_path.empty() || !jwt.key_paths.empty();
  }
  // Nobody is asked: all are admins of the common tenant.
  bool open() const { return !asks_for_tokens() && !certificate_tenants; }
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_ACCESS_OPTIONS_H_
