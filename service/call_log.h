// The log entries of calls. Safe for concurrent use.
#ifndef PARLEY_SERVICE_CALL_LOG_H_
#define PARLEY_SERVICE_CALL_LOG_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/log.h"

namespace parley::service {

// Logs the end of a call: at debug, or as an error where the server is at
// fault. `subject` is the name that the call was made on.
void LogCall(Log& log, std::string_view method, std::string_view subject,
             const absl::Status& status, absl::Duration took);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CALL_LOG_H_
