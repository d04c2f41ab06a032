#include "service/request_ledger.h"

#include <utility>

#include "absl/time/time.h"
#include "core/base/errors.h"

namespace parley::service {
namespace {

constexpr absl::Duration kRepeatDelay = absl::Milliseconds(100);

}  // namespace

absl::StatusOr<std::optional<std::string>> RequestLedger::Begin(
    std::string_view request_id, uint64_t hash) {
  absl::MutexLock lock(&mutex_);
  const auto before = replies_.Find(request_id, hash);
  if (!before.ok()) return before.status();
  if (*before != nullptr) return std::optional<std::string>(**before);
  const auto [it, fresh] = begun_.emplace(std::string(request_id), hash);
  if (fresh) return std::nullopt;
  if (it->second != hash) {
    return MakeError(Reason::kRequestIdConflict,
                     "this request_id belongs to another request that is being "
                     "carried out; choose a fresh one for each request",
                     {{"field", "request_id"}});
  }
  return MakeRetryableError(Reason::kRate,
                            "the same request is being carried out right now",
                            kRepeatDelay, {{"field", "request_id"}});
}

void RequestLedger::End(const std::string& request_id,
                        std::optional<std::string> reply) {
  absl::MutexLock lock(&mutex_);
  const auto it = begun_.find(request_id);
  if (reply) replies_.Store(request_id, it->second, *std::move(reply));
  begun_.erase(it);
}

}  // namespace parley::service
