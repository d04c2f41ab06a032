#include "core/base/errors.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "absl/strings/cord.h"
#include "core/base/strings.h"

namespace parley {
namespace {

constexpr char kPayloadUrl[] = "parley/error";

struct ReasonRow {
  Reason reason;
  std::string_view name;
  DomException exception;
  absl::StatusCode code;
};

using absl::StatusCode;
using enum DomException;

constexpr ReasonRow kReasons[] = {
    {Reason::kPeerClosed, "PEER_CLOSED", kInvalidStateError,
     StatusCode::kFailedPrecondition},
    {Reason::kSignalingState, "SIGNALING_STATE", kInvalidStateError,
     StatusCode::kFailedPrecondition},
    {Reason::kNothingToRollBack, "NOTHING_TO_ROLL_BACK", kInvalidStateError,
     StatusCode::kFailedPrecondition},
    {Reason::kChannelNotOpen, "CHANNEL_NOT_OPEN", kInvalidStateError,
     StatusCode::kFailedPrecondition},
    {Reason::kRemoteDescriptionMissing, "REMOTE_DESCRIPTION_MISSING",
     kInvalidStateError, StatusCode::kFailedPrecondition},
    {Reason::kTransceiverStopped, "TRANSCEIVER_STOPPED", kInvalidStateError,
     StatusCode::kFailedPrecondition},
    {Reason::kMessagesOwned, "MESSAGES_OWNED", kInvalidStateError,
     StatusCode::kFailedPrecondition},
    {Reason::kCertificateGeneration, "CERTIFICATE_GENERATION",
     kNotReadableError, StatusCode::kUnavailable},
    {Reason::kCertificateUnreadable, "CERTIFICATE_UNREADABLE",
     kNotReadableError, StatusCode::kFailedPrecondition},
    {Reason::kCertificateExpired, "CERTIFICATE_EXPIRED", kInvalidAccessError,
     StatusCode::kInvalidArgument},
    {Reason::kPeers, "PEERS", kOperationError, StatusCode::kResourceExhausted},
    {Reason::kPorts, "PORTS", kOperationError, StatusCode::kResourceExhausted},
    {Reason::kFileDescriptors, "FILE_DESCRIPTORS", kOperationError,
     StatusCode::kResourceExhausted},
    {Reason::kMemory, "MEMORY", kOperationError,
     StatusCode::kResourceExhausted},
    {Reason::kTenantQuota, "TENANT_QUOTA", kOperationError,
     StatusCode::kResourceExhausted},
    {Reason::kRate, "RATE", kOperationError, StatusCode::kResourceExhausted},
    {Reason::kSendBuffer, "SEND_BUFFER", kOperationError,
     StatusCode::kResourceExhausted},
    {Reason::kDataChannels, "DATA_CHANNELS", kOperationError,
     StatusCode::kResourceExhausted},
    {Reason::kResourceInspection, "RESOURCE_INSPECTION", kOperationError,
     StatusCode::kInternal},
    {Reason::kSdpSyntax, "SDP_SYNTAX", kOperationError,
     StatusCode::kInvalidArgument},
    {Reason::kSdpInvalid, "SDP_INVALID", kInvalidAccessError,
     StatusCode::kInvalidArgument},
    {Reason::kSdpModified, "SDP_MODIFIED", kInvalidModificationError,
     StatusCode::kInvalidArgument},
    {Reason::kIceCredentialsMissing, "ICE_CREDENTIALS_MISSING",
     kInvalidAccessError, StatusCode::kInvalidArgument},
    {Reason::kRtcpMuxRequired, "RTCP_MUX_REQUIRED", kInvalidAccessError,
     StatusCode::kInvalidArgument},
    {Reason::kIceLiteBoth, "ICE_LITE_BOTH", kInvalidAccessError,
     StatusCode::kInvalidArgument},
    {Reason::kOfferStale, "OFFER_STALE", kInvalidModificationError,
     StatusCode::kAborted},
    {Reason::kGlare, "GLARE", kNone, StatusCode::kAborted},
    {Reason::kCandidateSyntax, "CANDIDATE_SYNTAX", kOperationError,
     StatusCode::kInvalidArgument},
    {Reason::kCandidateMidUnknown, "CANDIDATE_MID_UNKNOWN", kOperationError,
     StatusCode::kInvalidArgument},
    {Reason::kCandidateGeneration, "CANDIDATE_GENERATION", kOperationError,
     StatusCode::kInvalidArgument},
    {Reason::kConfigurationImmutable, "CONFIGURATION_IMMUTABLE",
     kInvalidModificationError, StatusCode::kInvalidArgument},
    {Reason::kCodecPreferences, "CODEC_PREFERENCES", kInvalidModificationError,
     StatusCode::kInvalidArgument},
    {Reason::kSendEncodings, "SEND_ENCODINGS", kInvalidModificationError,
     StatusCode::kInvalidArgument},
    {Reason::kParametersStale, "PARAMETERS_STALE", kInvalidModificationError,
     StatusCode::kAborted},
    {Reason::kArgument, "ARGUMENT", kTypeError, StatusCode::kInvalidArgument},
    {Reason::kLimitExceeded, "LIMIT_EXCEEDED", kRangeError,
     StatusCode::kInvalidArgument},
    {Reason::kMessageTooLarge, "MESSAGE_TOO_LARGE", kTypeError,
     StatusCode::kInvalidArgument},
    {Reason::kIceServerUrl, "ICE_SERVER_URL", kSyntaxError,
     StatusCode::kInvalidArgument},
    {Reason::kNotSupported, "NOT_SUPPORTED", kNotSupportedError,
     StatusCode::kInvalidArgument},
    {Reason::kPeerUnknown, "PEER_UNKNOWN", kNone, StatusCode::kNotFound},
    {Reason::kPeerLost, "PEER_LOST", kNone, StatusCode::kNotFound},
    {Reason::kWrongNode, "WRONG_NODE", kNone, StatusCode::kFailedPrecondition},
    {Reason::kChannelUnknown, "CHANNEL_UNKNOWN", kNone, StatusCode::kNotFound},
    {Reason::kTransceiverUnknown, "TRANSCEIVER_UNKNOWN", kNone,
     StatusCode::kNotFound},
    {Reason::kCertificateUnknown, "CERTIFICATE_UNKNOWN", kNone,
     StatusCode::kNotFound},
    {Reason::kRequestIdConflict, "REQUEST_ID_CONFLICT", kNone,
     StatusCode::kAlreadyExists},
    {Reason::kEventsCompacted, "EVENTS_COMPACTED", kNone,
     StatusCode::kOutOfRange},
    {Reason::kMessagesRetired, "MESSAGES_RETIRED", kNone,
     StatusCode::kOutOfRange},
    {Reason::kPageToken, "PAGE_TOKEN", kNone, StatusCode::kInvalidArgument},
    {Reason::kDraining, "DRAINING", kNone, StatusCode::kUnavailable},
    {Reason::kNotBuilt, "NOT_BUILT", kNone, StatusCode::kUnimplemented},
    {Reason::kToken, "TOKEN", kNone, StatusCode::kUnauthenticated},
    {Reason::kRole, "ROLE", kNone, StatusCode::kPermissionDenied},
    {Reason::kCancelled, "CANCELLED", kNone, StatusCode::kCancelled},
    {Reason::kDeadline, "DEADLINE", kNone, StatusCode::kDeadlineExceeded},
    {Reason::kInternal, "INTERNAL", kNone, StatusCode::kInternal},
};

constexpr size_t kReasonCount = static_cast<size_t>(Reason::kInternal) + 1;

constexpr bool RowsFollowTheEnum() {
  if (std::size(kReasons) != kReasonCount) return false;
  for (size_t i = 0; i < kReasonCount; ++i) {
    if (static_cast<size_t>(kReasons[i].reason) != i) return false;
  }
  return true;
}
static_assert(RowsFollowTheEnum(), "kReasons must list every Reason, in order");

const ReasonRow& Row(Reason reason) {
  return kReasons[static_cast<size_t>(reason)];
}

// The payload is a sequence of length-prefixed fields: the reason's number, the
// retry delay in nanoseconds ("" when absent), then metadata keys and values.
void AppendField(std::string_view field, std::string& out) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
}

bool TakeField(std::string_view& in, std::string_view& field) {
  const size_t colon = in.find(':');
  size_t size = 0;
  if (colon == std::string_view::npos ||
      std::from_chars(in.data(), in.data() + colon, size).ec != std::errc() ||
      in.size() - colon - 1 < size) {
    return false;
  }
  field = in.substr(colon + 1, size);
  in.remove_prefix(colon + 1 + size);
  return true;
}

std::string Encode(const Error& error) {
  std::string out;
  AppendField(std::to_string(static_cast<int>(error.reason)), out);
  AppendField(error.retry_delay
                  ? std::to_string(absl::ToInt64Nanoseconds(*error.retry_delay))
                  : std::string(),
              out);
  for (const auto& [key, value] : error.metadata) {
    AppendField(key, out);
    AppendField(value, out);
  }
  return out;
}

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec ==
         std::errc();
}

