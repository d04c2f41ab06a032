// The error table of the README is the table of core/base/errors.cc: every
// reason once, with its code and its W3C name, and none besides.
#include "core/base/errors.h"

#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "core/base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

struct Row {
  std::string code;
  std::string exception;
  std::string text;

  bool operator==(const Row&) const = default;
};

// The rows of the table under "## Errors", by reason.
std::map<std::string, Row> ReadmeTable() {
  std::map<std::string, Row> rows;
  std::ifstream readme(PARLEY_README);
  EXPECT_TRUE(readme.is_open()) << PARLEY_README;
  bool in_section = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("## ")) in_section = line == "## Errors";
    if (!in_section || !line.starts_with("| ") ||
        line.starts_with("| reason |")) {
      continue;
    }
    std::vector<std::string> cells = absl::StrSplit(line, '|');
    for (std::string& cell : cells) absl::StripAsciiWhitespace(&cell);
    // The bars at both ends make an empty cell each.
    if (cells.size() != 6) {
      ADD_FAILURE() << "not four cells: " << line;
      continue;
    }
    const bool first =
        rows.emplace(cells[1], Row{cells[2], cells[3], cells[4]}).second;
    EXPECT_TRUE(first) << cells[1] << " is there twice";
  }
  return rows;
}

TEST(ReadmeErrorsTest, TableHasEveryReasonWithItsCodeAndException) {
  std::map<std::string, Row> rows = ReadmeTable();
  for (int i = 0; i <= static_cast<int>(Reason::kInternal); ++i) {
    const Reason reason = static_cast<Reason>(i);
    const std::string name(ReasonName(reason));
    const auto row = rows.find(name);
    if (row == rows.end()) {
      ADD_FAILURE() << name << " is missing";
      continue;
    }
    EXPECT_EQ(row->second.code, absl::StatusCodeToString(ReasonCode(reason)))
        << name;
    EXPECT_EQ(row->second.exception, DomExceptionName(ReasonException(reason)))
        << name;
    EXPECT_NE(row->second.text, "") << name;
    rows.erase(row);
  }
  for (const auto& [name, row] : rows) ADD_FAILURE() << name << " is no reason";
}

}  // namespace
}  // namespace parley
