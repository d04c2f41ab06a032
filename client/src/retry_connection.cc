#include "client/src/retry_connection.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "client/src/backoff.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "parley/error_info.h"

namespace parley::client::internal {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::BitGen& Random() {
  thread_local absl::BitGen random;
  return random;
}

// One call over all its attempts. Only one attempt or wait is under way at a
// time.
class Attempts : public std::enable_shared_from_this<Attempts> {
 public:
  Attempts(std::shared_ptr<Connection> inner, const RetryPolicy& policy,
           TimeSource& time, const Call& call, const Message& request,
           Message* response, std::function<void(absl::Status)> done)
      : inner_(std::move(inner)),
        policy_(policy),
        time_(time),
        call_(call),
        request_(&request),
        response_(response),
        done_(std::move(done)) {
    const FieldDescriptor* id =
        request.GetDescriptor()->FindFieldByName("request_id");
    if (id == nullptr) return;
    if (!request.GetReflection()->GetString(request, id).empty()) return;
    with_id_.reset(request.New());
    with_id_->CopyFrom(request);
    with_id_->GetReflection()->SetString(with_id_.get(), id, NewRequestId());
    request_ = with_id_.get();
  }

  void Start() {
    ++attempts_;
    inner_->Unary(call_, *request_, response_,
                  [self = shared_from_this()](absl::Status status) {
                    self->OnDone(std::move(status));
                  });
  }

 private:
  void OnDone(absl::Status status) {
    const std::optional<absl::Duration> delay = DelayAfter(status);
    if (!delay.has_value()) {
      // What the callback holds must not live as long as the last timer.
      std::exchange(done_, nullptr)(std::move(status));
      return;
    }
    absl::MutexLock lock(&mutex_);  // the timer may be faster than this thread
    timer_ = time_.RunAfter(*delay, [self = shared_from_this()] {
      self->TakeTimer();
      self->Start();
    });
  }

  std::unique_ptr<Timer> TakeTimer() {
    absl::MutexLock lock(&mutex_);
    return std::move(timer_);
  }

  // The wait before the next attempt; nullopt: there is none.
  std::optional<absl::Duration> DelayAfter(const absl::Status& status) {
    if (!absl::IsUnavailable(status)) return std::nullopt;
    if (attempts_ >= policy_.max_attempts) return std::nullopt;
    absl::Duration delay =
        Backoff(attempts_, policy_.initial_backoff, policy_.max_backoff,
                absl::Uniform(Random(), 0.0, 1.0));
    const auto info = GetErrorInfo(status);
    if (info.has_value() && info->retry_delay.has_value()) {
      if (*info->retry_delay > policy_.max_server_delay) return std::nullopt;
      delay = std::max(delay, *info->retry_delay);
    }
    // The error says more than DEADLINE_EXCEEDED would.
    if (time_.Now() + delay >= call_.deadline) return std::nullopt;
    return delay;
  }

  const std::shared_ptr<Connection> inner_;
  const RetryPolicy policy_;
  TimeSource& time_;
  const Call call_;
  const Message* request_;
  std::unique_ptr<Message> with_id_;
  Message* const response_;
  std::function<void(absl::Status)> done_;
  int attempts_ = 0;

  absl::Mutex mutex_;
  std::unique_ptr<Timer> timer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::string NewRequestId() {
  const uint64_t high = absl::Uniform<uint64_t>(Random());
  const uint64_t low = absl::Uniform<uint64_t>(Random());
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%012x", high >> 32,
                         (high >> 16) & 0xffff, high & 0xfff,
                         (low >> 48 & 0x3fff) | 0x8000, low & 0xffff'ffff'ffff);
}

RetryConnection::RetryConnection(std::shared_ptr<Connection> inner,
                                 RetryPolicy policy, TimeSource& time)
    : inner_(std::move(inner)), policy_(policy), time_(time) {}

void RetryConnection::Unary(const Call& call, const Message& request,
                            Message* response,
                            std::function<void(absl::Status)> done) {
  std::make_shared<Attempts>(inner_, policy_, time_, call, request, response,
                             std::move(done))
      ->Start();
}

std::unique_ptr<Stream> RetryConnection::OpenStream(const Call& call,
                                                    const Message& first,
                                                    bool half_close) {
  return inner_->OpenStream(call, first, half_close);
}

}  // namespace parley::client::internal
