#include "client/src/peer_watch_reader.h"

#include <utility>

#include "client/src/durations.h"

namespace parley::client::internal {
namespace {

v1::PeerView View(bool full) {
  return full ? v1::PEER_VIEW_FULL : v1::PEER_VIEW_BASIC;
}

}  // namespace

PeerWatchReader::PeerWatchReader(std::shared_ptr<Connection> connection,
                                 std::string name, WatchOptions options,
                                 TimeSource& time)
    : ResumingReader(std::move(connection), "/parley.v1.PeerService/WatchPeer",
                     options, time),
      name_(std::move(name)),
      options_(options),
      last_sequence_(options.after_sequence) {}

std::unique_ptr<google::protobuf::Message> PeerWatchReader::Request() const {
  auto request = std::make_unique<v1::WatchPeerRequest>();
  request->set_name(name_);
  if (last_sequence_.has_value()) request->set_after_sequence(*last_sequence_);
  request->set_keep_alive(options_.keep_alive);
  request->set_snapshot_if_compacted(true);
  request->set_view(View(options_.full_view));
  *request->mutable_heartbeat_interval() = ToProto(options_.heartbeat_interval);
  return request;
}

PeerWatchReader::Verdict PeerWatchReader::Judge(
    const v1::WatchPeerResponse& update) {
  switch (update.update_case()) {
    case v1::WatchPeerResponse::kSnapshot:
      last_sequence_ = update.snapshot().state().last_event_sequence();
      if (update.snapshot().has_closure()) {
        last_sequence_.reset();  // a tombstone keeps nothing but its end
        closed_seen_ = true;
      }
      return Verdict::kNew;
    case v1::WatchPeerResponse::kEvent: {
      const uint64_t sequence = update.event().sequence();
      if (last_sequence_.has_value()) {
        if (sequence <= *last_sequence_) return Verdict::kSkip;
        if (sequence > *last_sequence_ + 1) return Verdict::kGap;
      }
      last_sequence_ = sequence;
      closed_seen_ |= update.event().has_closed();
      return Verdict::kNew;
    }
    case v1::WatchPeerResponse::kHeartbeat:
      return last_sequence_.has_value() &&
                     update.heartbeat().last_event_sequence() > *last_sequence_
                 ? Verdict::kGap
                 : Verdict::kSkip;
    default:
      return Verdict::kSkip;  // of a newer server
  }
}

PeersWatchReader::PeersWatchReader(std::shared_ptr<Connection> connection,
                                   PeersWatchOptions options, TimeSource& time)
    : ResumingReader(std::move(connection), "/parley.v1.PeerService/WatchPeers",
                     options, time),
      options_(std::move(options)),
      resume_token_(options_.resume_token) {}

std::unique_ptr<google::protobuf::Message> PeersWatchReader::Request() const {
  auto request = std::make_unique<v1::WatchPeersRequest>();
  request->mutable_labels()->insert(options_.labels.begin(),
                                    options_.labels.end());
  request->set_resume_token(resume_token_);
  request->set_snapshot_if_compacted(true);
  request->set_view(View(options_.full_view));
  *request->mutable_heartbeat_interval() = ToProto(options_.heartbeat_interval);
  return request;
}

// The order is the server's, and the token stands for all before it.
PeersWatchReader::Verdict PeersWatchReader::Judge(
    const v1::WatchPeersResponse& update) {
  if (!update.resume_token().empty()) resume_token_ = update.resume_token();
  switch (update.update_case()) {
    case v1::WatchPeersResponse::kEvent:
    case v1::WatchPeersResponse::kSnapshot:
    case v1::WatchPeersResponse::kSnapshotsBegin:
    case v1::WatchPeersResponse::kSnapshotsComplete:
      return Verdict::kNew;
    default:
      return Verdict::kSkip;  // a heartbeat, or of a newer server
  }
}

}  // namespace parley::client::internal
