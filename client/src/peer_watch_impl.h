// What PeerWatch does, with its time and connection as arguments.
// Safe for concurrent use, but only one Next at a time may be under way.
#ifndef PARLEY_CLIENT_SRC_PEER_WATCH_IMPL_H_
#define PARLEY_CLIENT_SRC_PEER_WATCH_IMPL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/src/time_source.h"
#include "parley/connection.h"
#include "parley/peer_watch.h"
#include "parley/v1/watch_calls.pb.h"

namespace parley::client::internal {

// A watch is idle, or it reads, or it waits before it tries again. Only Next
// begins a read, and one read follows the other, so that most members below
// belong to one thread at a time.
class PeerWatchImpl : public std::enable_shared_from_this<PeerWatchImpl> {
 public:
  using Result = absl::StatusOr<PeerWatch::Update>;
  using Done = std::function<void(Result)>;

  // `time` outlives it.
  PeerWatchImpl(std::shared_ptr<Connection> connection, std::string name,
                WatchOptions options, TimeSource& time);

  void Next(Done done);

  // Takes back the callback of Next. False: there is none any more.
  bool Abandon();

  void Cancel();

 private:
  // Opens the stream if there is none and reads it.
  void Advance();
  std::shared_ptr<Stream> Open();
  void OnRead(std::optional<absl::Status> end);

  // Whether the update is new and in order. A gap breaks the stream.
  enum class Verdict { kNew, kSkip, kGap };
  Verdict Judge(const v1::WatchPeerResponse& update);

  // The stream has ended or is no use any more: goes on in time, or gives up.
  void OnEnd(absl::Status status);
  void Retry(absl::Status status);
  std::unique_ptr<Timer> TakeRetryTimer();
  void DropStream();
  void Deliver(Result result);
  void End(absl::Status status);

  void ArmWatchdog() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnWatchdog();

  const std::shared_ptr<Connection> connection_;
  const std::string name_;
  const WatchOptions options_;
  TimeSource& time_;

  // Of who reads or waits.
  Call call_;
  v1::WatchPeerResponse response_;
  std::optional<uint64_t> last_sequence_;
  bool updated_ = false;      // an update has come
  bool closed_seen_ = false;  // no more will
  bool followed_ = false;     // one WRONG_NODE, since the last update
  int failures_ = 0;
  absl::Time broken_since_;
  absl::BitGen random_;

  absl::Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Stream> stream_ ABSL_GUARDED_BY(mutex_);
  Done waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<Result> ready_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  absl::Time silent_since_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Timer> watchdog_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Timer> retry_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_PEER_WATCH_IMPL_H_
