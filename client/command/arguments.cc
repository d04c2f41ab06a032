#include "client/command/arguments.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/src/strings.h"

namespace parley::command {
namespace {

using client::internal::ToAbsl;

const Option* Find(std::span<const Option> options, std::string_view name) {
  const auto it =
      std::find_if(options.begin(), options.end(), [&](const Option& option) {
        return option.name == name ||
               (!option.short_name.empty() && option.short_name == name);
      });
  return it == options.end() ? nullptr : &*it;
}

bool IsOptional(const Option& option) {
  return !option.value.empty() && option.value.front() == '[';
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(std::span<const Option> options,
                                           std::span<const std::string> words) {
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--") {
      arguments.operands_.insert(arguments.operands_.end(),
                                 words.begin() + static_cast<ptrdiff_t>(i) + 1,
                                 words.end());
      break;
    }
    if (word.size() < 2 || word.front() != '-') {
      arguments.operands_.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Option* option = Find(options, name);
    if (option == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown option ", ToAbsl(name)));
    }
    std::vector<std::string>& values =
        arguments.options_[std::string(option->name)];
    if (equals != std::string_view::npos) {
      if (option->value.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat(ToAbsl(option->name), " takes no value"));
      }
      values.emplace_back(word.substr(equals + 1));
    } else if (option->value.empty() || IsOptional(*option)) {
      values.emplace_back();
    } else if (i + 1 < words.size()) {
      values.push_back(words[++i]);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          ToAbsl(option->name), " needs a value: ", ToAbsl(option->value)));
    }
  }
  return arguments;
}

bool Arguments::Has(std::string_view option) const {
  return options_.find(option) != options_.end();
}

std::string Arguments::Get(std::string_view option) const {
  const auto it = options_.find(option);
  return it == options_.end() ? "" : it->second.back();
}

std::vector<std::string> Arguments::All(std::string_view option) const {
  const auto it = options_.find(option);
  return it == options_.end() ? std::vector<std::string>() : it->second;
}

absl::StatusOr<std::optional<absl::Duration>> Arguments::Duration(
    std::string_view option) const {
  const std::string text = Get(option);
  if (text.empty()) return std::optional<absl::Duration>();
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) ||
      duration < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        ToAbsl(option), " ", text, ": not a time; write 500ms, 10s or 2m30s"));
  }
  return std::optional<absl::Duration>(duration);
}

absl::StatusOr<std::optional<uint64_t>> Arguments::Number(
    std::string_view option, uint64_t max) const {
  const std::string text = Get(option);
  if (text.empty()) return std::optional<uint64_t>();
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number > max) {
    return absl::InvalidArgumentError(absl::StrCat(
        ToAbsl(option), " ", text, ": not a number from 0 to ", max));
  }
  return std::optional<uint64_t>(number);
}

absl::StatusOr<std::map<std::string, std::string>> Arguments::Pairs(
    std::string_view option) const {
  std::map<std::string, std::string> pairs;
  for (const std::string& text : All(option)) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(ToAbsl(option), " ", text, ": not KEY=VALUE"));
    }
    pairs[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return pairs;
}

}  // namespace parley::command
