#include "service/trace_context.h"

#include <algorithm>
#include <cstddef>

namespace parley::service {
namespace {

constexpr size_t kVersionSize = 2;
constexpr size_t kTraceIdSize = 32;
constexpr size_t kSpanIdSize = 16;
constexpr size_t kFlagsSize = 2;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool IsId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// The next field of this size and the hyphen after it; "" when it is not there.
std::string_view Take(std::string_view& header, size_t size) {
  if (header.size() <= size || header[size] != '-') return "";
  const std::string_view field = header.substr(0, size);
  header.remove_prefix(size + 1);
  return field;
}

}  // namespace

TraceContext ParseTraceparent(std::string_view header) {
  const std::string_view version = Take(header, kVersionSize);
  const std::string_view trace_id = Take(header, kTraceIdSize);
  const std::string_view span_id = Take(header, kSpanIdSize);
  const std::string_view flags = header.substr(0, kFlagsSize);
  header.remove_prefix(flags.size());
  // Later versions may have more, after a hyphen.
  const bool ends = header.empty() || (version != "00" && header[0] == '-');
  if (version.empty() || !IsHex(version) || version == "ff" ||
      trace_id.empty() || !IsId(trace_id) || span_id.empty() ||
      !IsId(span_id) || flags.size() != kFlagsSize || !IsHex(flags) || !ends) {
    return {};
  }
  return {trace_id, span_id};
}

}  // namespace parley::service
