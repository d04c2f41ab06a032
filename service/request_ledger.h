// The last replies of calls that change something beside peers, by request_id,
// so that a call repeated after a broken connection gets its first answer.
//
// Safe for concurrent use.
#ifndef PARLEY_SERVICE_REQUEST_LEDGER_H_
#define PARLEY_SERVICE_REQUEST_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/peer/reply_cache.h"

namespace parley::service {

class RequestLedger {
 public:
  explicit RequestLedger(size_t capacity) : replies_(capacity) {}

  // Begins a request: nullopt means carry it out, then call End. Else the reply
  // that it had before. Errors: REQUEST_ID_CONFLICT; RATE while the first call
  // is still at work.
  absl::StatusOr<std::optional<std::string>> Begin(std::string_view request_id,
                                                   uint64_t hash)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Remembers the reply of what was carried out; nullopt: it failed, and may be
  // tried again.
  void End(const std::string& request_id, std::optional<std::string> reply)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  peer::ReplyCache replies_ ABSL_GUARDED_BY(mutex_);
  // Requests at work, with their hashes.
  absl::flat_hash_map<std::string, uint64_t> begun_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_REQUEST_LEDGER_H_
