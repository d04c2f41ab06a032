// One ReceiveMessages stream: the reader of a data channel, which takes its
// messages one by one as gRPC takes them, so that a slow caller costs no queue.
//
// Lives on the strand of its peer; gRPC's callbacks only post there. It keeps
// itself alive until gRPC is done with it.
#ifndef PARLEY_SERVICE_MESSAGE_STREAM_H_
#define PARLEY_SERVICE_MESSAGE_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "core/peer/peer.h"
#include "grpcpp/support/server_callback.h"
#include "parley/v1/data_channel_service.pb.h"
#include "service/call_log.h"
#include "service/core.h"
#include "service/timer.h"

namespace parley::service {

class MessageStream final
    : public grpc::ServerWriteReactor<v1::ReceiveMessagesResponse>,
      public peer::ChannelEnd,
      public std::enable_shared_from_this<MessageStream> {
 public:
  // Begins a stream, or ends one whose request is bad.
  static MessageStream* Start(const Core& core,
                              const grpc::ServerContextBase& context,
                              const v1::ReceiveMessagesRequest& request);

  MessageStream(const Core& core, const grpc::ServerContextBase& context)
      : core_(core), call_(core, "ReceiveMessages", context) {}

  // peer::ChannelEnd, on the strand.
  void OnMessagesAvailable(sctp::ChannelKey channel) override;
  void OnChannelState(const sctp::Channel& channel) override;
  void OnBufferedAmountFell(const sctp::Channel&) override {}
  void OnDetached(sctp::ChannelKey channel, const absl::Status& why) override;

  // grpc::ServerWriteReactor, on gRPC's threads.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  absl::Status Read(const v1::ReceiveMessagesRequest& request);
  void Post(void (MessageStream::*method)());
  // On the strand.
  void Open();
  void Pump();
  void GoOn();
  void GiveUp();
  void End(const absl::Status& status);
  void Write(const peer::Message& message);
  void ArmIdle(absl::Duration delay);
  void OnIdle();
  void Close();
  void Detach();

  const Core& core_;
  StreamCall call_;
  std::shared_ptr<MessageStream> self_;  // until OnDone
  std::shared_ptr<peer::Peer> peer_;

  // Constant after Read.
  sctp::ChannelKey channel_ = 0;
  std::optional<uint64_t> after_;
  bool take_over_ = false;
  bool acknowledge_on_write_ = true;
  uint64_t max_messages_ = 0;
  absl::Duration idle_timeout_ = absl::InfiniteDuration();

  // On the strand.
  v1::ReceiveMessagesResponse response_;
  uint64_t cursor_ = 0;
  uint64_t written_ = 0;
  bool attached_ = false;
  bool writing_ = false;
  bool finished_ = false;
  std::optional<absl::Status> end_;  // to finish with when nothing is written
  absl::Duration quiet_since_;
  Timer timer_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_MESSAGE_STREAM_H_
