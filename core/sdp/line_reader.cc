#include "core/sdp/line_reader.h"

#include <cstdint>

namespace parley::sdp {
namespace {

// A loop that the compiler turns into one over vectors.
bool IsClean(std::string_view text) {
  if (text.empty()) return true;
  const char* c = text.data();
  const size_t last = text.size() - 1;
  uint8_t unclean = c[last] == '\0';
  for (size_t i = 0; i < last; ++i) {
    unclean |= uint8_t{c[i] == '\0'} |
               (uint8_t{c[i] == '\r'} & uint8_t{c[i + 1] != '\n'});
  }
  return unclean == 0;
}

}  // namespace

LineReader::LineReader(std::string_view text, size_t max_lines,
                       size_t max_line_bytes)
    : text_(text),
      max_lines_(max_lines),
      max_line_bytes_(max_line_bytes),
      clean_(IsClean(text)) {}

bool LineReader::Next() {
  type_ = '\0';
  value_ = {};
  if (next_ >= text_.size() || failure_.kind != Outcome::kTaken) return false;
  if (++number_ > max_lines_) return Fail(Outcome::kLimit, "lines");
  const size_t begin = next_;
  size_t end = text_.find('\n', begin);
  if (end == std::string_view::npos) end = text_.size();
  next_ = end + 1;
  if (end > begin && text_[end - 1] == '\r') --end;
  std::string_view line = text_.substr(begin, end - begin);
  if (!clean_) {
    if (line.find('\0') != std::string_view::npos) {
      return Fail(Outcome::kProblem, "has a NUL");
    }
    if (line.find('\r') != std::string_view::npos) {
      return Fail(Outcome::kProblem, "has a CR that does not end it");
    }
  }
  if (line.size() > max_line_bytes_) return Fail(Outcome::kLimit, "line_bytes");
  if (line.empty()) {
    // Blank lines after the last one are what string templates leave behind.
    if (text_.find_first_not_of("\r\n", begin) == std::string_view::npos) {
      next_ = text_.size();
      return false;
    }
    return Fail(Outcome::kProblem, "is empty");
  }
  if (line.size() < 2 || line[1] != '=') {
    return Fail(Outcome::kProblem, "is not type=value");
  }
  type_ = line[0];
  value_ = line.substr(2);
  return true;
}

}  // namespace parley::sdp
