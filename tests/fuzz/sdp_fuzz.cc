#include "tests/fuzz/sdp_fuzz.h"

#include <algorithm>
#include <limits>
#include <string>

#include "core/base/errors.h"
#include "core/sdp/candidate.h"
#include "core/sdp/fmtp.h"
#include "core/sdp/parser.h"
#include "core/sdp/printer.h"
#include "core/sdp/query.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

bool HasMetadata(const Error& error, std::string_view key) {
  return std::any_of(error.metadata.begin(), error.metadata.end(),
                     [key](const auto& entry) { return entry.first == key; });
}

void CheckError(const absl::Status& status) {
  auto error = GetError(status);
  Require(error.has_value(), "errors are made by Parley");
  const bool expected = error->reason == Reason::kSdpSyntax ||
                        error->reason == Reason::kLimitExceeded ||
                        error->reason == Reason::kCandidateSyntax;
  Require(expected, "errors have the documented reasons");
  if (error->reason == Reason::kSdpSyntax) {
    Require(HasMetadata(*error, "sdp_line_number"), "errors name the line");
  }
  for (char c : status.message()) {
    Require(c >= ' ' && c < '\x7f', "messages are printable");
  }
}

// Whatever is asked about a description, with whatever answer.
void AskEverything(const sdp::Description& d) {
  for (const sdp::MediaSection& s : d.sections) {
    sdp::IsRtpSection(s);
    sdp::IsDataSection(s);
    sdp::SctpPort(s);
    sdp::EffectiveIceCredentials(d, s);
    sdp::EffectiveConnection(d, s);
    for (const sdp::Codec& codec : s.codecs) {
      sdp::AssociatedPayloadType(codec);
      Require(sdp::SameParameters(codec.fmtp, codec.fmtp),
              "fmtp equals itself");
      std::string parameters = codec.fmtp;
      sdp::SetParameter(parameters, "apt", "96");
      Require(sdp::FindParameter(parameters, "apt") == "96",
              "a parameter that was set is found");
    }
  }
}

}  // namespace

void SdpDescription(std::string_view input) {
  auto first = sdp::Parse(input);
  if (!first.ok()) return CheckError(first.status());
  AskEverything(*first);
  const std::string printed = sdp::ToString(*first);
  // CRs and the rtpmap lines of static payload types may have been added.
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  auto second = sdp::Parse(printed, {kAll, kAll, kAll, kAll, kAll, kAll});
  Require(second.ok(), "what was printed parses");
  Require(*second == *first, "what was printed says the same");
  Require(sdp::ToString(*second) == printed, "printing again changes nothing");
}

void SdpCandidate(std::string_view input) {
  auto first = sdp::ParseCandidate(input);
  sdp::KindOfAddress(input);
  if (!first.ok()) return CheckError(first.status());
  std::string printed;
  sdp::PrintCandidate(*first, printed);
  Require(
      printed.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
      "a candidate stays on its line");
  auto second = sdp::ParseCandidate(printed);
  Require(second.ok() && *second == *first, "what was printed says the same");
}

}  // namespace parley::fuzz
