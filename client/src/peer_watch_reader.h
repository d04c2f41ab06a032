// The resuming streams of WatchPeer and WatchPeers.
#ifndef PARLEY_CLIENT_SRC_PEER_WATCH_READER_H_
#define PARLEY_CLIENT_SRC_PEER_WATCH_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/src/resuming_reader.h"
#include "parley/v1/watch_calls.pb.h"

namespace parley::client::internal {

class PeerWatchReader final : public ResumingReader<v1::WatchPeerResponse> {
 public:
  PeerWatchReader(std::shared_ptr<Connection> connection, std::string name,
                  WatchOptions options, TimeSource& time);

 private:
  std::unique_ptr<google::protobuf::Message> Request() const override;
  Verdict Judge(const v1::WatchPeerResponse& update) override;
  bool complete() const override { return closed_seen_; }

  const std::string name_;
  const WatchOptions options_;
  std::optional<uint64_t> last_sequence_;
  bool closed_seen_ = false;
};

class PeersWatchReader final : public ResumingReader<v1::WatchPeersResponse> {
 public:
  PeersWatchReader(std::shared_ptr<Connection> connection,
                   PeersWatchOptions options, TimeSource& time);

 private:
  std::unique_ptr<google::protobuf::Message> Request() const override;
  Verdict Judge(const v1::WatchPeersResponse& update) override;

  const PeersWatchOptions options_;
  std::string resume_token_;
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_PEER_WATCH_READER_H_
