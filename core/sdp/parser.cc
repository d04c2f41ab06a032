#include "core/sdp/parser.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/sdp/attribute_name.h"
#include "core/sdp/attribute_parser.h"
#include "core/sdp/line_reader.h"
#include "core/sdp/outcome.h"
#include "core/sdp/scanner.h"
#include "core/sdp/section_parser.h"
#include "core/sdp/shared_attributes.h"

namespace parley::sdp {
namespace {

// How every description begins.
constexpr char kFirstLines[] = {'v', 'o', 's'};

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
  if (lines.size() < 2) return;
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) {
                     return OtherLineRank(a) < OtherLineRank(b);
                   });
}

// "SDP line 7, a=mid, needs a value", with the metadata that parser.h promises.
absl::Status LineError(size_t number, char type, std::string_view attribute,
                       const Outcome& outcome) {
  ErrorMetadata metadata = {{"sdp_line_number", std::to_string(number)}};
  std::string message = absl::StrCat("SDP line ", number);
  if (!attribute.empty()) {
    absl::StrAppend(&message, ", a=", ToAbsl(attribute), ",");
    metadata.emplace_back("attribute", attribute);
  } else if (type >= 'a' && type <= 'z') {
    message += {',', ' ', type, '=', ','};
  }
  if (outcome.kind == Outcome::kLimit) {
    absl::StrAppend(&message, " goes beyond the limit ", outcome.text);
    metadata.emplace_back("limit", outcome.text);
    return MakeError(Reason::kLimitExceeded, std::move(message),
                     std::move(metadata));
  }
  absl::StrAppend(&message, " ", outcome.text);
  return MakeError(Reason::kSdpSyntax, std::move(message), std::move(metadata));
}

// Reads the lines in order. Methods named Parse take the reader's line.
class Parser {
 public:
  Parser(std::string_view text, const ParseLimits& limits)
      : limits_(limits),
        reader_(text, limits.lines, limits.line_bytes),
        section_parser_(limits.candidates_per_section) {}

  absl::StatusOr<Description> Run();

 private:
  Outcome ParseFirstLines();
  Outcome ParseFirstLine(char type);
  Outcome ParseLine();
  Outcome ParseSessionLine();
  Outcome ParseMediaLine();
  Outcome ParseSectionLine();
  Outcome ParseConnectionLine(std::optional<Connection>& connection,
                              std::vector<Line>& other_lines);
  Outcome ParseBandwidthLine(std::vector<Bandwidth>& bandwidths);
  Outcome ParseTimingLine();
  Outcome KeepLine(std::vector<Line>& lines);
  Outcome ParseAttributeLine();
  Outcome ParseSessionAttribute(AttributeId id, std::string_view value);

  // Ends the session part or the section that was read.
  void FinishPart();
  // The error of the line after the last one, which should have been there.
  absl::Status MissingLine(const char* problem) const {
    return LineError(reader_.number() + 1, '\0', {},
                     {Outcome::kProblem, problem});
  }

  const ParseLimits& limits_;
  LineReader reader_;
  SectionParser section_parser_;

  Description description_;
  MediaSection* section_ = nullptr;  // nullptr: still in the session part
  bool has_timing_ = false;
  size_t attributes_ = 0;            // of this part
  std::string_view attribute_name_;  // of this line, if it is a known one
};

absl::StatusOr<Description> Parser::Run() {
  Outcome outcome = ParseFirstLines();
  while (outcome.kind == Outcome::kTaken && reader_.Next()) {
    outcome = ParseLine();
  }
  if (reader_.failure().kind != Outcome::kTaken) {
    return LineError(reader_.number(), '\0', {}, reader_.failure());
  }
  if (outcome.kind != Outcome::kTaken) {
    return LineError(reader_.number(), reader_.type(), attribute_name_,
                     outcome);
  }
  if (reader_.number() < std::size(kFirstLines)) {
    return MissingLine("is missing: a description begins with v=, o= and s=");
  }
  if (!has_timing_) return MissingLine("is missing: a t= line has to come");
  FinishPart();
  return std::move(description_);
}

Outcome Parser::ParseFirstLines() {
  for (char type : kFirstLines) {
    if (!reader_.Next()) return {};
    Outcome outcome = ParseFirstLine(type);
    if (outcome.kind != Outcome::kTaken) return outcome;
  }
  return {};
}

