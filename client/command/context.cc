#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "client/command/command.h"
#include "client/src/strings.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "parley/error_info.h"
#include "parley/v1/error.pb.h"

namespace parley::command {
namespace {

using client::GetErrorInfo;
using client::internal::ToAbsl;

// Control characters of a message could play with the terminal.
std::string OneLine(absl::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

// What can be done about an error that Parley's server did not make.
std::string Hint(const absl::Status& status, const std::string& server) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("; is parleyd running at ", server,
                          "? (--server or PARLEY_SERVER says where)");
    case absl::StatusCode::kDeadlineExceeded:
      return "; it may still be done (--timeout allows more time)";
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("; is ", server, " a Parley server of this version?");
    default:
      return "";
  }
}

// Any detail whose type is linked in, on one line.
std::string PrintDetail(absl::string_view type_url, const absl::Cord& value) {
  const std::string name(type_url.substr(type_url.rfind('/') + 1));
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          name);
  if (descriptor == nullptr) return name;
  const std::unique_ptr<google::protobuf::Message> detail(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(descriptor)
          ->New());
  if (!detail->ParseFromString(std::string(value))) return name;
  return absl::StrCat(name, " { ", detail->ShortDebugString(), " }");
}

v1::Error ToError(const absl::Status& status) {
  v1::Error error;
  error.set_code(static_cast<int>(status.code()));
  error.set_message(std::string(status.message()));
  if (const auto info = GetErrorInfo(status)) {
    error.set_reason(info->reason);
    error.set_dom_exception(info->dom_exception);
    for (const auto& [key, value] : info->metadata) {
      (*error.mutable_metadata())[key] = value;
    }
  }
  return error;
}

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  // Only broken well-known types can fail, and a server sent them.
  return status.ok() ? json : "null";
}

}  // namespace

ExitCode ExitCodeOf(const absl::Status& status) {
  const bool from_parley = GetErrorInfo(status).has_value();
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kDone;
    case absl::StatusCode::kUnavailable:
      return from_parley ? kBusy : kUnreachable;
    case absl::StatusCode::kResourceExhausted:
      return kBusy;
    case absl::StatusCode::kDeadlineExceeded:
      return kTimedOut;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    default:
      return kRefused;
  }
}

client::CallOptions Context::Options() const {
  client::CallOptions options;
  if (deadline != absl::InfiniteFuture()) {
    options.timeout = std::max(deadline - absl::Now(), absl::Milliseconds(1));
  }
  return options;
}

void Context::Print(std::string_view line) const {
  environment.out(absl::StrCat(ToAbsl(line), "\n"));
}

void Context::Note(std::string_view line) const {
  environment.err(absl::StrCat(ToAbsl(line), "\n"));
}

void Context::PrintJson(const google::protobuf::Message& message) const {
  Print(ToJson(message));
}

int Context::Fail(std::string_view doing, const absl::Status& status) const {
  if (json) {
    Note(ToJson(ToError(status)));
    return ExitCodeOf(status);
  }
  const auto info = GetErrorInfo(status);
  std::string line = absl::StrCat("parley: could not ", ToAbsl(doing), ": ",
                                  absl::StatusCodeToString(status.code()));
  if (info.has_value()) {
    absl::StrAppend(&line, " ", info->reason);
    if (!info->dom_exception.empty()) {
      absl::StrAppend(&line, " (", info->dom_exception, ")");
    }
  }
  absl::StrAppend(&line, ": ", OneLine(status.message()));
  if (!info.has_value()) line += Hint(status, connection.server);
  if (info.has_value() && info->retry_delay.has_value()) {
    absl::StrAppend(&line, " (try again after ",
                    absl::FormatDuration(*info->retry_delay), ")");
  }
  Note(line);
  if (verbose) {
    status.ForEachPayload(
        [&](absl::string_view type_url, const absl::Cord& value) {
          Note(absl::StrCat("  ", OneLine(PrintDetail(type_url, value))));
        });
  }
  return ExitCodeOf(status);
}

int Context::TimeIsUp(std::string_view doing) const {
  Note(absl::StrCat("parley: the time for ", ToAbsl(doing), " is up"));
  return kTimedOut;
}

int Context::FailUsage(std::string_view problem) const {
  Note(absl::StrCat("parley: ", ToAbsl(problem)));
  return kUsage;
}

int Context::FailUsage(const absl::Status& problem) const {
  return FailUsage(client::internal::ToStd(problem.message()));
}

}  // namespace parley::command
