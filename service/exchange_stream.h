// One Exchange stream: takes frames apart, hands those of each peer to its
// ExchangePeer, and gathers what these have to say into responses.
//
// Input is bounded by reading on only when the frames before were dealt with
// and there is room for answers; output by attachments that hold back while
// there is no room. Safe for concurrent use: peers' strands call it while gRPC
// does. It keeps itself alive until gRPC is done with it.
#ifndef PARLEY_SERVICE_EXCHANGE_STREAM_H_
#define PARLEY_SERVICE_EXCHANGE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/sctp/data_channels.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "parley/v1/exchange.pb.h"
#include "service/call_log.h"
#include "service/core.h"

namespace parley::service {

class ExchangePeer;

class ExchangeStream final
    : public grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse>,
      public std::enable_shared_from_this<ExchangeStream> {
 public:
  static ExchangeStream* Start(const Core& core,
                               grpc::CallbackServerContext* context);

  ExchangeStream(const Core& core, grpc::CallbackServerContext* context)
      : core_(core), call_(core, "Exchange", *context), context_(context) {}

  const Core& core() const { return core_; }

  // --- For the peers of the stream, on their strands ---

  // Sends a frame about the channel or peer of this name.
  void Send(std::string_view name, v1::ServerFrame frame)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // The same for a message of a channel. The peer is told that it was written
  // once the client has half-closed: then no acknowledgement comes.
  void SendMessage(std::string_view name, v1::ServerFrame frame,
                   const std::shared_ptr<ExchangePeer>& peer,
                   sctp::ChannelKey channel, uint64_t sequence)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether messages may be sent now. When not, the peer is told once there is
  // room again.
  bool HasRoom(const std::shared_ptr<ExchangePeer>& peer)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Counts one more attachment. LIMIT_EXCEEDED when there are too many.
  absl::Status TakeAttachment() ABSL_LOCKS_EXCLUDED(mutex_);
  // An attachment came (+1) or went (-1).
  void CountAttachments(int difference) ABSL_LOCKS_EXCLUDED(mutex_);

  // The channel is not attached any more: nobody asks what was written of it.
  void ForgetWritten(const std::shared_ptr<ExchangePeer>& peer,
                     sctp::ChannelKey channel) ABSL_LOCKS_EXCLUDED(mutex_);

  // Frames handed to a peer were dealt with.
  void FramesDone() ABSL_LOCKS_EXCLUDED(mutex_);

  // --- grpc::ServerBidiReactor ---
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  struct Receipt {
    std::shared_ptr<ExchangePeer> peer;
    sctp::ChannelKey channel = 0;
    uint64_t sequence = 0;
  };
  // What one gRPC write carries.
  struct Batch {
    v1::ExchangeResponse response;
    size_t bytes = 0;
    std::vector<Receipt> receipts;  // the last message of each run
    bool after_half_close = false;
  };
  using Written =
      std::map<std::pair<std::shared_ptr<ExchangePeer>, sctp::ChannelKey>,
               uint64_t>;
  // Frames for one peer, in a row.
  struct Run {
    std::shared_ptr<ExchangePeer> peer;
    std::vector<v1::ClientFrame> frames;
  };

  // Reading: one request at a time.
  absl::Status Check(const v1::ExchangeRequest& request) const;
  void ForgetIdle() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<Run>> Sort(v1::ExchangeRequest& request);
  std::shared_ptr<ExchangePeer> FindPeer(const std::string& name,
                                         const v1::ClientFrame& frame);
  void ReadOn();
  void HalfClose();

  void Append(std::string_view name, v1::ServerFrame frame)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Begins a write or ends the stream, if it is time. Call without the lock.
  void Advance() ABSL_LOCKS_EXCLUDED(mutex_);
  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  const Core& core_;
  StreamCall call_;
  grpc::CallbackServerContext* const context_;
  std::shared_ptr<ExchangeStream> self_;  // until OnDone

  // Used by reading alone.
  v1::ExchangeRequest request_;
  std::string name_;  // of the frame before
  std::map<std::string, std::shared_ptr<ExchangePeer>> peers_;
  // Beyond this number those that are idle are looked for.
  size_t forget_beyond_ = 0;

  // The writer's alone while writing_.
  Batch writing_batch_;

  absl::Mutex mutex_;
  // The last messages written of which the peers do not know.
  Written written_ ABSL_GUARDED_BY(mutex_);
  Batch pending_ ABSL_GUARDED_BY(mutex_);
  std::string last_name_ ABSL_GUARDED_BY(mutex_);  // of the frame before
  std::vector<std::shared_ptr<ExchangePeer>> starved_ ABSL_GUARDED_BY(mutex_);
  size_t frames_left_ ABSL_GUARDED_BY(mutex_) = 0;  // runs at work
  int attachments_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // Reads about to begin: until then the stream may not finish, because gRPC
  // frees its call once it has.
  int beginning_reads_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_held_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_EXCHANGE_STREAM_H_
