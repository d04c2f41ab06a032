#include "client/src/resuming_reader.h"

#include <algorithm>
#include <utility>

#include "client/src/backoff.h"
#include "client/src/wrong_node.h"
#include "parley/error_info.h"
#include "parley/v1/watch_calls.pb.h"

namespace parley::client::internal {
namespace {

// Attempts before the first update; afterwards reconnect_timeout counts.
constexpr int kFirstAttempts = 4;

constexpr int kHeartbeatsMissed = 3;

}  // namespace

template <typename T>
ResumingReader<T>::ResumingReader(std::shared_ptr<Connection> connection,
                                  std::string_view method,
                                  const ResumeOptions& options,
                                  TimeSource& time)
    : connection_(std::move(connection)), options_(options), time_(time) {
  call_.method = method;
}

template <typename T>
void ResumingReader<T>::Next(Done done) {
  absl::ReleasableMutexLock lock(&mutex_);
  std::optional<Result> now;
  if (waiting_ != nullptr) {
    now = absl::FailedPreconditionError("another Next is under way");
  } else if (ready_.has_value()) {
    now = std::exchange(ready_, std::nullopt);
  } else if (end_.has_value()) {
    now = end_->ok() ? Result(std::optional<T>()) : Result(*end_);
  }
  if (now.has_value()) {
    lock.Release();
    done(*std::move(now));
    return;
  }
  waiting_ = std::move(done);
  if (std::exchange(busy_, true)) return;
  lock.Release();
  Advance();
}

template <typename T>
bool ResumingReader<T>::Abandon() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(waiting_, nullptr) != nullptr;
}

template <typename T>
void ResumingReader<T>::Cancel() {
  End(absl::CancelledError("the watch was cancelled"));
}

template <typename T>
void ResumingReader<T>::Advance() {
  std::shared_ptr<Stream> stream;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    stream = stream_;
  }
  if (stream == nullptr) {
    stream = connection_->OpenStream(call_, *Request(), /*half_close=*/true);
  }
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;  // cancelled meanwhile; the stream goes
    stream_ = stream;
    silent_since_ = time_.Now();
    if (watchdog_ == nullptr) ArmWatchdog();
  }
  stream->Read(&response_, [self = this->shared_from_this()](
                               std::optional<absl::Status> end) {
    self->OnRead(std::move(end));
  });
}

template <typename T>
void ResumingReader<T>::OnRead(std::optional<absl::Status> end) {
  if (end.has_value()) {
    OnEnd(*std::move(end));
    return;
  }
  const Verdict verdict = Judge(response_);
  if (verdict == Verdict::kGap) {
    Retry(absl::DataLossError("the server left out events"));
    return;
  }
  // A stream that says anything works, also one on which nothing happens.
  followed_ = false;
  failures_ = 0;
  if (verdict == Verdict::kSkip) {
    Advance();
    return;
  }
  updated_ = true;
  Deliver(std::move(response_));
}

template <typename T>
void ResumingReader<T>::OnEnd(absl::Status status) {
  if (complete()) {
    End(absl::OkStatus());
  } else if (auto node = RightNode(status);
             node.has_value() && !std::exchange(followed_, true)) {
    call_.node = *std::move(node);
    DropStream();
    Advance();
  } else if (StreamBroke(status) || HasReason(status, "EVENTS_COMPACTED")) {
    Retry(std::move(status));
  } else {
    End(std::move(status));
  }
}

template <typename T>
void ResumingReader<T>::Retry(absl::Status status) {
  DropStream();
  const absl::Time now = time_.Now();
  if (++failures_ == 1) broken_since_ = now;
  const absl::Duration delay =
      Backoff(failures_, options_.initial_backoff, options_.max_backoff,
              absl::Uniform(random_, 0.0, 1.0));
  if (updated_ ? now + delay - broken_since_ > options_.reconnect_timeout
               : failures_ >= kFirstAttempts) {
    End(status.ok() ? absl::UnavailableError("the stream ended before its time")
                    : std::move(status));
    return;
  }
  absl::MutexLock lock(&mutex_);
  if (end_.has_value()) return;
  retry_ = time_.RunAfter(delay, [self = this->shared_from_this()] {
    self->TakeRetryTimer();
    self->Advance();
  });
}

template <typename T>
std::unique_ptr<Timer> ResumingReader<T>::TakeRetryTimer() {
  absl::MutexLock lock(&mutex_);
  return std::move(retry_);
}

template <typename T>
void ResumingReader<T>::DropStream() {
  std::shared_ptr<Stream> stream;
  absl::MutexLock lock(&mutex_);
  stream.swap(stream_);  // which outlives the lock
}

template <typename T>
void ResumingReader<T>::Deliver(Result result) {
  absl::ReleasableMutexLock lock(&mutex_);
  if (end_.has_value()) return;
  busy_ = false;
  Done done = std::exchange(waiting_, nullptr);
  if (done == nullptr) {
    ready_ = std::move(result);
    return;
  }
  lock.Release();
  done(std::move(result));
}

template <typename T>
void ResumingReader<T>::End(absl::Status status) {
  std::shared_ptr<Stream> stream;
  std::unique_ptr<Timer> watchdog, retry;
  Done done;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    end_ = status;
    stream.swap(stream_);
    watchdog.swap(watchdog_);
    retry.swap(retry_);
    done.swap(waiting_);
  }
  if (stream != nullptr) stream->Cancel();
  if (done == nullptr) return;
  if (status.ok()) {
    done(std::optional<T>());
  } else {
    done(std::move(status));
  }
}

template <typename T>
void ResumingReader<T>::ArmWatchdog() {
  const absl::Time bark =
      silent_since_ + kHeartbeatsMissed * options_.heartbeat_interval;
  watchdog_ = time_.RunAfter(
      bark - time_.Now(),
      [weak = std::weak_ptr<ResumingReader>(this->shared_from_this())] {
        if (auto self = weak.lock()) self->OnWatchdog();
      });
}

template <typename T>
void ResumingReader<T>::OnWatchdog() {
  std::unique_ptr<Timer> spent;
  std::shared_ptr<Stream> silent;
  absl::ReleasableMutexLock lock(&mutex_);
  spent.swap(watchdog_);
  // Nobody reads, or the stream is gone: the next read arms it again.
  if (end_.has_value() || !busy_ || stream_ == nullptr) return;
  if (time_.Now() - silent_since_ <
      kHeartbeatsMissed * options_.heartbeat_interval) {
    ArmWatchdog();
    return;
  }
  silent = stream_;
  lock.Release();
  silent->Cancel();  // its read ends, and the watch resumes
}

template class ResumingReader<v1::WatchPeerResponse>;
template class ResumingReader<v1::WatchPeersResponse>;

}  // namespace parley::client::internal
