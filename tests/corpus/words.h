// Words of a recording, as the code has them. Pure functions.
#ifndef PARLEY_TESTS_CORPUS_WORDS_H_
#define PARLEY_TESTS_CORPUS_WORDS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/jsep/codecs.h"
#include "core/sdp/description.h"
#include "core/sdp/parser.h"
#include "core/sdp/query.h"

namespace parley::corpus {

// nullopt: "stopped", or none that W3C knows.
inline std::optional<sdp::Direction> DirectionNamed(std::string_view name) {
  for (const sdp::Direction direction :
       {sdp::Direction::kSendRecv, sdp::Direction::kSendOnly,
        sdp::Direction::kRecvOnly, sdp::Direction::kInactive}) {
    if (sdp::ToString(direction) == name) return direction;
  }
  return std::nullopt;
}

inline jsep::MediaKind KindOf(std::string_view name) {
  return name == "video" ? jsep::MediaKind::kVideo : jsep::MediaKind::kAudio;
}

inline bool IsMediaName(std::string_view name) {
  return name == "audio" || name == "video";
}

// An empty description where the text is none.
inline sdp::Description ReadSdp(const std::string& text) {
  auto parsed = sdp::Parse(text);
  return parsed.ok() ? *std::move(parsed) : sdp::Description();
}

}  // namespace parley::corpus

#endif  // PARLEY_TESTS_CORPUS_WORDS_H_
