// Text to description. Pure functions: safe from any thread.
#ifndef PARLEY_CORE_SDP_PARSER_H_
#define PARLEY_CORE_SDP_PARSER_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/sdp/description.h"

namespace parley::sdp {

// What the parser takes from strangers. Each limit is inclusive.
struct ParseLimits {
  size_t bytes = 4 << 20;                // of the whole text
  size_t lines = 1 << 18;                // of the whole text
  size_t line_bytes = 16 * 1024;         // without its line end
  size_t sections = 2048;                // m= lines
  size_t attributes_per_section = 8192;  // a= lines; the session part is one
  size_t candidates_per_section = 1024;
};

// Parses a session description (RFC 8866 9). Lines end with CRLF or LF; the
// last one's end may be missing.
//
// Errors, all with metadata sdp_line_number (from 1) and, where there is one,
// `attribute`; none shows a value, which may be a secret:
//   kSdpSyntax       not SDP
//   kLimitExceeded   more than a limit allows (metadata `limit`: its name)
absl::StatusOr<Description> Parse(std::string_view text,
                                  const ParseLimits& limits = {});

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_PARSER_H_
