// A transceiver as negotiation sees it: W3C's internal slots, as values.
#ifndef PARLEY_CORE_JSEP_TRANSCEIVER_H_
#define PARLEY_CORE_JSEP_TRANSCEIVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/jsep/codecs.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// RTCRtpTransceiverDirection without "stopped", which is Transceiver::stopped.
using Direction = sdp::Direction;

constexpr bool Sends(Direction d) {
  return d == Direction::kSendRecv || d == Direction::kSendOnly;
}
constexpr bool Receives(Direction d) {
  return d == Direction::kSendRecv || d == Direction::kRecvOnly;
}
constexpr Direction MakeDirection(bool sends, bool receives) {
  if (sends) return receives ? Direction::kSendRecv : Direction::kSendOnly;
  return receives ? Direction::kRecvOnly : Direction::kInactive;
}
// The same, seen from the other end.
constexpr Direction Reversed(Direction d) {
  return MakeDirection(Receives(d), Sends(d));
}
constexpr Direction Intersected(Direction a, Direction b) {
  return MakeDirection(Sends(a) && Sends(b), Receives(a) && Receives(b));
}

// Ids are given once and never again in the life of a session; 0 is none.
using TransceiverId = uint64_t;

// The id of the track that a transceiver receives: no other has it.
std::string ReceiverTrackId(TransceiverId id);

// RTCPriorityType.
enum class Priority : uint8_t { kVeryLow, kLow, kMedium, kHigh };

// RTCRtpEncodingParameters. What carries it out is whoever sends the media.
struct Encoding {
  std::string rid;  // empty: none
  bool active = true;
  Priority priority = Priority::kLow;
  Priority network_priority = Priority::kLow;
  // Absent: the first one negotiated. Its payload type says nothing.
  std::optional<Codec> codec;
  std::optional<uint64_t> max_bitrate;             // bit/s
  std::optional<double> max_framerate;             // frames/s
  std::optional<double> scale_resolution_down_by;  // at least 1; video only

  friend bool operator==(const Encoding&, const Encoding&) = default;
};

struct Transceiver {
  TransceiverId id = 0;
  MediaKind kind = MediaKind::kAudio;

  // [[Mid]] and the index of the m= section; absent until associated.
  std::optional<std::string> mid;
  std::optional<size_t> mline_index;
  // [[JsepMid]] of the last created offer: what `mid` will be. Not visible.
  std::string proposed_mid;

  Direction direction = Direction::kSendRecv;  // [[Direction]]
  std::optional<Direction> current_direction;  // [[CurrentDirection]]
  std::optional<Direction> fired_direction;    // [[FiredDirection]]
  bool stopping = false;
  bool stopped = false;

  // The sender.
  std::string track_id;                 // empty: no track
  std::vector<std::string> stream_ids;  // [[AssociatedMediaStreamIds]]
  std::vector<Encoding> encodings;      // [[SendEncodings]], at least one
  bool was_sending = false;  // has ever been negotiated to send (addTrack rule)

  // The receiver.
  std::string receiver_track_id;
  std::vector<std::string> remote_stream_ids;  // [[AssociatedRemote...]]

  // Null: no preferences.
  std::shared_ptr<const std::vector<Codec>> codec_preferences;

  // Made by addTrack: a remote offer may take it (RFC 9429 section 5.10).
  bool made_by_add_track = false;
  // Made by a remote offer, whose rollback removes it...
  bool made_by_remote = false;
  // ... unless addTrack has attached a track to it at any time.
  bool track_added = false;

  friend bool operator==(const Transceiver&, const Transceiver&) = default;
};

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_TRANSCEIVER_H_
