#include "client/src/peer_watch_impl.h"

#include <algorithm>
#include <utility>

#include "client/src/backoff.h"
#include "client/src/durations.h"
#include "client/src/wrong_node.h"
#include "parley/error_info.h"

namespace parley::client::internal {
namespace {

// Attempts before the first update; afterwards reconnect_timeout counts.
constexpr int kFirstAttempts = 4;

constexpr int kHeartbeatsMissed = 3;

}  // namespace

PeerWatchImpl::PeerWatchImpl(std::shared_ptr<Connection> connection,
                             std::string name, WatchOptions options,
                             TimeSource& time)
    : connection_(std::move(connection)),
      name_(std::move(name)),
      options_(options),
      time_(time),
      last_sequence_(options.after_sequence) {
  call_.method = "/parley.v1.PeerService/WatchPeer";
}

void PeerWatchImpl::Next(Done done) {
  absl::ReleasableMutexLock lock(&mutex_);
  std::optional<Result> now;
  if (waiting_ != nullptr) {
    now = absl::FailedPreconditionError("another Next is under way");
  } else if (ready_.has_value()) {
    now = std::exchange(ready_, std::nullopt);
  } else if (end_.has_value()) {
    now = end_->ok() ? Result(PeerWatch::Update()) : Result(*end_);
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

bool PeerWatchImpl::Abandon() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(waiting_, nullptr) != nullptr;
}

void PeerWatchImpl::Cancel() {
  End(absl::CancelledError("the watch was cancelled"));
}

void PeerWatchImpl::Advance() {
  std::shared_ptr<Stream> stream;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    stream = stream_;
  }
  if (stream == nullptr) stream = Open();
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;  // cancelled meanwhile; the stream goes
    stream_ = stream;
    silent_since_ = time_.Now();
    if (watchdog_ == nullptr) ArmWatchdog();
  }
  stream->Read(&response_,
               [self = shared_from_this()](std::optional<absl::Status> end) {
                 self->OnRead(std::move(end));
               });
}

std::shared_ptr<Stream> PeerWatchImpl::Open() {
  v1::WatchPeerRequest request;
  request.set_name(name_);
  if (last_sequence_.has_value()) request.set_after_sequence(*last_sequence_);
  request.set_keep_alive(options_.keep_alive);
  request.set_snapshot_if_compacted(true);
  request.set_view(options_.full_view ? v1::PEER_VIEW_FULL
                                      : v1::PEER_VIEW_BASIC);
  *request.mutable_heartbeat_interval() = ToProto(options_.heartbeat_interval);
  return connection_->OpenStream(call_, request, /*half_close=*/true);
}

void PeerWatchImpl::OnRead(std::optional<absl::Status> end) {
  if (end.has_value()) {
    OnEnd(*std::move(end));
    return;
  }
  switch (Judge(response_)) {
    case Verdict::kNew:
      updated_ = true;
      followed_ = false;
      failures_ = 0;
      Deliver(std::move(response_));
      break;
    case Verdict::kSkip:
      Advance();
      break;
    case Verdict::kGap:
      Retry(absl::DataLossError("the server left out events"));
      break;
  }
}

PeerWatchImpl::Verdict PeerWatchImpl::Judge(
    const v1::WatchPeerResponse& update) {
  switch (update.update_case()) {
    case v1::WatchPeerResponse::kSnapshot:
      last_sequence_ = update.snapshot().state().last_event_sequence();
      if (update.snapshot().has_closure()) {
        last_sequence_.reset();  // a tombstone keeps nothing but its end
        closed_seen_ = true;
      }
      return Verdict::kNew;
    case v1::WatchPeerResponse::kEvent: {
      const uint64_t sequence = update.event().sequence();
      if (last_sequence_.has_value()) {
        if (sequence <= *last_sequence_) return Verdict::kSkip;
        if (sequence > *last_sequence_ + 1) return Verdict::kGap;
      }
      last_sequence_ = sequence;
      closed_seen_ |= update.event().has_closed();
      return Verdict::kNew;
    }
    case v1::WatchPeerResponse::kHeartbeat:
      return last_sequence_.has_value() &&
                     update.heartbeat().last_event_sequence() > *last_sequence_
                 ? Verdict::kGap
                 : Verdict::kSkip;
    default:
      return Verdict::kSkip;  // of a newer server
  }
}

void PeerWatchImpl::OnEnd(absl::Status status) {
  if (closed_seen_) {
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

void PeerWatchImpl::Retry(absl::Status status) {
  DropStream();
  const absl::Time now = time_.Now();
  if (++failures_ == 1) broken_since_ = now;
  const absl::Duration delay =
      Backoff(failures_, options_.initial_backoff, options_.max_backoff,
              absl::Uniform(random_, 0.0, 1.0));
  if (updated_ ? now + delay - broken_since_ > options_.reconnect_timeout
               : failures_ >= kFirstAttempts) {
    End(status.ok() ? absl::UnavailableError(
                          "the stream ended before the peer was closed")
                    : std::move(status));
    return;
  }
  absl::MutexLock lock(&mutex_);
  if (end_.has_value()) return;
  retry_ = time_.RunAfter(delay, [self = shared_from_this()] {
    self->TakeRetryTimer();
    self->Advance();
  });
}

std::unique_ptr<Timer> PeerWatchImpl::TakeRetryTimer() {
  absl::MutexLock lock(&mutex_);
  return std::move(retry_);
}

void PeerWatchImpl::DropStream() {
  std::shared_ptr<Stream> stream;
  absl::MutexLock lock(&mutex_);
  stream.swap(stream_);  // which outlives the lock
}

void PeerWatchImpl::Deliver(Result result) {
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

void PeerWatchImpl::End(absl::Status status) {
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
    done(PeerWatch::Update());
  } else {
    done(std::move(status));
  }
}

void PeerWatchImpl::ArmWatchdog() {
  const absl::Time bark =
      silent_since_ + kHeartbeatsMissed * options_.heartbeat_interval;
  watchdog_ =
      time_.RunAfter(bark - time_.Now(),
                     [weak = std::weak_ptr<PeerWatchImpl>(shared_from_this())] {
                       if (auto self = weak.lock()) self->OnWatchdog();
                     });
}

void PeerWatchImpl::OnWatchdog() {
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

}  // namespace parley::client::internal
