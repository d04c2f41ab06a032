// Options and operands of a command line. Values; stateless.
#ifndef PARLEY_CLIENT_COMMAND_ARGUMENTS_H_
#define PARLEY_CLIENT_COMMAND_ARGUMENTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace parley::command {

// An option that a command knows.
struct Option {
  std::string_view name;  // with its hyphens: "--gather"
  // What its value is called in the help; empty: it has none. In brackets: it
  // may be left out, and can then only be given as --name=VALUE.
  std::string_view value;
  std::string_view help;
  std::string_view short_name = {};  // "-v"
};

// The command line, taken apart. The getters return an INVALID_ARGUMENT that
// can be shown to the user.
class Arguments {
 public:
  // "--" ends the options; "-" is an operand.
  static absl::StatusOr<Arguments> Parse(std::span<const Option> options,
                                         std::span<const std::string> words);

  bool Has(std::string_view option) const;
  // The last value given; "" without.
  std::string Get(std::string_view option) const;
  // All values given, in order.
  std::vector<std::string> All(std::string_view option) const;

  // As 500ms, 10s, 2m30s. nullopt: not given, or given without value.
  absl::StatusOr<std::optional<absl::Duration>> Duration(
      std::string_view option) const;
  absl::StatusOr<std::optional<uint64_t>> Number(
      std::string_view option, uint64_t max = UINT64_MAX) const;
  // KEY=VALUE pairs.
  absl::StatusOr<std::map<std::string, std::string>> Pairs(
      std::string_view option) const;

  const std::vector<std::string>& operands() const { return operands_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
  std::vector<std::string> operands_;
};

}  // namespace parley::command

#endif  // PARLEY_CLIENT_COMMAND_ARGUMENTS_H_
