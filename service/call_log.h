// How the end of a call is told: in the log, and in the counts. Safe for
// concurrent use.
#ifndef PARLEY_SERVICE_CALL_LOG_H_
#define PARLEY_SERVICE_CALL_LOG_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "service/core.h"
#include "service/method.h"

namespace parley::service {

// Counts the end of a call and logs it: at debug, or as an error where the
// server is at fault. `subject` is the name that the call was made on. Before
// gRPC is told of the end, which takes the context away.
void NoteCall(const Core& core, Method method, std::string_view subject,
              const absl::Status& status, absl::Duration took,
              const grpc::ServerContextBase& context);

// Logs a peer's creation by a call.
void LogCreated(const Core& core, std::string_view peer,
                const grpc::ServerContextBase& context);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CALL_LOG_H_
