#include "client/command/input.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/src/strings.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "parley/names.h"

namespace parley::command {
namespace {

using client::internal::ToAbsl;
using google::protobuf::Struct;

std::string Field(const Struct& object, const char* name) {
  const auto it = object.fields().find(name);
  return it == object.fields().end() ? "" : it->second.string_value();
}

// "offer", as a browser writes it, or SDP_TYPE_OFFER, as protobuf does.
absl::StatusOr<v1::SdpType> ParseType(const std::string& text) {
  for (int value = v1::SDP_TYPE_OFFER; value <= v1::SDP_TYPE_ROLLBACK;
       ++value) {
    const auto type = static_cast<v1::SdpType>(value);
    if (text == client::W3cName(type) || text == v1::SdpType_Name(type)) {
      return type;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the description's type is \"", text,
                   "\"; it must be offer, answer, pranswer or rollback"));
}

absl::StatusOr<v1::SessionDescription> FromJson(absl::string_view text) {
  Struct object;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(std::string(text), &object);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError("the description is not valid JSON");
  }
  // A reply of the server printed as JSON has the description inside.
  const auto inside = object.fields().find("description");
  if (inside != object.fields().end()) {
    object = Struct(inside->second.struct_value());
  }
  auto type = ParseType(Field(object, "type"));
  if (!type.ok()) return type.status();
  v1::SessionDescription description;
  description.set_type(*type);
  description.set_sdp(Field(object, "sdp"));
  if (const std::string id = Field(object, "offerId"); !id.empty()) {
    description.set_offer_id(id);
  }
  return description;
}

absl::StatusOr<v1::IceCandidate> ParseCandidate(absl::string_view line,
                                                std::string_view mid) {
  v1::IceCandidate candidate;
  if (absl::StartsWith(line, "{")) {
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;
    const auto parsed = google::protobuf::util::JsonStringToMessage(
        std::string(line), &candidate, options);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("not the JSON of a candidate: ", line));
    }
    return candidate;
  }
  absl::ConsumePrefix(&line, "a=");
  if (!absl::StartsWith(line, "candidate:")) {
    return absl::InvalidArgumentError(
        absl::StrCat("neither JSON nor a line candidate:...: ", line));
  }
  if (mid.empty()) {
    return absl::InvalidArgumentError(
        "--mid must say which section the candidate belongs to");
  }
  candidate.set_candidate(std::string(line));
  candidate.set_sdp_mid(std::string(mid));
  return candidate;
}

}  // namespace

absl::StatusOr<v1::SessionDescription> ParseDescription(std::string_view text,
                                                        v1::SdpType type) {
  const absl::string_view stripped =
      absl::StripLeadingAsciiWhitespace(ToAbsl(text));
  if (stripped.empty()) {
    return absl::InvalidArgumentError("the description is empty");
  }
  if (stripped.front() == '{') return FromJson(stripped);
  if (!absl::StartsWith(stripped, "v=")) {
    return absl::InvalidArgumentError(
        "the description is neither SDP (it would begin with v=0) nor JSON");
  }
  v1::SessionDescription description;
  description.set_type(type);
  description.set_sdp(std::string(stripped));
  return description;
}

absl::StatusOr<std::vector<v1::IceCandidate>> ParseCandidates(
    std::string_view text, std::string_view mid) {
  std::vector<v1::IceCandidate> candidates;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    auto candidate = ParseCandidate(line, mid);
    if (!candidate.ok()) return candidate.status();
    candidates.push_back(*std::move(candidate));
  }
  if (candidates.empty()) {
    return absl::InvalidArgumentError("there are no candidates");
  }
  return candidates;
}

}  // namespace parley::command
