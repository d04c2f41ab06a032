// What every conversion between core/ and the wire needs: refusals that name a
// field, times, and enumerations. Pure functions.
//
// In all of these files ToProto writes a value of core/ into a message, and
// FromProto reads one, or says which field is wrong. `field` is the path of the
// field in its request, for BadRequest and the metadata.
#ifndef PARLEY_SERVICE_CONVERT_BASIC_H_
#define PARLEY_SERVICE_CONVERT_BASIC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace google::protobuf {
class Duration;
class FieldMask;
class Message;
class Timestamp;
}  // namespace google::protobuf

namespace parley::service {

// ARGUMENT: "FIELD WHAT", such as "name is missing".
absl::Status BadField(std::string_view field, std::string_view what);

// LIMIT_EXCEEDED: "FIELD has COUNT WHAT, at most LIMIT are taken".
absl::Status TooMuch(std::string_view field, uint64_t count,
                     std::string_view what, uint64_t limit);

// OK when count is at most limit.
absl::Status CheckLimit(std::string_view field, uint64_t count,
                        std::string_view what, uint64_t limit);

// The status, with `to` for its metadata's field where core/ calls it `from`.
absl::Status RenameField(absl::Status status, std::string_view from,
                         std::string_view to);

// An update_mask names each field at most once: 16 paths are enough for all.
absl::Status CheckMask(const google::protobuf::FieldMask& mask);

// The page_size of a list: 50 if it is 0, at most 1,000.
absl::StatusOr<size_t> ReadPageSize(int32_t page_size, std::string_view what);

// The status, with "path." before its metadata's field, for what core/ says of
// a part of a request.
absl::Status InField(absl::Status status, std::string_view path);

// "transceivers[2].kind" of ("transceivers", 2, "kind").
std::string FieldPath(std::string_view list, size_t index,
                      std::string_view field = {});

// Tells one message from another: the same for the same bytes on the wire, in
// the life of the process.
uint64_t HashMessage(const google::protobuf::Message& message);

void ToProto(absl::Time time, google::protobuf::Timestamp* out);
void ToProto(absl::Duration duration, google::protobuf::Duration* out);

// Both bounds included; ARGUMENT for what is no duration, LIMIT_EXCEEDED for
// what is none within the bounds.
absl::StatusOr<absl::Duration> FromProto(
    const google::protobuf::Duration& duration, std::string_view field,
    absl::Duration min, absl::Duration max);

// Enumerations of core/ and of the wire have W3C's values in W3C's order; the
// wire's begin with UNSPECIFIED.
template <typename Wire, typename Value>
constexpr Wire ToWire(Value value) {
  return static_cast<Wire>(static_cast<int>(value) + 1);
}
template <typename Value, typename Wire>
constexpr Value FromWire(Wire value) {
  return static_cast<Value>(static_cast<int>(value) - 1);
}

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_BASIC_H_
