// Who calls, and whether they may: the first thing that every call asks.
//
// Safe for concurrent use. Where nobody is asked who they are it takes no lock
// and allocates nothing; else a token that was seen before costs its digest.
#ifndef PARLEY_SERVICE_ACCESS_H_
#define PARLEY_SERVICE_ACCESS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/base/rate_limit.h"
#include "core/pool/tenant.h"
#include "grpcpp/server_context.h"
#include "service/access_options.h"
#include "service/caller.h"
#include "service/file_watch.h"
#include "service/jwt.h"
#include "service/log.h"
#include "service/method.h"
#include "service/token_file.h"
#include "service/verified_callers.h"

namespace parley::service {

class Access {
 public:
  // Attempts to call with a token that is none, of one address: beyond, no
  // token of that address is looked at that was not seen before.
  static constexpr Rate kFailures = {.per_second = 50, .burst = 200};

  // Reads the files, and then again when they change. What it is given must
  // outlive it. The error names the flag and what is wrong with its file.
  static absl::StatusOr<std::unique_ptr<Access>> Create(
      const AccessOptions& options, pool::Tenants& tenants, const Clock& clock,
      Log& log);

  // Who calls. Errors: TOKEN, ROLE, RATE.
  absl::StatusOr<Caller> Admit(const grpc::ServerContextBase& context,
                               Method method);
  // The same for a call that stays open. Errors: as above; RATE also when the
  // tenant has too many.
  absl::StatusOr<Caller> AdmitStream(const grpc::ServerContextBase& context,
                                     Method method, StreamSlot& slot);

  // Callers who were not let in, by the cause.
  uint64_t refused(TokenFault fault) const {
    return refused_[static_cast<size_t>(fault)];
  }
  // How often files that had changed could not be used.
  uint64_t failed_reloads() const { return failed_reloads_; }

 private:
  struct Keys {
    std::shared_ptr<const TokenTable> tokens;  // null: none are taken
    std::shared_ptr<const JwtKeys> jwt;        // null: none are taken
  };
  using Taker = std::function<absl::Status(const FileWatch::Contents&)>;

  Access(const AccessOptions& options, pool::Tenants& tenants,
         const Clock& clock, Log& log);

  absl::Status WatchTokens();
  absl::Status WatchJwtKeys();
  absl::Status WatchFiles(std::string_view flag,
                          const std::vector<std::string>& paths,
                          size_t max_bytes, Taker take);
  void SetKeys(const std::function<void(Keys&)>& change)
      ABSL_LOCKS_EXCLUDED(mutex_);

  absl::StatusOr<Caller> Identify(const grpc::ServerContextBase& context);
  absl::StatusOr<Caller> ByToken(const grpc::ServerContextBase& context,
                                 std::string_view token);
  absl::StatusOr<Caller> ByCertificate(const grpc::ServerContextBase& context);
  Keys CurrentKeys() const ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<Credential> FindToken(const TokenDigest& digest) const;
  absl::StatusOr<Verified> Verify(std::string_view token) const;
  absl::StatusOr<Caller> Remember(const TokenDigest& digest,
                                  const Verified& verified,
                                  uint64_t generation);
  RateLimit& FailuresOf(const grpc::ServerContextBase& context);

  const AccessOptions options_;
  pool::Tenants& tenants_;
  const Clock& clock_;
  Log& log_;
  // Without a count of its own: it lasts as long as the tenants.
  const Caller common_;

  mutable absl::Mutex mutex_;
  Keys keys_ ABSL_GUARDED_BY(mutex_);
  // Of the keys.
  std::atomic<uint64_t> generation_ = 0;

  VerifiedCallers verified_;
  // By a digest of the address; those that share one share the limit.
  std::array<RateLimit, 1024> failures_;
  std::array<std::atomic<uint64_t>, kTokenFaults> refused_ = {};
  std::atomic<uint64_t> failed_reloads_ = 0;
  std::vector<std::unique_ptr<FileWatch>> watches_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_ACCESS_H_
