#include "parley/stream_reader.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "client/src/await.h"
#include "parley/connection.h"
#include "parley/v1/data_channel_service.pb.h"
#include "parley/v1/watch_calls.pb.h"

namespace parley::client {
namespace internal {

template <typename Response>
class StreamReaderImpl
    : public std::enable_shared_from_this<StreamReaderImpl<Response>> {
 public:
  using Result = absl::StatusOr<std::optional<Response>>;
  using Done = std::function<void(Result)>;

  explicit StreamReaderImpl(std::unique_ptr<Stream> stream)
      : stream_(std::move(stream)) {}

  void Next(Done done) {
    absl::ReleasableMutexLock lock(&mutex_);
    if (waiting_ != nullptr) {
      lock.Release();
      done(absl::FailedPreconditionError("another Next is under way"));
      return;
    }
    if (ready_.has_value()) {
      Result ready = *std::exchange(ready_, std::nullopt);
      lock.Release();
      done(std::move(ready));
      return;
    }
    waiting_ = std::move(done);
    if (std::exchange(reading_, true)) return;
    lock.Release();
    stream_->Read(&response_, [self = this->shared_from_this()](auto end) {
      self->OnRead(std::move(end));
    });
  }

  // Whether there was a callback to take back.
  bool Abandon() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(waiting_, nullptr) != nullptr;
  }

  void Cancel() { stream_->Cancel(); }

 private:
  void OnRead(std::optional<absl::Status> end) {
    Result result = std::optional<Response>();
    if (!end.has_value()) {
      result = std::optional<Response>(std::move(response_));
    } else if (!end->ok()) {
      result = *std::move(end);
    }
    absl::ReleasableMutexLock lock(&mutex_);
    reading_ = false;
    Done done = std::exchange(waiting_, nullptr);
    if (done == nullptr) {
      ready_ = std::move(result);
      return;
    }
    lock.Release();
    done(std::move(result));
  }

  const std::unique_ptr<Stream> stream_;
  Response response_;  // of the read that is under way

  absl::Mutex mutex_;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  Done waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<Result> ready_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace internal

template <typename Response>
StreamReader<Response>::StreamReader(std::unique_ptr<Stream> stream)
    : impl_(std::make_shared<internal::StreamReaderImpl<Response>>(
          std::move(stream))) {}

template <typename Response>
StreamReader<Response>::StreamReader(StreamReader&&) noexcept = default;

template <typename Response>
StreamReader<Response>& StreamReader<Response>::operator=(
    StreamReader&& other) noexcept {
  StreamReader old(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

template <typename Response>
StreamReader<Response>::~StreamReader() {
  if (impl_ != nullptr) impl_->Cancel();
}

template <typename Response>
absl::StatusOr<std::optional<Response>> StreamReader<Response>::Next(
    absl::Duration timeout) {
  return internal::Await<std::optional<Response>>(
      timeout, [this](auto done) { impl_->Next(std::move(done)); },
      [this] { return impl_->Abandon(); });
}

template <typename Response>
void StreamReader<Response>::Next(
    std::function<void(absl::StatusOr<std::optional<Response>>)> done) {
  impl_->Next(std::move(done));
}

template <typename Response>
void StreamReader<Response>::Cancel() {
  impl_->Cancel();
}

template class StreamReader<v1::WatchPeersResponse>;
template class StreamReader<v1::ReceiveMessagesResponse>;

}  // namespace parley::client
