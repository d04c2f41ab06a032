// What DataSession does, with its time and connection as arguments.
// Safe for concurrent use, but only one Receive at a time may be under way.
#ifndef PARLEY_CLIENT_SRC_DATA_SESSION_IMPL_H_
#define PARLEY_CLIENT_SRC_DATA_SESSION_IMPL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/src/exchange_ledger.h"
#include "client/src/time_source.h"
#include "parley/connection.h"
#include "parley/data_session.h"

namespace parley::client::internal {

// One stream at a time carries what the ledger says. The stream is read all the
// time, as acknowledgements must not wait for the user's Receive; each stream
// has a generation, and what comes from an old one is dropped.
class DataSessionImpl : public std::enable_shared_from_this<DataSessionImpl> {
 public:
  using ReceiveDone = std::function<void(absl::StatusOr<v1::ServerFrame>)>;

  // `time` outlives it.
  DataSessionImpl(std::shared_ptr<Connection> connection,
                  DataSessionOptions options, TimeSource& time);

  // Attaches for the first time, which opens the stream.
  void Start(std::string_view name, const v1::Attach& attach);

  void Attach(std::string_view name, const v1::Attach& attach);
  void Detach(std::string_view name);
  void Send(std::string_view channel, v1::DataMessage message, SendDone done);
  void Receive(ReceiveDone done);
  // Takes back the callback of Receive. False: there is none any more.
  bool AbandonReceive();
  void Acknowledge(std::string_view channel, uint64_t sequence);
  void Finish(SendDone done);
  void Cancel();

 private:
  void Connect();
  void Read(std::shared_ptr<Stream> stream, uint64_t generation);
  void OnResponse(std::shared_ptr<Stream> stream, uint64_t generation,
                  v1::ExchangeResponse response);
  void OnEnd(uint64_t generation, absl::Status status);
  void Retry(absl::Status status);
  void End(absl::Status status);

  // Whether the response says that all this belongs to another node.
  bool GoesElsewhere(const v1::ExchangeResponse& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Writes what there is to say, unless a write is under way.
  void Pump();

  // What Receive gives out next, and what follows from giving it.
  v1::ServerFrame TakeFrame() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<Connection> connection_;
  const DataSessionOptions options_;
  TimeSource& time_;

  absl::Mutex mutex_;
  ExchangeLedger ledger_ ABSL_GUARDED_BY(mutex_);
  Call call_ ABSL_GUARDED_BY(mutex_);
  bool followed_ ABSL_GUARDED_BY(mutex_) = false;  // one WRONG_NODE
  bool answered_ ABSL_GUARDED_BY(mutex_) = false;  // by a frame, at any time
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time broken_since_ ABSL_GUARDED_BY(mutex_);
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Timer> retry_ ABSL_GUARDED_BY(mutex_);

  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<Stream> stream_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;

  // Frames that wait for Receive. Beyond a limit the stream is not read.
  std::deque<v1::ServerFrame> frames_ ABSL_GUARDED_BY(mutex_);
  size_t frame_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool read_paused_ ABSL_GUARDED_BY(mutex_) = false;
  size_t given_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // not acknowledged yet
  ReceiveDone receiver_ ABSL_GUARDED_BY(mutex_);

  // Finish: first what was sent is accepted, then all is detached, then closed.
  SendDone finished_ ABSL_GUARDED_BY(mutex_);
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  bool detached_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;

  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_DATA_SESSION_IMPL_H_
