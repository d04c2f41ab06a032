// One WatchPeers stream: a cursor into its tenant's journal, which it reads
// entry by entry as gRPC takes them, so that a slow reader costs a few numbers
// and no queue.
//
// Peers that came after the stream was opened are shown by the journal alone.
// Those that were there before are listed in the pool's order, and each is
// shown as its strand sees it, together with the journal's index at that
// moment: the journal up to that index goes first, of the peers shown so far.
// So the index, the last peer shown and the index of the opening are all that a
// stream is, and what its resume_token holds.
//
// Lives on a strand of its own; gRPC's callbacks, the journal and peers only
// post there. It keeps itself alive until gRPC is done with it.
#ifndef PARLEY_SERVICE_PEERS_WATCH_H_
#define PARLEY_SERVICE_PEERS_WATCH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/strand.h"
#include "core/pool/pool.h"
#include "grpcpp/support/server_callback.h"
#include "parley/v1/watch_calls.pb.h"
#include "service/call_log.h"
#include "service/core.h"
#include "service/heartbeat.h"
#include "service/resume_token.h"

namespace parley::service {

class PeersWatch final
    : public grpc::ServerWriteReactor<v1::WatchPeersResponse>,
      public pool::Journal::Waiter,
      public std::enable_shared_from_this<PeersWatch> {
 public:
  // Begins a stream, or ends one whose request is bad.
  static PeersWatch* Start(const Core& core,
                           const grpc::ServerContextBase& context,
                           const v1::WatchPeersRequest& request);

  PeersWatch(const Core& core, const grpc::ServerContextBase& context)
      : core_(core),
        call_(core, "WatchPeers", context),
        heartbeat_(core.clock) {}

  // pool::Journal::Waiter, on any thread.
  void OnEntryAvailable() override { Post(&PeersWatch::OnEntry); }

  // grpc::ServerWriteReactor, on gRPC's threads.
  void OnWriteDone(bool ok) override {
    Post(ok ? &PeersWatch::GoOn : &PeersWatch::GiveUp);
  }
  void OnCancel() override { Post(&PeersWatch::GiveUp); }
  void OnDone() override;

 private:
  // What is to be written when the journal up to `index` has been.
  struct Next {
    uint64_t index = 0;
    std::string position;  // the stream's, then
    v1::WatchPeersResponse message;
  };

  pool::Journal& journal() { return call_.caller().tenant->journal(); }
  absl::Status Read(const v1::WatchPeersRequest& request);
  absl::Status Resume(const std::string& token);
  void Post(void (PeersWatch::*method)());
  // On the strand.
  void Open();
  void Pump();
  void OnEntry();
  void GoOn();
  void OnHistoryGone(const absl::Status& status);
  void BeginSnapshots(bool compacted);
  void AskNextPeer();
  bool NextMember(pool::Member& member);
  void OnShown(std::unique_ptr<Next> next);
  void WriteNext();
  bool Concerns(const pool::Subject& subject) const;
  bool HasLabels(const pool::Subject& subject) const;
  void WriteEntry(const pool::Journal::Entry& entry);
  void Write();
  void End(const absl::Status& status);
  void GiveUp();
  void OnRing();
  void Close();

  bool snapshots_sent() const { return at_.position == ResumeToken::kEnd; }

  const Core& core_;
  StreamCall call_;
  std::shared_ptr<PeersWatch> self_;  // until OnDone
  Strand strand_;

  // Constant after Read.
  std::map<std::string, std::string> labels_;
  bool resumes_ = false;
  bool history_gone_ = false;
  bool snapshot_if_compacted_ = false;
  v1::PeerView view_ = v1::PEER_VIEW_BASIC;

  // On the strand.
  ResumeToken at_;
  std::vector<pool::Member> page_;  // still to be shown, the last first
  std::string page_from_;           // where the one after it begins
  bool page_last_ = false;
  bool asking_ = false;  // a peer is being asked what it is like
  std::unique_ptr<Next> next_;
  v1::WatchPeersResponse response_;
  bool awaiting_ = false;  // an entry of the journal
  bool writing_ = false;
  bool ended_ = false;
  Heartbeat heartbeat_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_PEERS_WATCH_H_
