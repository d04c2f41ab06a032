#include "client/src/data_session_impl.h"

#include <string>
#include <utility>
#include <vector>

#include "client/src/backoff.h"
#include "client/src/wrong_node.h"

namespace parley::client::internal {
namespace {

// Attempts before the first answer; afterwards reconnect_timeout counts.
constexpr int kFirstAttempts = 4;

// What may wait for Receive. The readers' windows bound each channel; this
// bounds all of them together.
constexpr size_t kMaxFrameBytes = 16 * 1024 * 1024;

// Acknowledge at the latest after this much, though more waits to be received.
constexpr size_t kAcknowledgeBytes = 128 * 1024;

// Small frames are not free either.
size_t Cost(const v1::ServerFrame& frame) {
  return 64 + (frame.has_message() ? SizeOf(frame.message()) : 0);
}

void Run(Completions& completions) {
  for (auto& completion : completions) completion();
}

}  // namespace

DataSessionImpl::DataSessionImpl(std::shared_ptr<Connection> connection,
                                 DataSessionOptions options, TimeSource& time)
    : connection_(std::move(connection)),
      options_(options),
      time_(time),
      ledger_(options.max_unaccepted_bytes) {
  call_.method = "/parley.v1.DataChannelService/Exchange";
}

void DataSessionImpl::Start(std::string_view name, const v1::Attach& attach) {
  {
    absl::MutexLock lock(&mutex_);
    ledger_.Attach(name, attach);
  }
  Connect();
}

void DataSessionImpl::Attach(std::string_view name, const v1::Attach& attach) {
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value() || finishing_) return;
    ledger_.Attach(name, attach);
  }
  Pump();
}

void DataSessionImpl::Detach(std::string_view name) {
  {
    absl::MutexLock lock(&mutex_);
    ledger_.Detach(name);
  }
  Pump();
}

void DataSessionImpl::Send(std::string_view channel, v1::DataMessage message,
                           SendDone done) {
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) {
      status =
          end_->ok() ? absl::CancelledError("the session is finished") : *end_;
    } else if (finishing_) {
      status = absl::CancelledError("the session is being finished");
    } else {
      status = ledger_.Send(channel, std::move(message), done);
    }
  }
  if (!status.ok()) {
    if (done != nullptr) done(std::move(status));
    return;
  }
  Pump();
}

void DataSessionImpl::Receive(ReceiveDone done) {
  absl::ReleasableMutexLock lock(&mutex_);
  if (receiver_ != nullptr) {
    lock.Release();
    done(absl::FailedPreconditionError("another Receive is under way"));
    return;
  }
  if (frames_.empty()) {
    if (!end_.has_value()) {
      receiver_ = std::move(done);
      return;
    }
    const absl::Status end =
        end_->ok() ? absl::CancelledError("the session is finished") : *end_;
    lock.Release();
    done(end);
    return;
  }
  v1::ServerFrame frame = TakeFrame();
  std::shared_ptr<Stream> resume;
  const uint64_t generation = generation_;
  if (read_paused_ && frame_bytes_ < kMaxFrameBytes / 2) {
    read_paused_ = false;
    resume = stream_;
  }
  const bool pump = frames_.empty() || given_bytes_ >= kAcknowledgeBytes;
  if (pump) given_bytes_ = 0;
  lock.Release();
  if (pump) Pump();
  if (resume != nullptr) Read(std::move(resume), generation);
  done(std::move(frame));
}

bool DataSessionImpl::AbandonReceive() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(receiver_, nullptr) != nullptr;
}

void DataSessionImpl::Acknowledge(std::string_view channel, uint64_t sequence) {
  {
    absl::MutexLock lock(&mutex_);
    ledger_.Acknowledge(channel, sequence);
  }
  Pump();
}

void DataSessionImpl::Finish(SendDone done) {
  absl::ReleasableMutexLock lock(&mutex_);
  if (end_.has_value() || finishing_) {
    const absl::Status status =
        end_.value_or(absl::FailedPreconditionError("Finish was called twice"));
    lock.Release();
    done(status);
    return;
  }
  finishing_ = true;
  finished_ = std::move(done);
  lock.Release();
  Pump();
}

void DataSessionImpl::Cancel() {
  End(absl::CancelledError("the session was cancelled"));
}

void DataSessionImpl::Connect() {
  v1::ExchangeRequest first;
  Call call;
  uint64_t generation;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    generation = ++generation_;
    detached_ = false;
    closing_ = false;
    read_paused_ = false;
    ledger_.OnNewStream();
    ledger_.Fill(first);
    call = call_;
  }
  if (first.frames().empty()) {  // nothing is attached: nothing to resume
    End(absl::OkStatus());
    return;
  }
  std::shared_ptr<Stream> stream =
      connection_->OpenStream(call, first, /*half_close=*/false);
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;  // cancelled meanwhile; the stream goes
    stream_ = stream;
    writing_ = false;
  }
  Read(std::move(stream), generation);
  Pump();
}

void DataSessionImpl::Read(std::shared_ptr<Stream> stream,
                           uint64_t generation) {
  auto response = std::make_shared<v1::ExchangeResponse>();
  Stream* const to_read = stream.get();
  to_read->Read(
      response.get(),
      [self = shared_from_this(), stream = std::weak_ptr<Stream>(stream),
       generation, response](std::optional<absl::Status> end) {
        if (end.has_value()) {
          self->OnEnd(generation, *std::move(end));
        } else if (auto held = stream.lock()) {
          self->OnResponse(std::move(held), generation, std::move(*response));
        }
      });
}

