// A server stream that is opened again where it broke.
// Safe for concurrent use, but only one Next at a time may be under way.
#ifndef PARLEY_CLIENT_SRC_RESUMING_READER_H_
#define PARLEY_CLIENT_SRC_RESUMING_READER_H_

#include <memory>
#include <optional>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/src/reader.h"
#include "client/src/time_source.h"
#include "google/protobuf/message.h"
#include "parley/connection.h"
#include "parley/peer_watch.h"

namespace parley::client::internal {

// A watch is idle, or it reads, or it waits before it tries again. Only Next
// begins a read, and one read follows the other, so that most members below,
// and those of who derives from it, belong to one thread at a time.
template <typename T>
class ResumingReader : public Reader<T>,
                       public std::enable_shared_from_this<ResumingReader<T>> {
 public:
  using typename Reader<T>::Result;
  using typename Reader<T>::Done;

  // `time` outlives it.
  ResumingReader(std::shared_ptr<Connection> connection,
                 std::string_view method, const ResumeOptions& options,
                 TimeSource& time);

  void Next(Done done) override;
  bool Abandon() override;
  void Cancel() override;

 protected:
  // Whether an update is new and in order. A gap breaks the stream.
  enum class Verdict { kNew, kSkip, kGap };

 private:
  // The request that goes on after the last update.
  virtual std::unique_ptr<google::protobuf::Message> Request() const = 0;
  virtual Verdict Judge(const T& update) = 0;
  // Nothing follows what has come: the end is as it should be.
  virtual bool complete() const { return false; }

  // Opens the stream if there is none and reads it.
  void Advance();
  void OnRead(std::optional<absl::Status> end);

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
  const ResumeOptions options_;
  TimeSource& time_;

  // Of who reads or waits.
  Call call_;
  T response_;
  bool updated_ = false;   // an update has come
  bool followed_ = false;  // one WRONG_NODE, since the last update
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

#endif  // PARLEY_CLIENT_SRC_RESUMING_READER_H_
