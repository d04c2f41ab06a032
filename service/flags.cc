#include "service/flags.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"

namespace parley::service {
namespace {

std::string Quoted(std::string_view text) {
  return absl::StrCat("\"", ToAbsl(text.substr(0, 80)), "\"");
}

const Flag* Find(std::span<const FlagGroup> groups, std::string_view name) {
  for (const FlagGroup& group : groups) {
    for (const Flag& flag : group.flags) {
      if (flag.name == name) return &flag;
    }
  }
  return nullptr;
}

// Levenshtein's distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string Unknown(std::span<const FlagGroup> groups, std::string_view name) {
  std::string message = absl::StrCat("unknown flag --", ToAbsl(name));
  const Flag* nearest = nullptr;
  size_t least = 1 + name.size() / 4;
  for (const FlagGroup& group : groups) {
    for (const Flag& flag : group.flags) {
      const size_t distance = Distance(name, flag.name);
      if (distance > least || (nearest && distance == least)) continue;
      least = distance;
      nearest = &flag;
    }
  }
  if (nearest) {
    absl::StrAppend(&message, "; did you mean --", ToAbsl(nearest->name), "?");
  }
  return message;
}

absl::Status Give(const Flag& flag, std::string_view value,
                  std::string_view source) {
  const absl::Status set = flag.set(value);
  if (set.ok()) return set;
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(source), ": ", set.message()));
}

std::string Wrapped(std::string_view text, size_t indent, size_t width) {
  std::string out;
  while (!text.empty()) {
    size_t end = text.size();
    if (indent + end > width) {
      end = text.rfind(' ', width - indent);
      if (end == std::string_view::npos) end = text.find(' ');
      if (end == std::string_view::npos) end = text.size();
    }
    out.append(indent, ' ');
    out += text.substr(0, end);
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

template <typename Number>
absl::Status CheckBounds(Number value, Bounds<Number> bounds,
                         std::string (*text)(Number)) {
  if (value >= bounds.min && value <= bounds.max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(text(value), " is not between ", text(bounds.min), " and ",
                   text(bounds.max)));
}

std::string NumberText(uint64_t number) { return std::to_string(number); }
std::string DurationText(absl::Duration duration) {
  return absl::FormatDuration(duration);
}

}  // namespace

std::string EnvironmentName(std::string_view flag) {
  std::string name = "PARLEY_";
  for (const char c : flag) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  }
  return name;
}

absl::Status ParseFlags(std::span<const FlagGroup> groups,
                        std::span<const std::string_view> arguments,
                        const EnvironmentLookup& environment) {
  std::set<std::string_view> given;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (!argument.starts_with("--") || argument.size() == 2) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quoted(argument), " is no flag"));
    }
    argument.remove_prefix(2);
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const Flag* flag = Find(groups, name);
    if (!flag) return absl::InvalidArgumentError(Unknown(groups, name));
    const std::string source = absl::StrCat("--", ToAbsl(name));
    if (!given.insert(flag->name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(source, " is given twice"));
    }
    std::string_view value = flag->bare;
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (flag->bare.empty()) {
      if (++i == arguments.size()) {
        return absl::InvalidArgumentError(absl::StrCat(
            source, " needs a value: ", source, "=", ToAbsl(flag->value)));
      }
      value = arguments[i];
    }
    if (absl::Status set = Give(*flag, value, source); !set.ok()) return set;
  }
  for (const FlagGroup& group : groups) {
    for (const Flag& flag : group.flags) {
      const std::string variable = EnvironmentName(flag.name);
      const char* value = environment(variable);
      if (!value || !*value || given.contains(flag.name)) continue;
      if (absl::Status set = Give(flag, value, variable); !set.ok()) return set;
    }
  }
  return absl::OkStatus();
}

std::string DescribeFlags(std::span<const FlagGroup> groups) {
  std::string out;
  for (const FlagGroup& group : groups) {
    absl::StrAppend(&out, out.empty() ? "" : "\n", ToAbsl(group.title), "\n");
    for (const Flag& flag : group.flags) {
      const bool optional = !flag.bare.empty();
      absl::StrAppend(&out, "  --", ToAbsl(flag.name));
      if (!flag.value.empty()) {
        absl::StrAppend(&out, optional ? "[=" : "=", ToAbsl(flag.value),
                        optional ? "]" : "");
      }
      if (!flag.fallback.empty()) {
        absl::StrAppend(&out, "   (", flag.fallback, ")");
      }
      out += '\n';
      out += Wrapped(flag.help, 6, 80);
    }
  }
  return out;
}

absl::Status ReadNumber(std::string_view text, Bounds<uint64_t> bounds,
                        uint64_t& out) {
  const char* end = text.data() + text.size();
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " is not a whole number"));
  }
  if (absl::Status checked = CheckBounds(number, bounds, NumberText);
      !checked.ok()) {
    return checked;
  }
  out = number;
  return absl::OkStatus();
}

absl::Status ReadSize(std::string_view text, Bounds<uint64_t> bounds,
                      uint64_t& out) {
  constexpr std::pair<std::string_view, int> kUnits[] = {
      {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
  std::string_view digits = text;
  int shift = 0;
  for (const auto& [unit, bits] : kUnits) {
    if (!text.ends_with(unit)) continue;
    digits.remove_suffix(unit.size());
    shift = bits;
  }
  uint64_t number = 0;
  const uint64_t largest = std::numeric_limits<uint64_t>::max() >> shift;
  if (!ReadNumber(digits, {0, largest}, number).ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(text), " is not a size: bytes, or such as 64KiB, 1MiB"));
  }
  number <<= shift;
  if (absl::Status checked = CheckBounds(number, bounds, SizeText);
      !checked.ok()) {
    return checked;
  }
  out = number;
  return absl::OkStatus();
}

absl::Status ReadDuration(std::string_view text, Bounds<absl::Duration> bounds,
                          absl::Duration& out) {
  absl::Duration duration;
  if (!absl::ParseDuration(ToAbsl(text), &duration)) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(text), " is not a duration such as 90s, 5m or 1h30m"));
  }
  if (absl::Status checked = CheckBounds(duration, bounds, DurationText);
      !checked.ok()) {
    return checked;
  }
  out = duration;
  return absl::OkStatus();
}

absl::Status ReadBool(std::string_view text, bool& out) {
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return out = true, absl::OkStatus();
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) return out = false, absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(text), " is neither true nor false"));
}

absl::Status ReadList(std::string_view text, std::vector<std::string>& out) {
  std::vector<std::string> words;
  while (true) {
    const size_t comma = text.find(',');
    if (comma == 0 || text.empty()) {
      return absl::InvalidArgumentError("a list has an empty entry");
    }
    words.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  out = std::move(words);
  return absl::OkStatus();
}

std::string SizeText(uint64_t bytes) {
  constexpr std::pair<std::string_view, int> kUnits[] = {
      {"GiB", 30}, {"MiB", 20}, {"KiB", 10}};
  for (const auto& [unit, bits] : kUnits) {
    if (bytes != 0 && bytes % (uint64_t{1} << bits) == 0) {
      return absl::StrCat(bytes >> bits, ToAbsl(unit));
    }
  }
  return std::to_string(bytes);
}

}  // namespace parley::service
