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
// gRPC is told of the end, which takes the context away. Without a tenant:
// nobody knows who called.
void NoteCall(const Core& core, Method method, const pool::Tenant* tenant,
              std::string_view subject, const absl::Status& status,
              absl::Duration took, const grpc::ServerContextBase& context);

// A call whose answer is a stream: admitted, counted while it lives, and noted
// when it ends, with the time since it began.
class StreamCall {
 public:
  StreamCall(const Core& core, Method method,
             const grpc::ServerContextBase& context)
      : core_(core),
        presence_(core.streams, method),
        context_(context),
        began_(core.clock.Monotonic()) {}

  // To be asked first. Errors: those of Access::AdmitStream.
  absl::Status Admit() {
    auto caller = core_.access.AdmitStream(context_, presence_.method(), slot_);
    if (caller.ok()) caller_ = *std::move(caller);
    return caller.status();
  }
  // Without a tenant before it was admitted.
  const Caller& caller() const { return caller_; }

  // As NoteCall.
  void NoteEnd(std::string_view subject, const absl::Status& status) const {
    NoteCall(core_, presence_.method(), caller_.tenant.get(), subject, status,
             core_.clock.Monotonic() - began_, context_);
  }

 private:
  const Core& core_;
  const OpenStreams::Presence presence_;
  const grpc::ServerContextBase& context_;  // until Finish
  const absl::Duration began_;
  StreamSlot slot_;
  Caller caller_;
};

// Logs a peer's creation by a call.
void LogCreated(const Core& core, const pool::Tenant& tenant,
                std::string_view peer, const grpc::ServerContextBase& context);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CALL_LOG_H_