std::optional<Error> Decode(std::string_view in) {
  Error error;
  std::string_view field;
  int reason = 0;
  if (!TakeField(in, field) || !ParseNumber(field, reason)) return std::nullopt;
  if (reason < 0 || static_cast<size_t>(reason) >= kReasonCount) {
    return std::nullopt;
  }
  error.reason = static_cast<Reason>(reason);
  error.exception = Row(error.reason).exception;
  if (!TakeField(in, field)) return std::nullopt;
  if (int64_t nanos = 0; !field.empty() && ParseNumber(field, nanos)) {
    error.retry_delay = absl::Nanoseconds(nanos);
  }
  std::string_view value;
  while (TakeField(in, field) && TakeField(in, value)) {
    error.metadata.emplace_back(field, value);
  }
  return error;
}

absl::Status Make(const Error& error, std::string_view message) {
  absl::Status status(Row(error.reason).code, ToAbsl(message));
  status.SetPayload(kPayloadUrl, absl::Cord(Encode(error)));
  return status;
}

}  // namespace

std::string_view DomExceptionName(DomException exception) {
  switch (exception) {
    case kNone:
      return "";
    case kInvalidStateError:
      return "InvalidStateError";
    case kNotReadableError:
      return "NotReadableError";
    case kOperationError:
      return "OperationError";
    case kInvalidModificationError:
      return "InvalidModificationError";
    case kInvalidAccessError:
      return "InvalidAccessError";
    case kTypeError:
      return "TypeError";
    case kRangeError:
      return "RangeError";
    case kSyntaxError:
      return "SyntaxError";
    case kNotSupportedError:
      return "NotSupportedError";
  }
  return "";
}

