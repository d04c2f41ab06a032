#include "core/pool/tenant.h"

#include <algorithm>
#include <vector>

#include "core/base/errors.h"
#include "core/base/strings.h"

namespace parley::pool {
namespace {

// So few are not worth looking through.
constexpr size_t kFewTenants = 1024;
constexpr absl::Duration kTooManyDelay = absl::Seconds(1);

}  // namespace

absl::Status CheckTenantName(std::string_view name) {
  const bool printable = std::all_of(
      name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (!name.empty() && name.size() <= Tenants::kMaxNameBytes && printable &&
      name.front() != ' ' && name.back() != ' ') {
    return absl::OkStatus();
  }
  return MakeError(Reason::kArgument,
                   "a tenant's name is 1 to " +
                       std::to_string(Tenants::kMaxNameBytes) +
                       " printable ASCII characters, the first and last "
                       "no blank",
                   {{"field", "tenant"}});
}

absl::Status Tenant::CountCall(absl::Duration now) {
  const auto wait = calls_.Take(call_rate_, now);
  if (!wait) return absl::OkStatus();
  return MakeRetryableError(
      Reason::kRate, "this tenant makes more calls than it may; slow down",
      std::max(*wait, absl::Milliseconds(1)), {{"quota", "calls"}});
}

Tenants::Tenants(TenantLimits limits, size_t journal_bytes, const Clock& clock)
    : limits_(limits),
      room_(std::make_shared<JournalRoom>(journal_bytes)),
      clock_(clock),
      common_(Make(kCommon)),
      by_name_({{common_->name(), common_}}),
      forget_beyond_(kFewTenants) {}

TenantPtr Tenants::Make(std::string_view name) {
  return std::make_shared<Tenant>(std::string(name), lives_++, limits_, room_);
}

absl::StatusOr<TenantPtr> Tenants::Get(std::string_view name) {
  if (absl::Status bad = CheckTenantName(name); !bad.ok()) return bad;
  absl::MutexLock lock(&mutex_);
  const auto it = by_name_.find(ToAbsl(name));
  if (it != by_name_.end()) return it->second;
  if (by_name_.size() >= forget_beyond_) ForgetUnused();
  if (by_name_.size() >= kMaxTenants) {
    return MakeRetryableError(Reason::kRate,
                              "the server has too many tenants; go to another "
                              "node",
                              kTooManyDelay, {{"quota", "tenants"}});
  }
  TenantPtr made = Make(name);
  if (ended_) made->journal().End();
  by_name_.emplace(made->name(), made);
  return made;
}

// Nobody can come to use one meanwhile, because that takes the lock.
void Tenants::ForgetUnused() {
  const absl::Duration now = clock_.Monotonic();
  absl::erase_if(by_name_, [now](const auto& entry) {
    return entry.second.use_count() == 1 && entry.second->calls_.idle(now);
  });
  forget_beyond_ =
      std::clamp(2 * by_name_.size(), kFewTenants, size_t{kMaxTenants});
}

size_t Tenants::size() const {
  absl::MutexLock lock(&mutex_);
  return by_name_.size();
}

void Tenants::EndJournals() {
  // Called without the lock: watchers wake up.
  std::vector<TenantPtr> all;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    all.reserve(by_name_.size());
    for (const auto& [name, tenant] : by_name_) all.push_back(tenant);
  }
  for (const TenantPtr& tenant : all) tenant->journal().End();
}

}  // namespace parley::pool
