// Taking the value of a line apart: tokens and numbers. Internal.
// Views point into the text that was given.
#ifndef PARLEY_CORE_SDP_SCANNER_H_
#define PARLEY_CORE_SDP_SCANNER_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace parley::sdp {

// Why a line is not SDP, as the end of a sentence that begins with what the
// line is ("a=mid: needs a value"); nullptr where it is.
using Problem = const char*;

// The whole of `text` as a decimal number without sign. False, with `out` as it
// was, where it is none or does not fit.
template <std::unsigned_integral T>
bool ParseNumber(std::string_view text, T& out) {
  // As many digits as cannot overflow are read without looking.
  constexpr size_t kSafeDigits = std::numeric_limits<uint64_t>::digits10;
  if (text.empty()) return false;
  uint64_t number = 0;
  size_t i = 0;
  for (; i < text.size() && i < kSafeDigits; ++i) {
    const auto digit = static_cast<unsigned char>(text[i] - '0');
    if (digit > 9) return false;
    number = number * 10 + digit;
  }
  for (; i < text.size(); ++i) {
    constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
    const auto digit = static_cast<unsigned char>(text[i] - '0');
    if (digit > 9 || number > (kMax - digit) / 10) return false;
    number = number * 10 + digit;
  }
  if (number > std::numeric_limits<T>::max()) return false;
  out = static_cast<T>(number);
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

// Where the first blank is; the size of the text where there is none. Most
// words are short: those are looked at here, only the rest of a long one by
// memchr.
inline size_t FindBlank(std::string_view text) {
  constexpr size_t kShort = 12;
  const size_t first = text.size() < kShort ? text.size() : kShort;
  for (size_t i = 0; i < first; ++i) {
    if (IsBlank(text[i])) return i;
  }
  if (first == text.size()) return first;
  text = text.substr(0, text.find(' ', first));
  return text.substr(0, text.find('\t', first)).size();
}

// Takes off the next word, between blanks. Empty: there is none.
inline std::string_view TakeWord(std::string_view& text) {
  text = TrimLeft(text);
  const size_t end = FindBlank(text);
  std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_SCANNER_H_
