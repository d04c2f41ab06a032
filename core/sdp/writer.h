// Appending to a string, with one check of its space for several pieces.
// Internal. Thread-compatible.
#ifndef PARLEY_CORE_SDP_WRITER_H_
#define PARLEY_CORE_SDP_WRITER_H_

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace parley::sdp {

// While a Writer lives its string holds unwritten space at its end and belongs
// to the Writer; the destructor cuts it to what was written.
class Writer {
 public:
  // `expected`: how many bytes will probably be written.
  Writer(std::string& out, size_t expected) : out_(out), used_(out.size()) {
    out_.resize(used_ + expected);
  }
  ~Writer() { out_.resize(used_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Appends texts, characters and unsigned numbers (in decimal).
  template <typename... Pieces>
  void Write(const Pieces&... pieces) {
    const size_t most = (MostBytes(pieces) + ...);
    if (out_.size() - used_ < most) Grow(most);
    char* end = out_.data() + used_;
    ((end = Put(pieces, end)), ...);
    used_ = end - out_.data();
  }

  // The same, and a line end.
  template <typename... Pieces>
  void Line(const Pieces&... pieces) {
    Write(pieces..., std::string_view("\r\n"));
  }

 private:
  static size_t MostBytes(std::string_view text) { return text.size(); }
  static constexpr size_t MostBytes(char) { return 1; }
  template <std::unsigned_integral T>
  static constexpr size_t MostBytes(T) {
    return std::numeric_limits<T>::digits10 + 1;
  }

  static char* Put(std::string_view text, char* end) {
    std::memcpy(end, text.data(), text.size());
    return end + text.size();
  }
  static char* Put(char c, char* end) {
    *end = c;
    return end + 1;
  }
  template <std::unsigned_integral T>
  static char* Put(T number, char* end) {
    return std::to_chars(end, end + MostBytes(number), number).ptr;
  }

  void Grow(size_t bytes) {
    out_.resize(std::max(2 * out_.size(), used_ + bytes));
  }

  std::string& out_;
  size_t used_;
};

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_WRITER_H_
