#include "service/convert_basic.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace parley::service {

absl::Status BadField(std::string_view field, std::string_view what) {
  return MakeError(Reason::kArgument,
                   absl::StrCat(ToAbsl(field), " ", ToAbsl(what)),
                   {{"field", std::string(field)}});
}

absl::Status TooMuch(std::string_view field, uint64_t count,
                     std::string_view what, uint64_t limit) {
  return MakeError(
      Reason::kLimitExceeded,
      absl::StrCat(ToAbsl(field), " has ", count, " ", ToAbsl(what),
                   ", at most ", limit, " are taken"),
      {{"field", std::string(field)}, {"limit", std::to_string(limit)}});
}

absl::Status CheckLimit(std::string_view field, uint64_t count,
                        std::string_view what, uint64_t limit) {
  return count <= limit ? absl::OkStatus() : TooMuch(field, count, what, limit);
}

absl::Status RenameField(absl::Status status, std::string_view from,
                         std::string_view to) {
  const std::optional<Error> error = GetError(status);
  if (!error) return status;
  for (const auto& [key, value] : error->metadata) {
    if (key == "field" && value == from) {
      return WithMetadata(std::move(status), "field", std::string(to));
    }
  }
  return status;
}

std::string FieldPath(std::string_view list, size_t index,
                      std::string_view field) {
  std::string path = absl::StrCat(ToAbsl(list), "[", index, "]");
  if (!field.empty()) absl::StrAppend(&path, ".", ToAbsl(field));
  return path;
}

void ToProto(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

void ToProto(absl::Duration duration, google::protobuf::Duration* out) {
  absl::Duration rest;
  out->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

absl::StatusOr<absl::Duration> FromProto(
    const google::protobuf::Duration& duration, std::string_view field,
    absl::Duration min, absl::Duration max) {
  if (duration.nanos() <= -1'000'000'000 || duration.nanos() >= 1'000'000'000 ||
      (duration.seconds() > 0 && duration.nanos() < 0) ||
      (duration.seconds() < 0 && duration.nanos() > 0)) {
    return BadField(field, "is no duration: look at its nanos");
  }
  const absl::Duration value =
      absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
  if (value < min || value > max) {
    return MakeError(
        Reason::kLimitExceeded,
        absl::StrCat(ToAbsl(field), " is ", absl::FormatDuration(value),
                     ", not between ", absl::FormatDuration(min), " and ",
                     absl::FormatDuration(max)),
        {{"field", std::string(field)}, {"limit", absl::FormatDuration(max)}});
  }
  return value;
}

}  // namespace parley::service
