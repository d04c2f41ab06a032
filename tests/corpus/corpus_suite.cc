// Plays recorded negotiations and malformed descriptions against Parley.
//
//   corpus_suite FILE...     files of records (recording.h); "-": standard
//   input
//
// The report goes to standard output and ends with the totals. Exit status 1 if
// anything failed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "core/sdp/candidate.h"
#include "core/sdp/parser.h"
#include "core/sdp/printer.h"
#include "tests/corpus/recording.h"
#include "tests/corpus/report.h"
#include "tests/corpus/stand_in.h"

namespace parley::corpus {
namespace {

using Faults = std::vector<std::string>;

constexpr std::chrono::seconds kBound(2);  // for one malformed description

void CheckDescription(const std::string& text, const std::string& where,
                      Faults& faults) {
  const auto first = sdp::Parse(text);
  if (!first.ok()) {
    faults.push_back(where + std::string(first.status().message()));
    return;
  }
  const std::string printed = sdp::ToString(*first);
  const auto second = sdp::Parse(printed);
  if (!second.ok() || !(*second == *first)) {
    faults.push_back(where + "says something else when printed and parsed");
  } else if (sdp::ToString(*second) != printed) {
    faults.push_back(where + "prints differently the second time");
  }
}

void CheckCandidate(const std::string& line, const std::string& where,
                    Faults& faults) {
  const auto first = sdp::ParseCandidate(line);
  if (!first.ok()) {
    faults.push_back(where + line + ": " +
                     std::string(first.status().message()));
    return;
  }
  std::string printed;
  sdp::PrintCandidate(*first, printed);
  const auto second = sdp::ParseCandidate(printed);
  if (!second.ok() || !(*second == *first)) {
    faults.push_back(where + line + ": another candidate when printed");
  }
}

void CheckTexts(const Record& record, Faults& faults) {
  for (size_t i = 0; i < record.steps.size(); ++i) {
    const Step& step = record.steps[i];
    const std::string where = "step " + std::to_string(i) + ": ";
    if (step.type != jsep::SdpType::kRollback) {
      CheckDescription(step.sdp, where, faults);
    }
    for (const RecordedCandidate& candidate : step.candidates) {
      if (!candidate.line.empty()) {
        CheckCandidate(candidate.line, where, faults);
      }
    }
  }
}

void PlaySide(const Record& record, char side, Report& report, Faults& faults) {
  const Verdict verdict = StandIn(record, side).Play();
  const std::string as = std::string("as ") + side + ": ";
  for (const std::string& fault : verdict.faults) faults.push_back(as + fault);
  if (verdict.refusal.ok()) return;
  const std::string refused = as + "step " +
                              std::to_string(verdict.refused_step) + ": " +
                              Describe(verdict.refusal);
  const std::string_view rule =
      Justification(verdict.refusal, record.error.empty());
  if (rule.empty()) {
    faults.push_back(refused);
  } else {
    report.Note(record.name, refused + " [" + std::string(rule) + "]");
  }
}

void PlaySequence(const Record& record, Report& report) {
  Faults faults;
  CheckTexts(record, faults);
  for (const char side : {'b', 'a'}) PlaySide(record, side, report, faults);
  if (faults.empty()) {
    report.Pass(false);
  } else {
    report.Fail(false, record.name, faults);
  }
}

void PlayMalformed(const Record& record, Report& report) {
  if (record.steps.empty()) return report.Fail(true, record.name, {"empty"});
  const char side = record.steps.back().side == 'a' ? 'b' : 'a';
  const auto start = std::chrono::steady_clock::now();
  const Verdict verdict = StandIn(record, side).PlayMalformed();
  const bool in_time = std::chrono::steady_clock::now() - start < kBound;
  const bool scored = record.confidence != "low";
  const bool accepted = verdict.refusal.ok();
  Faults faults;
  if (!in_time) faults.push_back("takes too long");
  if (!accepted && verdict.refused_step + 1 != record.steps.size()) {
    faults.push_back("refused before: " + Describe(verdict.refusal));
  } else if (scored && accepted != record.accept) {
    faults.push_back(accepted ? "accepted" : Describe(verdict.refusal));
  }
  // What the verdict should be is open: then so is what to answer.
  if (scored) {
    for (const std::string& fault : verdict.faults) faults.push_back(fault);
  }
  if (!faults.empty()) {
    faults.back() += " (" + record.why + ")";
    if (scored) return report.Fail(true, record.name, faults);
    // Beside the totals, but never without notice.
    return report.FailBeside(record.name, faults);
  }
  if (scored) report.Pass(true);
}

bool ReadAll(const std::string& name, std::string& text) {
  if (name == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
    return true;
  }
  std::ifstream file(name, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(file), {});
  return file.good() || file.eof();
}

int Main(const std::vector<std::string>& files) {
  Report report;
  for (const std::string& name : files) {
    std::string text;
    if (!ReadAll(name, text)) {
      std::cerr << name << " cannot be read\n";
      return EXIT_FAILURE;
    }
    const auto records = ReadRecords(text);
    if (!records.ok()) {
      std::cerr << name << ": " << records.status().message() << '\n';
      return EXIT_FAILURE;
    }
    for (const Record& record : *records) {
      if (record.malformed) {
        PlayMalformed(record, report);
      } else {
        PlaySequence(record, report);
      }
    }
  }
  std::cout << report.Text();
  return report.AllPassed() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace parley::corpus

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "corpus_suite FILE...\n";
    return EXIT_FAILURE;
  }
  return parley::corpus::Main({argv + 1, argv + argc});
}
