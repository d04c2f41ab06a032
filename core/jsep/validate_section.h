// The checks of one remote section that offers and answers share. Errors are
// those of validate_remote.h.
#ifndef PARLEY_CORE_JSEP_VALIDATE_SECTION_H_
#define PARLEY_CORE_JSEP_VALIDATE_SECTION_H_

#include <cstddef>

#include "absl/status/status.h"
#include "core/jsep/bundle.h"
#include "core/jsep/session.h"
#include "core/jsep/transport.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// mids: all sections have one or none has, and each is a token and unique.
absl::Status CheckMids(const sdp::Description& description);

// A section that is not rejected: ICE and DTLS attributes where the section
// carries them for its bundle, a=rtcp-mux, formats, simulcast, SCTP port.
absl::Status CheckLiveSection(const Session& session,
                              const sdp::Description& description,
                              const Bundle& bundle, size_t index);

// Credentials, fingerprints and tls-id against those in force (RFC 9429 section
// 5.8.3). `restarted` is what came of the comparison of credentials.
absl::Status CheckContinuity(const sdp::Description& description, size_t index,
                             const Transport& in_force, bool& restarted);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_VALIDATE_SECTION_H_
