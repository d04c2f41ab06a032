// Messages of data channels on the wire. Pure functions.
#ifndef PARLEY_SERVICE_CONVERT_MESSAGE_H_
#define PARLEY_SERVICE_CONVERT_MESSAGE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/errors.h"
#include "core/peer/inbox.h"
#include "service/utf8.h"

namespace parley::service {

// What a message says: DataMessage and SendMessageRequest have the same shape.
struct Payload {
  bool binary = false;
  std::string data;
};

// The data of the message. Errors: ARGUMENT (neither text nor binary),
// MESSAGE_TOO_LARGE.
template <typename Message>
absl::StatusOr<Payload> ReadPayload(const Message& message,
                                    uint64_t max_bytes) {
  Payload payload{.binary = message.data_case() == Message::kBinary};
  if (payload.binary) {
    payload.data = message.binary();
  } else if (message.data_case() == Message::kText) {
    payload.data = message.text();
  } else {
    return MakeError(Reason::kArgument,
                     "the message has neither text nor binary; either may be "
                     "empty, one must be present",
                     {{"field", "data"}});
  }
  if (payload.data.size() > max_bytes) {
    return MakeError(Reason::kMessageTooLarge,
                     "the message has " + std::to_string(payload.data.size()) +
                         " bytes, more than the server takes; split it",
                     {{"field", payload.binary ? "binary" : "text"},
                      {"limit", std::to_string(max_bytes)}});
  }
  return payload;
}

// A received message. Text need not be UTF-8 on the wire; here it must be.
template <typename DataMessage>
void ToProto(const peer::Message& message, DataMessage* out) {
  out->set_sequence(message.sequence);
  if (message.binary) {
    out->set_binary(message.data);
  } else if (IsUtf8(message.data)) {
    out->set_text(message.data);
  } else {
    out->set_text(ToUtf8(message.data));
  }
}

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_MESSAGE_H_
