// Taking the value of a line apart: tokens and numbers. Internal.
// Views point into the text that was given.
#ifndef PARLEY_CORE_SDP_SCANNER_H_
#define PARLEY_CORE_SDP_SCANNER_H_

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace parley::sdp {

// Why a line is not SDP, as the end of a sentence that begins with what the
// line is ("a=mid: needs a value"); nullptr where it is.
using Problem = const char*;

// The whole of `text` as a decimal number without sign. False, with `out` as it
// was, where it is none or does not fit.
template <std::unsigned_integral T>
bool ParseNumber(std::string_view text, T& out) {
  T number = 0;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return false;
  out = number;
  return true;
}

constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }

inline std::string_view TrimLeft(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  return text;
}

inline std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes off what stands before the separator, and the separator. Without one,
// all of it.
inline std::string_view TakeUntil(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  std::string_view head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

// Takes off the next word, between blanks. Empty: there is none.
inline std::string_view TakeWord(std::string_view& text) {
  text = TrimLeft(text);
  size_t end = 0;
  while (end < text.size() && !IsBlank(text[end])) ++end;
  std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_SCANNER_H_
