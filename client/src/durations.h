// From absl's durations and times to protobuf's and back. Stateless.
#ifndef PARLEY_CLIENT_SRC_DURATIONS_H_
#define PARLEY_CLIENT_SRC_DURATIONS_H_

#include <algorithm>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace parley::client::internal {

// Longer ones become the longest that protobuf has: 10,000 years.
inline google::protobuf::Duration ToProto(absl::Duration duration) {
  duration = std::clamp(duration, -absl::Seconds(315'576'000'000),
                        absl::Seconds(315'576'000'000));
  google::protobuf::Duration proto;
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

inline absl::Duration FromProto(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

inline absl::Time FromProto(const google::protobuf::Timestamp& proto) {
  return absl::FromUnixSeconds(proto.seconds()) +
         absl::Nanoseconds(proto.nanos());
}

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_DURATIONS_H_
