#include "core/sdp/fmtp.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "core/base/strings.h"
#include "core/sdp/scanner.h"

namespace parley::sdp {
namespace {

std::string_view Trim(std::string_view text) {
  return TrimRight(TrimLeft(text));
}

bool SameKey(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(ToAbsl(a), ToAbsl(b));
}

}  // namespace

std::optional<FmtpParameter> NextParameter(std::string_view& rest) {
  while (!rest.empty()) {
    std::string_view value = Trim(TakeUntil(rest, ';'));
    if (value.empty()) continue;
    std::string_view key = Trim(TakeUntil(value, '='));
    return FmtpParameter{key, Trim(value)};
  }
  return std::nullopt;
}

std::optional<std::string_view> FindParameter(std::string_view parameters,
                                              std::string_view key) {
  while (auto parameter = NextParameter(parameters)) {
    if (SameKey(parameter->key, key)) return parameter->value;
  }
  return std::nullopt;
}

std::optional<uint32_t> FindNumber(std::string_view parameters,
                                   std::string_view key) {
  auto value = FindParameter(parameters, key);
  uint32_t number = 0;
  if (!value || !ParseNumber(*value, number)) return std::nullopt;
  return number;
}

std::optional<uint8_t> AssociatedPayloadType(const Codec& codec) {
  constexpr std::string_view kKey = "apt=";
  const std::string_view fmtp = codec.fmtp;
  uint32_t number = 0;
  // As nearly everybody writes it, or else by the grammar.
  if (!fmtp.starts_with(kKey) ||
      !ParseNumber(fmtp.substr(kKey.size()), number)) {
    number = FindNumber(fmtp, "apt").value_or(0x80);
  }
  if (number > 127) return std::nullopt;
  return static_cast<uint8_t>(number);
}

void SetParameter(std::string& parameters, std::string_view key,
                  std::string_view value) {
  std::string_view rest = parameters;
  while (auto parameter = NextParameter(rest)) {
    if (!SameKey(parameter->key, key)) continue;
    const size_t begin = parameter->key.data() - parameters.data();
    const size_t end = rest.empty() && !parameters.ends_with(';')
                           ? parameters.size()
                           : rest.data() - parameters.data() - 1;
    std::string replacement(parameter->key);
    replacement += '=';
    replacement += value;
    parameters.replace(begin, end - begin, replacement);
    return;
  }
  if (!parameters.empty() && !parameters.ends_with(';')) parameters += ';';
  parameters += key;
  parameters += '=';
  parameters += value;
}

bool SameParameters(std::string_view a, std::string_view b) {
  using Pair = std::pair<std::string, std::string_view>;
  const auto sorted = [](std::string_view list) {
    std::vector<Pair> pairs;
    while (auto parameter = NextParameter(list)) {
      std::string key(parameter->key);
      for (char& c : key) {
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
      }
      pairs.emplace_back(std::move(key), parameter->value);
    }
    std::sort(pairs.begin(), pairs.end());
    return pairs;
  };
  return sorted(a) == sorted(b);
}

}  // namespace parley::sdp
