// Whose a client is by its TLS certificate, which TLS has verified. Pure.
#ifndef PARLEY_SERVICE_CERTIFICATE_SUBJECT_H_
#define PARLEY_SERVICE_CERTIFICATE_SUBJECT_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "service/caller.h"

namespace parley::service {

// The tenant is the subject's one O; an OU "admin" makes an admin. TOKEN when
// there is no O, more than one, or one that cannot be a tenant's name.
absl::StatusOr<Credential> ReadSubject(std::string_view certificate_pem);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CERTIFICATE_SUBJECT_H_
