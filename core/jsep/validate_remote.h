// What a remote description must be like to be applied (RFC 9429 sections 5.8
// and 5.10), beyond the syntax that the parser has checked. Pure functions.
//
// All errors name the section in metadata `mid` ("#2" for the third section
// where it has none) and the attribute in `attribute`:
//   SDP_INVALID               whatever has no reason of its own
//   ICE_CREDENTIALS_MISSING   no a=ice-ufrag or a=ice-pwd
//   RTCP_MUX_REQUIRED         no a=rtcp-mux, which our policy requires
//   ICE_LITE_BOTH             both ends would wait for the other one's checks
#ifndef PARLEY_CORE_JSEP_VALIDATE_REMOTE_H_
#define PARLEY_CORE_JSEP_VALIDATE_REMOTE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "core/jsep/bundle.h"
#include "core/jsep/session.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// What a section is to us, whether it is rejected or not.
SectionKind KindOfSection(const sdp::MediaSection& section);

// An offer, against the session in stable or have-remote-offer.
absl::Status ValidateRemoteOffer(const Session& session,
                                 const sdp::Description& offer,
                                 const Bundle& bundle);

// An answer or provisional answer to the pending local offer.
absl::Status ValidateRemoteAnswer(const Session& session,
                                  const sdp::Description& answer,
                                  const Bundle& bundle);

// SDP_INVALID about one section.
absl::Status InvalidSection(const sdp::Description& description, size_t index,
                            const char* attribute, const std::string& what);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_VALIDATE_REMOTE_H_
