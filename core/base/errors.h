// Errors as values: an absl::Status that carries, besides its canonical code,
// what the W3C specification would have thrown and a stable reason.
//
// One table, in errors.cc, gives each Reason its name, W3C exception and
// canonical code. Everything here is safe to call from any thread.
#ifndef PARLEY_CORE_BASE_ERRORS_H_
#define PARLEY_CORE_BASE_ERRORS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace parley {

// The exception names of W3C WebRTC and WebIDL that Parley's errors stand for.
enum class DomException {
  kNone,  // not a W3C error: the service's own (routing, quotas, resources)
  kInvalidStateError,
  kNotReadableError,
  kOperationError,
  kInvalidModificationError,
  kInvalidAccessError,
  kTypeError,
  kRangeError,
  kSyntaxError,
  kNotSupportedError,
};

// "InvalidStateError" and so on; "" for kNone.
std::string_view DomExceptionName(DomException exception);

// What happened, one name per cause. Names are part of the API: they are never
// renamed, only added to.
enum class Reason {
  // Wrong state for the operation.
  kPeerClosed,
  kSignalingState,
  kNothingToRollBack,
  kChannelNotOpen,
  kRemoteDescriptionMissing,
  kTransceiverStopped,
  kMessagesOwned,
  // Certificates.
  kCertificateGeneration,
  kCertificateUnreadable,
  kCertificateExpired,
  // Limits of the process, of a tenant, of a peer.
  kPeers,
  kPorts,
  kFileDescriptors,
  kMemory,
  kTenantQuota,
  kRate,
  kSendBuffer,
  kDataChannels,
  kResourceInspection,
  // Descriptions and candidates.
  kSdpSyntax,
  kSdpInvalid,
  kSdpModified,
  kIceCredentialsMissing,
  kRtcpMuxRequired,
  kIceLiteBoth,
  kOfferStale,
  kGlare,
  kCandidateSyntax,
  kCandidateMidUnknown,
  kCandidateGeneration,
  kConfigurationImmutable,
  kCodecPreferences,
  kSendEncodings,
  kParametersStale,
  // Arguments.
  kArgument,
  kLimitExceeded,
  kMessageTooLarge,
  kIceServerUrl,
  kNotSupported,
  // Names that lead nowhere.
  kPeerUnknown,
  kPeerLost,
  kWrongNode,
  kChannelUnknown,
  kTransceiverUnknown,
  kCertificateUnknown,
  kRequestIdConflict,
  kEventsCompacted,
  kMessagesRetired,
  kPageToken,
  // The service.
  kDraining,
  kNotBuilt,
  kToken,
  kRole,
  kCancelled,
  kDeadline,
  kInternal,
};

// "PEER_CLOSED" and so on.
std::string_view ReasonName(Reason reason);
DomException ReasonException(Reason reason);
absl::StatusCode ReasonCode(Reason reason);

// Metadata of an error: the dynamic parts of its message, by name. Well-known
// keys: state, operation, sdp_line_number, field, mid, attribute, peer, node,
// limit, close_reason, offer_id, and dom_exception where W3C gives this case
// another exception than the reason has. Never a secret.
using ErrorMetadata = std::vector<std::pair<std::string, std::string>>;

struct Error {
  Reason reason = Reason::kInternal;
  DomException exception = DomException::kNone;
  ErrorMetadata metadata;
  // When trying again may help: after how long. Absent: it will not help.
  std::optional<absl::Duration> retry_delay;
};

// Makes a status of the reason's code. The message says what was wrong and what
// the caller can do about it, in one sentence.
absl::Status MakeError(Reason reason, std::string message,
                       ErrorMetadata metadata = {});
absl::Status MakeRetryableError(Reason reason, std::string message,
                                absl::Duration retry_delay,
                                ErrorMetadata metadata = {});

// The same status with this entry of metadata, in place of any of its key.
absl::Status WithMetadata(absl::Status status, std::string key,
                          std::string value);

// What MakeError put in. nullopt for an OK status or one that Parley did not
// make.
std::optional<Error> GetError(const absl::Status& status);

// Whether the status was made with this reason.
bool HasReason(const absl::Status& status, Reason reason);

}  // namespace parley

#endif  // PARLEY_CORE_BASE_ERRORS_H_
