#include "core/sdp/parser.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/sdp/attribute_name.h"
#include "core/sdp/attribute_parser.h"
#include "core/sdp/outcome.h"
#include "core/sdp/query.h"
#include "core/sdp/scanner.h"
#include "core/sdp/section_parser.h"
#include "core/sdp/shared_attributes.h"

namespace parley::sdp {
namespace {

// "username id version IN IP4 address" (RFC 8866 5.2).
Problem ParseOrigin(std::string_view value, Origin& out) {
  out.username = TakeWord(value);
  if (!ParseNumber(TakeWord(value), out.session_id)) {
    return "needs a session id below 2^64 after the user name";
  }
  if (!ParseNumber(TakeWord(value), out.session_version)) {
    return "needs a session version below 2^64";
  }
  Connection connection;
  if (Problem problem = ParseConnection(value, connection)) return problem;
  out.family = connection.family;
  out.address = std::move(connection.address);
  return nullptr;
}

Problem ParseTiming(std::string_view value, Timing& out) {
  const bool valid = ParseNumber(TakeWord(value), out.start) &&
                     ParseNumber(TakeWord(value), out.stop) &&
                     TrimLeft(value).empty();
  return valid ? nullptr : "needs a start and a stop time";
}

// Where Print writes a line that WebRTC does not use. The lists are kept in
// that order, so that what was printed parses to the same.
int OtherLineRank(const Line& line) {
  if (line.type == 'c') return 1;
  return std::string_view("iuep").find(line.type) != std::string_view::npos ? 0
                                                                            : 2;
}

void SortOtherLines(std::vector<Line>& lines) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) {
                     return OtherLineRank(a) < OtherLineRank(b);
                   });
}

class Parser {
 public:
  Parser(std::string_view text, const ParseLimits& limits)
      : rest_(text),
        limits_(limits),
        section_parser_(limits.candidates_per_section) {}

  absl::StatusOr<Description> Run();

 private:
  // Reads the next line into line_. False at the end of the text, and when the
  // line cannot be one: then outcome_ says why.
  bool NextLine();
  bool Fail(const char* problem) {
    outcome_ = {Outcome::kProblem, problem};
    return false;
  }

  // Each takes line_, and leaves what became of it in outcome_.
  void ParseFirstLines();
  void ParseSessionLine();
  void ParseMediaLine();
  void ParseSectionLine();
  void ParseAttributeLine();

  Outcome ParseSessionAttribute(AttributeId id, std::string_view value);
  Outcome TakeConnection(std::optional<Connection>& connection,
                         std::vector<Line>& other_lines);
  Outcome TakeBandwidth(std::vector<Bandwidth>& bandwidths);
  Outcome TakeTiming();
  Outcome TakeOther(std::vector<Line>& lines);
  void FinishPart();

  bool Ok() const { return outcome_.kind == Outcome::kTaken; }
  absl::Status Error() const;

  std::string_view rest_;
  const ParseLimits& limits_;
  SectionParser section_parser_;

  Description description_;
  MediaSection* section_ = nullptr;  // nullptr: still in the session part
  bool has_timing_ = false;
  size_t attributes_ = 0;  // of this part

  size_t line_number_ = 0;
  char type_ = '\0';        // of the line
  std::string_view value_;  // what stands after "type="
  std::string_view attribute_name_;
  Outcome outcome_;
};

bool Parser::NextLine() {
  if (rest_.empty()) return false;
  ++line_number_;
  type_ = '\0';
  attribute_name_ = {};
  std::string_view line = TakeUntil(rest_, '\n');
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > limits_.line_bytes) {
    outcome_ = {Outcome::kLimit, "line_bytes"};
    return false;
  }
  if (line.find('\r') != std::string_view::npos) {
    return Fail("has a CR that does not end it");
  }
  if (line.find('\0') != std::string_view::npos) return Fail("has a NUL");
  if (line.empty()) {
    // Blank lines after the last one are what string templates leave behind.
    if (rest_.find_first_not_of("\r\n") == std::string_view::npos) return false;
    return Fail("is empty");
  }
  if (line.size() < 2 || line[1] != '=') return Fail("is not type=value");
  type_ = line[0];
  value_ = line.substr(2);
  return true;
}

void Parser::ParseFirstLines() {
  constexpr char kOrder[] = "vos";
  for (const char* type = kOrder; *type != '\0'; ++type) {
    if (!NextLine()) {
      if (Ok()) {
        ++line_number_;
        Fail("is missing: a description begins with v=, o= and s=");
      }
      return;
    }
    if (type_ != *type) {
      Fail("is out of order: a description begins with v=, o= and s=");
      return;
    }
    if (type_ == 'v') {
      if (TrimRight(value_) != "0") Fail("needs to be 0");
    } else if (type_ == 'o') {
      outcome_ = Strict(ParseOrigin(value_, description_.origin));
    } else {
      description_.session_name = value_;
    }
    if (!Ok()) return;
  }
}

Outcome Parser::TakeConnection(std::optional<Connection>& connection,
                               std::vector<Line>& other_lines) {
  if (connection) return TakeOther(other_lines);
  return Strict(ParseConnection(value_, connection.emplace()));
}

Outcome Parser::TakeBandwidth(std::vector<Bandwidth>& bandwidths) {
  // An empty one limits nothing.
  if (TrimRight(value_).empty()) return {};
  return Strict(ParseBandwidth(TrimRight(value_), bandwidths.emplace_back()));
}

Outcome Parser::TakeTiming() {
  Timing timing;
  if (Problem problem = ParseTiming(value_, timing)) return Strict(problem);
  if (has_timing_) return TakeOther(description_.other_lines);
  has_timing_ = true;
  description_.timing = timing;
  return {};
}