Outcome Parser::ParseFirstLine(char type) {
  if (reader_.type() != type) {
    return Strict("is out of order: a description begins with v=, o= and s=");
  }
  switch (type) {
    case 'v':
      return Strict(TrimRight(reader_.value()) == "0" ? nullptr
                                                      : "needs to be 0");
    case 'o':
      return Strict(ParseOrigin(reader_.value(), description_.origin));
    default:
      description_.session_name = reader_.value();
      return {};
  }
}

Outcome Parser::ParseLine() {
  attribute_name_ = {};
  if (reader_.type() == 'a') return ParseAttributeLine();
  if (reader_.type() == 'm') return ParseMediaLine();
  return section_ != nullptr ? ParseSectionLine() : ParseSessionLine();
}

Outcome Parser::ParseSessionLine() {
  switch (reader_.type()) {
    case 'c':
      return ParseConnectionLine(description_.connection,
                                 description_.other_lines);
    case 'b':
      return ParseBandwidthLine(description_.bandwidths);
    case 't':
      return ParseTimingLine();
    case 'i':
    case 'u':
    case 'e':
    case 'p':
    case 'r':
    case 'z':
    case 'k':
      return KeepLine(description_.other_lines);
    default:
      return Strict("has no place in the session part");
  }
}

Outcome Parser::ParseMediaLine() {
  if (!has_timing_) return Strict("comes before the t= line");
  if (description_.sections.size() == limits_.sections) {
    return {Outcome::kLimit, "sections"};
  }
  FinishPart();
  if (description_.sections.empty()) description_.sections.reserve(4);
  section_ = &description_.sections.emplace_back();
  return Strict(section_parser_.Start(reader_.value(), *section_));
}

Outcome Parser::ParseSectionLine() {
  switch (reader_.type()) {
    case 'c':
      return ParseConnectionLine(section_->connection, section_->other_lines);
    case 'b':
      return ParseBandwidthLine(section_->bandwidths);
    case 'i':
    case 'k':
      return KeepLine(section_->other_lines);
    default:
      return Strict("has no place in a media section");
  }
}

Outcome Parser::ParseConnectionLine(std::optional<Connection>& connection,
                                    std::vector<Line>& other_lines) {
  if (connection) return KeepLine(other_lines);
  return Strict(ParseConnection(reader_.value(), connection.emplace()));
}

Outcome Parser::ParseBandwidthLine(std::vector<Bandwidth>& bandwidths) {
  std::string_view value = TrimRight(reader_.value());
  if (value.empty()) return {};  // an empty one limits nothing
  return Strict(ParseBandwidth(value, bandwidths.emplace_back()));
}

Outcome Parser::ParseTimingLine() {
  Timing timing;
  if (Problem problem = ParseTiming(reader_.value(), timing)) {
    return Strict(problem);
  }
  if (has_timing_) return KeepLine(description_.other_lines);
  has_timing_ = true;
  description_.timing = timing;
  return {};
}

Outcome Parser::KeepLine(std::vector<Line>& lines) {
  lines.push_back(
      {.type = reader_.type(), .value = std::string(reader_.value())});
  return {};
}

Outcome Parser::ParseAttributeLine() {
  if (++attributes_ > limits_.attributes_per_section) {
    return {Outcome::kLimit, "attributes_per_section"};
  }
  std::string_view value = TrimRight(reader_.value());
  std::string_view name = TakeUntil(value, ':');
  if (name.empty()) return Strict("lacks the name of the attribute");
  Outcome outcome = {Outcome::kUnknown};
  const AttributeId id = FindAttribute(name);
  if (id != AttributeId::kUnknown) {
    attribute_name_ = name;
    outcome = section_ != nullptr ? section_parser_.ParseAttribute(id, value)
                                  : ParseSessionAttribute(id, value);
  }
  if (outcome.kind == Outcome::kUnknown) {
    (section_ != nullptr ? section_->other_attributes
                         : description_.other_attributes)
        .emplace_back(reader_.value());
    return {};
  }
  if (outcome.kind == Outcome::kConflict) {
    (section_ != nullptr ? section_->conflicts : description_.conflicts)
        .emplace_back(reader_.value());
    return {};
  }
  return outcome;
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

void Parser::FinishPart() {
  attributes_ = 0;
  if (section_ == nullptr) {
    SortOtherLines(description_.other_lines);
  } else {
    SortOtherLines(section_->other_lines);
    section_parser_.Finish();
  }
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
