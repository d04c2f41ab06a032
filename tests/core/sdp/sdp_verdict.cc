// Reads descriptions and candidates from standard input and says what the
// parser makes of each, for corpus.py. Not a test of its own.
//
// Input: records of a header line "D <bytes>" (description) or "C <bytes>"
// (candidate), then that many bytes. Output: one line each,
//   ok <sections>           parsed, printed and parsed again to the same value
//   error <line> <message>  refused; the line is 0 for a candidate
//   BUG <what>              the round trip failed
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "core/base/errors.h"
#include "core/sdp/candidate.h"
#include "core/sdp/parser.h"
#include "core/sdp/printer.h"

namespace parley::sdp {
namespace {

std::string LineNumber(const absl::Status& status) {
  auto error = GetError(status);
  if (!error) return "0";
  for (const auto& [key, value] : error->metadata) {
    if (key == "sdp_line_number") return value;
  }
  return "0";
}

std::string ErrorVerdict(const absl::Status& status) {
  return "error " + LineNumber(status) + " " + std::string(status.message());
}

std::string JudgeDescription(std::string_view text) {
  auto first = Parse(text);
  if (!first.ok()) return ErrorVerdict(first.status());
  const std::string printed = ToString(*first);
  auto second = Parse(printed);
  if (!second.ok()) return "BUG " + std::string(second.status().message());
  if (!(*first == *second)) return "BUG parses differently after Print";
  if (ToString(*second) != printed) return "BUG prints differently again";
  return "ok " + std::to_string(first->sections.size());
}

std::string JudgeCandidate(std::string_view line) {
  auto first = ParseCandidate(line);
  if (!first.ok()) return ErrorVerdict(first.status());
  std::string printed;
  PrintCandidate(*first, printed);
  auto second = ParseCandidate(printed);
  if (!second.ok()) return "BUG " + std::string(second.status().message());
  return *first == *second ? "ok 0" : "BUG parses differently after Print";
}

}  // namespace
}  // namespace parley::sdp

int main() {
  char kind = 0;
  size_t bytes = 0;
  while (std::cin >> kind >> bytes) {
    std::cin.ignore(1);
    std::string text(bytes, '\0');
    if (!std::cin.read(text.data(), static_cast<std::streamsize>(bytes))) {
      return EXIT_FAILURE;
    }
    std::cout << (kind == 'D' ? parley::sdp::JudgeDescription(text)
                              : parley::sdp::JudgeCandidate(text))
              << '\n';
  }
  return EXIT_SUCCESS;
}
