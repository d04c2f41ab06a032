#include "tests/corpus/recording.h"

#include <charconv>
#include <utility>

#include "absl/status/status.h"

namespace parley::corpus {
namespace {

std::optional<std::string> Field(std::string_view word) {
  if (word == "-") return std::nullopt;
  return word == "\"\"" ? std::string() : std::string(word);
}

template <typename Number>
std::optional<Number> ToNumber(std::string_view word) {
  Number number = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  absl::StatusOr<std::vector<Record>> Read() && {
    while (!rest_.empty()) {
      ++line_number_;
      std::string_view line = NextLine();
      const std::string_view key = Word(line);
      if (!Take(key, line)) {
        return absl::InvalidArgumentError("line " +
                                          std::to_string(line_number_) + ": " +
                                          std::string(key) + " is wrong here");
      }
    }
    if (open_) return absl::InvalidArgumentError("the last record has no end");
    return std::move(records_);
  }

 private:
  std::string_view NextLine() {
    const size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return line;
  }

  // Cuts the first word off the line.
  static std::string_view Word(std::string_view& line) {
    const size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return word;
  }

  bool Take(std::string_view key, std::string_view line) {
    if (key == "sequence" || key == "malformed") {
      if (open_) return false;
      open_ = true;
      records_.push_back(
          {.name = std::string(line), .malformed = key == "malformed"});
      return true;
    }
    if (!open_) return false;
    if (key == "end") {
      open_ = false;
      return true;
    }
    if (key == "step") return BeginStep(line);
    return TakeOfRecord(key, line) ||
           (!records_.back().steps.empty() && TakeOfStep(key, line));
  }

  bool TakeOfRecord(std::string_view key, std::string_view line) {
    Record& record = records_.back();
    if (key == "error") {
      record.error = line;
    } else if (key == "why") {
      record.why = line;
    } else if (key == "expected") {
      record.accept = Word(line) == "accept";
      record.confidence = line;
    } else {
      return false;
    }
    return true;
  }

  bool BeginStep(std::string_view line) {
    Step step;
    const std::string_view side = Word(line);
    if (side != "a" && side != "b") return false;
    step.side = side.front();
    for (const auto type : {jsep::SdpType::kOffer, jsep::SdpType::kPranswer,
                            jsep::SdpType::kAnswer, jsep::SdpType::kRollback}) {
      if (jsep::SdpTypeName(type) != line) continue;
      step.type = type;
      records_.back().steps.push_back(std::move(step));
      return true;
    }
    return false;
  }

  bool TakeOfStep(std::string_view key, std::string_view line) {
    Step& step = records_.back().steps.back();
    if (key == "undelivered") {
      step.delivered = false;
    } else if (key == "localResult") {
      step.local_result = line;
    } else if (key == "remoteResult") {
      step.remote_result = line;
    } else if (key == "state") {
      const std::string_view side = Word(line);
      if (side.empty()) return false;
      step.states[side.front()].signaling_state = line;
    } else if (key == "transceiver") {
      return TakeTransceiver(line, step);
    } else if (key == "candidate") {
      TakeCandidate(line, step);
    } else {
      return key == "sdp" && TakeSdp(line, step);
    }
    return true;
  }

  static bool TakeTransceiver(std::string_view line, Step& step) {
    const std::string_view side = Word(line);
    if (side.empty()) return false;
    RecordedTransceiver transceiver;
    transceiver.mid = Field(Word(line));
    transceiver.kind = Word(line);
    transceiver.direction = Word(line);
    transceiver.current_direction = Field(Word(line));
    step.states[side.front()].transceivers.push_back(std::move(transceiver));
    return true;
  }

  static void TakeCandidate(std::string_view line, Step& step) {
    RecordedCandidate candidate;
    candidate.mid = Field(Word(line));
    candidate.mline_index = ToNumber<uint32_t>(Word(line));
    candidate.ufrag = Field(Word(line));
    candidate.line = line;
    step.candidates.push_back(std::move(candidate));
  }

  bool TakeSdp(std::string_view line, Step& step) {
    const auto bytes = ToNumber<size_t>(line);
    if (!bytes || *bytes >= rest_.size() || rest_[*bytes] != '\n') return false;
    step.sdp = rest_.substr(0, *bytes);
    rest_.remove_prefix(*bytes + 1);
    return true;
  }

  std::string_view rest_;
  size_t line_number_ = 0;  // a description counts as one
  bool open_ = false;
  std::vector<Record> records_;
};

}  // namespace

std::string_view Record::StackOf(char side) const {
  std::string_view stacks = std::string_view(name).substr(0, name.find('/'));
  const size_t plus = stacks.find('+');
  if (plus == std::string_view::npos) return stacks;
  return side == 'a' ? stacks.substr(0, plus) : stacks.substr(plus + 1);
}

absl::StatusOr<std::vector<Record>> ReadRecords(std::string_view text) {
  return Reader(text).Read();
}

}  // namespace parley::corpus
