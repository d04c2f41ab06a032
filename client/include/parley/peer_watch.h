// The events of one peer, without loss and without doubles.
//
// Safe for concurrent use, but only one Next at a time may be under way.
#ifndef PARLEY_PEER_WATCH_H_
#define PARLEY_PEER_WATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "parley/options.h"

namespace parley::v1 {
class WatchPeerResponse;
}  // namespace parley::v1

namespace parley::client {

namespace internal {
class PeerWatchImpl;
}  // namespace internal

struct WatchOptions {
  // Go on after this event; 0: from the first. Absent: begin with a snapshot.
  std::optional<uint64_t> after_sequence;

  // The lease does not end while the watch lives and can reach the server.
  bool keep_alive = false;

  // Whether snapshots have the texts of the descriptions (PEER_VIEW_FULL).
  bool full_view = false;

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

// A stream of WatchPeer that resumes by itself after the last event that came.
// When the server no longer keeps what was missed (or the reader was too slow),
// a snapshot comes instead; a mirror starts afresh from it.
//
// The stream opens with the first Next and is read only as fast as Next is
// called: at most one update is held here. Destruction ends it.
class PeerWatch {
 public:
  explicit PeerWatch(std::shared_ptr<internal::PeerWatchImpl> impl);
  PeerWatch(PeerWatch&&) noexcept;
  PeerWatch& operator=(PeerWatch&&) noexcept;
  ~PeerWatch();

  // An event or a snapshot (never a heartbeat). nullopt: the watch has ended
  // as it should, after the event `closed`.
  using Update = std::optional<v1::WatchPeerResponse>;

  // Waits for the next update, at most `timeout` (then DEADLINE_EXCEEDED, and
  // nothing is lost: call again). Every other error is the end of the watch.
  // Not from a callback of this library.
  absl::StatusOr<Update> Next(
      absl::Duration timeout = absl::InfiniteDuration());

  // The same without waiting: `done` runs once, on any thread, perhaps before
  // this returns; with CANCELLED when the watch is cancelled first.
  void Next(std::function<void(absl::StatusOr<Update>)> done);

  // Ends the watch. May be called from any thread, any number of times.
  void Cancel();

 private:
  std::shared_ptr<internal::PeerWatchImpl> impl_;
};

}  // namespace parley::client

#endif  // PARLEY_PEER_WATCH_H_
