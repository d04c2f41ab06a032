#include "service/call_log.h"

#include <optional>
#include <string>

#include "core/base/errors.h"
#include "core/base/strings.h"
#include "service/trace_context.h"

namespace parley::service {
namespace {

TraceContext TraceOf(const grpc::ServerContextBase& context) {
  const auto found = context.client_metadata().find("traceparent");
  if (found == context.client_metadata().end()) return {};
  return ParseTraceparent({found->second.data(), found->second.size()});
}

}  // namespace

void NoteCall(const Core& core, Method method, const pool::Tenant* tenant,
              std::string_view subject, const absl::Status& status,
              absl::Duration took, const grpc::ServerContextBase& context) {
  core.calls.Count(method, status.code(), took);
  const bool fault = status.code() == absl::StatusCode::kInternal ||
                     status.code() == absl::StatusCode::kUnknown;
  const LogLevel level = fault ? LogLevel::kError : LogLevel::kDebug;
  if (!core.log.enabled(level)) return;
  const std::optional<Error> error = GetError(status);
  const TraceContext trace = TraceOf(context);
  const std::string code = absl::StatusCodeToString(status.code());
  // The message of an error may quote what a caller or peer wrote, and so is
  // left to faults of the server's own.
  core.log.Write(level, "call",
                 {{"method", method.name()},
                  {"tenant", tenant ? tenant->name() : ""},
                  {"name", subject},
                  {"code", code},
                  {"reason", error ? ReasonName(error->reason) : ""},
                  {"detail", fault ? ToStd(status.message()) : ""},
                  {"ms", absl::ToDoubleMilliseconds(took)},
                  {"trace_id", trace.trace_id},
                  {"span_id", trace.span_id}});
}

void LogCreated(const Core& core, const pool::Tenant& tenant,
                std::string_view peer, const grpc::ServerContextBase& context) {
  const std::string_view trace_id = TraceOf(context).trace_id;
  if (trace_id.empty()) {
    return core.log.Info("peer created",
                         {{"peer", peer}, {"tenant", tenant.name()}});
  }
  core.log.Info(
      "peer created",
      {{"peer", peer}, {"tenant", tenant.name()}, {"trace_id", trace_id}});
}

}  // namespace parley::service
