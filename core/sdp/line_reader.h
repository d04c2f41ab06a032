// A description's text line by line (RFC 8866 5). Internal. Thread-compatible.
#ifndef PARLEY_CORE_SDP_LINE_READER_H_
#define PARLEY_CORE_SDP_LINE_READER_H_

#include <cstddef>
#include <string_view>

#include "core/sdp/outcome.h"

namespace parley::sdp {

class LineReader {
 public:
  LineReader(std::string_view text, size_t max_lines, size_t max_line_bytes);

  // Goes to the next line. False at the end of the text, and where what comes
  // is no line: then failure() says why.
  bool Next();
  // kTaken: nothing wrong so far.
  const Outcome& failure() const { return failure_; }

  size_t number() const { return number_; }  // from 1; 0: no line yet
  char type() const { return type_; }        // '\0': not a line
  std::string_view value() const { return value_; }

 private:
  bool Fail(Outcome::Kind kind, const char* text) {
    failure_ = {kind, text};
    return false;
  }

  const std::string_view text_;
  const size_t max_lines_;
  const size_t max_line_bytes_;
  size_t next_ = 0;  // where the next line begins
  // Whether it holds no NUL, and no CR but before LF: looked up once for the
  // whole text, so that its lines need no look each.
  const bool clean_;

  size_t number_ = 0;
  char type_ = '\0';
  std::string_view value_;
  Outcome failure_;
};

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_LINE_READER_H_
