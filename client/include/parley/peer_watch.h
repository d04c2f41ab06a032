// The events of one peer, or of all peers of a node, without loss and without
// doubles: streams that resume by themselves.
#ifndef PARLEY_PEER_WATCH_H_
#define PARLEY_PEER_WATCH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "parley/stream_reader.h"

namespace parley::v1 {
class WatchPeerResponse;
class WatchPeersResponse;
}  // namespace parley::v1

namespace parley::client {

struct ResumeOptions {
  // The server sends a sign of life this often when nothing happens; after
  // three times as long in silence the stream counts as broken. 1 second to 1
  // hour.
  absl::Duration heartbeat_interval = absl::Seconds(30);

  // How long a broken stream is tried to be resumed before the watch ends with
  // the error that broke it.
  absl::Duration reconnect_timeout = absl::Minutes(2);

  // The waits between these attempts.
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(5);
};

struct WatchOptions : ResumeOptions {
  // Go on after this event; 0: from the first. Absent: begin with a snapshot.
  std::optional<uint64_t> after_sequence;

  // The lease does not end while the watch lives and can reach the server.
  bool keep_alive = false;

  // Whether snapshots have the texts of the descriptions (PEER_VIEW_FULL).
  bool full_view = false;
};

// A stream of WatchPeer that resumes by itself after the last event that came.
// When the server no longer keeps what was missed (or the reader was too slow),
// a snapshot comes instead; a mirror starts afresh from it. Never gives a
// heartbeat. Ends as it should after the event `closed`.
//
// The stream opens with the first Next.
using PeerWatch = StreamReader<v1::WatchPeerResponse>;

struct PeersWatchOptions : ResumeOptions {
  // Only peers that were created with all these labels.
  std::map<std::string, std::string> labels;

  // Go on after the update that had this resume_token, with the same labels.
  std::string resume_token;

  // As above.
  bool full_view = false;
};

// A stream of WatchPeers that resumes by itself after the last update that
// came, also when the server was started again meanwhile: then, or when it no
// longer keeps what was missed, snapshots_begin comes and snapshots of all that
// there is; a mirror doubts what it has until snapshots_complete. Never gives a
// heartbeat, and does not end by itself.
//
// The stream opens with the first Next.
using PeersWatch = StreamReader<v1::WatchPeersResponse>;

}  // namespace parley::client

#endif  // PARLEY_PEER_WATCH_H_
