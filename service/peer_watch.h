// One WatchPeer stream: a cursor into the events of a peer, which it reads one
// by one as gRPC takes them, so that a slow reader costs a number and no queue.
//
// Lives on the strand of its peer; gRPC's callbacks only post there. It keeps
// itself alive until gRPC is done with it.
#ifndef PARLEY_SERVICE_PEER_WATCH_H_
#define PARLEY_SERVICE_PEER_WATCH_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "core/peer/peer.h"
#include "grpcpp/support/server_callback.h"
#include "parley/v1/watch_calls.pb.h"
#include "service/call_log.h"
#include "service/core.h"
#include "service/heartbeat.h"

namespace parley::service {

class PeerWatch final : public grpc::ServerWriteReactor<v1::WatchPeerResponse>,
                        public peer::Watcher,
                        public std::enable_shared_from_this<PeerWatch> {
 public:
  // Begins a stream, or ends one whose request is bad.
  static PeerWatch* Start(const Core& core,
                          const grpc::ServerContextBase& context,
                          const v1::WatchPeerRequest& request);

  PeerWatch(const Core& core, const grpc::ServerContextBase& context)
      : core_(core),
        call_(core, "WatchPeer", context),
        heartbeat_(core.clock) {}

  // peer::Watcher, on the strand.
  void OnEventsAvailable() override;

  // grpc::ServerWriteReactor, on gRPC's threads.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  absl::Status Read(const v1::WatchPeerRequest& request);
  void Post(void (PeerWatch::*method)());
  // On the strand.
  void Open();
  void Pump();
  void GoOn();
  void End(const absl::Status& status);
  void GiveUp();
  void Write();
  void WriteSnapshot();
  void WriteEvent(const peer::Event& event);
  void OnRing();
  void Close();

  const Core& core_;
  StreamCall call_;
  std::shared_ptr<PeerWatch> self_;  // until OnDone
  std::shared_ptr<peer::Peer> peer_;

  // Constant after Read.
  std::optional<uint64_t> after_;
  bool keep_alive_ = false;
  bool snapshot_if_compacted_ = false;
  v1::PeerView view_ = v1::PEER_VIEW_BASIC;

  // On the strand.
  v1::WatchPeerResponse response_;
  uint64_t cursor_ = 0;
  bool holding_ = false;  // the lease
  bool writing_ = false;
  bool ended_ = false;
  bool last_event_written_ = false;
  Heartbeat heartbeat_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_PEER_WATCH_H_
