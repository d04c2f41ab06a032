// The resume_token of WatchPeers: where one stream stands. Values; pure.
#ifndef PARLEY_SERVICE_RESUME_TOKEN_H_
#define PARLEY_SERVICE_RESUME_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parley::service {

struct ResumeToken {
  // The process that gave it.
  std::string epoch;
  // Of the labels asked for.
  uint64_t labels = 0;
  // The journal's last index when the snapshots began: who came later is shown
  // by the journal alone.
  uint64_t opened = 0;
  // The last index of the journal that was looked at.
  uint64_t cursor = 0;
  // The last peer whose snapshot was sent; empty: none yet, kEnd: all were.
  std::string position;

  static constexpr std::string_view kEnd = "end";

  std::string Print() const;
  // ARGUMENT when it is none.
  static absl::StatusOr<ResumeToken> Parse(std::string_view text);
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_RESUME_TOKEN_H_