Outcome Parser::TakeOther(std::vector<Line>& lines) {
  lines.push_back({.type = type_, .value = std::string(value_)});
  return {};
}

void Parser::ParseSessionLine() {
  switch (type_) {
    case 'a':
      return ParseAttributeLine();
    case 'c':
      outcome_ =
          TakeConnection(description_.connection, description_.other_lines);
      return;
    case 'b':
      outcome_ = TakeBandwidth(description_.bandwidths);
      return;
    case 't':
      outcome_ = TakeTiming();
      return;
    case 'i':
    case 'u':
    case 'e':
    case 'p':
    case 'r':
    case 'z':
    case 'k':
      outcome_ = TakeOther(description_.other_lines);
      return;
    default:
      Fail("has no place in the session part");
  }
}

void Parser::ParseMediaLine() {
  if (!has_timing_) {
    Fail("comes before the t= line");
    return;
  }
  if (description_.sections.size() == limits_.sections) {
    outcome_ = {Outcome::kLimit, "sections"};
    return;
  }
  FinishPart();
  section_ = &description_.sections.emplace_back();
  outcome_ = Strict(section_parser_.Start(value_, *section_));
}

void Parser::ParseSectionLine() {
  switch (type_) {
    case 'a':
      return ParseAttributeLine();
    case 'c':
      outcome_ = TakeConnection(section_->connection, section_->other_lines);
      return;
    case 'b':
      outcome_ = TakeBandwidth(section_->bandwidths);
      return;
    case 'i':
    case 'k':
      outcome_ = TakeOther(section_->other_lines);
      return;
    default:
      Fail("has no place in a media section");
  }
}

void Parser::ParseAttributeLine() {
  if (++attributes_ > limits_.attributes_per_section) {
    outcome_ = {Outcome::kLimit, "attributes_per_section"};
    return;
  }
  std::string_view value = TrimRight(value_);
  std::string_view name = TakeUntil(value, ':');
  if (name.empty()) {
    Fail("lacks the name of the attribute");
    return;
  }
  const AttributeId id = FindAttribute(name);
  if (id != AttributeId::kUnknown) {
    attribute_name_ = name;
    outcome_ = section_ != nullptr ? section_parser_.ParseAttribute(id, value)
                                   : ParseSessionAttribute(id, value);
  } else {
    outcome_ = {Outcome::kUnknown};
  }
  if (outcome_.kind == Outcome::kUnknown) {
    (section_ != nullptr ? section_->other_attributes
                         : description_.other_attributes)
        .emplace_back(value_);
    outcome_ = {};
  } else if (outcome_.kind == Outcome::kConflict) {
    (section_ != nullptr ? section_->conflicts : description_.conflicts)
        .emplace_back(value_);
    outcome_ = {};
  }
}

Outcome Parser::ParseSessionAttribute(AttributeId id, std::string_view value) {
  switch (id) {
    case AttributeId::kGroup:
      return Strict(ParseGroup(value, description_.groups.emplace_back()));
    case AttributeId::kIceLite:
      return SetFlag(description_.ice_lite);
    default:
      return ParseSharedAttribute(
          id, value,
          {description_.transport, description_.direction, description_.extmaps,
           description_.extmap_allow_mixed});
  }
}

// Ends the session part or the section that was read.
void Parser::FinishPart() {
  attributes_ = 0;
  if (section_ == nullptr) {
    SortOtherLines(description_.other_lines);
  } else {
    SortOtherLines(section_->other_lines);
    section_parser_.Finish();
  }
}

absl::StatusOr<Description> Parser::Run() {
  ParseFirstLines();
  while (Ok() && NextLine()) {
    if (type_ == 'm') {
      ParseMediaLine();
    } else if (section_ != nullptr) {
      ParseSectionLine();
    } else {
      ParseSessionLine();
    }
  }
  if (Ok() && !has_timing_) {
    ++line_number_;
    type_ = '\0';
    Fail("is missing: a description needs a t= line");
  }
  if (!Ok()) return Error();
  FinishPart();
  return std::move(description_);
}

absl::Status Parser::Error() const {
  ErrorMetadata metadata = {{"sdp_line_number", std::to_string(line_number_)}};
  std::string message = absl::StrCat("SDP line ", line_number_);
  if (!attribute_name_.empty()) {
    absl::StrAppend(&message, ", a=", ToAbsl(attribute_name_), ",");
    metadata.emplace_back("attribute", attribute_name_);
  } else if (type_ >= 'a' && type_ <= 'z') {
    message += {',', ' ', type_, '=', ','};
  }
  absl::StrAppend(&message, " ");
  if (outcome_.kind == Outcome::kLimit) {
    absl::StrAppend(&message, "is one more than the limit of ", outcome_.text,
                    " allows");
    metadata.emplace_back("limit", outcome_.text);
    return MakeError(Reason::kLimitExceeded, std::move(message),
                     std::move(metadata));
  }
  absl::StrAppend(&message, outcome_.text);
  return MakeError(Reason::kSdpSyntax, std::move(message), std::move(metadata));
}

}  // namespace

absl::StatusOr<Description> Parse(std::string_view text,
                                  const ParseLimits& limits) {
  if (text.size() > limits.bytes) {
    return MakeError(Reason::kLimitExceeded,
                     absl::StrCat("The description has ", text.size(),
                                  " bytes; ", limits.bytes, " are allowed"),
                     {{"limit", "bytes"}});
  }
  return Parser(text, limits).Run();
}

}  // namespace parley::sdp
