// Who makes a call. Values.
#ifndef PARLEY_SERVICE_CALLER_H_
#define PARLEY_SERVICE_CALLER_H_

#include <memory>
#include <string>
#include <string_view>

#include "core/pool/tenant.h"

namespace parley::service {

// What a caller may do: users everything with what is their tenant's, admins
// also what is about the server or about all tenants.
enum class Role { kUser, kAdmin };

// "user", "admin".
constexpr std::string_view RoleName(Role role) {
  return role == Role::kAdmin ? "admin" : "user";
}

// What a token or certificate says of who shows it.
struct Credential {
  std::string tenant;
  Role role = Role::kUser;
};

struct Caller {
  pool::TenantPtr tenant;
  Role role = Role::kUser;
};

// One of the streams that a tenant may have open, for as long as this lives.
class StreamSlot {
 public:
  StreamSlot() = default;
  // Takes over a stream that was counted.
  explicit StreamSlot(pool::TenantPtr tenant) : tenant_(std::move(tenant)) {}
  StreamSlot(StreamSlot&& other) = default;
  StreamSlot& operator=(StreamSlot&& other) {
    tenant_.swap(other.tenant_);
    return *this;
  }
  ~StreamSlot() {
    if (tenant_) tenant_->streams().Give();
  }

 private:
  pool::TenantPtr tenant_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CALLER_H_