std::string_view ReasonName(Reason reason) { return Row(reason).name; }
DomException ReasonException(Reason reason) { return Row(reason).exception; }
absl::StatusCode ReasonCode(Reason reason) { return Row(reason).code; }

absl::Status MakeError(Reason reason, std::string message,
                       ErrorMetadata metadata) {
  return Make({.reason = reason, .metadata = std::move(metadata)}, message);
}

absl::Status MakeRetryableError(Reason reason, std::string message,
                                absl::Duration retry_delay,
                                ErrorMetadata metadata) {
  return Make({.reason = reason,
               .metadata = std::move(metadata),
               .retry_delay = retry_delay},
              message);
}

absl::Status WithMetadata(absl::Status status, std::string key,
                          std::string value) {
  std::optional<Error> error = GetError(status);
  if (!error) return status;
  std::erase_if(error->metadata,
                [&key](const auto& entry) { return entry.first == key; });
  error->metadata.emplace_back(std::move(key), std::move(value));
  status.SetPayload(kPayloadUrl, absl::Cord(Encode(*error)));
  return status;
}

std::optional<Error> GetError(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload) return std::nullopt;
  const std::string flat(*payload);
  return Decode(flat);
}

bool HasReason(const absl::Status& status, Reason reason) {
  const std::optional<Error> error = GetError(status);
  return error && error->reason == reason;
}

}  // namespace parley
