// Domain names to addresses without a thread and without waiting: queries run
// on an event loop, and answers are kept for a while. Everything is for the
// loop's thread.
#ifndef PARLEY_CORE_LOOP_NAME_RESOLVER_H_
#define PARLEY_CORE_LOOP_NAME_RESOLVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/loop/event_loop.h"

namespace parley {

class NameResolver {
 public:
  // IP literals, IPv4 and IPv6, in the order of preference; never empty.
  using Answer = absl::StatusOr<std::vector<std::string>>;
  using Callback = absl::AnyInvocable<void(const Answer&)>;
  enum class RequestId : uint64_t { kNone = 0 };

  struct Options {
    // Per try; each further one waits longer.
    absl::Duration timeout = absl::Seconds(2);
    int tries = 2;
    // How long an answer is used again, a refusal as well.
    absl::Duration keep = absl::Seconds(30);
    size_t max_pending = 256;
    size_t max_kept = 1024;
    // "address:port" of the one server to ask; empty: those of the system.
    std::string server;
  };

  explicit NameResolver(EventLoop& loop);
  NameResolver(EventLoop& loop, Options options);
  // Callbacks that wait are destroyed uncalled. Also allowed on another
  // thread, after the loop has stopped.
  ~NameResolver();
  NameResolver(const NameResolver&) = delete;
  NameResolver& operator=(const NameResolver&) = delete;

  // An answer that is known already.
  std::optional<Answer> Kept(const std::string& name) const;

  // Calls back later, never inside this call, at most about three timeouts
  // later. Errors of the answer: NOT_FOUND (no such name, no address),
  // DEADLINE_EXCEEDED, UNAVAILABLE (the server failed), RESOURCE_EXHAUSTED (too
  // many names wait). Names that wait already are asked for once.
  RequestId Resolve(const std::string& name, Callback callback);
  // The callback is destroyed; nothing for a request that was answered.
  void Cancel(RequestId request);

 private:
  class Channel;
  struct Record {
    Answer answer;
    absl::Duration expires;
  };

  void Finish(const std::string& name, Answer answer);
  void Keep(const std::string& name, const Answer& answer);
  absl::Status RenewChannel();

  EventLoop& loop_;
  const Options options_;
  absl::flat_hash_map<std::string, Record> kept_;
  // By name, then by request, in the order of the calls.
  absl::flat_hash_map<std::string, std::vector<std::pair<RequestId, Callback>>>
      waiting_;
  std::unique_ptr<Channel> channel_;
  absl::Duration channel_made_;
  uint64_t last_request_ = 0;
  // Callbacks that are posted hold it weakly.
  const std::shared_ptr<NameResolver*> self_;
};

}  // namespace parley

#endif  // PARLEY_CORE_LOOP_NAME_RESOLVER_H_
