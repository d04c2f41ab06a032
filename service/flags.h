// Command-line flags as a table: each row is a flag, an environment variable
// and a paragraph of help. Not safe for concurrent use; used once, at start.
#ifndef PARLEY_SERVICE_FLAGS_H_
#define PARLEY_SERVICE_FLAGS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace parley::service {

struct Flag {
  std::string_view name;   // "max-peers": --max-peers and PARLEY_MAX_PEERS
  std::string_view value;  // what help calls its value: "N"
  // What the flag alone, without "=value", stands for. Empty: it needs a value,
  // which may then also be the next argument.
  std::string_view bare;
  std::string fallback;  // the default, as help shows it
  std::string_view help;
  // Takes the value, or says what is wrong with it.
  std::function<absl::Status(std::string_view)> set;
};

// A heading of help and the flags under it.
struct FlagGroup {
  std::string_view title;
  std::vector<Flag> flags;
};

// "PARLEY_MAX_PEERS".
std::string EnvironmentName(std::string_view flag);

// Gives every flag its value: from the arguments (without the program's name),
// else from the environment, else none. An empty variable counts as absent.
// Errors are one line that names the flag or variable: what is wrong with its
// value, a flag given twice, an unknown one (with the one that may be meant),
// an argument that is no flag.
using EnvironmentLookup = std::function<const char*(const std::string&)>;
absl::Status ParseFlags(std::span<const FlagGroup> groups,
                        std::span<const std::string_view> arguments,
                        const EnvironmentLookup& environment);

// The flags as a text of at most 80 columns.
std::string DescribeFlags(std::span<const FlagGroup> groups);

// --- Values. Each says what it expects when it is not that. ---

template <typename Number>
struct Bounds {
  Number min;
  Number max;
};

absl::Status ReadNumber(std::string_view text, Bounds<uint64_t> bounds,
                        uint64_t& out);
// A number of bytes, or one with KiB, MiB or GiB.
absl::Status ReadSize(std::string_view text, Bounds<uint64_t> bounds,
                      uint64_t& out);
// "90s", "5m", "1h30m", "250ms".
absl::Status ReadDuration(std::string_view text, Bounds<absl::Duration> bounds,
                          absl::Duration& out);
// true, false, yes, no, on, off, 1, 0.
absl::Status ReadBool(std::string_view text, bool& out);
// Words between commas, none of them empty.
absl::Status ReadList(std::string_view text, std::vector<std::string>& out);

// "64 KiB", "1 MiB", "100": the way ReadSize reads it.
std::string SizeText(uint64_t bytes);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_FLAGS_H_
