#include "client/src/plain_reader.h"

#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "parley/v1/data_channel_service.pb.h"

namespace parley::client::internal {
namespace {

template <typename T>
class PlainReader : public Reader<T>,
                    public std::enable_shared_from_this<PlainReader<T>> {
 public:
  using typename Reader<T>::Result;
  using typename Reader<T>::Done;

  explicit PlainReader(std::unique_ptr<Stream> stream)
      : stream_(std::move(stream)) {}

  void Next(Done done) override {
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

  bool Abandon() override {
    absl::MutexLock lock(&mutex_);
    return std::exchange(waiting_, nullptr) != nullptr;
  }

  void Cancel() override { stream_->Cancel(); }

 private:
  void OnRead(std::optional<absl::Status> end) {
    Result result = std::optional<T>();
    if (!end.has_value()) {
      result = std::optional<T>(std::move(response_));
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
  T response_;  // of the read that is under way

  absl::Mutex mutex_;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  Done waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<Result> ready_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

template <typename T>
std::shared_ptr<Reader<T>> ReadPlainly(std::unique_ptr<Stream> stream) {
  return std::make_shared<PlainReader<T>>(std::move(stream));
}

template std::shared_ptr<Reader<v1::ReceiveMessagesResponse>> ReadPlainly(
    std::unique_ptr<Stream> stream);

}  // namespace parley::client::internal
