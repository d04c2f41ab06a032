#include "core/jsep/h264_profile.h"

#include <charconv>

namespace parley::jsep {
namespace {

// RFC 6184 table 5: bits of profile-iop that must be one, and those that must
// be zero, for each way to say a profile.
struct Row {
  uint8_t profile_idc;
  uint8_t ones;
  uint8_t zeros;
  H264Profile profile;
};

constexpr Row kRows[] = {
    {0x42, 0x40, 0x0f, H264Profile::kConstrainedBaseline},
    {0x4d, 0x80, 0x0f, H264Profile::kConstrainedBaseline},
    {0x58, 0xc0, 0x0f, H264Profile::kConstrainedBaseline},
    {0x42, 0x00, 0x4f, H264Profile::kBaseline},
    {0x58, 0x80, 0x4f, H264Profile::kBaseline},
    {0x4d, 0x00, 0xaf, H264Profile::kMain},
    {0x58, 0x00, 0xcf, H264Profile::kExtended},
    {0x64, 0x0c, 0xf3, H264Profile::kConstrainedHigh},
    {0x64, 0x00, 0xff, H264Profile::kHigh},
    {0x6e, 0x00, 0xff, H264Profile::kHigh10},
    {0x7a, 0x00, 0xff, H264Profile::kHigh422},
    {0xf4, 0x00, 0xff, H264Profile::kHigh444Predictive},
};

// Annex A: with these profiles constraint_set3 and level 11 say 1b.
constexpr uint8_t kConstraintSet3 = 0x10;

bool SaysLevel1b(uint8_t profile_idc, uint8_t constraints, uint8_t level) {
  if (level == 9) return true;
  const bool old =
      profile_idc == 0x42 || profile_idc == 0x4d || profile_idc == 0x58;
  return old && level == 11 && (constraints & kConstraintSet3) != 0;
}

void AppendHex(uint8_t byte, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

std::optional<H264ProfileLevel> ParseH264ProfileLevel(std::string_view text) {
  if (text.empty()) return H264ProfileLevel{};
  uint32_t bits = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, bits, 16);
  if (text.size() != 6 || error != std::errc() || stop != end) {
    return std::nullopt;
  }
  H264ProfileLevel result;
  result.profile_idc = static_cast<uint8_t>(bits >> 16);
  result.constraints = static_cast<uint8_t>(bits >> 8);
  result.level_idc = static_cast<uint8_t>(bits);
  result.level_1b =
      SaysLevel1b(result.profile_idc, result.constraints, result.level_idc);
  // Of constraint_set3 only the level 1b of old profiles makes use.
  const uint8_t iop = result.level_1b ? result.constraints & ~kConstraintSet3
                                      : result.constraints;
  for (const Row& row : kRows) {
    if (row.profile_idc == result.profile_idc && (iop & row.ones) == row.ones &&
        (iop & row.zeros) == 0) {
      result.profile = row.profile;
      return result;
    }
  }
  return std::nullopt;
}

std::string AnswerH264ProfileLevel(std::string_view ours,
                                   std::string_view theirs,
                                   bool asymmetry_allowed) {
  const auto mine = ParseH264ProfileLevel(ours);
  const auto offered = ParseH264ProfileLevel(theirs);
  if (asymmetry_allowed || !mine || !offered ||
      mine->LevelRank() <= offered->LevelRank()) {
    return std::string(ours);
  }
  // The offer's own spelling of the profile, whose level it is.
  std::string answer;
  AppendHex(offered->profile_idc, answer);
  AppendHex(offered->constraints, answer);
  AppendHex(offered->level_idc, answer);
  return answer;
}

}  // namespace parley::jsep
