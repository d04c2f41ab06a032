#include "service/convert_basic.h"

#include <optional>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/message.h"
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

absl::Status CheckMask(const google::protobuf::FieldMask& mask) {
  constexpr size_t kMost = 16;
  return CheckLimit("update_mask", static_cast<size_t>(mask.paths_size()),
                    "paths", kMost);
}

absl::StatusOr<size_t> ReadPageSize(int32_t page_size, std::string_view what) {
  constexpr size_t kDefault = 50;
  constexpr size_t kMost = 1000;
  if (page_size < 0) return BadField("page_size", "is negative");
  const auto size = static_cast<size_t>(page_size);
  if (absl::Status fits = CheckLimit("page_size", size, what, kMost);
      !fits.ok()) {
    return fits;
  }
  return size == 0 ? kDefault : size;
}

absl::Status InField(absl::Status status, std::string_view path) {
  const std::optional<Error> error = GetError(status);
  if (!error) return status;
  for (const auto& [key, value] : error->metadata) {
    if (key == "field") {
      return WithMetadata(std::move(status), "field",
                          absl::StrCat(ToAbsl(path), ".", value));
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

uint64_t HashMessage(const google::protobuf::Message& message) {
  std::string bytes = message.GetTypeName();
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return absl::Hash<std::string>()(bytes);
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
