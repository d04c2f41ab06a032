#include "service/call_log.h"

#include <optional>
#include <string>

#include "core/base/errors.h"
#include "core/base/strings.h"

namespace parley::service {

void NoteCall(const Core& core, Method method, std::string_view subject,
              const absl::Status& status, absl::Duration took) {
  core.calls.Count(method, status.code(), took);
  const bool fault = status.code() == absl::StatusCode::kInternal ||
                     status.code() == absl::StatusCode::kUnknown;
  const LogLevel level = fault ? LogLevel::kError : LogLevel::kDebug;
  if (!core.log.enabled(level)) return;
  const std::optional<Error> error = GetError(status);
  const std::string code = absl::StatusCodeToString(status.code());
  // The message of an error may quote what a caller or peer wrote, and so is
  // left to faults of the server's own.
  core.log.Write(level, "call",
                 {{"method", method.name()},
                  {"name", subject},
                  {"code", code},
                  {"reason", error ? ReasonName(error->reason) : ""},
                  {"detail", fault ? ToStd(status.message()) : ""},
                  {"ms", absl::ToDoubleMilliseconds(took)}});
}

}  // namespace parley::service
