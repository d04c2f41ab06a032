// What an error of Parley says besides its code and message. Stateless.
#ifndef PARLEY_ERROR_INFO_H_
#define PARLEY_ERROR_INFO_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace parley::v1 {
class Error;
}  // namespace parley::v1

namespace parley::client {

// The decoded status details of a failed call. The status keeps every detail
// as a payload under its type URL, such as
// "type.googleapis.com/google.rpc.BadRequest", for who needs more.
struct ErrorInfo {
  // What happened, such as SIGNALING_STATE. The names are stable: decide by
  // them and by the code, never by the message.
  std::string reason;

  // What a browser would have thrown, such as InvalidStateError. Empty: W3C
  // knows no such error.
  std::string dom_exception;

  // The dynamic parts by name: state, operation, sdp_line_number, field, node
  // ... (without dom_exception).
  std::map<std::string, std::string> metadata;

  // When trying again may help: after how long (google.rpc.RetryInfo).
  std::optional<absl::Duration> retry_delay;
};

// nullopt for OK and for errors that no server of Parley made: those of gRPC
// itself, of a proxy, or of this library.
std::optional<ErrorInfo> GetErrorInfo(const absl::Status& status);

// Whether the error was made by Parley with this reason.
bool HasReason(const absl::Status& status, std::string_view reason);

// The error of a part of a call (IceCandidateResult, Rejected, Detached) as the
// status that a failed call would have had.
absl::Status ToStatus(const v1::Error& error);

}  // namespace parley::client

#endif  // PARLEY_ERROR_INFO_H_
