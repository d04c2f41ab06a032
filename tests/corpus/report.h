// The verdicts on all records, and the text that tells of them.
#ifndef PARLEY_TESTS_CORPUS_REPORT_H_
#define PARLEY_TESTS_CORPUS_REPORT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace parley::corpus {

// The rule behind a refusal: "RFC 9143 7.3 ...". Empty: none that we know, or
// none that forbids to go on where the recorded stacks completed the
// negotiation; then the refusal is a fault.
std::string_view Justification(const absl::Status& refusal, bool completed);

// "SDP_INVALID (attribute mid): section ...".
std::string Describe(const absl::Status& refusal);

class Report {
 public:
  void Pass(bool malformed);
  void Fail(bool malformed, std::string_view name,
            const std::vector<std::string>& faults);
  // Of what is not counted: it fails the run all the same.
  void FailBeside(std::string_view name,
                  const std::vector<std::string>& faults);
  // Refused with reason, or another remark that fails nothing.
  void Note(std::string_view name, std::string text);

  bool AllPassed() const;
  // Failures, notes and as the last line the totals.
  std::string Text() const;

 private:
  size_t passed_[2] = {0, 0};  // sequences, malformed
  size_t total_[2] = {0, 0};
  std::vector<std::string> failures_;
  std::vector<std::string> notes_;
};

}  // namespace parley::corpus

#endif  // PARLEY_TESTS_CORPUS_REPORT_H_
