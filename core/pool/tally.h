// What has happened to the peers of a pool since its start, as numbers. Safe
// for concurrent use; counting takes no lock, and what is counted with each
// message is counted in a place of the thread's own.
#ifndef PARLEY_CORE_POOL_TALLY_H_
#define PARLEY_CORE_POOL_TALLY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/base/duration_histogram.h"
#include "core/peer/events.h"

namespace parley::pool {

// By the value of an enum.
template <typename Enum, size_t kSize>
class CountOf {
 public:
  static constexpr size_t size() { return kSize; }
  void Add(Enum value) {
    counts_[static_cast<size_t>(value)].fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t operator[](Enum value) const {
    return counts_[static_cast<size_t>(value)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, kSize> counts_ = {};
};

class Tally {
 public:
  // Of data channels, in bytes of what applications sent and received.
  struct Traffic {
    uint64_t messages_sent = 0;
    uint64_t bytes_sent = 0;
    uint64_t messages_received = 0;
    uint64_t bytes_received = 0;
  };

  // What has to be known of a peer to count its events; on its strand.
  struct Progress {
    ice::ConnectionState ice_state = ice::ConnectionState::kNew;
    absl::Time connecting_since = absl::InfinitePast();
    bool connected_before = false;
  };

  void CountCreated() { ++peers_created_; }
  void CountClosed(peer::CloseReason reason) { peers_closed_.Add(reason); }
  void Count(const peer::Event& event, Progress& progress);
  void CountSent(size_t bytes) { Mine().Add(kSent, bytes); }
  void CountReceived(size_t bytes) { Mine().Add(kReceived, bytes); }
  void CountCandidateName() { ++candidate_names_ignored_; }
  Traffic traffic() const;

  uint64_t peers_created() const { return peers_created_; }
  const CountOf<peer::CloseReason, 4>& peers_closed() const {
    return peers_closed_;
  }
  // How often a peer came into the state.
  const CountOf<peer::ConnectionState, 6>& connection_states() const {
    return connection_states_;
  }
  const CountOf<ice::ConnectionState, 7>& ice_states() const {
    return ice_states_;
  }
  // How often a connection failed whose ICE had not.
  uint64_t dtls_failures() const { return dtls_failures_; }
  uint64_t gathering_errors() const { return gathering_errors_; }
  // Remote candidates with a name in place of an address.
  uint64_t candidate_names_ignored() const { return candidate_names_ignored_; }
  uint64_t channels_opened() const { return channels_opened_; }
  uint64_t receive_buffers_full() const { return receive_buffers_full_; }
  // From a peer's first "connecting" to its first "connected".
  const DurationHistogram& connect_times() const { return connect_times_; }

 private:
  static constexpr std::array<absl::Duration, 12> kConnectBounds = {
      absl::Milliseconds(10),  absl::Milliseconds(25),
      absl::Milliseconds(50),  absl::Milliseconds(100),
      absl::Milliseconds(250), absl::Milliseconds(500),
      absl::Seconds(1),        absl::Milliseconds(2500),
      absl::Seconds(5),        absl::Seconds(10),
      absl::Seconds(30),       absl::Seconds(60)};
  static constexpr size_t kShards = 16;
  static constexpr size_t kCacheLine = 64;

  enum Direction : size_t { kSent, kReceived };
  struct alignas(kCacheLine) Shard {
    void Add(Direction direction, size_t size) {
      messages[direction].fetch_add(1, std::memory_order_relaxed);
      bytes[direction].fetch_add(size, std::memory_order_relaxed);
    }
    std::array<std::atomic<uint64_t>, 2> messages = {};
    std::array<std::atomic<uint64_t>, 2> bytes = {};
  };

  Shard& Mine();
  void CountConnection(peer::ConnectionState state, absl::Time now,
                       Progress& progress);

  std::atomic<uint64_t> peers_created_ = 0;
  CountOf<peer::CloseReason, 4> peers_closed_;
  CountOf<peer::ConnectionState, 6> connection_states_;
  CountOf<ice::ConnectionState, 7> ice_states_;
  std::atomic<uint64_t> dtls_failures_ = 0;
  std::atomic<uint64_t> gathering_errors_ = 0;
  std::atomic<uint64_t> candidate_names_ignored_ = 0;
  std::atomic<uint64_t> channels_opened_ = 0;
  std::atomic<uint64_t> receive_buffers_full_ = 0;
  DurationHistogram connect_times_{kConnectBounds};
  std::array<Shard, kShards> shards_;
};

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_TALLY_H_
