// H.264 profiles and levels as RFC 6184 signals them in profile-level-id.
// Pure functions.
#ifndef PARLEY_CORE_JSEP_H264_PROFILE_H_
#define PARLEY_CORE_JSEP_H264_PROFILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::jsep {

enum class H264Profile : uint8_t {
  kConstrainedBaseline,
  kBaseline,
  kMain,
  kExtended,
  kConstrainedHigh,
  kHigh,
  kHigh10,
  kHigh422,
  kHigh444Predictive,
};

struct H264ProfileLevel {
  H264Profile profile = H264Profile::kBaseline;
  uint8_t profile_idc = 0x42;
  uint8_t constraints = 0;  // profile-iop
  uint8_t level_idc = 10;   // 10 times the level
  bool level_1b = false;

  // Which level is lower; 1b stands between 1 and 1.1.
  int LevelRank() const { return level_1b ? 10 * 2 + 1 : level_idc * 2; }
};

// Six hexadecimal digits. Absent or empty: Baseline, level 1 (RFC 6184 section
// 8.1). nullopt: not of that form, or a profile nobody names.
std::optional<H264ProfileLevel> ParseH264ProfileLevel(std::string_view text);

// The value to answer with: our profile-level-id, its level lowered to the
// offer's unless both ends allow asymmetric levels (RFC 6184 section 8.2.2).
std::string AnswerH264ProfileLevel(std::string_view ours,
                                   std::string_view theirs,
                                   bool asymmetry_allowed);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_H264_PROFILE_H_