void DataSessionImpl::OnResponse(std::shared_ptr<Stream> stream,
                                 uint64_t generation,
                                 v1::ExchangeResponse response) {
  std::vector<v1::ServerFrame> frames;
  Completions completions;
  ReceiveDone receiver;
  std::optional<v1::ServerFrame> received;
  bool read_on = true;
  {
    absl::ReleasableMutexLock lock(&mutex_);
    if (generation != generation_ || end_.has_value()) return;
    if (GoesElsewhere(response)) {
      std::shared_ptr<Stream> old = std::move(stream_);
      lock.Release();
      old->Cancel();
      Connect();
      return;
    }
    answered_ = true;
    failures_ = 0;
    ledger_.OnResponse(std::move(response), frames, completions);
    for (v1::ServerFrame& frame : frames) {
      if (finishing_) break;  // nobody will ask for them
      frame_bytes_ += Cost(frame);
      frames_.push_back(std::move(frame));
    }
    if (!frames_.empty() && receiver_ != nullptr) {
      receiver.swap(receiver_);
      received = TakeFrame();
      if (frames_.empty()) given_bytes_ = 0;
    }
    read_paused_ = frame_bytes_ >= kMaxFrameBytes;
    read_on = !read_paused_;
  }
  Run(completions);
  if (received.has_value()) receiver(*std::move(received));
  Pump();
  if (read_on) Read(std::move(stream), generation);
}

bool DataSessionImpl::GoesElsewhere(const v1::ExchangeResponse& response) {
  if (answered_ || followed_) return false;
  for (const v1::ServerFrame& frame : response.frames()) {
    auto node = RightNode(ToStatus(frame.detached().error()));
    if (!node.has_value()) continue;
    call_.node = *std::move(node);
    followed_ = true;
    return true;
  }
  return false;
}

void DataSessionImpl::OnEnd(uint64_t generation, absl::Status status) {
  bool closing;
  {
    absl::MutexLock lock(&mutex_);
    if (generation != generation_ || end_.has_value()) return;
    closing = closing_;
    auto node = RightNode(status);
    if (node.has_value() && !std::exchange(followed_, true)) {
      call_.node = *std::move(node);
      status = absl::UnavailableError("wrong node");  // so: try again
    }
  }
  if (closing && status.ok()) {
    End(absl::OkStatus());
  } else if (StreamBroke(status)) {
    Retry(std::move(status));
  } else {
    End(std::move(status));
  }
}

void DataSessionImpl::Retry(absl::Status status) {
  std::shared_ptr<Stream> old;
  {
    absl::MutexLock lock(&mutex_);
    old.swap(stream_);
    const absl::Time now = time_.Now();
    if (++failures_ == 1) broken_since_ = now;
    const absl::Duration delay =
        Backoff(failures_, options_.initial_backoff, options_.max_backoff,
                absl::Uniform(random_, 0.0, 1.0));
    if (answered_ ? now + delay - broken_since_ <= options_.reconnect_timeout
                  : failures_ < kFirstAttempts) {
      if (end_.has_value()) return;
      retry_ = time_.RunAfter(delay, [self = shared_from_this()] {
        std::unique_ptr<Timer> spent;
        {
          absl::MutexLock lock(&self->mutex_);
          spent.swap(self->retry_);
        }
        self->Connect();
      });
      return;
    }
  }
  End(status.ok() ? absl::UnavailableError("the stream ended too early")
                  : std::move(status));
}

void DataSessionImpl::End(absl::Status status) {
  Completions completions;
  ReceiveDone receiver;
  SendDone finished;
  std::shared_ptr<Stream> stream;
  std::unique_ptr<Timer> retry;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    end_ = status;
    stream.swap(stream_);
    retry.swap(retry_);
    receiver.swap(receiver_);
    finished.swap(finished_);
    ledger_.Fail(
        status.ok() ? absl::CancelledError("the session is finished") : status,
        completions);
  }
  if (stream != nullptr) stream->Cancel();
  Run(completions);
  if (receiver != nullptr) {
    receiver(status.ok() ? absl::CancelledError("the session is finished")
                         : status);
  }
  if (finished != nullptr) finished(status);
}

void DataSessionImpl::Pump() {
  auto request = std::make_shared<v1::ExchangeRequest>();
  std::shared_ptr<Stream> stream;
  uint64_t generation;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value() || stream_ == nullptr || writing_ || closing_) return;
    if (finishing_ && !detached_ && ledger_.unaccepted() == 0) {
      detached_ = true;
      ledger_.DetachAll();
    }
    stream = stream_;
    generation = generation_;
    if (ledger_.Fill(*request)) {
      writing_ = true;
    } else if (detached_ && !ledger_.attached()) {
      closing_ = true;
    } else {
      return;
    }
  }
  if (request->frames().empty()) {
    stream->CloseSending();
    return;
  }
  const v1::ExchangeRequest& to_write = *request;
  stream->Write(to_write, [self = shared_from_this(), generation,
                           request = std::move(request)](bool ok) {
    {
      absl::MutexLock lock(&self->mutex_);
      if (generation != self->generation_) return;
      self->writing_ = false;
    }
    if (ok) self->Pump();
  });
}

v1::ServerFrame DataSessionImpl::TakeFrame() {
  v1::ServerFrame frame = std::move(frames_.front());
  frames_.pop_front();
  frame_bytes_ -= Cost(frame);
  if (frame.has_message() && options_.acknowledge_on_receive) {
    ledger_.Acknowledge(frame.name(), frame.message().sequence());
    given_bytes_ += Cost(frame);
  }
  return frame;
}

}  // namespace parley::client::internal
