#include "tests/corpus/report.h"

#include "core/base/errors.h"

namespace parley::corpus {
namespace {

struct Rule {
  Reason reason;
  std::string_view attribute;  // of the metadata
  // There is no going on: not even where the recorded stacks did.
  bool binding;
  std::string_view rule;
};

constexpr Rule kRules[] = {
    {Reason::kIceCredentialsMissing, "", false,
     "RFC 8839 5.4: ice-ufrag and ice-pwd are mandatory"},
    {Reason::kSdpInvalid, "ice-ufrag", true,
     "RFC 8839 4.4.1.1.1, RFC 9429 5.3.1: the answer to a restart has new "
     "credentials, any other one the old ones; checks would fail"},
    {Reason::kSdpInvalid, "group", false,
     "RFC 9143 7.3: an answer bundles nothing but what was offered bundled"},
    {Reason::kSdpInvalid, "extmap", false,
     "RFC 8285 6: an answer keeps the ids of the offer"},
    {Reason::kSdpInvalid, "rtpmap", false,
     "RFC 3264 6.1: an accepted section has a format of the offer"},
    {Reason::kSdpInvalid, "mid", false,
     "RFC 9429 5.2.2: the mid of a section in use stays"},
};

std::string Metadata(const Error& error, std::string_view key) {
  for (const auto& [name, value] : error.metadata) {
    if (name == key) return value;
  }
  return std::string();
}

const Rule* FindRule(const absl::Status& refusal) {
  const auto error = GetError(refusal);
  if (!error) return nullptr;
  const std::string attribute = Metadata(*error, "attribute");
  for (const Rule& rule : kRules) {
    if (rule.reason == error->reason &&
        (rule.attribute.empty() || rule.attribute == attribute)) {
      return &rule;
    }
  }
  return nullptr;
}

}  // namespace

std::string_view Justification(const absl::Status& refusal, bool completed) {
  const Rule* rule = FindRule(refusal);
  if (rule == nullptr || (completed && !rule->binding)) return {};
  return rule->rule;
}

std::string Describe(const absl::Status& refusal) {
  const auto error = GetError(refusal);
  std::string text(error ? ReasonName(error->reason) : "NO REASON");
  if (error) {
    const std::string attribute = Metadata(*error, "attribute");
    if (!attribute.empty()) text += " (" + attribute + ")";
  }
  text += ": ";
  text += std::string(refusal.message());
  return text;
}

void Report::Pass(bool malformed) {
  ++passed_[malformed];
  ++total_[malformed];
}

void Report::Fail(bool malformed, std::string_view name,
                  const std::vector<std::string>& faults) {
  ++total_[malformed];
  FailBeside(name, faults);
}

void Report::FailBeside(std::string_view name,
                        const std::vector<std::string>& faults) {
  for (const std::string& fault : faults) {
    failures_.push_back(std::string(name) + ": " + fault);
  }
}

void Report::Note(std::string_view name, std::string text) {
  notes_.push_back(std::string(name) + ": " + std::move(text));
}

bool Report::AllPassed() const { return failures_.empty(); }

std::string Report::Text() const {
  std::string text;
  if (!notes_.empty()) text += "Refused, and rightly so:\n";
  for (const std::string& note : notes_) text += "  " + note + "\n";
  if (!failures_.empty()) text += "Failed:\n";
  for (const std::string& failure : failures_) text += "  " + failure + "\n";
  const auto of = [&](int i) {
    return std::to_string(passed_[i]) + "/" + std::to_string(total_[i]);
  };
  return text + "corpus: " + of(0) + " sequences, " + of(1) + " malformed\n";
}

}  // namespace parley::corpus
